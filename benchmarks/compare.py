"""Today's smtp_nb against that of another commit, in one run, as ratios.

    make bench-compare REF=v1.0        or   python -m benchmarks.compare REF [--repeat 5] [--quick]

Both take turns against the same sink, so that a machine whose speed drifts is fair to both. What
runs is today's benchmark; only smtp_nb is the other commit's.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks import race, report
from benchmarks.scenarios import OURS, SCENARIOS, Scenario


@contextmanager
def checked_out(ref: str) -> Iterator[Path]:
    """The files of a commit, in a worktree of git's that goes away again."""
    git = ["git", "-C", str(race.ROOT), "worktree"]
    with tempfile.TemporaryDirectory(dir=race.BUILD) as folder:
        path = Path(folder, "there")
        subprocess.run([*git, "add", "--quiet", "--detach", str(path), ref], check=True)
        try:
            yield path
        finally:
            subprocess.run([*git, "remove", "--force", str(path)], check=True)


def ratios(scenario: Scenario, label: str, there: Path, repeat: int) -> list[float]:
    """How many times as fast as the other commit this one is, turn by turn."""
    found = []
    for _ in range(repeat):
        before, now = (race.measure(scenario, label, root) for root in (there, race.ROOT))
        found.append(before["seconds"] / now["seconds"])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("ref", help="a commit, a branch or a tag")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, for a look")
    options = parser.parse_args()
    race.BUILD.mkdir(parents=True, exist_ok=True)
    part = 10 if options.quick else 1
    with checked_out(options.ref) as there:
        for scenario in SCENARIOS:
            if scenario.name not in options.only:
                continue
            short = replace(scenario, rows=scenario.rows // part, few=scenario.few // part)
            for label in OURS:
                faster = report.spread(ratios(short, label, there, options.repeat), ".2f")
                print(f"{scenario.title}, {label}: {faster} times as fast as {options.ref}")


if __name__ == "__main__":
    main()
