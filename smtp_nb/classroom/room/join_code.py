"""Join codes: one word that lets a student in and proves the server to the student.

    maple-73-k7m2q-9x4tb-c3vhr-n8wpe-5dz6jf@192.168.1.5:2525
    └──┬───┘ └──────────────┬─────────────┘ └──────┬───────┘
     a name       26 letters, as below         the server

The letters are Crockford's base 32 (no i, l, o, u; capitals do not matter, and O, I and L are read
as 0 and 1). 9 of them, 45 bits, are the token, 15, 75 bits, begin the SHA-256 of the certificate of
the server's authority, and the last 2 are a check over the name and the others, so that a slip is
found before anything is connected.

The token is never sent: a student's password is HMAC-SHA-256 of the name under it. Whoever has the
code is of the class. It lasts as long as the server runs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from base64 import b32encode
from dataclasses import dataclass

from smtp_nb.errors import InputError
from smtp_nb.model.secret import Secret

_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_TOKEN, _FINGERPRINT, _CHECK = 9, 15, 2
_ALL = _TOKEN + _FINGERPRINT + _CHECK
_ALIKE = str.maketrans("oil", "011")
_NAME = re.compile(r"[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,3}\Z")
_PLACE = re.compile(r"(?:\[(?P<literal>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9.-]+)):(?P<port>\d+)\Z")
_TREES = "alder ash beech birch cedar elm fir hazel larch lime maple oak pine rowan spruce willow"
_REMEDY = "Copy the whole line that the teacher's room.join_line shows"


@dataclass(frozen=True, slots=True)
class JoinCode:
    """What a student needs to join.

    Attributes:
        name: the class's, such as `maple-73`; no secret.
        token: 9 letters.
        fingerprint: 15 letters.
        host, port: where the server is.
    """

    name: str
    token: Secret
    fingerprint: str
    host: str
    port: int

    @property
    def text(self) -> str:
        """The code as it is passed on. It holds the token."""
        letters = self.token.reveal() + self.fingerprint
        letters += _check(self.name, letters)
        groups = [letters[0:5], letters[5:10], letters[10:15], letters[15:20], letters[20:]]
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}-{'-'.join(groups)}@{host}:{self.port}"

    def password(self, student: str) -> Secret:
        """The password of a student: the same for every spelling of the name."""
        key = f"{self.name}:{self.token.reveal()}".encode()
        digest = hmac.digest(key, folded(student).encode(), "sha256")
        return Secret(b32encode(digest).decode("ascii")[:32].lower())

    def vouches_for(self, authority: bytes) -> bool:
        """True if this certificate (DER) is the one of the class's authority."""
        return hmac.compare_digest(fingerprint_of(authority), self.fingerprint)


def folded(name: str) -> str:
    """A student's name as it is compared."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def new_token() -> Secret:
    """A token for a new class."""
    return Secret("".join(secrets.choice(_LETTERS) for _ in range(_TOKEN)))


def checked_name(code: str) -> str:
    """The name of a class; one is made up if it is empty.

    Raises:
        InputError: it is not of letters, digits and dashes.
    """
    if not code:
        return f"{secrets.choice(_TREES.split())}-{secrets.randbelow(90) + 10}"
    name = code.lower()
    if not _NAME.match(name):
        raise InputError(
            f"code={code!r} is not the name of a class",
            remedy='Use letters, digits and dashes, such as "maple-73"',
        )
    return name


def fingerprint_of(authority: bytes) -> str:
    """The letters that stand for a certificate (DER)."""
    return _spelled(hashlib.sha256(authority).digest(), _FINGERPRINT)


def parse(text: str) -> JoinCode:
    """Read a join code.

    Raises:
        InputError: it is none, or a letter is wrong; the text is not repeated, for it may hold most
            of a token.
    """
    code, at, place = text.strip().rpartition("@")
    found = _PLACE.match(place)
    if not at or found is None or not 0 < int(found["port"]) < 65536:
        raise InputError("the join code does not end in @address:port", remedy=_REMEDY)
    letters, rest = _split(code.lower())
    if len(letters) < _ALL or not _NAME.match(rest):
        raise InputError("the join code is not complete", remedy=_REMEDY)
    if set(letters) - set(_LETTERS) or _check(rest, letters[:-_CHECK]) != letters[-_CHECK:]:
        raise InputError("the join code has a wrong letter", remedy=_REMEDY)
    fingerprint = letters[_TOKEN:-_CHECK]
    host = found["literal"] or found["name"]
    return JoinCode(rest, Secret(letters[:_TOKEN]), fingerprint, host, int(found["port"]))


def _split(code: str) -> tuple[str, str]:
    """The letters at the end, without dashes and with lookalikes replaced, and the name before."""
    at, letters = len(code), ""
    while at and len(letters) < _ALL:
        at -= 1
        letters = code[at].replace("-", "") + letters
    return letters.translate(_ALIKE), code[:at].rstrip("-")


def _check(name: str, letters: str) -> str:
    return _spelled(hashlib.sha256(f"{name}:{letters}".encode()).digest(), _CHECK)


def _spelled(digest: bytes, count: int) -> str:
    number = int.from_bytes(digest, "big") >> (8 * len(digest) - 5 * count)
    return "".join(_LETTERS[number >> 5 * k & 31] for k in reversed(range(count)))
