"""Journal schema: tables, row types and SQL statements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from smtp_nb.model.outcome import Outcome

SUFFIX = ".smtp-merge.sqlite"
APPLICATION = 0x534D5447  # "SMTG", by which `file` and we know it
REPLY_LIMIT = 2000  # a hostile server must not fill the disk

# What made each version out of the one before, beginning with nothing. What was ever released here
# stays as it is: journals that went through it are about.
STEPS = (
    """
CREATE TABLE campaign (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE message (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE plan (
    row INTEGER PRIMARY KEY, message INTEGER, recipient TEXT NOT NULL,
    outcome TEXT, explanation TEXT NOT NULL);
CREATE TABLE delivery (
    message INTEGER NOT NULL, address TEXT NOT NULL, recipient TEXT NOT NULL,
    kind INTEGER NOT NULL, attempts INTEGER NOT NULL, message_id TEXT NOT NULL, at REAL NOT NULL,
    outcome TEXT, code INTEGER NOT NULL DEFAULT 0, enhanced_code TEXT NOT NULL DEFAULT '',
    reply TEXT NOT NULL DEFAULT '', queue_id TEXT NOT NULL DEFAULT '', seconds REAL, size INTEGER,
    PRIMARY KEY (message, address)) WITHOUT ROWID;
""",
    "ALTER TABLE message ADD COLUMN digest TEXT NOT NULL DEFAULT '';",
    """
CREATE TABLE report (
    message INTEGER NOT NULL, address TEXT NOT NULL, action TEXT NOT NULL, bounce TEXT NOT NULL,
    code TEXT NOT NULL, text TEXT NOT NULL, joined_by TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (message, address, action, code)) WITHOUT ROWID;
""",
)
VERSION = len(STEPS)

# The outcomes with which a recipient is tried again at the next run.
RETRIED = frozenset({Outcome.DEFERRED, Outcome.NOT_SENT})


# What a report makes of a recipient, the gravest first: it could not be delivered for good, its
# reader complained, it could not be delivered for now.
HARD, COMPLAINT, SOFT = "hard", "complaint", "soft"
BOUNCES = (HARD, COMPLAINT, SOFT)
# After these, `suppress=` leaves an address out.
NEVER_AGAIN = frozenset({HARD, COMPLAINT})

# In front of one of several recipients whom `suppress=` leaves out; no address begins so.
HELD_BACK = " "


class PlanEntry(NamedTuple):
    """What the last run meant to do with a row. `message` is None where it has no message.

    Where a row may have several recipients, each is a line that ends in a line feed.
    """

    row: int
    message: int | None
    recipient: str
    outcome: str | None
    explanation: str


class SkippedRow(NamedTuple):
    """A planned row that turns out to have no message."""

    outcome: str
    explanation: str
    row: int


class RecipientRecord(NamedTuple):
    """What is known of one recipient of one message; `outcome` is None while it is on its way."""

    message: int
    address: str
    recipient: str
    kind: int
    attempts: int
    message_id: str
    at: float
    outcome: str | None
    code: int
    enhanced_code: str
    reply: str
    queue_id: str
    seconds: float | None
    size: int | None


class Attempt(NamedTuple):
    """A recipient who may have got the message once this is committed."""

    message: int
    address: str
    recipient: str
    kind: int
    message_id: str


class ReportRecord(NamedTuple):
    """What a report said of one recipient of one message, after it was accepted.

    Attributes:
        action: of RFC 3464 section 2.3.3, or "complaint".
        bounce: "hard", "soft" or "complaint"; empty for what is no bounce.
        joined_by: by what the report was found to be about this message.
    """

    message: int
    address: str
    action: str
    bounce: str
    code: str
    text: str
    joined_by: str
    source: str


class SentMessage(NamedTuple):
    """When a message left for an address, in seconds since 1970."""

    message: int
    address: str
    at: float


class Decided(NamedTuple):
    """A message that a recipient has, or may have. `digest` is empty in journals of version 1."""

    key: str
    message: int
    digest: str


class Result(NamedTuple):
    """An intent's outcome, in the order of the statement that writes it."""

    outcome: str
    code: int
    enhanced_code: str
    reply: str
    queue_id: str
    seconds: float | None
    size: int | None
    message: int
    address: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A message that was tried before and has a recipient whose outcome is not final.

    Attributes:
        recipients: (kind, outcome) of each, by normalised address.
    """

    message_id: str
    recipients: dict[str, tuple[int, str]]


# What may be done again, after a commit whose answer was lost, changes nothing the second time.
RECORD_ATTEMPT = """
INSERT INTO delivery (message, address, recipient, kind, message_id, at, attempts)
VALUES (?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (message, address) DO UPDATE SET
    recipient = excluded.recipient, kind = excluded.kind, message_id = excluded.message_id,
    at = excluded.at, outcome = NULL, code = 0, enhanced_code = '', reply = '', queue_id = '',
    seconds = NULL, size = NULL,
    attempts = delivery.attempts + CASE WHEN delivery.outcome IS NULL THEN 0 ELSE 1 END
WHERE delivery.outcome IN ('DEFERRED', 'NOT_SENT')
    OR delivery.outcome IS NULL AND delivery.at = excluded.at
"""
NOTE = """
INSERT INTO campaign (name, value) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
REGISTER = "INSERT INTO message (key) VALUES (?) ON CONFLICT (key) DO NOTHING"
LEAVE_OUT = "UPDATE plan SET outcome = ?, explanation = ? WHERE row = ?"
EXPLAIN_REST = "UPDATE plan SET explanation = ? WHERE outcome IS NULL"
SETTLE = """
UPDATE delivery SET at = ?, outcome = ?, code = ?, enhanced_code = ?, reply = ?, queue_id = ?,
    seconds = ?, size = ? WHERE message = ? AND address = ?
"""
DOUBT = "UPDATE delivery SET outcome = 'UNKNOWN' WHERE outcome IS NULL"
# What a person may decide about, the doubt first.
RESOLVABLE = (Outcome.UNKNOWN, Outcome.REFUSED)
RESOLVE = """
UPDATE delivery SET outcome = ?, code = 0, enhanced_code = '', reply = ? WHERE outcome = ?
"""
_OF_KEY = " AND message = (SELECT id FROM message WHERE key = ?)"
RESOLVE_KEY = RESOLVE + _OF_KEY
RESOLVE_RECIPIENT = RESOLVE_KEY + " AND address = ?"
DIGEST = "UPDATE message SET digest = ? WHERE id = ?"
OUTCOMES = "SELECT message, outcome, MAX(at) FROM delivery GROUP BY message, outcome"
DECIDED = """
SELECT DISTINCT key, id, digest FROM message JOIN delivery ON message = id
WHERE delivery.outcome IN ('ACCEPTED', 'UNKNOWN') OR delivery.outcome IS NULL
"""
# A scan, like the others at the beginning of a run: an index would be written to by each message.
SENT = (
    "SELECT message, address, at FROM delivery WHERE at > ? AND COALESCE(outcome, '') <> 'NOT_SENT'"
)
_OPEN = "SELECT message FROM delivery WHERE outcome IN ('DEFERRED', 'NOT_SENT', 'REFUSED')"
# Columns by name: a later version may have added some.
DELIVERIES = f"""
SELECT {", ".join(RecipientRecord._fields)} FROM delivery
WHERE message BETWEEN ? AND ? ORDER BY message, address
"""
PLAN = f"SELECT {', '.join(PlanEntry._fields)} FROM plan WHERE row BETWEEN ? AND ? ORDER BY row"
# Between which numbers all of them are.
EXTENT = {
    "row": "SELECT MIN(row), MAX(row) FROM plan",
    "message": "SELECT MIN(message), MAX(message) FROM delivery",
}
REPORTS = f"SELECT {', '.join(ReportRecord._fields)} FROM report"
KEEP_REPORT = "INSERT INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
KEEP_PLAN = f"INSERT INTO plan ({', '.join(PlanEntry._fields)}) VALUES (?, ?, ?, ?, ?)"
FINISHED = f"""
SELECT DISTINCT key FROM message JOIN delivery ON message = id WHERE message NOT IN ({_OPEN})
"""
TRIED = """
SELECT key, message_id, address, kind, outcome FROM delivery JOIN message ON message = id
"""
BEGUN = f"{TRIED} WHERE message IN ({_OPEN})"


class Target(NamedTuple):
    """Whom a person decides about.

    Attributes:
        key: of the row; empty for all rows.
        address: of one recipient, normalised; empty for all of that row.
        outcome: theirs; empty for those in doubt, or if none is, those refused.
    """

    key: str = ""
    address: str = ""
    outcome: str = ""

    @property
    def names(self) -> list[str]:
        return [name for name in (self.key, self.address) if name]

    @property
    def statement(self) -> str:
        return (RESOLVE, RESOLVE_KEY, RESOLVE_RECIPIENT)[len(self.names)]

    @property
    def outcomes(self) -> tuple[str, ...]:
        return (self.outcome,) if self.outcome else RESOLVABLE
