"""Where a journal is: a file, or a URL of PostgreSQL."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.secret import Secret

# As SQLAlchemy spells it; the short form means the same.
_SCHEMES = ("postgresql+psycopg", "postgresql")
# One schema for each campaign: names in PostgreSQL have at most 63 bytes.
_PREFIX, _LONGEST = "smtp-merge ", 63
_DIGEST = 8


@dataclass(frozen=True, slots=True)
class JournalURL:
    """A campaign in a database. Its text shows neither user nor password.

    Attributes:
        campaign: its name; empty for the only one of the database.
    """

    url: Secret
    campaign: str = ""
    _shown: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url.reveal())
        if parts.scheme not in _SCHEMES:
            raise InputError(
                f"journal={visible(parts.scheme)}://… is not a journal",
                remedy="Give a path, or postgresql+psycopg://user@host/database",
            )
        if not _has_usable_port(parts):
            raise InputError("the port in journal= is not a number", remedy="Correct the URL")
        where = parts.netloc.rpartition("@")[2]
        object.__setattr__(self, "_shown", visible(f"postgresql://{where}{parts.path}"))

    def __str__(self) -> str:
        return f"{self._shown} ({visible(self.campaign)})" if self.campaign else self._shown

    def __repr__(self) -> str:
        return f"<JournalURL {self}>"

    @property
    def schema(self) -> str:
        """The schema that holds the campaign's tables."""
        return schema_of(self.campaign)


Place = Path | JournalURL


def _has_usable_port(parts: SplitResult) -> bool:
    try:
        _ = parts.port
    except ValueError:
        return False
    return True


def is_url(given: object) -> bool:
    """True for the URL of a database; a path may hold a colon, but no `://`."""
    return isinstance(given, str) and "://" in given


def place_of(given: str | os.PathLike[str], campaign: str = "") -> Place:
    """Where a journal that was named by a path or a URL is.

    Raises:
        InputError: a URL of another kind of database.
    """
    if is_url(given):
        return JournalURL(Secret(str(given)), campaign)
    return Path(given)


def schema_of(campaign: str) -> str:
    """The name of a campaign's schema; a long one ends in a digest."""
    name = _PREFIX + campaign
    if len(name.encode()) <= _LONGEST:
        return name
    digest = hashlib.blake2b(campaign.encode(), digest_size=_DIGEST).hexdigest()
    room = _LONGEST - len(digest) - 1
    return f"{name.encode()[:room].decode(errors='ignore')} {digest}"


def campaign_of(schema: str) -> str | None:
    """The campaign of a schema; None if it is something else's."""
    return schema.removeprefix(_PREFIX) if schema.startswith(_PREFIX) else None
