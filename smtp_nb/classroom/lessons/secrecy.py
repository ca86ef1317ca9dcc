"""Lesson 7: STARTTLS and certificates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import UNUSED, LessonPlan
from smtp_nb.classroom.middle.eavesdropper import Sighting
from smtp_nb.classroom.middle.tap import Tap
from smtp_nb.model.enums import TrailDirection
from smtp_nb.sandbox.server import SandboxServer

TEACHER = "teacher@class.test"
FAULTS = ("expired", "wrong-host", "self-signed", "unknown-ca")
VALID = "valid"
REFUSED_AS = "ExtensionError"
WHO = [f"{one} on the way" for one in ("anyone", "anybody")]  # students write either


@exercise(
    "7.1",
    "deliver a message to the teacher by hand, inside TLS",
    5,
    hints=(
        "a line <tls> in your conversation says STARTTLS and runs the handshake",
        "inside TLS the server has forgotten who you are",
        "your word is in the greeting, and the message begins only after the handshake",
    ),
)
def deliver_inside_tls(seen: Seen) -> Iterator[Criterion]:
    """A message in one conversation by hand that went on inside TLS, after a second EHLO."""
    talk = next((one for one in reversed(seen.by_hand) if one.messages), None)
    talk = talk or next(reversed(seen.by_hand), None)
    if talk is None:
        yield Criterion(BY_HAND, 5, False, "nothing was typed yet")
        return
    last = talk.messages[-1] if talk.messages else None
    waiting = f"the server waits for {talk.waiting}" if talk.waiting else "no message came"
    yield Criterion(
        f"a message for {TEACHER}", 1, last is not None and TEACHER in last.rcpt_tos, waiting
    )
    yield Criterion(
        "it went inside TLS", 2, last is not None and last.tls is not None,
        "it was sent in clear" if last else waiting,
    )  # fmt: skip
    again = [one for one in talk.exchanges if one.tls and one.command in ("EHLO", "HELO")]
    first = next((one.command for one in talk.exchanges if one.tls), "")
    said = f"the first command inside TLS was {first}" if first else "nothing was said inside TLS"
    yield Criterion("EHLO again, first thing inside TLS", 1, bool(again) and first == "EHLO", said)
    subject = last.subject if last else ""
    yield Criterion(
        "its subject is your word", 1, subject == seen.nonce, f"the subject is {subject!r}"
    )


def _tried(
    act: Callable[[str], object], certificate: str = VALID, *, strips: bool = False
) -> tuple[object, SandboxServer, Sequence[Sighting]]:
    """Let a student's function loose on a server of its own: what it said, and what happened."""
    server = SandboxServer(inline=True, tls="starttls", certificate=certificate)
    with server, Tap(server, strip_starttls=strips) as tap:
        said = act(tap.url)
    return said, server, tap.seen


@exercise(
    "7.2",
    "write careful_send(url): refuse where STARTTLS was stripped, and name the exception",
    5,
    takes="careful_send",
    is_signed=True,
    hints=(
        "SMTP.from_url(url, …) is careful by itself, as long as you do not tell it otherwise",
        "catch SMTPError, and return type(error).__name__; return an empty text otherwise",
    ),
)
def careful(seen: Seen, careful_send: Callable[[str], object] | None) -> Iterator[Criterion]:
    """A function that sends to an honest server, and to no other."""
    if not callable(careful_send):
        yield Criterion(
            "a function careful_send", 4, False, 'none yet: lesson.check("7.2", careful_send)'
        )
        return
    said, server, _ = _tried(careful_send)
    is_safe = bool(server.messages) and all(message.tls for message in server.messages)
    told = "nothing arrived" if not server.messages else "it arrived in clear"
    yield Criterion("it delivers to an honest server", 1, is_safe and not said, told)
    said, server, passed = _tried(careful_send, strips=True)
    in_clear = next((one for one in passed if _begins_mail(one)), None)
    yield Criterion(
        "it sends nothing where STARTTLS was stripped", 1,
        in_clear is None and bool(passed), f"it said {in_clear}" if in_clear else "it never came",
    )  # fmt: skip
    yield Criterion(
        "it names the exception", 1, said == REFUSED_AS, f"it returned {str(said)[:60]!r}"
    )
    _, server, passed = _tried(careful_send, "wrong-host")
    yield Criterion(
        "it sends nothing to a server with another's certificate", 1,
        not server.messages and bool(passed), "a message arrived there",
    )  # fmt: skip


