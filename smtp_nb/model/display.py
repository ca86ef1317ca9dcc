"""Display of untrusted text: nothing hidden, and addresses masked where it is saved."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

# C0, DEL, C1, lone surrogates, and what Unicode uses to break lines, hide or reverse text.
_RANGES = (
    "\x00-\x1f", "\x7f-\x9f", "\xad-\xad", "\u061c-\u061c", "\u200b-\u200f", "\u2028-\u202e",
    "\u2060-\u2069", "\ufeff-\ufeff", "\ud800-\udfff",
)  # fmt: skip
_INVISIBLE = re.compile(f"[{''.join(_RANGES)}]")
# The lengths are bounded, so that 8 KiB of a hostile line cost no quadratic search.
_ADDRESS = re.compile(r'(?:"((?:[^"\\]|\\.){0,320})"|([^\s<>()\[\],;:@"\\]{1,320}))@(?=[\w\[])')
_NAME_ARGUMENT = re.compile(r"(?im)^((?:VRFY|EXPN) +)([^\s@])[^@\n]*$")


# Number of members of a long value that a repr shows.
SHOWN = 20


def kind_of(value: object) -> str:
    """Return the name of the value's type with its article: "an int", "a str"."""
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def bounded(values: Sequence[object], most: int = SHOWN) -> str:
    """Return the repr of a tuple, cut if long: `(…, …, and 99,980 more)`."""
    words = [repr(value) for value in values[:most]]
    left = len(values) - len(words)
    if left <= 0:
        return repr(tuple(values))
    return f"({', '.join(words)}, and {left:,} more)"


def visible(text: str) -> str:
    """Return `text` with controls, invisible and direction-changing characters as backslash
    escapes.
    """
    return text if _INVISIBLE.search(text) is None else text.translate(_escapes())


def visible_lines(text: str) -> str:
    """As `visible`, but with line feeds: safe to print on a terminal."""
    return text if _INVISIBLE.search(text) is None else text.translate(_escapes(kept="\n"))


@cache
def _escapes(kept: str = "") -> dict[int, str]:
    """A table for `str.translate`, which takes one step however long a stranger's text is."""
    return {
        number: ascii(chr(number))[1:-1]
        for span in _RANGES
        for number in range(ord(span[0]), ord(span[-1]) + 1)
        if chr(number) not in kept
    }


def masked(text: str) -> str:
    """Return `text` with the local part of every address cut to its first character:
    `a…@example.org`.
    """
    text = _NAME_ARGUMENT.sub(r"\1\2…", text)
    return _ADDRESS.sub(lambda found: f"{(found[1] or found[2] or '')[:1]}…@", text)


def counted(number: int, noun: str) -> str:
    """`1 message`, `2,000 messages`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
