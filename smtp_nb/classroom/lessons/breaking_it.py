"""Lesson 11: breaking it: injection, spoofing, smuggling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.classroom.net import Net
from smtp_nb.classroom.relaying.hop import Hop
from smtp_nb.classroom.relaying.mail import Mail, has_bare_line_ends
from smtp_nb.classroom.zone import Zone
from smtp_nb.model.memory_server import registered
from smtp_nb.sandbox.session import Session

FRONTS = ("post.test", "gate.test")
BANK = "bank.test"
OFFICE = f"office@{BANK}"
FORM = "form@post.test"
SUBJECT = "Contact form"

ATTACKS = (
    "Ann\r\nBcc: eve@bank.test",
    "Ann\nBcc: eve@bank.test",
    "Ann\rBcc: eve@bank.test",
    "Ann\r\n\r\nA text of my own",
    "Ann\r\n Bcc: eve@bank.test",
    "Ann\0",
)
GOOD_NAMES = (
    "Ann",
    "Zoë Müller",
    "Dr: Who",
    "O'Neill, Pat",
    "Bcc: is my name",
    "李小龍",
    "R2-D2 \\ x",
)


def servers(word: str) -> Net:
    """Two fronts that take mail of their own people, and the bank that it goes to."""
    zone = Zone(
        {
            "post.test": {"MX": "10 mx.post.test", "TXT": "v=spf1 mx -all"},
            "mx.post.test": {"A": "192.0.2.10"},
            "gate.test": {"MX": "10 mx.gate.test", "TXT": "v=spf1 mx -all"},
            "mx.gate.test": {"A": "192.0.2.20"},
            "bank.test": {"MX": "10 mx.bank.test", "TXT": "v=spf1 mx -all"},
            "mx.bank.test": {"A": "192.0.2.30"},
            **{
                f"_dmarc.{domain}": {"TXT": "v=DMARC1; p=reject"}
                for domain in ("post.test", "gate.test", "bank.test")
            },
        }
    )
    return Net(
        zone, manner={"post.test": "careless", "gate.test": "lenient", "bank.test": "lenient"}
    )


# 11.1


def contact_form(net: Net, name: str, text: str = "Please call me back.") -> list[str]:
    """A contact form as there are many on the web, and it is vulnerable.

    It puts the visitor's name into the header as it is, and then reads from the header for whom the
    mail is. Only servers of this lesson can be reached with it.

    Returns:
        For whom the mail was.
    """
    header = f"From: {name} <{FORM}>\r\nTo: {OFFICE}\r\nSubject: {SUBJECT}"
    content = f"{header}\r\n\r\n{text}\r\n"
    fields = content.partition("\r\n\r\n")[0].splitlines()
    wanted = [line for line in fields if line.lower().startswith(("to:", "cc:", "bcc:"))]
    recipients = [one for line in wanted for one in re.findall(r"[^\s<>,:]+@[^\s<>,]+", line)]
    kept = "\r\n".join(line for line in fields if not line.lower().startswith("bcc:"))
    body = content.partition("\r\n\r\n")[2]
    _send(net, "post.test", FORM, recipients, f"{kept}\r\n\r\n{body}".encode())
    return recipients


def _send(net: Net, name: str, sender: str, recipients: list[str], content: bytes) -> None:
    """Hand content to a server of a net as it is, as a program does that does not look."""
    wire = re.search(r"wire=(memory:\d+)", net.url(name))
    server = registered(wire[1]) if wire else None
    if server is not None:
        hop = Hop(server, server.connect(), "web.test", repairs=False)
        hop.deliver(Mail(sender, {one: {} for one in recipients}, content))
        net.settle()


@exercise(
    "11.1",
    "break a form, then mend it",
    5,
    takes="safe_header",
    hints=(
        "what the visitor types as a name becomes a part of a header line; how does a line end?",
        "after the end of the line you are free to write a line of your own, such as Bcc: …",
        "safe_header(name) raises ValueError for what cannot be a name, and returns all others",
    ),
)
def mend_form(seen: Seen, safe_header: object) -> Iterator[Criterion]:
    """A form's mail to a recipient the form does not know, and a function that refuses."""
    victim = f"{seen.nonce}@{BANK}"
    arrived = [
        message
        for message in (seen.net[BANK].messages if seen.net else ())
        if message.mail_from == FORM and victim in message.rcpt_tos
    ]
    injected = [one for one in arrived if OFFICE in one.rcpt_tos and one.subject == SUBJECT]
    yield Criterion(
        f"the form sent a mail to {victim} too", 2, bool(injected), "no such mail of the form"
    )
    if not callable(safe_header):
        yield Criterion("line ends are refused", 2, False, "the function safe_header is missing")
        return
    passed = [one for one in ATTACKS if not _refuses(safe_header, one)]
    yield Criterion(
        "line ends are refused", 2, not passed, f"not refused: {passed[0]!r}" if passed else ""
    )
    lost = [one for one in GOOD_NAMES if _result(safe_header, one) != one]
    yield Criterion(
        "names pass as they are", 1, not lost and not passed,
        f"not the same afterwards: {lost[0]!r}" if lost else "first the line ends",
    )  # fmt: skip


