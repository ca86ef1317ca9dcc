"""What a deferral means for the rest of a merge.

Most 4yz replies are about one recipient, whose turn comes again at the next run. Some are about
us: the server wants to see the same message again a little later (greylisting), or it is busy and
asks everybody to slow down. Those are worth waiting for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from smtp_nb.model.receipt import RecipientResult


class Trouble(Enum):
    """Whose trouble a deferral is; what concerns more messages comes later."""

    OWN = "the recipient's"
    GREYLISTED = "ours, as newcomers"
    CLOSING = "the connection's"
    BUSY = "the server's"


@dataclass(frozen=True, slots=True)
class Signal:
    """What a reply says.

    Attributes:
        hint_s: the seconds after which the server wants to see us again; None if it does not say.
    """

    trouble: Trouble
    hint_s: float | None = None


_GREYLISTED = re.compile(r"gr[ae]y-?\s?list|come back|(try|retry)( again)? (in|after) \d", re.I)
_BUSY_WORDS = re.compile(
    r"\b(rates?|limit\w*|throttl\w*|too (many|fast|much|often)|busy|overload\w*|slow(ing)? down"
    r"|congest\w*|resources?)\b",
    re.I,
)
# RFC 3463: system full, system not accepting messages, congestion.
_BUSY_CODES = frozenset({"4.3.1", "4.3.2", "4.4.5"})
_POLICY = "4.7."

_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d):(\d\d)\b")
_SPAN = re.compile(r"\b(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hours?)\b", re.I)
_UNITS = {"s": 1, "m": 60, "h": 3600}


def signal(result: RecipientResult) -> Signal:
    """Read the reply that deferred a recipient."""
    text, enhanced = result.text, result.enhanced_code
    if enhanced in _BUSY_CODES and result.code != 421:
        return Signal(Trouble.BUSY, hint(text))
    if enhanced.startswith(_POLICY) and _BUSY_WORDS.search(text):
        return Signal(Trouble.BUSY, hint(text))
    if result.code == 421:
        return Signal(Trouble.CLOSING, hint(text))
    if _GREYLISTED.search(text):
        return Signal(Trouble.GREYLISTED, hint(text))
    return Signal(Trouble.OWN)


def hint(text: str) -> float | None:
    """The seconds that a server asks us to wait ("in 5 minutes", "00:04:59"), if it does."""
    if match := _CLOCK.search(text):
        hours, minutes, seconds = map(int, match.groups())
        return float(hours * 3600 + minutes * 60 + seconds)
    if match := _SPAN.search(text):
        return float(int(match[1]) * _UNITS[match[2][0].lower()])
    return None
