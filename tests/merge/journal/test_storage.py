from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from smtp_nb.errors import JournalError
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.merge.journal import schema, storage
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.schema import Attempt, Result
from smtp_nb.sandbox import SandboxServer

OPENINGS = (Journal, JournalReader.open)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.smtp-merge.sqlite"


def write(journal: Journal) -> None:
    """Two messages: one accepted, one under way."""
    journal.register(["k1", "k2"])
    journal.record_attempts(
        [Attempt(n, f"{n}@x.test", f"{n}@x.test", 0, f"<{n}@x.test>") for n in (1, 2)]
    )
    journal.settle([Result("ACCEPTED", 250, "2.0.0", "Ok", "q1", 0.5, 100, 1, "1@x.test")])


WRITTEN = {"1@x.test": "ACCEPTED", "2@x.test": "UNKNOWN"}


def read(path: Path) -> dict[str, str]:
    found = load(path)
    return dict(zip(found["recipient"], found["outcome"], strict=True))


def files(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


@pytest.fixture
def crashed(path: Path) -> Path:
    """A journal as a killed process leaves it: half of it in the file beside."""
    with Journal(path) as journal:
        write(journal)
        kept = path.with_name("kept")
        for file in (path, path.with_name(f"{path.name}-wal")):
            shutil.copy(file, kept.with_name(file.name.replace(path.name, kept.name)))
    path.unlink()
    return kept


# -- whose it is ------------------------------------------------------------------------------


def text(path: Path) -> None:
    path.write_text("Dear diary, today I wrote no database at all. " * 50)


def short(path: Path) -> None:
    path.write_bytes(b"x")


def database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE notes (text)")


def database_in_use(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("CREATE TABLE notes (text)")
        kept = {file: file.read_bytes() for file in path.parent.iterdir()}
    for file, octets in kept.items():
        if not file.name.endswith("-shm"):
            file.write_bytes(octets)


@pytest.mark.parametrize("make", [text, short, database, database_in_use])
@pytest.mark.parametrize("opening", OPENINGS)
def test_the_file_of_something_else_stays_as_it_is(make, opening, path: Path) -> None:  # type: ignore[no-untyped-def]
    make(path)
    path.chmod(0o640)
    before = files(path.parent)
    with pytest.raises(JournalError, match="not the journal"):
        opening(path)
    assert files(path.parent) == before
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("opening", OPENINGS)
def test_a_journal_of_a_later_version_stays_as_it_is(opening, path: Path) -> None:  # type: ignore[no-untyped-def]
    with Journal(path) as journal:
        write(journal)
    with closing(sqlite3.connect(path)) as later, later:
        later.execute(f"PRAGMA user_version={schema.VERSION + 1}")
        later.execute("PRAGMA journal_mode=DELETE")
    before = files(path.parent)
    with pytest.raises(JournalError, match=r"later version of smtp_nb.*Upgrade"):
        opening(path)
    assert files(path.parent) == before


def test_a_later_version_that_crashed_is_refused_too(crashed: Path) -> None:
    with closing(sqlite3.connect(crashed)) as later:
        later.execute(f"PRAGMA user_version={schema.VERSION + 1}")
        kept = files(crashed.parent)
    for name, octets in kept.items():
        if name.startswith(crashed.name) and not name.endswith("-shm"):
            crashed.with_name(name).write_bytes(octets)
    for opening in OPENINGS:
        with pytest.raises(JournalError, match="later version of smtp_nb"):
            opening(crashed)


# -- older versions ---------------------------------------------------------------------------

STEP = """
ALTER TABLE delivery ADD COLUMN note TEXT NOT NULL DEFAULT 'as before';
CREATE TABLE attempt (at REAL NOT NULL);
"""


@contextmanager
def next_version(monkeypatch: pytest.MonkeyPatch, step: str = STEP) -> Iterator[None]:
    """In this block the package is one version on."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "STEPS", (*schema.STEPS, step))
        patch.setattr(schema, "VERSION", schema.VERSION + 1)
        yield


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as sql:
        found: int = sql.execute("PRAGMA user_version").fetchone()[0]
        return found


def test_an_older_journal_is_brought_up_to_date_and_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path) as journal:
        write(journal)
    with next_version(monkeypatch):
        assert read(path) == WRITTEN
        assert version(path) == schema.VERSION - 1  # whoever only looks changes nothing
        with Journal(path) as journal:
            assert journal.doubt() == 1
            assert journal._read_from._sql.execute(
                "SELECT DISTINCT note FROM delivery"
            ).fetchall() == [("as before",)]
        assert version(path) == schema.VERSION
        assert read(path) == WRITTEN


def test_an_older_journal_of_a_crash_is_brought_up_to_date(
    crashed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with next_version(monkeypatch):
        assert read(crashed) == WRITTEN
        with Journal(crashed) as journal:
            assert journal.doubt() == 1


def test_a_step_that_fails_leaves_the_older_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Journal(path) as journal:
        write(journal)
    with (
        next_version(monkeypatch, f"{STEP} INSERT INTO nowhere VALUES (1);"),
        pytest.raises(JournalError, match="nowhere"),
    ):
        Journal(path)
    assert version(path) == schema.VERSION
    assert read(path) == WRITTEN
    with next_version(monkeypatch), Journal(path) as journal:
        assert journal.doubt() == 1


def test_a_campaign_goes_on_in_the_next_version(
    server: SandboxServer, path: Path, frame, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    def merge() -> MailMerge:
        template = Template(subject="Result", text="Dear {{ name }}")
        arguments = {"to": "email", "from_": "t@x.test", "server": server.url, "journal": path}
        return MailMerge(frame, template, **arguments)  # type: ignore[arg-type]

    merge().run(limit=3)
    with next_version(monkeypatch):
        results = merge().run()
    assert list(results["outcome"]) == ["ACCEPTED"] * 6
    assert len(server.messages) == 6
    with pytest.raises(JournalError, match="later version"):
        merge().run()


# -- a beginning that was cut short -----------------------------------------------------------


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    assert read(path) == {}
    with Journal(path) as journal:
        write(journal)
    assert read(path) == WRITTEN


def test_a_process_killed_while_it_made_the_file_leaves_no_riddle(path: Path) -> None:
    """The tables are half written, and what was there before is beside them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as sql:
        sql.execute("PRAGMA cache_size=1")
        sql.execute("PRAGMA cache_spill=1")
        sql.execute("BEGIN IMMEDIATE")
        for number in range(50):
            sql.execute(f"CREATE TABLE t{number} (a)")
        kept = files(path.parent)
        assert len(kept) == 2
        assert all(kept.values())
    for name, octets in kept.items():
        path.with_name(name).write_bytes(octets)
    assert read(path) == {}
    with Journal(path) as journal:
        write(journal)
    assert read(path) == WRITTEN


# -- reading in any state ---------------------------------------------------------------------


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write everywhere, so it must not be root who tries."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def shelf() -> Iterator[Path]:
    """A directory that everybody can read and nobody can write."""
    with tempfile.TemporaryDirectory() as name:
        shelf = Path(name, "shelf")
        shelf.mkdir()
        Path(name).chmod(0o755)
        yield shelf
        shelf.chmod(0o755)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are POSIX")
@pytest.mark.parametrize("state", ["closed", "crashed", "rollback"])
def test_a_journal_that_cannot_be_written_can_be_read(
    crashed: Path, shelf: Path, state: str
) -> None:
    if state != "crashed":
        Journal(crashed).close()
        with closing(sqlite3.connect(crashed)) as sql:
            mode = {"closed": "WAL", "rollback": "TRUNCATE"}[state]
            sql.execute(f"PRAGMA journal_mode={mode}")
    for file in crashed.parent.glob("kept*"):
        shutil.copy(file, shelf)
        (shelf / file.name).chmod(0o444)
    shelf.chmod(0o555)
    before = files(shelf)
    with unprivileged():
        assert read(shelf / crashed.name) == WRITTEN
    assert files(shelf) == before


def test_what_a_crash_left_is_read_where_it_lies(crashed: Path) -> None:
    assert read(crashed) == WRITTEN
    assert read(crashed) == WRITTEN


def test_what_is_being_written_is_read_as_of_one_moment(path: Path) -> None:
    with Journal(path) as journal:
        write(journal)
        with JournalReader.open(path) as reader:
            assert reader.keys() == {1: "k1", 2: "k2"}
            settled = Result("REFUSED", 550, "", "No", "", 0.1, 1, 2, "2@x.test")
            journal.settle([settled])
            assert [d.outcome for d in reader.deliveries()] == ["ACCEPTED", None]
        assert read(path) == WRITTEN | {"2@x.test": "REFUSED"}


# -- network file systems ---------------------------------------------------------------------


def test_on_a_network_it_uses_rollback_and_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Journal(path).close()  # it was on a local disk before
    monkeypatch.setattr(storage, "is_on_network", lambda path: True)
    with pytest.warns(UserWarning, match="network file system: its journal uses rollback mode"):
        journal = Journal(path)
    statements: list[str] = []
    with journal:
        journal._read_from._sql.set_trace_callback(statements.append)
        write(journal)
        assert not path.with_name(f"{path.name}-wal").exists()
        assert read(path) == WRITTEN
        assert journal._read_from._sql.execute("PRAGMA journal_mode").fetchone() == ("truncate",)
    assert "PRAGMA synchronous=NORMAL" not in statements
    assert read(path) == WRITTEN


def test_back_on_a_local_disk_it_has_its_log_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(storage, "is_on_network", lambda path: True)
        with pytest.warns(UserWarning, match="rollback"):
            journal = Journal(path)
    with journal:
        write(journal)
    with Journal(path) as journal:
        assert journal._read_from._sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert journal.doubt() == 1
