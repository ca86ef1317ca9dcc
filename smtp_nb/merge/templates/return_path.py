"""The return path of a row: one for all, or one for each row (VERP).

A key is whatever stands in a cell: an address, a name with spaces, 300 letters. None of that
belongs in a local part, so `{{ key }}` is the key's token there: 32 hex digits of a hash keyed with
the campaign's salt, the same as in Message-ID and ENVID. It fits, it says nothing about its owner
to the servers a bounce passes, a server that folds case does it no harm, and it cannot be made up
without having seen the message.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.addressing import AddressPart
from smtp_nb.merge.templates.environment import Values
from smtp_nb.merge.templates.sandboxed import Environments
from smtp_nb.model.address import Mailbox

# Under this name a return path finds the token, whatever columns are called.
KEY = "key"
TOKEN_DIGITS = 32


def token_of(key: str, salt: str) -> str:
    """What stands for a row's key outside of the journal, the same for ever."""
    token = _keyed(salt).copy()
    token.update(key.encode())
    return str(token.hexdigest())


@lru_cache(maxsize=4)
def _keyed(salt: str) -> Any:  # hashlib's type has no public name
    return hashlib.blake2b(key=salt.encode(), digest_size=TOKEN_DIGITS // 2)


class ReturnPathPart:
    """A template of one address, compiled.

    Raises:
        InputError: its syntax is wrong, or it is constant and no address.
    """

    def __init__(self, source: str, environments: Environments | None = None) -> None:
        self._part = AddressPart("return_path", source, environments)
        self.names = self._part.names - {KEY}
        """What a row has to fill."""
        self.differs = bool(self._part.names)
        """True if it is not the same for all rows."""
        if self._part.constant:
            self._one(self._part.constant)

    def render(self, values: Values, token: str) -> Mailbox | None:
        """The return path of one row; None for the sender.

        Raises:
            RowError: it is no address, or its local part is too long.
        """
        boxes = self._part.render({**values, KEY: token})
        return self._one(boxes) if boxes else None

    def _one(self, boxes: tuple[Mailbox, ...]) -> Mailbox:
        if len(boxes) > 1:
            raise RowError(
                "return_path holds more than one address",
                column="return_path",
                remedy="Give the one that bounces go to",
            )
        return Mailbox(boxes[0].local, boxes[0].domain)
