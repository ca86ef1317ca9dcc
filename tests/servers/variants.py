"""How one real server shows itself on several ports, so that one test can compare them.

With CHUNKING messages travel by BDAT, without it by DATA. A server that announces its limit (SIZE)
is not even offered a message beyond it; one that does not refuses such a message at its end.
"""

from __future__ import annotations

from typing import NamedTuple

SIZE_LIMIT = 20_000


class Variant(NamedTuple):
    """What a port offers in its reply to EHLO."""

    chunking: bool
    size: bool


VARIANTS = {
    "BDAT": Variant(chunking=True, size=True),
    "DATA": Variant(chunking=False, size=True),
    "BDAT, limit unannounced": Variant(chunking=True, size=False),
    "DATA, limit unannounced": Variant(chunking=False, size=False),
}
