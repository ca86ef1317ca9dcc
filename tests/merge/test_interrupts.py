"""Ctrl-C at random moments, from another process, as Jupyter's stop button sends it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smtp_nb.sandbox import SandboxServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is sent by pid")


@pytest.mark.parametrize(
    "interrupts", [30, pytest.param(500, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_interrupts_at_random_moments_lose_nothing(tmp_path: Path, interrupts: int) -> None:
    rows = interrupts * 25
    csv, journal = tmp_path / "rows.csv", tmp_path / "journal.sqlite"
    names = [f"s{number}" for number in range(rows)]
    pd.DataFrame({"name": names, "email": [f"{n}@x.test" for n in names]}).to_csv(csv, index=False)
    with SandboxServer() as server:
        states = interrupted(csv, server, journal, interrupts)
    assert len(states) > interrupts // 2
    assert all(state["restored"] and not state["connected"] for state in states)
    for state in states[:-1]:
        assert set(state["outcomes"]) <= {"ACCEPTED", "NOT_SENT"}
    assert states[-1]["outcomes"] == {"ACCEPTED": rows}
    received = Counter(to for message in server.messages for to in message.rcpt_tos)
    assert set(received.values()) == {1}
    assert len(received) == rows


def interrupted(
    csv: Path, server: SandboxServer, journal: Path, interrupts: int
) -> list[dict[str, Any]]:
    """What the process says of each interrupt, and at last of its end."""
    dice = random.Random(1)
    script = Path(__file__).with_name("interrupted.py")
    command = [sys.executable, str(script), str(csv), server.url, str(journal)]
    states: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        rows = len(csv.read_text().splitlines()) - 1
        while not states or not states[-1]["done"]:
            assert process.stdout.readline() == "running\n"
            if len(states) < interrupts:
                wanted = len(server.messages) + dice.randrange(25)
                if wanted <= rows:
                    server.wait_for(wanted)
                process.send_signal(signal.SIGINT)
            states.append(json.loads(process.stdout.readline()))
    return states
