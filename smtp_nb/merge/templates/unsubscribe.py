"""List-Unsubscribe headers, with one-click unsubscription for https addresses.

RFC 2369 has the header, RFC 8058 the click: mail programs then POST to the address, so it must
know the recipient by itself, without a login.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import Part, Values
from smtp_nb.merge.templates.sandboxed import Environments, standard

_ADDRESS = re.compile(r"(?:https?://|mailto:)[!-+\--;=?-~]+\Z")  # no space, comma or angle bracket
_HEADER = "List-Unsubscribe"


class UnsubscribePart:
    """The addresses of `list_unsubscribe=`, compiled."""

    def __init__(
        self, given: str | Sequence[str], environments: Environments | None = None
    ) -> None:
        sources = [given] if isinstance(given, str) else given
        text = (environments or standard()).text
        self._parts = [
            Part("list_unsubscribe", source, text, is_quiet=True) for source in sources if source
        ]
        self.names: frozenset[str] = frozenset().union(*(part.names for part in self._parts))

    def render(self, values: Values) -> list[tuple[str, str]]:
        """The headers of one row; none if it has no address.

        Raises:
            RowError: a value makes no address of its place.
        """
        addresses = [address for part in self._parts if (address := part.render(values))]
        if not addresses:
            return []
        for address in addresses:
            _check(address)
        headers = [(_HEADER, ", ".join(f"<{address}>" for address in addresses))]
        if any(address.startswith("https:") for address in addresses):
            headers.append((f"{_HEADER}-Post", f"{_HEADER}=One-Click"))
        return headers


def _check(address: str) -> None:
    if not _ADDRESS.match(address):
        raise RowError(
            f"{address[:80]!r} is not an unsubscribe address",
            column="list_unsubscribe",
            remedy="Write https://… or mailto:…, values in it as {{ value | urlencode }}",
        )
