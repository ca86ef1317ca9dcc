"""Speed and memory against peers, in one run, as ratios.

    python -m benchmarks [--repeat 5] [--only loopback distance …] [--quick] [--docs]

Each figure is a process of its own against a sink of its own. Contestants take turns, so that a
machine whose speed drifts is fair to all; the ratio is taken turn by turn, and its median is shown
with the least and the most. `--docs` writes docs/benchmarks.md and its pictures from it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import replace
from statistics import median
from typing import Any

from benchmarks import race, report
from benchmarks.scenarios import SCENARIOS, Scenario

SIZES = (1_000, 10_000, 100_000)
CASES = ("path", "email", "merge", "smtplib")
EXTRAS = ("memory", "scale", "imports", "cluster")
# The journal of a cluster: the URL of a PostgreSQL database.
JOURNAL = "JOURNAL_URL"
CLUSTER_ROWS = 10_000
WORKERS = (0, 2)


def scenario_result(scenario: Scenario, labels: list[str], repeat: int) -> dict[str, Any]:
    """One block of the table, measured and printed."""
    figures = race.compare(scenario, labels, repeat)
    rows = {label: scenario.rows_of(label) for label in figures}
    block = {"name": scenario.name, "title": scenario.title, "rows": rows, "figures": figures}
    print("\n".join(["", *report.lines(block)]), flush=True)
    return block


def memory_result(repeat: int) -> dict[str, list[float]]:
    """Megabytes that 25 MB of attachment cost above what was there before."""
    found: dict[str, list[float]] = {}
    for case in CASES:
        more = [race.memory(case, 25)["more_kib"] / 1024 for _ in range(repeat)]
        found[case] = more
        print(f"25 MB attachment, {report.CASES[case]}: {report.spread(more, '.1f')} MB more")
    return found


def scale_result(repeat: int, sizes: tuple[int, ...]) -> dict[str, dict[str, list[float]]]:
    """What a row costs in merges of different size."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(repeat):
        for size in sizes:
            got = race.memory("rows", size)
            checked = race.memory("check", size)["seconds"]
            figures = found.setdefault(str(size), {"seconds": [], "more_kib": [], "check": []})
            figures["seconds"].append(got["seconds"] / size)
            figures["more_kib"].append(got["more_kib"] / size)
            figures["check"].append(checked / got["seconds"])
    print()
    for size, figures in found.items():
        micro = report.spread([s * 1e6 for s in figures["seconds"]], ".0f")
        checks = report.spread(figures["check"], ".1%")
        print(f"{size} rows: {micro} µs and {median(figures['more_kib']):.2f} KB a row")
        print(f"  check() takes {checks} of the time of sending")
    return found


def imports_result(repeat: int) -> dict[str, list[float]]:
    """What `from smtp_nb import SMTP` costs beside the standard library's parts, in CPU time."""
    code = "import time; {}; t = time.process_time(); {}; print(time.process_time() - t)"
    magic = "get_ipython().run_line_magic('load_ext', 'smtp_nb')"
    taken: dict[str, list[float]] = {line: [] for line in report.IMPORTS}
    for _ in range(repeat * 3):
        for line, seconds in taken.items():
            done_before = report.IMPORTS[line] or "pass"
            statement = magic if line.startswith("%") else line
            command = [sys.executable, "-c", code.format(done_before, statement)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds.append(float(done.stdout))
    for line, seconds in taken.items():
        print(f"{line}: {report.spread([s * 1e3 for s in seconds], '.0f')} ms")
    return taken


def cluster_result(repeat: int, rows: int) -> dict[str, list[float]]:
    """Seconds a row of one process and of workers, whose journal is one PostgreSQL database."""
    if not (journal := os.environ.get(JOURNAL)):
        print(f"{JOURNAL} names no PostgreSQL database, so the cluster is left out")
        return {}
    found: dict[str, list[float]] = {}
    for _ in range(repeat):
        for number in WORKERS:
            seconds = race.workers(number, rows, journal)["seconds"]
            found.setdefault(str(number), []).append(seconds / rows)
    one, two = (found[str(number)] for number in WORKERS)
    faster = report.spread([a / b for a, b in zip(one, two, strict=True)], ".2g")
    print(f"LocalCluster of {WORKERS[-1]} workers: {faster} times as fast as one process")
    return found


def machine() -> str:
    """What it was measured on, and how quiet that was: a journal waits for the disk."""
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = f"a load of {os.getloadavg()[0]:.1f} from others when it began"
    return f"{where}, Python {platform.python_version()}, {load}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=[*names, *EXTRAS], default=[*names, *EXTRAS])
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, for a look")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    race.BUILD.mkdir(parents=True, exist_ok=True)
    labels, part = race.present(), 10 if options.quick else 1
    found: dict[str, Any] = {"machine": machine(), "repeat": options.repeat, "scenarios": []}
    for scenario in SCENARIOS:
        if scenario.name in options.only:
            short = replace(scenario, rows=scenario.rows // part, few=scenario.few // part)
            found["scenarios"].append(scenario_result(short, labels, options.repeat))
    if "memory" in options.only:
        found["memory"] = memory_result(options.repeat)
    if "scale" in options.only:
        found["scale"] = scale_result(options.repeat, SIZES[: 2 if options.quick else 3])
    if "imports" in options.only:
        found["imports"] = imports_result(options.repeat)
    if "cluster" in options.only:
        found["cluster"] = cluster_result(options.repeat, CLUSTER_ROWS // part)
    (race.BUILD / "results.json").write_text(json.dumps(found, indent=1))
    if options.docs:
        report.write(found)


if __name__ == "__main__":
    main()
