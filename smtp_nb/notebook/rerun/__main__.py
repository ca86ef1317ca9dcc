"""The process that runs a notebook again."""

from __future__ import annotations

import json
import os
import sys

from smtp_nb.notebook.rerun.execution import execute
from smtp_nb.notebook.rerun.reports import Reports

if __name__ == "__main__":
    job = json.loads(sys.stdin.buffer.read())
    reports = Reports.instead_of_output()
    try:
        execute(job, reports)
    except BaseException as error:
        reports.send("fault", f"{type(error).__name__}: {error}"[:500])
    # Threads of the notebook may be running, and what was registered to run at exit is the
    # student's too.
    os._exit(0)
