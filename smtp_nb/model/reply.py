"""A server's reply (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from smtp_nb.model.display import bounded, visible

# RFC 3463 section 2: class "." subject "." detail, and the class agrees with the reply's.
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?= |$)")


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """One complete reply.

    Attributes:
        code: 200 to 559, the three digits.
        lines: the text of each line, without code, separator and line end. Bytes that are not UTF-8
            are shown as backslash escapes.
        enhanced_code: the enhanced status code (RFC 2034), or an empty string.
        text: the lines joined by line feeds, without code and enhanced code.
        is_success: 2yz: done.
        is_intermediate: 3yz: go on (354 to DATA, 334 to AUTH).
        is_transient: 4yz: may work later.
        is_permanent: 5yz: will not work unchanged.
    """

    code: int
    lines: tuple[str, ...] = ("",)
    enhanced_code: str = field(init=False, repr=False, compare=False)
    text: str = field(init=False, repr=False, compare=False)
    is_success: bool = field(init=False, repr=False, compare=False)
    is_intermediate: bool = field(init=False, repr=False, compare=False)
    is_transient: bool = field(init=False, repr=False, compare=False)
    is_permanent: bool = field(init=False, repr=False, compare=False)
    _wire: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Computed once: a reply is read again and again, and servers repeat themselves.
        kind = self.code // 100
        match = _ENHANCED.match(self.lines[0])
        code = match.group() if match and match.group(1) == str(kind) else ""
        lines = [line.removeprefix(code).lstrip() for line in self.lines] if code else self.lines
        *first, last = self.lines
        facts = {
            "enhanced_code": code,
            "text": "\n".join(lines),
            "is_success": kind == 2,
            "is_intermediate": kind == 3,
            "is_transient": kind == 4,
            "is_permanent": kind == 5,
            "_wire": (*(f"{self.code}-{line}" for line in first), f"{self.code} {last}".rstrip()),
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """The fields, with only the first lines: a server may send thousands."""
        return f"Reply(code={self.code}, lines={bounded(self.lines)})"

    def wire_lines(self) -> tuple[str, ...]:
        """The reply as sent, line by line, without line ends."""
        return self._wire

    def __str__(self) -> str:
        """The reply as sent, safe to print: control characters are escaped."""
        return "\n".join(map(visible, self.wire_lines()))
