"""Today's smtp_nb against that of another commit, in one run, as ratios.

    make bench-compare REF=v1.0        or   python -m benchmarks.compare REF [--repeat 5] [--quick]

Both take turns against the same sink, so that a machine whose speed drifts is fair to both. What
runs is today's benchmark; only smtp_nb is the other commit's.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks import costs, race, report
from benchmarks.scenarios import OURS, SCENARIOS, Scenario

COSTS = ("check", "memory", "imports")


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
    return _faster(lambda root: race.measure(scenario, label, root)["seconds"], there, repeat)


def _faster(seconds: Callable[[Path], float], there: Path, repeat: int) -> list[float]:
    found = []
    for _ in range(repeat):
        before, now = (seconds(root) for root in (there, race.ROOT))
        found.append(before / now)
    return found


def costs_compared(name: str, there: Path, repeat: int, part: int) -> Iterator[tuple[str, str]]:
    """What else is measured of both, and how many times as fast or as small it is now."""
    size = costs.SIZES[-1] // part
    if name == "check":
        found = _faster(lambda root: race.memory(name, size, root)["seconds"], there, repeat)
        yield f"check() of {size:,} rows", f"{report.spread(found, '.2f')} times as fast as"
    elif name == "memory":
        found = _faster(lambda root: race.memory("rows", size, root)["more_kib"], there, repeat)
        less = report.spread([1 / ratio for ratio in found], ".2f")
        yield f"memory of {size:,} rows", f"{less} times that of"
    else:
        for line in (report.SMTP, report.LOAD):
            costs.cpu_seconds(line, there)  # compiles
            costs.cpu_seconds(line)
            found = _faster(partial(costs.cpu_seconds, line), there, repeat * 3)
            yield line, f"{report.spread(found, '.2f')} times as fast as"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*(scenario.name for scenario in SCENARIOS), *COSTS]
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
        for name in COSTS:
            if name in options.only:
                for what, faster in costs_compared(name, there, options.repeat, part):
                    print(f"{what}: {faster} {options.ref}", flush=True)


if __name__ == "__main__":
    main()
