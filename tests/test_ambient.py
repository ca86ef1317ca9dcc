"""Deterministic mode: two machines show the same bytes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import smtp_nb
from smtp_nb import SMTP, ambient, deterministic
from smtp_nb.errors import InputError
from smtp_nb.sandbox import SandboxServer

# Everything that takes something from the machine: a date, an identity, boundaries, nonces,
# certificates, queue ids, the machine's name.
CONVERSATION = """
import socket
socket.gethostname = lambda: {host!r}
from smtp_nb import SMTP, deterministic
from smtp_nb.sandbox import SandboxServer

trail = []
with deterministic(seed=7):
    auth = {{"ann": "secret"}}
    with SandboxServer(inline=True, auth=auth, tls="starttls", latency="20ms") as server:
        smtp = SMTP.from_url(server.url, auth_mechanism="SCRAM_SHA_256")
        smtp.on_pi_trail += trail.append
        with smtp:
            smtp.from_, smtp.send_to, smtp.subject = "ann@a.test", "ben@b.test", "Hi"
            smtp.message_text, smtp.attachments = "Hello", [{file!r}]
            receipt = smtp.send()
            for event in trail:
                print(f"{{event.seconds:.3f}} {{event.direction}} {{event.message}}")
            print(receipt.message_id, receipt.queue_id, receipt.seconds)
        message = server.messages[0]
        print(message.content.decode(), message.received_at, message.queue_id)
        print(open(server.ca_file).read())
"""


def on_a_machine(host: str, zone: str, seed: str, file: Path) -> str:
    environment = os.environ | {"TZ": zone, "PYTHONHASHSEED": seed}
    code = CONVERSATION.format(host=host, file=str(file))
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return ran.stdout


def test_two_machines_show_the_same_bytes(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("notes")
    found = on_a_machine("ann.example.org", "Europe/Berlin", "1", file)
    assert found == on_a_machine("lab-17", "America/New_York", "2", file)
    assert "EHLO student.test" in found
    assert "Date: Mon, 05 Jan 2026 09:00:00 +0000" in found
    assert "AUTH SCRAM-SHA-256" in found
    assert "BEGIN CERTIFICATE" in found


def test_outside_its_block_nothing_is_foreseen() -> None:
    with deterministic(seed=1):
        first = ambient.random(8), ambient.now(), ambient.host_name()
    with deterministic(seed=1):
        assert (ambient.random(8), ambient.now(), ambient.host_name()) == first
    with deterministic(seed=2):
        assert ambient.random(8) != first[0]
    assert ambient.random(8) != ambient.random(8)
    assert ambient.now() == pytest.approx(time.time(), abs=60)


def test_a_seed_in_the_environment_makes_a_process_deterministic() -> None:
    code = "from smtp_nb import ambient; print(ambient.random(8).hex(), ambient.now())"
    runs = {
        subprocess.check_output([sys.executable, "-c", code], env=os.environ | {"SMTP_NB_SEED": s})
        for s in ("7", "7", "8")
    }
    assert len(runs) == 2


def test_queue_ids_are_counted_by_each_server() -> None:
    found = []
    for _ in range(2):
        with SandboxServer(inline=True) as server, SMTP.from_url(server.url) as smtp:
            smtp.from_, smtp.send_to, smtp.message_text = "a@a.test", "b@b.test", "Hello"
            found.append([smtp.send().queue_id, smtp.send().queue_id])
    assert found == [["000001", "000002"]] * 2


@pytest.mark.parametrize("start", ["yesterday", "2026-01-05", "2026-01-05T09:00"])
def test_a_start_without_a_zone_is_refused(start: str) -> None:
    with pytest.raises(InputError, match="not a moment with a time zone"), deterministic(1, start):
        pass


# What a machine differs in, and the files that may ask for it all the same: modification times of
# files, durations that only widgets and sockets measure, ids of displays and names of marks that
# are never shown, passwords of a server that %smtp starts, the token of a class.
ASKING = re.compile(
    r"\b(?:time\.(?:time|time_ns|monotonic|localtime)\b|datetime\.now\(|os\.urandom|uuid4"
    r"|secrets\.(?:token|rand|choice)|gethostname|getfqdn|random\.(?:random|uniform|choice))"
)
MAY_ASK = {
    "ambient.py",
    "classroom/room/join_code.py",
    "drivers/aio.py",
    "drivers/blocking.py",
    "widgets/feed.py",
    "widgets/latest_value.py",
    "widgets/live.py",
    "wire/tls/sessions.py",
    "merge/journal/lock.py",
    "merge/templates/compiled.py",
    "merge/templates/placeholders.py",
    "notebook/rerun/execution.py",
    "notebook/verbs/server/server.py",
}


def test_only_ambient_asks_the_machine() -> None:
    package = Path(smtp_nb.__file__).parent
    asking = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if ASKING.search(path.read_text())
    }
    assert asking == MAY_ASK
