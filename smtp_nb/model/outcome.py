"""Outcomes of a message for a recipient."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome for a recipient, a message or a row of a merge.

    The first six come from a conversation with a server, the last three from a merge's plan.
    """

    ACCEPTED = "ACCEPTED"
    """The server took responsibility: 2yz to RCPT and to the end of the data."""
    PARTIAL = "PARTIAL"
    """Only for a whole message: accepted for some recipients, not for others."""
    REFUSED = "REFUSED"
    """5yz: the same again will be refused again."""
    DEFERRED = "DEFERRED"
    """4yz: the same may work later."""
    NOT_SENT = "NOT_SENT"
    """The connection failed before the end of the data was written: nothing was delivered."""
    UNKNOWN = "UNKNOWN"
    """The connection failed between the end of the data and its reply: it may have been delivered.
    Never sent again unless requested."""
    INVALID = "INVALID"
    """The row cannot be sent as it is: a broken address, an unfilled name, a missing file."""
    DUPLICATE = "DUPLICATE"
    """Another row has the same recipient."""
    SKIPPED = "SKIPPED"
    """Left out on purpose: by a limit, a filter, or because it was decided before."""
