"""Speed against peers, in one run, as ratios.

    python -m benchmarks [--rows 2000] [--repeat 5]

Each figure is a process of its own against a sink of its own. Peers take turns, so that a machine
whose speed drifts is fair to all; the ratio is taken pair by pair and its median and spread shown.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
PEERS = ("smtplib", "aiosmtplib")


@contextmanager
def sink(chunking: bool) -> Iterator[int]:
    """A sink in a process of its own; gives its port."""
    command = [sys.executable, str(HERE / "sink.py"), *(["--chunking"] if chunking else [])]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.stdin.close()


def measure(name: str, rows: int, chunking: bool) -> float:
    """Seconds that one contestant needs for the job."""
    with sink(chunking) as port:
        command = [sys.executable, str(HERE / "contestants.py"), name, str(port), str(rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def compare(rows: int, repeat: int, chunking: bool) -> None:
    """One block of the table."""
    print(f"\n{rows} rows, text and HTML, {'with' if chunking else 'without'} CHUNKING")
    print(f"{'':12} {'messages/s':>11} {'smtp_nb is … times as fast':>28}")
    taken: dict[str, list[float]] = {name: [] for name in ("smtp_nb", *PEERS)}
    for _ in range(repeat):
        for name, seconds in taken.items():
            seconds.append(measure(name, rows, chunking))
    for name, seconds in taken.items():
        pairs = zip(seconds, taken["smtp_nb"], strict=True)
        ratios = sorted(peer / ours for peer, ours in pairs)
        shown = f"{median(ratios):.1f}  ({ratios[0]:.1f} to {ratios[-1]:.1f})"
        print(f"{name:12} {rows / median(seconds):11.0f} {shown if name in PEERS else '':>28}")


def imports(repeat: int) -> None:
    """What `from smtp_nb import SMTP` costs beside the standard library's parts."""
    code = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"
    lines = ("from smtp_nb import SMTP", "import smtplib, ssl, email.message")
    taken: list[list[float]] = [[], []]
    for _ in range(repeat * 3):
        for line, seconds in zip(lines, taken, strict=True):
            command = [sys.executable, "-c", code.format(line)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds.append(float(done.stdout))
    ours, theirs = map(median, taken)
    print(f"\n{lines[0]}: {ours * 1e3:.0f} ms, {ours / theirs:.1f} times '{lines[1]}'")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    for chunking in (False, True):
        compare(options.rows, options.repeat, chunking)
    imports(options.repeat)


if __name__ == "__main__":
    main()
