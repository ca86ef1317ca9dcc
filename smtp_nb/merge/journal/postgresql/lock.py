"""Campaign lock in PostgreSQL: an advisory lock, which ends with its connection."""

from __future__ import annotations

from contextlib import suppress

from smtp_nb.errors import CampaignBusy
from smtp_nb.merge.journal.postgresql.campaigns import number_of
from smtp_nb.merge.journal.postgresql.session import (
    SERVER_KEEPALIVES,
    DatabaseSession,
    engine_of,
    translated,
)
from smtp_nb.merge.journal.url import JournalURL
from smtp_nb.model.display import visible

_HOLDER = """
SELECT application_name, to_char(backend_start, 'YYYY-MM-DD HH24:MI') FROM pg_locks
JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND classid = ? AND objid = ? AND pg_locks.database = (
        SELECT oid FROM pg_database WHERE datname = current_database())
"""


class DatabaseLock:
    """Holds a campaign from construction to `release`.

    Raises:
        CampaignBusy: another process, or another job of this one, holds it; the text names it.
        JournalError: the database cannot be used.
    """

    def __init__(self, place: JournalURL) -> None:
        number = number_of(place)
        with translated(place):
            self._connection = engine_of(place).connect()
            sql = DatabaseSession(self._connection)
            sql.execute(SERVER_KEEPALIVES)
            if sql.execute("SELECT pg_try_advisory_lock(?)", (number,)).fetchall() == [(True,)]:
                self._connection.commit()
                return
            words = number & 2**64 - 1
            holders = list(sql.execute(_HOLDER, (words >> 32, words & 2**32 - 1)))
            self._connection.close()
        who = visible(" since ".join(holders[0])) if holders else "another process"
        raise CampaignBusy(
            f"this campaign is being sent by {who}", remedy="Wait for it, or stop it"
        )

    def release(self) -> None:
        """Let others in."""
        with suppress(Exception):  # the lock ends with the connection anyway
            self._connection.close()
