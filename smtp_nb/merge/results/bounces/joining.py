"""Reports joined to the messages that a campaign sent.

A message is known by its token, which stands in its return path (VERP), its ENVID and its
Message-ID, in this order: VERP survives every server; ENVID those that know DSN; Message-ID those
that return the header. The token cannot be guessed (`templates/return_path.py`). An address is
evidence of nothing: it only says which of the message's own recipients is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from smtp_nb.merge.journal.schema import RecipientRecord
from smtp_nb.merge.results.bounces.report import Clues, Statement, address_key
from smtp_nb.merge.templates.return_path import TOKEN_DIGITS
from smtp_nb.model.outcome import Outcome

VERP, ENVID, MESSAGE_ID = "VERP", "ENVID", "Message-ID"

_HEX = re.compile(rf"[0-9a-f]{{{TOKEN_DIGITS},64}}")
_MAY_HAVE_IT = (Outcome.ACCEPTED, Outcome.UNKNOWN, None)


class SentMessages:
    """What a campaign has sent, by what its messages are known by."""

    def __init__(self, deliveries: Sequence[RecipientRecord]) -> None:
        self._by_id: dict[str, int] = {}
        self._by_token: dict[str, int] = {}
        self._recipients: dict[int, list[RecipientRecord]] = {}
        for one in deliveries:
            message_id = one.message_id.lower()
            self._by_id[message_id] = one.message
            self._by_token[message_id[1:].partition("@")[0]] = one.message
            self._recipients.setdefault(one.message, []).append(one)

    def find(self, clues: Clues) -> tuple[int, str] | None:
        """The number of the message that is meant, and by what it was found."""
        ways = (
            (VERP, self._by_token, [t for local in clues.locals for t in _tokens(local)]),
            (ENVID, self._by_token, clues.envelope_ids),
            (MESSAGE_ID, self._by_id, clues.message_ids),
        )
        for name, known, values in ways:
            for value in values:
                if value in known:
                    return known[value], name
        return None

    def recipient(self, message: int, statement: Statement) -> RecipientRecord | None:
        """Who of the message's recipients is meant; None if that cannot be known.

        A message to one person is about that person, whatever address it was forwarded to.
        """
        records = self._recipients[message]
        named = {address_key(address) for address in statement.addresses}
        for one in records:
            if one.address in named or one.recipient.lower() in named:
                return one
        sent = [one for one in records if one.outcome in _MAY_HAVE_IT] or records
        return sent[0] if len(sent) == 1 else None


def _tokens(local: str) -> Iterator[str]:
    """What may be a token in a local part: letters beside it may pass for digits."""
    for found in _HEX.finditer(local):
        digits = found[0]
        for place in range(len(digits) - TOKEN_DIGITS + 1):
            yield digits[place : place + TOKEN_DIGITS]
