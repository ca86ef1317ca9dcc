from __future__ import annotations

import errno
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from smtp_nb.errors import BusyError, CampaignBusy, JournalError
from smtp_nb.merge.journal import lock as module
from smtp_nb.merge.journal.lock import CampaignLock

HOLDER = """
import pathlib, sys, time
from smtp_nb.merge.journal.lock import CampaignLock
lock = CampaignLock(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "results.sqlite"


@pytest.fixture
def holder(journal: Path):  # type: ignore[no-untyped-def]  # a generator of a process
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(journal)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_second_process_is_refused_with_the_name_of_the_first(
    journal: Path, holder: subprocess.Popen[bytes]
) -> None:
    with pytest.raises(CampaignBusy) as caught:
        CampaignLock(journal)
    assert isinstance(caught.value, BusyError)
    host = re.escape(socket.gethostname())
    who = rf"python \(process {holder.pid}( of [\w-]+)?\) on {host} since 20"
    assert re.search(who, caught.value.description)
    assert str(journal) in caught.value.remedy


def test_a_killed_holder_holds_nothing(journal: Path, holder: subprocess.Popen[bytes]) -> None:
    holder.kill()
    holder.wait()
    CampaignLock(journal).release()


def test_a_second_job_of_this_process_is_refused_too(journal: Path) -> None:
    lock = CampaignLock(journal)
    with pytest.raises(CampaignBusy, match=rf"\(process {os.getpid()}( of .*)?\) on "):
        CampaignLock(journal)
    lock.release()
    CampaignLock(journal).release()


def test_nothing_is_left_behind(journal: Path) -> None:
    CampaignLock(journal).release()
    assert list(journal.parent.iterdir()) == []


def test_a_lock_file_that_somebody_left_is_no_lock(journal: Path) -> None:
    journal.with_name(journal.name + ".lock").write_text("who knows")
    CampaignLock(journal).release()


def test_a_holder_shows_nothing_hidden(journal: Path) -> None:
    held = CampaignLock(journal)
    held._file.seek(0)
    held._file.truncate()
    held._file.write(b'{"program": "\\u001b[31m", "pid": 1, "user": "", "host": "h", "since": ""}')
    with pytest.raises(CampaignBusy, match=r"by \\x1b\[31m \(process 1\) on h"):
        CampaignLock(journal)
    held.release()


def test_no_lock_file_is_no_other_process(journal: Path) -> None:
    with pytest.raises(JournalError, match="No such file"):
        CampaignLock(journal.parent / "nowhere" / "results.sqlite")


def test_a_file_system_without_locks_is_no_other_process(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(file: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(module, "_lock", refuse)
    with pytest.raises(JournalError, match="cannot be locked"):
        CampaignLock(journal)