def _refuses(function: Callable[[str], object], text: str) -> bool:
    """True if it raises ValueError; returning a repaired address would send to someone else."""
    try:
        function(text)
    except ValueError:
        return True
    except Exception:
        return False
    return False


def _result(function: Callable[[str], object], text: str) -> object:
    try:
        return function(text)
    except Exception:
        return None


# 11.2


@exercise(
    "11.2",
    "smuggle a second mail through a front",
    5,
    hints=(
        "one front leaves bare line feeds as they are, and the bank takes them for line ends",
        "the front must not see the end of your mail where the bank sees it",
        "after the bank's end of the mail come MAIL, RCPT, DATA and a mail, with bare line feeds",
        "Terminal(lesson.net['post.test']).send(b'…') sends any bytes",
    ),
)
def smuggle(seen: Seen) -> Iterator[Criterion]:
    """One mail at the front, two at the bank; the second has a sender that the front never saw."""
    talks = [(front, talk) for front in FRONTS for talk in _talks(seen.net, front)]
    if not talks:
        why = "nothing has been typed at a front yet"
        yield Criterion(BY_HAND, 5, False, why)
        return
    yield Criterion(BY_HAND, 1, True)
    wanted = tuple(f"{seen.nonce}@{front}" for front in FRONTS)
    forged = [
        message
        for message in (seen.net[BANK].messages if seen.net else ())
        if message.mail_from in wanted
    ]
    yield Criterion(f"a mail from {wanted[0]} at the bank", 2, bool(forged), "none is there")
    honest = [
        talk
        for front, talk in talks
        if any(message.mail_from in wanted for message in talk.messages)
    ]
    single = [talk for _, talk in talks if talk.messages and _mails(talk) == 1]
    yield Criterion(
        "the front saw another mail, and only that", 2,
        bool(forged) and not honest and bool(single) and _came_inside(seen.net, wanted),
        _why_not(bool(forged), bool(honest)),
    )  # fmt: skip


def _why_not(is_forged: bool, is_honest: bool) -> str:
    if is_honest:
        return "the front has a MAIL with that sender: it saw two mails"
    return "it did not come through a front" if is_forged else "nothing was smuggled yet"


def _talks(net: Net | None, name: str) -> list[Session]:
    return [one for one in net[name].sessions if one.by == "hand"] if net else []


def _mails(talk: Session) -> int:
    return sum(one.command == "MAIL" for one in talk.exchanges)


def _came_inside(net: Net | None, senders: tuple[str, ...]) -> bool:
    """True if the bank found such a mail in a conversation with a front, after another mail."""
    for talk in net[BANK].sessions if net else ():
        found = [message.mail_from for message in talk.messages]
        if talk.hello.startswith("mx.") and any(one in senders for one in found[1:]):
            return True
    return False


# 11.3


