"""The form of a letter: what a person has typed, as values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

KINDS = ("text", "markdown", "html")
IMPORTANCES = ("low", "normal", "high")
MAX_LINE = 20_000
MAX_BODY = 1_000_000
MAX_FILES = 100
MAX_UPLOAD = 6 * 1024 * 1024
"""Bytes of a file that a page may hand over. Jupyter's server takes messages of up to 10 MiB."""

_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class LetterForm:
    """What the fields of the form hold, as typed.

    Attributes:
        kind: of the body: text, markdown or html.
        raw: leave `{{ … }}` in the body as it stands.
        attach: paths of files.
    """

    sender: str = ""
    to: str = ""
    cc: str = ""
    bcc: str = ""
    reply_to: str = ""
    subject: str = ""
    importance: str = ""
    kind: str = "text"
    body: str = ""
    raw: bool = False
    attach: tuple[str, ...] = ()

    @classmethod
    def read(cls, given: object) -> LetterForm:
        """The form as a page sent it, within bounds; what is of another shape is left empty."""
        found: Mapping[object, Any] = given if isinstance(given, Mapping) else {}
        lines = ("sender", "to", "cc", "bcc", "reply_to", "subject")
        files = found.get("attach")
        return cls(
            **{name: _line(found.get(name)) for name in lines},
            importance=_one_of(IMPORTANCES, found.get("importance"), ""),
            kind=_one_of(KINDS, found.get("kind"), "text"),
            body=_text(found.get("body"))[:MAX_BODY].replace("\r\n", "\n").replace("\r", "\n"),
            raw=found.get("raw") is True,
            attach=tuple(filter(None, map(_line, _listed(files)[:MAX_FILES]))),
        )

    def as_message(self) -> dict[str, Any]:
        """The same for a page."""
        return asdict(self)


def _text(value: object) -> str:
    return _HALF.sub("\ufffd", value) if isinstance(value, str) else ""


def _line(value: object) -> str:
    """A line holds no line break, not even those that only Python and Unicode know."""
    return " ".join(_text(value)[:MAX_LINE].splitlines()).strip()


def _one_of(known: tuple[str, ...], value: object, default: str) -> str:
    return value if isinstance(value, str) and value in known else default


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []
