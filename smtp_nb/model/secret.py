"""A value that must never be shown."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from urllib.parse import quote

HIDDEN = "<hidden>"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or token. Only `reveal()` gives it away; repr, str and format do not.

    It does not pickle, so that it cannot end in a cache or in a widget's state.
    """

    _value: str

    def reveal(self) -> str:
        """The value itself, for the one place that needs it."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")


def encodings(secret: str) -> set[str]:
    """Every spelling under which `secret` may hide in a text: used to mask, and by the tests.

    The three base64 alignments (whole groups, so that neighbours do not matter), hex, percent,
    JSON and UTF-16.
    """
    raw = secret.encode()
    found = {secret, raw.hex(), raw.hex().upper(), quote(secret, safe="")}
    found |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    for wide in ("utf-16-le", "utf-16-be"):
        found |= {secret.encode(wide).hex(), secret.encode(wide).decode("latin-1")}
        found |= _base64_cores(secret.encode(wide))
    return {text for text in found | _base64_cores(raw) if len(text) >= 4}


def _base64_cores(raw: bytes) -> set[str]:
    cores = set()
    for shift in range(3):
        skip = (shift * 8 + 5) // 6  # characters that the neighbours in front have a part in
        text = base64.b64encode(b"\0" * shift + raw).decode("ascii").rstrip("=")
        tail = (shift + len(raw)) % 3
        core = text[skip : -1 if tail else None]
        cores |= {core, core.translate(str.maketrans("+/", "-_"))}
    return cores