BODIES = (
    b"Hello\r\n",
    b".\r\n",
    b"..\r\n",
    b"a line\r\n.\r\nanother line\r\n",
    b".hidden\r\n",
    b"From here on\r\n",
    b"MAIL FROM:<boss@bank.test>\r\nRCPT TO:<ben@bank.test>\r\nDATA\r\n",
    b"no line end at the end",
    b"\r\n\r\n\r\n",
    b"Z\xc3\xbcrich\r\n",
    b"x" * 900 + b"\r\n",
    b"",
)
SEQUENCES = (b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r")
_TRIAL = {
    "front.test": {"MX": "10 mx.front.test"},
    "mx.front.test": {"A": "192.0.2.1"},
    "back.test": {"MX": "10 mx.back.test"},
    "mx.back.test": {"A": "192.0.2.2"},
}


@exercise(
    "11.3",
    "a front and a back that cannot be fooled",
    5,
    takes="build",
    is_signed=True,
    hints=(
        "build(zone) returns Net(zone, manner={…}), with a manner for front.test and for back.test",
        "what the front lets pass may meet any back, and the back may meet any front",
    ),
)
def defend(seen: Seen, build: object) -> Iterator[Criterion]:
    """The student's own net is attacked, and has to carry twelve honest mails."""
    if not callable(build):
        yield Criterion("a net", 4, False, "the function build is missing")
        return
    net = build(Zone(_TRIAL))
    if not isinstance(net, Net):
        yield Criterion("a net", 4, False, f"build returned a {type(net).__name__}")
        return
    with net:
        lost = [body for body in BODIES if not _arrives(net, body)]
        yield Criterion(
            "twelve honest mails arrive", 1, not lost, f"lost: {lost[0][:30]!r}" if lost else ""
        )
        through = [one for one in SEQUENCES if _is_smuggled(net, "front.test", one)]
        yield Criterion(
            "nothing is smuggled through the front", 1, not (lost or through),
            f"{through[0]!r} went through" if through else "first the honest mails",
        )  # fmt: skip
        bare = any(has_bare_line_ends(one.content) for one in net["back.test"].messages)
        yield Criterion(
            "the front passes no bare line end on", 1, not (lost or through or bare),
            "a bare CR or LF has reached the back",
        )  # fmt: skip
        direct = [one for one in SEQUENCES if _is_smuggled(net, "back.test", one)]
        yield Criterion(
            "the back is not fooled by other fronts", 1, not (lost or direct),
            f"{direct[0]!r} made two mails of one" if direct else "first the honest mails",
        )  # fmt: skip


def _arrives(net: Net, body: bytes) -> bool:
    back = net["back.test"]
    before = len(back.messages)
    content = b"From: ann@front.test\r\nSubject: honest\r\n\r\n" + body
    _send(net, "front.test", "ann@front.test", ["ben@back.test"], content)
    new = back.messages[before:]
    return len(new) == 1 and new[0].content.rstrip(b"\r\n").endswith(body.rstrip(b"\r\n"))


def _is_smuggled(net: Net, door: str, sequence: bytes) -> bool:
    """True if the back takes a mail that the server at `door` was not asked to deliver."""
    forged = "boss@front.test"
    end = b"\n" if b"\n" in sequence.replace(b"\r\n", b"") else b"\r"
    inside = end.join(
        (f"MAIL FROM:<{forged}>".encode(), b"RCPT TO:<ben@back.test>", b"DATA", b"", b"smuggled")
    )
    content = b"From: ann@front.test\r\n\r\nhello" + sequence + inside + b"\r\n"
    _send(net, door, "ann@front.test", ["ben@back.test"], content)
    seen_by_front = [one.mail_from for one in net["front.test"].messages]
    arrived = [one.mail_from for one in net["back.test"].messages]
    return forged in arrived or forged in seen_by_front


PLAN = LessonPlan(
    11,
    "Breaking it: injection, spoofing, smuggling",
    "You can say why a program must refuse what it does not understand, and both ends must agree.",
    40,
    (mend_form, smuggle, defend),
    net=servers,
)
