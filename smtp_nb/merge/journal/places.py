"""Opening a journal wherever it is."""

from __future__ import annotations

from smtp_nb.merge.journal.lock import CampaignLock
from smtp_nb.merge.journal.rescue import is_begun
from smtp_nb.merge.journal.sqlite_store import SQLiteStore, WatchedSQLite
from smtp_nb.merge.journal.storage import open_for_reading, open_for_writing
from smtp_nb.merge.journal.store import Held, ReadingStore, WritingStore
from smtp_nb.merge.journal.url import JournalURL, Place


def for_reading(place: Place | None) -> ReadingStore:
    """A journal to look into, also while another process sends its campaign.

    Args:
        place: None for an empty one in memory.

    Raises:
        JournalError: there is none, it is something else, of a later version, or damaged.
    """
    if isinstance(place, JournalURL):
        from smtp_nb.merge.journal.postgresql.stores import PostgreSQLReader

        return PostgreSQLReader(place)
    return SQLiteStore(open_for_reading(place) if place else open_for_writing(None), place)


def for_writing(place: Place | None, patience_s: float) -> WritingStore:
    """A journal to write to, made if need be.

    Args:
        place: None keeps it in memory.
        patience_s: so long a database that is away is waited for, once it was there.

    Raises:
        JournalError: it is not a journal, one of a later version, or cannot be written.
    """
    if isinstance(place, JournalURL):
        from smtp_nb.merge.journal.postgresql.stores import PostgreSQLStore

        return PostgreSQLStore(place, patience_s)
    return WatchedSQLite(place)


def locked(place: Place) -> Held:
    """Hold a campaign, so that no other process or job sends it.

    Raises:
        CampaignBusy: another process holds it; the text names it.
        JournalError: it cannot be locked.
    """
    if isinstance(place, JournalURL):
        from smtp_nb.merge.journal.postgresql.lock import DatabaseLock

        return DatabaseLock(place)
    return CampaignLock(place)


def exists(place: Place) -> bool:
    """True if there is something to read."""
    if isinstance(place, JournalURL):
        from smtp_nb.merge.journal.postgresql.campaigns import has_journal

        return has_journal(place)
    return place.is_file()


def has_begun(place: Place) -> bool:
    """True if there is anything that a campaign wrote down, or did and lost."""
    return exists(place) if isinstance(place, JournalURL) else is_begun(place)
