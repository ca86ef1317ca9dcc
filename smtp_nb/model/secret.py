"""Secrets: values that are never shown."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

HIDDEN = "<hidden>"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or token. Only `reveal()` returns it; repr, str and format do not.

    It does not pickle, so that it cannot end up in a cache or in a widget's state.
    """

    _value: str

    def reveal(self) -> str:
        """Return the value itself, for the one place that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret cannot be pickled")


def encodings(secret: str) -> set[str]:
    """Return every spelling in which `secret` may hide in a text: used for masking, and by the
    tests.

    The three base64 alignments (whole groups, so that neighbours do not matter), hex, UTF-16, and
    what percent encoding, JSON, HTML and Python's repr make of it.
    """
    import json  # loaded only where there is a secret
    from html import escape

    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    found |= {escape(secret), escape(secret, quote=False), repr(secret)[1:-1], ascii(secret)[1:-1]}
    found |= {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    found |= {repr(secret.encode())[2:-1]}
    for charset in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = secret.encode(charset)
        found |= {raw.decode("latin-1"), raw.hex(), raw.hex().upper()} | _base64_cores(raw)
    return {text for text in found if len(text) >= 4}


def _base64_cores(raw: bytes) -> set[str]:
    cores = set()
    for shift in range(3):
        skip = (shift * 8 + 5) // 6  # characters that share bits with the preceding ones
        text = base64.b64encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
        tail = (shift + len(raw)) % 3
        core = text[skip : -1 if tail else None]
        cores |= {core, core.translate(str.maketrans("+/", "-_"))}
    return cores
