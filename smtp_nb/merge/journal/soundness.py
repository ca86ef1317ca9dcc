"""Integrity checks of a journal: pages, column types and permitted values.

SQLite takes any value in any column, and reads a damaged page as if nothing were wrong with it.
What is read from a journal decides who is sent to, so all of it is looked at before anything
leaves: a run must not find out at its end that it cannot read what it wrote.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from smtp_nb.errors import JournalError
from smtp_nb.merge.journal import schema
from smtp_nb.merge.journal.translated import DAMAGED
from smtp_nb.model.display import visible
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.outcome import Outcome

_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in Outcome)
_BOUNCES = ", ".join(f"'{kind}'" for kind in ("", *schema.BOUNCES))
# Far beyond any journal, and within what pandas takes for a time in milliseconds.
_LATEST = 9_000_000_000
_MOST = 2**53

_TYPES = {
    "TEXT": "typeof({0}) = 'text'",
    "INTEGER": f"typeof({{0}}) = 'integer' AND abs({{0}}) < {_MOST}",
    "REAL": f"typeof({{0}}) IN ('real', 'integer') AND abs({{0}}) < {_LATEST}",
    "BLOB": "typeof({0}) = 'blob'",
}
# What a value is besides, where its type alone would let nonsense through.
_VALUES = {
    ("plan", "outcome"): f"{{0}} IN ({_OUTCOMES})",
    ("plan", "row"): "{0} >= 0",
    ("plan", "message"): "{0} IN (SELECT id FROM message)",
    ("delivery", "message"): "{0} IN (SELECT id FROM message)",
    ("delivery", "kind"): f"{{0}} IN ({', '.join(str(int(kind)) for kind in RecipientType)})",
    ("delivery", "attempts"): "{0} > 0",
    ("delivery", "outcome"): f"{{0}} IN ({_OUTCOMES})",
    ("delivery", "code"): "{0} BETWEEN 0 AND 999",
    # It becomes a header field of the next try.
    ("delivery", "message_id"): (
        "{0} GLOB '<*>' AND {0} NOT GLOB '*[^!-~]*' AND instr(CAST({0} AS BLOB), x'00') = 0"
    ),
    ("delivery", "size"): "{0} >= 0",
    ("report", "message"): "{0} IN (SELECT id FROM message)",
    ("report", "bounce"): f"{{0}} IN ({_BOUNCES})",
}
_SALT = "SELECT 1 FROM campaign WHERE name = 'salt' AND value GLOB '*[^0-9a-f]*'"
TABLES = ("campaign", "message", "plan", "delivery", "report")
# What a later statement will name; a table of another shape is found out here.
_SHAPES = (schema.DELIVERIES, schema.PLAN, schema.BEGUN, schema.FINISHED, schema.REPORTS)


def require_sound(sql: sqlite3.Connection, path: Path) -> None:
    """Look at all that a journal holds, before anything is sent from it.

    Raises:
        JournalError: it is damaged; the text says where.
        sqlite3.Error, UnicodeError: so damaged that SQLite cannot read it.
    """
    for (said,) in sql.execute("PRAGMA integrity_check(1)"):
        if said != "ok":
            raise _damaged(path, str(said).splitlines()[-1])
    require_values(sql, path)
    for table in TABLES:
        texts = (f"ifnull({_quoted(name)}, '')" for name, kind, _ in _columns(sql, table)
                 if kind == "TEXT")  # fmt: skip
        for _ in sql.execute(f"SELECT {' || char(0) || '.join(texts) or 1} FROM {table}"):
            pass  # it is decoded on the way


def require_values(sql: sqlite3.Connection, path: Path) -> None:
    """Check that the values have the right types, for callers that only read.

    Raises:
        JournalError: they are not; the text says where.
        sqlite3.Error, UnicodeError: so damaged that SQLite cannot read it.
    """
    for statement in _SHAPES:
        sql.execute(f"EXPLAIN {statement}", (0,) * statement.count("?")).fetchall()
    for table in TABLES:
        found = _claims(sql, path, table)
        if _breaks(sql, table, " AND ".join(f"({claim})" for claim in found.values())):
            wrong = next((name for name, claim in found.items() if _breaks(sql, table, claim)), "")
            raise _damaged(path, f"{table}.{wrong} holds what cannot be there")
    if sql.execute(_SALT).fetchone():
        raise _damaged(path, "campaign.value holds what cannot be there")


def _breaks(sql: sqlite3.Connection, table: str, claim: str) -> bool:
    return sql.execute(f"SELECT 1 FROM {table} WHERE NOT ({claim}) LIMIT 1").fetchone() is not None


def _claims(sql: sqlite3.Connection, path: Path, table: str) -> dict[str, str]:
    """What must be true of each column of a table, in SQL."""
    found = {}
    for name, kind, may_be_null in _columns(sql, table):
        if kind not in _TYPES:
            raise _damaged(path, f"{table} has a column that is not ours")
        claim = f"{_TYPES[kind]} AND {_VALUES.get((table, name), '1')}"
        if may_be_null:
            claim = f"{{0}} IS NULL OR {claim}"
        found[name] = claim.replace("{0}", _quoted(name))
    return found


def _columns(sql: sqlite3.Connection, table: str) -> Iterator[tuple[str, str, bool]]:
    """Name, declared type, and whether it may be empty."""
    for _, name, kind, not_null, _, is_key in sql.execute(f"PRAGMA table_info({table})"):
        yield name, kind, not (not_null or is_key)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _damaged(path: Path, what: str) -> JournalError:
    return JournalError(f"the journal {path} is damaged: {visible(what)}", remedy=DAMAGED)
