"""A damaged journal is a JournalError wherever it is read, and nothing is sent from it."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from smtp_nb.errors import InputError, JournalError
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.merge.journal import schema
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import ReportRecord
from smtp_nb.merge.journal.soundness import TABLES
from smtp_nb.merge.journal.translated import translated
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.sandbox import SandboxServer

TEMPLATE = Template(subject="Result", text="Dear {{ name }}")
DAMAGES = 120


def make(server: SandboxServer, path: Path, rows: int = 12) -> MailMerge:
    frame = pd.DataFrame(
        {"name": [f"n{n}" for n in range(rows)], "email": [f"s{n}@x.test" for n in range(rows)]}
    )
    return MailMerge(
        frame, TEMPLATE, to="email", from_="t@x.test", server=server.url, journal=path,
        progress=None,
    )  # fmt: skip


@pytest.fixture(scope="module")
def one_server() -> Iterator[SandboxServer]:
    with SandboxServer(refuse=["s1@*"]) as server:
        yield server


@pytest.fixture(scope="module")
def half_done(one_server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The journal of a run that is half done."""
    path = tmp_path_factory.mktemp("journal") / "j.sqlite"
    make(one_server, path).run(limit=6)
    with Journal(path) as journal:
        journal.keep_reports([
            ReportRecord(1, "s0@x.test", "failed", "hard", "5.1.1", "no", "VERP", "a.eml")
        ])  # fmt: skip
    return path.read_bytes()


@pytest.fixture
def server(one_server: SandboxServer) -> SandboxServer:
    one_server.clear()
    return one_server


@pytest.fixture
def path(half_done: bytes, server: SandboxServer, tmp_path: Path) -> Path:
    path = tmp_path / "j.sqlite"
    path.write_bytes(half_done)
    server.clear()
    return path


def doors(merge: MailMerge, path: Path) -> dict[str, Callable[[], object]]:
    """All that reads a journal."""
    return {
        "run": lambda: merge.run(),
        "start": lambda: merge.start(),
        "results": lambda: merge.results,
        "table": lambda: merge.table(),
        "style": lambda: merge.style(),
        "export": lambda: merge.export(path.with_name("out.csv")),
        "load": lambda: load(path),
        "resolve": lambda: merge.resolve("s1@x.test", "resend"),
    }


# No column may hold them; a text could be anything, unless it is none.
NO_TEXT = ["x'00ff'", "CAST(x'ff41' AS TEXT)"]
NO_NUMBER = [*NO_TEXT, "'abc'", "1e300", "9223372036854775807", "9e999"]
OUT_OF_RANGE = {
    "plan.row": "-1",
    "plan.message": "99",
    "plan.outcome": "'SENT'",
    "delivery.message": "message + 99",
    "delivery.kind": "99",
    "delivery.attempts": "0",
    "delivery.message_id": "'<a>' || char(13, 10) || 'Bcc: <eve@x.test>'",
    "delivery.outcome": "'SENT'",
    "delivery.code": "1000",
    "delivery.size": "-1",
    "report.message": "message + 99",
    "report.bounce": "'SENT'",
}


def columns() -> dict[str, str]:
    """Every column of the journal, with its type."""
    with closing(sqlite3.connect(":memory:")) as sql:
        sql.executescript("".join(schema.STEPS))
        return {
            f"{table}.{column}": kind
            for table in TABLES
            for _, column, kind, *_ in sql.execute(f"PRAGMA table_info({table})")
        }


def wrong_values() -> list[tuple[str, str]]:
    values = [(c, v) for c, k in columns().items() for v in (NO_TEXT if k == "TEXT" else NO_NUMBER)]
    return [*values, *OUT_OF_RANGE.items()]


def put(path: Path, column: str, value: str) -> bool:
    """Write a value into a column; False if SQLite itself does not take it there."""
    table, name = column.split(".")
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        try:
            sql.execute(
                f"UPDATE {table} SET {name} = {value} WHERE rowid = 1"
                if table in ("plan", "message")
                else f"UPDATE {table} SET {name} = {value}"
            )
        except sqlite3.Error:
            return False
        return True


# They look at the types of all values, and decode those that they show.
READERS = ("load", "results", "table", "style", "export")


def is_unread(column: str) -> bool:
    """True if nothing of the results comes from there."""
    return column.startswith(("campaign.", "message."))


