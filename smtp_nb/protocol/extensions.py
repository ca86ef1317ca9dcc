"""Extensions that a server offers: the reply to EHLO (RFC 5321 section 4.1.1.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from smtp_nb.model.reply import Reply

_KEYWORD = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:[ =](.*))?\Z")
_LIMIT = re.compile(r"(?<!\S)(RCPTMAX|MAILMAX|RCPTDOMAINMAX)=([1-9][0-9]{0,5})(?!\S)", re.I)
# RFC 1870 section 3: 1*20DIGIT, and a digit is one of ASCII.
_SIZE = re.compile(r"[0-9]{1,20}\Z")


@dataclass(frozen=True)
class Extensions:
    """The extensions offered on this connection, after TLS if there is TLS.

    Attributes:
        domain: the server's name for itself.
        keywords: upper-case keyword to its parameters as sent.
    """

    domain: str = ""
    keywords: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, keyword: str) -> bool:
        return keyword in self.keywords

    @cached_property
    def auth(self) -> frozenset[str]:
        """Names of the offered mechanisms, in upper case."""
        return frozenset(self.keywords.get("AUTH", "").upper().split())

    @cached_property
    def size_limit(self) -> int:
        """Size in bytes of the largest message that the server accepts (RFC 1870); 0 if it does not
        say.
        """
        text = self.keywords.get("SIZE", "").strip()
        return int(text) if _SIZE.match(text) else 0

    @cached_property
    def limits(self) -> Mapping[str, int]:
        """The server's limits RCPTMAX, MAILMAX and RCPTDOMAINMAX (RFC 9422 section 4).

        Anything else, zero and what is not a number are ignored, as section 3 asks.
        """
        return {
            name.upper(): int(number)
            for name, number in _LIMIT.findall(self.keywords.get("LIMITS", ""))
        }


NO_EXTENSIONS = Extensions()


def parse_ehlo(reply: Reply) -> Extensions:
    """Read the reply to EHLO. Lines that are not a keyword are ignored, as the RFC asks.

    `AUTH=PLAIN` in the form of old servers counts as `AUTH PLAIN`; two AUTH lines are one.
    """
    keywords: dict[str, str] = {}
    for line in reply.lines[1:]:
        if match := _KEYWORD.match(line.strip()):
            keyword, parameters = match.group(1).upper(), (match.group(2) or "").strip()
            known = keywords.get(keyword)
            keywords[keyword] = f"{known} {parameters}".strip() if known else parameters
    return Extensions(reply.lines[0].partition(" ")[0], keywords)
