"""A process that dies at any moment of its work on a queue loses nothing, and repeats nothing."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client.crasher import KILLED
from smtp_nb import SMTP
from smtp_nb.client.queue import file_lock
from smtp_nb.client.queue.spool import QueueReport
from smtp_nb.sandbox import SandboxServer

TESTS = Path(__file__).parent.parent


@contextmanager
def crashing(server: SandboxServer, hold: str, steps: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "client.crasher", str(server.port), hold, steps],
        cwd=TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def crash_at(process: subprocess.Popen[str], moment: int, directory: Path) -> tuple[list[str], int]:
    """What was queued until then, and how the process ended."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{moment} {directory}\n")
    process.stdin.flush()
    *queued, status = process.stdout.readline().split()
    return queued, int(status)


def drain(server: SandboxServer, directory: Path) -> QueueReport:
    return SMTP(mail_server="127.0.0.1", mail_port=server.port).process_queue(directory)


def check(server: SandboxServer, directory: Path, queued: list[str], report: QueueReport) -> None:
    """Every message that queue() has confirmed was delivered once, or is reported."""
    delivered = Counter(to for message in server.messages for to in message.rcpt_tos)
    assert set(delivered.values()) <= {1}, "none twice"
    left = {path.stem: path for path in directory.glob("*.sending")}
    assert sorted(left) == report.left_behind
    doubtful = [to for to in queued if any(to in path.read_text() for path in left.values())]
    assert set(queued) <= {*delivered, *doubtful}, "none lost"
    assert report.failed == []
    assert not [path for path in directory.iterdir() if path.suffix in (".queued", ".failed")]


@pytest.mark.covers("SMTP.Queue", "SMTP.ProcessQueue")
@pytest.mark.parametrize(
    ("hold", "step", "steps"),
    [("lock_in_place", 1, "one"), ("lock_in_place", 3, "two"), ("lock_beside", 4, "one")],
)
def test_a_process_may_die_at_any_moment(
    tmp_path: Path, hold: str, step: int, steps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_lock, "hold", getattr(file_lock, hold))
    doubts = moment = 0
    with SandboxServer() as server, crashing(server, hold, steps) as process:
        while True:
            directory = tmp_path / f"at{moment}"
            directory.mkdir()
            server.clear()
            queued, status = crash_at(process, moment, directory)
            report = drain(server, directory)
            check(server, directory, queued, report)
            doubts += len(report.left_behind)
            if status == 0:
                break
            assert status == KILLED
            moment += step
    assert moment > 40, "so many moments there are"
    assert 0 < doubts < moment, "some messages are in doubt, and are reported"
    assert len(queued) == 2
