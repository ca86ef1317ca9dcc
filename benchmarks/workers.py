"""A merge sent by one process or, its journal in a PostgreSQL database, by a `LocalCluster`.

    python benchmarks/workers.py PORT WORKERS ROWS URL FOLDER      prints what it took, as JSON

At 0 workers this process sends; without a URL its journal is a file. A cluster is there before the
clock starts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
from letters import HOST, HTML, SENDER, SUBJECT, TEXT, Job, jinja

from smtp_nb import MailMerge, Template

# Sent before the clock starts, for what is loaded once is no row's: windows for every worker.
FEW = 200


def sent(port: int, rows: int, journal: str, folder: Path, client: Any = None) -> float:
    """The seconds of one run; a client is Dask's, if one is given."""
    frame = pd.DataFrame(Job(port, rows, 1, None, folder, folder).table)
    template = Template(subject=jinja(SUBJECT), text=jinja(TEXT), html=jinja(HTML))
    name = f"bench-{os.getpid()}-{time.monotonic_ns()}"
    merge = MailMerge(
        frame, template, to="email", from_=SENDER, server=f"smtp://{HOST}:{port}?tls=none",
        name=name, journal=journal or folder / f"{name}.sqlite",
    )  # fmt: skip
    began = time.perf_counter()
    results = merge.run(progress=None, cluster=client)
    seconds = time.perf_counter() - began
    assert (results.outcome == "ACCEPTED").all()
    return seconds


def main() -> None:
    port, workers, rows, journal, folder = sys.argv[1:]
    given = int(port), int(rows), journal, Path(folder)
    if not int(workers):
        sent(int(port), FEW, journal, Path(folder))
        print(json.dumps({"seconds": sent(*given)}))
        return
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=int(workers), threads_per_worker=1, dashboard_address=":0",
            local_directory=folder,
        ) as cluster,
        Client(cluster) as client,
    ):  # fmt: skip
        sent(int(port), FEW, journal, Path(folder), client)
        print(json.dumps({"seconds": sent(*given, client)}))


if __name__ == "__main__":
    main()
