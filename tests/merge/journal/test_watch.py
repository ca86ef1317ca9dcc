"""A journal that others move, replace or write over during a run: nobody gets the message twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from merge.counting import received
from smtp_nb.errors import JournalError
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.merge.journal import filesystem, storage
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.rescue import LOST, RESCUED
from smtp_nb.merge.journal.schema import Attempt, Result
from smtp_nb.merge.running.job import MergeJob
from smtp_nb.merge.running.progress import PAUSED, Progress
from smtp_nb.sandbox import SandboxServer

ROWS = 24
OLDER_AT = 2  # at this message an older copy is laid by
TEMPLATE = Template(subject="Result", text="Dear {{ name }}")

Deed = Callable[[Path], object]


def log(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def older(path: Path) -> Path:
    return path.with_name("older.sqlite")


def unlink_all(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def replace_by_empty(path: Path) -> None:
    empty = path.with_name("empty")
    empty.touch()
    os.replace(empty, path)


def replace_by_text(path: Path) -> None:
    text = path.with_name("text")
    text.write_text("Dear diary")
    os.replace(text, path)


def link_to_another(path: Path) -> None:
    path.unlink()
    path.symlink_to(older(path))


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(path.stat().st_size))


def overwrite_end(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\0" * 10)


# What is done to it, and whether the process that wrote it can still save all of it.
DEEDS: dict[str, tuple[Deed, bool]] = {
    "unlink": (os.unlink, True),
    "unlink with its log": (unlink_all, True),
    "rename": (lambda path: path.rename(path.with_name("renamed")), True),
    "replace by empty": (replace_by_empty, True),
    "replace by text": (replace_by_text, True),
    "replace by older": (lambda path: os.replace(older(path), path), True),
    "link to another": (link_to_another, True),
    "unlink log": (lambda path: log(path).unlink(), True),
    "replace log": (lambda path: (log(path).unlink(), log(path).write_bytes(b"x" * 5000)), True),
    "truncate": (lambda path: os.truncate(path, 0), False),
    "cut short": (lambda path: os.truncate(path, path.stat().st_size // 2), False),
    "overwrite": (overwrite, False),
    "overwrite end": (overwrite_end, False),
    "copy older over it": (lambda path: shutil.copyfile(older(path), path), False),
    "truncate log": (lambda path: os.truncate(log(path), 0), False),
    "overwrite log": (lambda path: overwrite(log(path)), False),
}


def copy_older(path: Path) -> None:
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(older(path))) as copy:
        now.backup(copy)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"name": [f"n{n}" for n in range(ROWS)], "email": [f"s{n}@x.test" for n in range(ROWS)]}
    )


def at_message(server: SandboxServer, deeds: dict[int, Callable[[], object]]) -> None:
    """Do something while the server takes in its nth message, before it answers."""
    add = server.messages.add
    count = 0

    def counted(message: Any) -> None:
        nonlocal count
        count += 1
        add(message)
        deeds.get(count, lambda: None)()

    server.messages.add = counted  # type: ignore[method-assign]


def make(server: SandboxServer, path: Path) -> MailMerge:
    return MailMerge(
        frame(), TEMPLATE, to="email", from_="t@x.test", server=server.url, journal=path,
        progress=None,
    )  # fmt: skip


WITHOUT = {"windows": (), "one by one": ("PIPELINING",)}
FEW = {("windows", 3), ("windows", 22), ("one by one", 11)}


def moments() -> Iterator[Any]:
    """Twenty of each; all of them are for the long run."""
    for how in WITHOUT:
        for moment in range(3, 3 + 20):
            yield pytest.param(how, moment, marks=() if (how, moment) in FEW else pytest.mark.long)


@pytest.mark.parametrize(("how", "moment"), [*moments()])
@pytest.mark.parametrize("name", DEEDS)
def test_whatever_happens_to_the_journal_during_a_run_nobody_gets_two(
    tmp_path: Path, name: str, how: str, moment: int
) -> None:
    path = tmp_path / "j.sqlite"
    deed, can_save = DEEDS[name]
    with SandboxServer(without=WITHOUT[how]) as server:
        deeds = {OLDER_AT: lambda: copy_older(path), moment: lambda: deed(path)}
        at_message(server, deeds)
        with pytest.raises(JournalError, match=r"during the run") as caught:
            make(server, path).run()
        assert str(path) in str(caught.value)
        sent = received(server)
        assert len(sent) < moment + 16, "nothing leaves after the window that was under way"
        again = make(server, path)
        if can_save and not (tmp_path / f"j.sqlite{RESCUED}").exists():
            assert set(again.run()["outcome"]) == {"ACCEPTED"}
        else:
            wrong = "replaced" if can_save else "overwritten"
            for look in (again.run, lambda: again.results, lambda: load(path)):
                with pytest.raises(JournalError, match=wrong):
                    look()
            assert received(server) == sent
        if can_save and (rescued := tmp_path / f"j.sqlite{RESCUED}").exists():
            assert f"mv {rescued} {path}" in str(caught.value)
            log(path).unlink(missing_ok=True)
            rescued.rename(path)
            assert set(make(server, path).run()["outcome"]) == {"ACCEPTED"}
        if can_save:
            assert len(received(server)) == ROWS
        assert set(received(server).values()) == {1}


@pytest.mark.parametrize("name", DEEDS)
def test_what_happens_while_a_job_is_paused_is_noticed_when_it_goes_on(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / "j.sqlite"
    deed, _ = DEEDS[name]
    is_started, is_paused = threading.Event(), threading.Event()
    jobs: list[MergeJob] = []

    def pause() -> None:
        assert is_started.wait(30)
        jobs[0].pause()

    def look(progress: Progress) -> None:
        if progress.waits_for == PAUSED:
            is_paused.set()

    with SandboxServer() as server:
        at_message(server, {OLDER_AT: lambda: copy_older(path), 5: pause})
        jobs.append(make(server, path).start(progress=look))
        is_started.set()
        assert is_paused.wait(30)
        before = received(server)
        deed(path)
        jobs[0].resume()
        with pytest.raises(JournalError, match="during the run"):
            jobs[0].wait()
        assert received(server) == before
        assert set(before.values()) == {1}


@pytest.mark.parametrize("name", [name for name, (_, can_save) in DEEDS.items() if can_save])
def test_what_happens_after_the_last_message_is_said_and_mended(tmp_path: Path, name: str) -> None:
    path = tmp_path / "j.sqlite"
    with SandboxServer() as server:
        at_message(server, {1: lambda: copy_older(path), ROWS: lambda: DEEDS[name][0](path)})
        with pytest.raises(JournalError, match="during the run"):
            make(server, path).run()
        rescued = path.with_name(path.name + RESCUED)
        found = load(rescued if rescued.exists() else path)
        assert list(found["outcome"]) == ["ACCEPTED"] * ROWS


def record_attempts(journal: Journal, number: int) -> None:
    journal.record_attempts(
        [Attempt(number, f"{number}@x.test", f"{number}@x.test", 0, f"<{number}@x>")]
    )


def begun(path: Path) -> Journal:
    journal = Journal(path)
    journal.register(["k1", "k2", "k3"])
    record_attempts(journal, 1)
    return journal


def test_outcomes_that_come_after_the_file_is_gone_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    with begun(path) as journal:
        path.unlink()
        with pytest.raises(JournalError, match=r"removed or renamed.*Run again to go on"):
            record_attempts(journal, 2)
        journal.settle([Result("ACCEPTED", 250, "", "Ok", "", 0.1, 1, 1, "1@x.test")])
        with pytest.raises(JournalError):
            record_attempts(journal, 2)
    assert list(load(path)["outcome"]) == ["ACCEPTED"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["j.sqlite"]


def test_what_lies_in_its_place_is_said_and_left_alone(tmp_path: Path) -> None:
    path, other = tmp_path / "j.sqlite", tmp_path / "other.sqlite"
    begun(other).close()
    with begun(path) as journal:
        os.replace(other, path)
        there = path.read_bytes()
        with pytest.raises(JournalError, match=r"a journal with 1 recipient; all its"):
            record_attempts(journal, 2)
    assert path.read_bytes() == there


def test_a_file_that_was_copied_over_the_journal_stays_as_it_is(tmp_path: Path) -> None:
    path, other = tmp_path / "j.sqlite", tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as sql, sql:
        sql.execute("CREATE TABLE notes (text)")
    with begun(path) as journal:
        shutil.copyfile(other, path)
        with pytest.raises(JournalError, match=r"overwritten.*it is not a journal"):
            record_attempts(journal, 2)
    assert path.read_bytes() == other.read_bytes()
    assert path.with_name(path.name + LOST).exists()


def test_a_journal_that_cannot_be_kept_elsewhere_blocks_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j.sqlite"
    with begun(path) as journal:
        replace_by_empty(path)
        monkeypatch.setattr("smtp_nb.merge.journal.rescue._written_again", full_disk)
        with pytest.raises(JournalError, match=r"could not be saved.*Free some space"):
            record_attempts(journal, 2)
        with pytest.raises(JournalError, match="could not be saved"):
            journal.deliveries()
    with pytest.raises(JournalError, match=r"overwritten.*j\.sqlite\.lost"):
        Journal(path)


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_log_is_folded_into_the_file_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    with Journal(path) as journal:
        numbers = journal.register([f"k{n}" for n in range(400)])
        for number in numbers.values():
            record_attempts(journal, number)
        assert log(path).stat().st_size < 2 << 20
    assert len(load(path)) == 400


def test_in_rollback_mode_it_is_watched_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "is_on_network", lambda path: True)
    for number, deed in enumerate((os.unlink, overwrite, replace_by_empty)):
        path = tmp_path / f"{number}.sqlite"
        with pytest.warns(UserWarning, match="rollback"):
            journal = begun(path)
        with journal:
            record_attempts(journal, 2)
            deed(path)
            with pytest.raises(JournalError, match="during the run"):
                record_attempts(journal, 3)


@pytest.mark.parametrize(
    ("mounted", "kept"), [("ext4", True), ("fuse.grpcfuse", False), ("nfs4", False), ("", True)]
)
def test_times_count_only_where_they_are_this_machines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mounted: str, kept: bool
) -> None:
    monkeypatch.setattr(filesystem, "_kind", lambda path: mounted)
    assert filesystem.keeps_times(tmp_path) is kept


READ_ELSEWHERE = """
import sys
from smtp_nb.merge import load
print(len(load(sys.argv[1])))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX locks go when any file is closed")
def test_reading_the_journal_here_takes_no_lock_from_the_run(tmp_path: Path) -> None:
    """Or the next reader's process takes the log away that the run writes to."""
    path = tmp_path / "j.sqlite"
    with begun(path) as journal:
        with JournalReader.open(path) as reader:
            assert len(reader.deliveries()) == 1
        subprocess.run([sys.executable, "-c", READ_ELSEWHERE, str(path)], check=True)
        assert log(path).exists()
        record_attempts(journal, 2)
    assert len(load(path)) == 2
