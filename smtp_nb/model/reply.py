"""A server's reply (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

# RFC 3463 section 2: class "." subject "." detail, and the class agrees with the reply's.
_ENHANCED = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply.

    Attributes:
        code: 200 to 559, the three digits.
        lines: the text of each line, without code, separator and line end. Octets that are not
            UTF-8 are shown as backslash escapes.
    """

    code: int
    lines: tuple[str, ...] = ("",)

    @property
    def enhanced_code(self) -> str:
        """The enhanced status code (RFC 2034), or an empty string."""
        match = _ENHANCED.match(self.lines[0])
        return match.group() if match and match.group(1) == str(self.code)[0] else ""

    @property
    def text(self) -> str:
        """The words, lines joined by line feeds, without code and enhanced code."""
        if enhanced := self.enhanced_code:
            return "\n".join(line.removeprefix(enhanced).lstrip() for line in self.lines)
        return "\n".join(self.lines)

    @property
    def is_success(self) -> bool:
        """2yz: done."""
        return 200 <= self.code < 300

    @property
    def is_intermediate(self) -> bool:
        """3yz: go on (354 to DATA, 334 to AUTH)."""
        return 300 <= self.code < 400

    @property
    def is_transient(self) -> bool:
        """4yz: may work later."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """5yz: will not work unchanged."""
        return 500 <= self.code < 600

    def wire_lines(self) -> list[str]:
        """The reply as it stood on the wire, line by line, without line ends."""
        *first, last = self.lines
        return [f"{self.code}-{line}" for line in first] + [f"{self.code} {last}".rstrip()]

    def __str__(self) -> str:
        return "\n".join(self.wire_lines())
