"""What smtp_nb costs beside its speed: memory, long lists, imports, a database, a long trail.

Each is measured in processes of their own, in turns, and printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import database, race, report

CASES = ("path", "email", "merge", "smtplib")
SIZES = (1_000, 10_000, 100_000)
CLUSTER_ROWS = 10_000
LINES = 100_000
MEGABYTES = 25
# Who sends, and where the journal is.
SENDERS = {
    "sqlite": (0, False),
    "postgresql": (0, True),
    "workers": (2, True),
}
_TIMED = "import time; {}; t = time.process_time(); {}; print(time.process_time() - t)"
_LOAD = "get_ipython().run_line_magic('load_ext', 'smtp_nb')"

Found = dict[str, Any]


def memory(repeat: int, part: int) -> Found:
    """Megabytes that an attachment costs above what was there before."""
    size, found = max(MEGABYTES // part, 1), dict[str, list[float]]()
    for case in CASES:
        more = [race.memory(case, size)["more_kib"] / 1024 for _ in range(repeat)]
        found[case] = more
        print(f"{size} MB attachment, {report.CASES[case]}: {report.spread(more, '.1f')} MB more")
    return found


def scale(repeat: int, part: int) -> Found:
    """What a row costs in merges of different size."""
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(repeat):
        for size in (size // part for size in SIZES):
            got = race.memory("rows", size)
            checked = race.memory("check", size)["seconds"]
            figures = found.setdefault(str(size), {"seconds": [], "more_kib": [], "check": []})
            figures["seconds"].append(got["seconds"] / size)
            figures["more_kib"].append(got["more_kib"] / size)
            figures["check"].append(checked / got["seconds"])
    for size, figures in found.items():
        micro = report.spread([s * 1e6 for s in figures["seconds"]], ".0f")
        checks = report.spread(figures["check"], ".1%")
        print(f"{size} rows: {micro} µs and {median(figures['more_kib']):.2f} KB a row")
        print(f"  check() takes {checks} of the time of sending")
    return found


def imports(repeat: int, part: int) -> Found:
    """What `from smtp_nb import SMTP` costs beside the standard library's parts, in CPU time."""
    taken: dict[str, list[float]] = {line: [] for line in report.IMPORTS}
    for turn in range(1 + repeat * 3):
        for line in taken:
            seconds = cpu_seconds(line)
            if turn:  # the first one compiled
                taken[line].append(seconds)
    for line, times in taken.items():
        print(f"{line}: {report.spread([s * 1e3 for s in times], '.0f')} ms")
    print(f"  that is {report.spread(report.import_ratios(taken), '.2f')} times the library's")
    return taken


def cpu_seconds(line: str, root: Path = race.ROOT) -> float:
    """What a line of `report.IMPORTS` takes in a fresh interpreter."""
    code = _TIMED.format(report.IMPORTS[line] or "pass", _LOAD if line.startswith("%") else line)
    environment = {**os.environ, "PYTHONPATH": str(root)}
    # Compiled modules are kept, for smtp_nb as for the library, whatever this shell says.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(race.BUILD / "compiled")
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True, capture_output=True, text=True, env=environment, cwd=race.BUILD,
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


def cluster(repeat: int, part: int) -> Found:
    """Seconds a row of one process and of workers, and what the kind of journal changes."""
    rows, found = CLUSTER_ROWS // part, dict[str, list[float]]()
    with database.postgresql() as url:
        if not url:
            print("PostgreSQL is not there, so the cluster is left out")
            return {}
        for _ in range(repeat):
            for name, (number, is_shared) in SENDERS.items():
                seconds = race.workers(number, rows, url if is_shared else "")["seconds"]
                found.setdefault(name, []).append(seconds / rows)
    for name in ("sqlite", "workers"):
        pairs = zip(found["postgresql"], found[name], strict=True)
        faster = report.spread([theirs / mine for theirs, mine in pairs], ".2f")
        print(f"{report.SENDERS[name]}: {faster} times as fast as {report.SENDERS['postgresql']}")
    return found


def trail(repeat: int, part: int) -> Found:
    """How soon a long trail is on the screen, and how it scrolls."""
    from benchmarks import trail as view  # needs a browser

    if not database.find("chromium"):
        print("Chromium is not there, so the trail is left out")
        return {}
    found: Found = {"lines": LINES // part, "seconds": [], "rate": [], "empty": []}
    for _ in range(repeat):
        got = view.measured(LINES // part)
        found["seconds"].append(got["seconds"])
        for name, box in (("rate", "trail"), ("empty", "empty")):
            gaps = got["scrolls"][(box, True)][0]
            found[name].append(len(gaps) / sum(gaps))
    print(
        f"{found['lines']} lines: {report.spread(found['seconds'], '.2f')} s to the screen, ",
        end="",
    )
    print(f"{report.spread(found['rate'], '.0f')} frames/s")
    return found


MEASURED = {
    "memory": memory,
    "scale": scale,
    "imports": imports,
    "cluster": cluster,
    "trail": trail,
}
