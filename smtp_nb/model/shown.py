"""How text from others is shown: nothing hidden in it, and no address in full where it is saved."""

from __future__ import annotations

import re

# C0, DEL, C1, lone surrogates, and what Unicode uses to break lines, hide or reverse text.
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
# The lengths are bounded, so that 8 KiB of a hostile line cost no quadratic search.
_ADDRESS = re.compile(r'(?:"((?:[^"\\]|\\.){0,320})"|([^\s<>()\[\],;:@"\\]{1,320}))@(?=[\w\[])')
_NAME_ARGUMENT = re.compile(r"(?i)^((?:VRFY|EXPN) +)([^\s@])[^@]*$")


def visible(text: str) -> str:
    """`text` with controls, invisible and direction-changing characters as backslash escapes."""
    return _INVISIBLE.sub(lambda found: ascii(found.group())[1:-1], text)


def masked(text: str) -> str:
    """`text` with the local part of every address cut to its first character: `a…@example.org`."""
    text = _NAME_ARGUMENT.sub(r"\1\2…", text)
    return _ADDRESS.sub(lambda found: f"{(found[1] or found[2] or '')[:1]}…@", text)
