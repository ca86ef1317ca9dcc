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
import time
from dataclasses import replace
from typing import Any

from benchmarks import costs, race, report
from benchmarks.scenarios import SCENARIOS, Scenario


def scenario_result(scenario: Scenario, labels: list[str], repeat: int) -> dict[str, Any]:
    """One block of the table, measured and printed."""
    figures = race.compare(scenario, labels, repeat)
    rows = {label: scenario.rows_of(label) for label in figures}
    block = {"name": scenario.name, "title": scenario.title, "rows": rows, "figures": figures}
    print("\n".join(["", *report.lines(block)]), flush=True)
    return block


def machine() -> str:
    """What it was measured on, and how quiet that was: a journal waits for the disk."""
    where = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    load = f"a load of {os.getloadavg()[0]:.1f} from others when it began"
    return f"{where}, Python {platform.python_version()}, {load}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [*(scenario.name for scenario in SCENARIOS), *costs.MEASURED]
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, for a look")
    parser.add_argument("--docs", action="store_true", help="write docs/benchmarks.md")
    options = parser.parse_args()
    if options.docs and (options.quick or options.only != names):
        parser.error("--docs writes the whole page, so it goes with neither --only nor --quick")
    race.BUILD.mkdir(parents=True, exist_ok=True)
    labels, part, began = race.present(), 10 if options.quick else 1, time.monotonic()
    found: dict[str, Any] = {"machine": machine(), "repeat": options.repeat, "scenarios": []}
    for scenario in SCENARIOS:
        if scenario.name in options.only:
            short = replace(scenario, rows=scenario.rows // part, few=scenario.few // part)
            found["scenarios"].append(scenario_result(short, labels, options.repeat))
    for name, measure in costs.MEASURED.items():
        if name in options.only:
            print(flush=True)
            found[name] = measure(options.repeat, part)
    found["minutes"] = round((time.monotonic() - began) / 60)
    (race.BUILD / "results.json").write_text(json.dumps(found, indent=1))
    print(f"\n{found['minutes']} minutes; all figures are in {race.BUILD / 'results.json'}")
    if options.docs:
        report.write(found)


if __name__ == "__main__":
    main()
