"""Lesson 8: logging in."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Iterator

from smtp_nb.classroom.exercises.exercise import BY_HAND, Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.exercises.words import WORDS, word_for
from smtp_nb.classroom.lessons.plan import UNUSED, LessonPlan

PASSWORD = "open-sesame"
"""Of the user whose name is the student's word; it is in the notebook for all to read."""
DICTIONARY = WORDS[:50]


@exercise(
    "8.1",
    "log in by hand with AUTH PLAIN, as the user that is your word",
    5,
    hints=(
        "your word is in the greeting; AUTH is offered inside TLS only",
        "PLAIN is one text: NUL, the user, NUL, the password; a NUL is one byte, not two",
        "b64encode wants bytes and adds no line end; print what you made and count the NULs",
    ),
)
def log_in(seen: Seen) -> Iterator[Criterion]:
    """One conversation by hand in which PLAIN went through at the first try."""
    talks = seen.by_hand
    if not talks:
        yield Criterion(BY_HAND, 5, False, "nothing was typed yet")
        return
    talk = next((one for one in reversed(talks) if one.user), talks[-1])
    tries = [one for one in talk.exchanges if one.command == "AUTH"]
    last = tries[-1] if tries else None
    reply = last.reply.text if last and last.reply else "AUTH was not said"
    is_in = any(one.reply and one.reply.code == 235 for one in talk.exchanges)
    yield Criterion("you are logged in", 2, is_in, reply)
    is_plain = last is not None and last.argument.upper().startswith("PLAIN ")
    yield Criterion("with PLAIN, all in the line of AUTH", 1, is_in and is_plain, reply)
    yield Criterion(
        "as the user that is your word", 1, talk.user == seen.nonce, f"the user is {talk.user!r}"
    )
    refused = next((one.reply for one in tries if one.reply and one.reply.code >= 400), None)
    yield Criterion(
        "the server refused nothing on the way", 1, is_in and refused is None, str(refused)
    )


def _recording(user: str, password: str, number: int) -> tuple[str, str]:
    """A CRAM-MD5 login as an eavesdropper sees it: challenge and answer, in base64."""
    challenge = f"<{number}.{user}@sandbox.test>".encode()
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return b64encode(challenge).decode(), b64encode(f"{user} {digest}".encode()).decode()


@exercise(
    "8.2",
    "write crack(challenge, answer, words): find the password of a recorded CRAM-MD5",
    5,
    takes="crack",
    is_signed=True,
    hints=(
        "RFC 2195: the answer is the user, a space, and HMAC-MD5 of the challenge as its last word",
        "the password is the key of the HMAC; challenge and answer come in base64",
        "try word after word; return None if none fits",
    ),
)
def dictionary_attack(
    seen: Seen, crack: Callable[[str, str, list[str]], object] | None
) -> Iterator[Criterion]:
    """A function that finds a password in a dictionary, and says so if it is not there."""
    if not callable(crack):
        yield Criterion("a function crack", 4, False, 'none yet: lesson.check("8.2", crack)')
        return
    user = word_for(8, f"{seen.student} victim")
    begin = sum(user.encode()) % 40
    for name, place in (("a password", begin + 1), ("the last password", len(DICTIONARY) - 1)):
        password = DICTIONARY[place]
        found = crack(*_recording(user, password, place), list(DICTIONARY))
        yield Criterion(f"{name} of the dictionary", 1, found == password, f"it said {found!r}")
    found = crack(*_recording(f"{user} the second", "apple", 7), list(DICTIONARY))
    told = f"it said {found!r}: a user's name may hold a space"
    yield Criterion("a user whose name has a space", 1, found == "apple", told)
    found = crack(*_recording(user, "correct horse battery staple", 9), list(DICTIONARY))
    yield Criterion("None for one that is not there", 1, found is None, f"it said {found!r}")


def server_signature(password: str, salt: bytes, iterations: int, auth_message: bytes) -> bytes:
    """What only a server that knows the password can say (RFC 5802 section 3)."""
    # Only now, for Python in a browser has no such name.
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return hmac.digest(server_key, auth_message, "sha256")


@exercise(
    "8.3",
    "write is_real(password, salt, iterations, auth_message, signature): know a forged server",
    5,
    takes="is_real",
    is_signed=True,
    hints=(
        "RFC 5802 section 3: SaltedPassword, then ServerKey, then ServerSignature",
        "pbkdf2_hmac and hmac.digest of Python do the arithmetic; all with sha256",
        "compare with hmac.compare_digest, all bytes of it",
    ),
)
def know_the_server(seen: Seen, is_real: Callable[..., object] | None) -> Iterator[Criterion]:
    """A function that accepts a server's signature if and only if the server knows the password."""
    if not callable(is_real):
        yield Criterion("a function is_real", 4, False, 'none yet: lesson.check("8.3", is_real)')
        return
    salt, message = f"salt of {seen.student}".encode(), f"n={seen.nonce},r=abc,c=biws".encode()
    given = (PASSWORD, salt, 4096, message)
    right = server_signature(*given)
    others = {
        "the real server": (right, True),
        "a server that does not know the password": (
            server_signature("open sesame", salt, 4096, message), False,
        ),
        "a signature that is cut off": (right[:-1], False),
        "an old signature": (server_signature(PASSWORD, salt, 4096, message + b"!"), False),
    }  # fmt: skip
    for name, (signature, wanted) in others.items():
        said = is_real(*given, signature)
        told = f"it said {said!r}"
        yield Criterion(name, 1, isinstance(said, bool) and said is wanted, told)


PLAN = LessonPlan(
    8,
    "Logging in",
    "You know what a login proves, what passes on the line, and what a listener learns.",
    30,
    (log_in, dictionary_attack, know_the_server),
    {"tls": "starttls", "latency": "20ms", "without": UNUSED},
    login=PASSWORD,
)
