"""Run contestants, each in a process of its own against a sink of its own, taking turns.

Turns make a machine whose speed drifts fair to all.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.scenarios import SHARES, Scenario

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "benchmarks"
# seconds a message, peak memory in KiB
Figures = dict[str, list[float]]


@contextmanager
def served(script: str, *arguments: str) -> Iterator[int]:
    """A server in a process of its own; gives its port."""
    command = [sys.executable, str(HERE / script), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def present() -> list[str]:
    """The contestants that this machine has; the others are told of."""
    missing = set()
    if shutil.which("smtp-source") is None:
        missing.add("smtp-source")
    if not _has_nodemailer():
        missing.add("Nodemailer")
    for name in sorted(missing):
        print(f"{name} is not there, so it is left out")
    return [label for label in SHARES if label not in missing]


def _has_nodemailer() -> bool:
    """True once Nodemailer is in the build directory; it is fetched when it is needed first."""
    if (BUILD / "node_modules" / "nodemailer").exists():
        return True
    if shutil.which("npm") is None:
        return False
    BUILD.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(BUILD)]
    return subprocess.run([*command, "nodemailer"], check=False).returncode == 0


def measure(scenario: Scenario, label: str, root: Path = ROOT) -> dict[str, float]:
    """What one contestant needs in one scenario.

    Args:
        root: the checkout whose smtp_nb takes part.
    """
    name, _, extension = label.partition(", ")
    sink = served("sink.py", *(["--chunking"] if extension else []))
    with tempfile.TemporaryDirectory(dir=BUILD) as folder, sink as port:
        line: Any = nullcontext(port)  # or a relay's port: both are contexts that give one
        if scenario.delay_ms:
            line = served("relay.py", str(port), str(scenario.delay_ms))
        with line as near_port:
            job = {
                "port": near_port,
                "rows": scenario.rows_of(label),
                "connections": scenario.connections,
                "attachment": _file(Path(folder), scenario.attachment),
                "folder": folder,
                "tools": str(BUILD),
            }
            return _run("contestants.py", name, json.dumps(job), root=root)


def _file(folder: Path, octets: int) -> str | None:
    if not octets:
        return None
    path = folder / "report.pdf"
    path.write_bytes(random.Random(1).randbytes(octets))
    return str(path)


def _run(script: str, *arguments: str, root: Path = ROOT) -> dict[str, float]:
    command = [sys.executable, str(HERE / script), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=BUILD
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(scenario: Scenario, labels: list[str], repeat: int) -> dict[str, Figures]:
    """Every contestant so many times, in turns."""
    found: dict[str, Figures] = {}
    for _ in range(repeat):
        for label in labels:
            if label == "sink" and scenario.connections > 1:
                continue  # what it can do at most is a matter of one connection
            got, rows = measure(scenario, label), scenario.rows_of(label)
            figures = found.setdefault(label, {"seconds": [], "peak_kib": []})
            figures["seconds"].append(got["seconds"] / rows)
            figures["peak_kib"].append(got["peak_kib"])
    return found


def workers(number: int, rows: int, journal: str) -> dict[str, float]:
    """What a merge needs that is sent by so many workers or, at 0, by one process.

    Args:
        journal: the URL of its database; empty for a file.
    """
    with tempfile.TemporaryDirectory(dir=BUILD) as folder, served("sink.py", "--chunking") as port:
        return _run("workers.py", str(port), str(number), str(rows), journal, folder)


def memory(case: str, size: int, root: Path = ROOT) -> dict[str, float]:
    """What a case of `memory.py` needs.

    Args:
        root: the checkout whose smtp_nb it is.
    """
    with tempfile.TemporaryDirectory(dir=BUILD) as folder, served("sink.py", "--chunking") as port:
        return _run("memory.py", case, str(port), str(size), folder, root=root)