def _begins_mail(one: Sighting) -> bool:
    is_ours = one.direction is TrailDirection.CLIENT and one.is_plain
    return is_ours and one.octets[:4].upper() in (b"MAIL", b"AUTH")


@exercise(
    "7.3",
    "write diagnose(url): say what is wrong with a server's certificate",
    6,
    takes="diagnose",
    is_signed=True,
    hints=(
        "connect, and catch CertificateError: its description says what was found",
        'a good certificate raises nothing: then it is "valid"',
        "look at the four descriptions: each has a word of its own",
    ),
)
def diagnose_certificates(
    seen: Seen, diagnose: Callable[[str], object] | None
) -> Iterator[Criterion]:
    """A function that tells four faults of certificates apart."""
    if not callable(diagnose):
        yield Criterion("a function diagnose", 5, False, 'none yet: lesson.check("7.3", diagnose)')
        return
    for fault in (VALID, *FAULTS):
        said, _, passed = _tried(diagnose, fault)
        told = f"it said {str(said)[:60]!r}" if passed else "it did not even connect"
        yield Criterion(f"a certificate that is {fault}", 1, said == fault and bool(passed), told)


@exercise(
    "7.4",
    "inject a line with your word after the 220, and see the client refuse it",
    4,
    takes="tap",
    hints=(
        "Tap(server, inject=…) writes a line after the server's 220; it needs CRLF at its end",
        "the line has to look like a reply: three digits, a space, and your word",
        'then say who can write such a line: lesson.answers["7.4"] = …',
    ),
)
def inject(seen: Seen, tap: Tap | None) -> Iterator[Criterion]:
    """An attack that failed, as the one in the middle saw it."""
    if not isinstance(tap, Tap):
        yield Criterion("a tap that injects", 4, False, 'none yet: lesson.check("7.4", tap)')
        return
    passed = list(tap.seen)
    server = TrailDirection.SERVER
    ours = [n for n, one in enumerate(passed) if one.is_changed and one.direction is server]
    line = passed[ours[-1]].octets.decode("latin-1") if ours else ""
    seen_line = f"the injected line: {line.strip()!r}" if line else "nothing was injected"
    is_ours = bool(seen.nonce) and seen.nonce in line
    yield Criterion("your word after the 220", 1, is_ours, seen_line)
    yield Criterion("it looks like the reply to EHLO", 1, line.startswith("250 "), seen_line)
    after = passed[ours[-1] + 1 :] if ours else passed
    spoken = next((one for one in after if one.direction is not server), None)
    yield Criterion(
        "the client said nothing more", 1, bool(ours) and spoken is None,
        f"it went on: {spoken}" if spoken else seen_line,
    )  # fmt: skip
    said = str(seen.answers.get("7.4", "")).strip().lower()
    yield Criterion(
        "your answer: who can write such a line", 1, said in WHO,
        f"you said {said[:60]!r}" if said else 'not said yet: lesson.answers["7.4"] = …',
    )  # fmt: skip


PLAN = LessonPlan(
    7,
    "STARTTLS and certificates",
    "You know what TLS protects, from where on, and what a client has to refuse.",
    35,
    (deliver_inside_tls, careful, diagnose_certificates, inject),
    {"tls": "starttls", "latency": "20ms", "without": UNUSED},
)