@pytest.mark.parametrize("door", doors(None, Path()))  # type: ignore[arg-type]
def test_a_value_that_cannot_be_there_is_found_before_anything_leaves(
    server: SandboxServer, path: Path, half_done: bytes, door: str
) -> None:
    merge = make(server, path)
    tried = 0
    for column, value in wrong_values():
        path.write_bytes(half_done)
        is_passed_over = column == "message.digest" or (door == "load" and is_unread(column))
        if not put(path, column, value) or (
            door in READERS and value == NO_TEXT[1] and is_passed_over
        ):
            continue
        tried += 1
        with pytest.raises(JournalError) as caught:
            doors(merge, path)[door]()
        assert caught.value.remedy
        assert not server.messages, "rows were sent, and then it raised"
        if door == "results":
            assert "its journal cannot be read" in repr(merge)
    assert tried > 40


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=() if n < 12 else pytest.mark.long) for n in range(DAMAGES)]
)
def test_random_damage_raises_nothing_else_and_sends_nothing_before_it_raises(
    server: SandboxServer, path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    octets = bytearray(path.read_bytes())
    for _ in range(dice.choice((1, 3, 30))):
        at = dice.randrange(len(octets))
        length = dice.choice((1, 4, 100, 4096))
        octets[at : at + length] = dice.randbytes(length)
    kept = bytes(octets[: dice.choice((len(octets), len(octets) // 2, -1))])
    for door in doors(make(server, path), path):
        path.write_bytes(kept)
        merge = make(server, path)
        repr(merge)
        before = len(server.messages)
        error = said_by(doors(merge, path)[door])
        if error is not None:
            assert len(server.messages) == before, f"{door} sent rows, and raised then"
            assert error.remedy
            assert str(error).isprintable()
            assert isinstance(error, JournalError) or door in ("resolve", "run", "start")


def said_by(call: Callable[[], object]) -> InputError | None:
    """Our error, if it raised one. What damage left readable may be another campaign's."""
    try:
        found = call()
        if isinstance(found, MergeJob):
            found.wait()
    except InputError as error:
        return error
    return None


# -- the remedy fits the cause ----------------------------------------------------------------


def no_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("DROP TABLE plan")


def no_column(path: Path) -> None:
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("ALTER TABLE delivery DROP COLUMN reply")


def no_database(path: Path) -> None:
    path.write_bytes(b"x" * 5000)


def malformed(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


def emptied(path: Path) -> None:
    path.with_name(f"{path.name}-wal").write_bytes(b"x" * 5000)
    os.truncate(path, 0)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (no_table, r"no such table: plan.*damaged"),
        (no_column, r"no such column: reply.*damaged"),
        (no_database, "Give journal= another path"),
        (malformed, "is damaged: put it back from a copy"),
        (emptied, r"was emptied by another program.*damaged"),
        (pipe, "is not a regular file"),
        (directory, "is not a regular file"),
        (circle, r"Too many levels of symbolic links.*another path"),
    ],
)
def test_the_remedy_fits_the_cause(
    server: SandboxServer, path: Path, deed: Callable[[Path], None], said: str
) -> None:
    deed(path)
    merge = make(server, path)
    for door, call in doors(merge, path).items():
        with pytest.raises(JournalError, match=said):
            call()
        assert not server.messages, door
    assert "its journal cannot be read" in repr(merge)


def test_a_journal_that_another_program_writes_to_is_said_to_be_locked(
    server: SandboxServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smtp_nb.merge.journal.storage.BUSY_S", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match=r"locked.*Another program"):
            make(server, path).run()
    assert not server.messages


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "Free some space"),
        (OSError(30, "Read-only file system"), "writable directory"),
        (OSError(13, "Permission denied"), "writable directory"),
        (OSError(24, "Too many open files"), "Too many files are open"),
    ],
)
@pytest.mark.parametrize("door", ["run", "start", "results", "load", "resolve"])
def test_what_the_system_says_is_translated_with_its_remedy(
    server: SandboxServer, path: Path, monkeypatch: pytest.MonkeyPatch,
    error: OSError, said: str, door: str
) -> None:  # fmt: skip
    merge = make(server, path)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("smtp_nb.merge.journal.storage.sqlite3.connect", fail)
    with pytest.raises(JournalError, match=said):
        doors(merge, path)[door]()


def test_without_descriptors_left_it_says_so(
    server: SandboxServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says only that it cannot open the file."""
    opened = os.open

    def exhausted(name: object, *arguments: object, **more: object) -> int:
        if name == os.devnull:
            raise OSError(24, "Too many open files")
        return opened(name, *arguments, **more)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(os, "open", exhausted)
    with pytest.raises(JournalError, match="Too many files are open"), translated(path):
        sqlite3.connect(path / "in a file")
