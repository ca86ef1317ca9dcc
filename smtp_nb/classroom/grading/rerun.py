"""Notebooks run again, each in a fresh process that is watched.

The process says which step it takes. One that hangs in a step, or dies in it, is ended, and the
notebook is run again without that step, so that one bad cell costs what it was worth and no more.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.notebooks import StudentNotebook
from smtp_nb.classroom.judging.evidence import Evidence
from smtp_nb.classroom.judging.provenance import Provenance
from smtp_nb.classroom.judging.verdict import score_of
from smtp_nb.classroom.lessons import PLANS

# Named in a string, for this room may not import the one that knows IPython.
_PROGRAM = ("-P", "-m", "smtp_nb.notebook.rerun")
MAX_ATTEMPTS = 4
START_S = 60.0
GRACE_S = 5.0
_MAX_REPORT = 2**20
_KEPT = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "SYSTEMROOT", "COVERAGE_PROCESS_START")


@dataclass(slots=True)
class _Attempt:
    """What one process reported.

    Attributes:
        step: the one that it did not come out of; empty if it came to its end.
        reports: kind and value.
    """

    step: str = ""
    reports: list[tuple[str, Any]] = field(default_factory=list)


def run_again(
    notebook: StudentNotebook,
    student: str,
    others: Sequence[str],
    files: Mapping[str, bytes],
    private: Sequence[str],
    allowance: Allowance,
) -> list[Evidence]:
    """Run a notebook and judge what its lessons saw.

    Args:
        student: whose it is.
        others: names of other students, folded: a lesson in such a name is judged as `student`'s.
        files: what lies beside it.
        private: paths that it may not read.

    Returns:
        What was seen in each lesson; never an error, whatever the notebook does.
    """
    job: dict[str, Any] = {
        "cells": notebook.cells,
        "student": student,
        "others": list(others),
        "private": list(private),
        "cell_s": allowance.cell_s,
        "notebook_s": allowance.notebook_s,
        "memory_mb": allowance.memory_mb,
        "skip": [],
    }
    notes: list[str] = []
    for _ in range(MAX_ATTEMPTS):
        attempt = _attempt(job, files, allowance)
        if not attempt.step:
            break
        job["skip"].append(attempt.step)
        notes.append(f"{attempt.step} was left out, for it had to be ended")
    return _evidence(attempt, student, notes)


def _attempt(job: dict[str, Any], files: Mapping[str, bytes], allowance: Allowance) -> _Attempt:
    with tempfile.TemporaryDirectory(prefix="smtp_nb-grade-", ignore_cleanup_errors=True) as place:
        for name, data in files.items():
            Path(place, name).write_bytes(data)
        program = subprocess.Popen(
            [sys.executable, *_PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=place,
            env=_environment(place),
        )
        try:
            return _watch(program, {**job, "folder": place}, allowance)
        finally:
            program.kill()
            program.wait()


def _environment(place: str) -> dict[str, str]:
    """Nothing of ours but what a program needs to start."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    homes = ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "IPYTHONDIR", "JUPYTER_CONFIG_DIR")
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}
    fixed |= {"MPLBACKEND": "agg", "MPLCONFIGDIR": place, "OPENBLAS_NUM_THREADS": "1"}
    return kept | dict.fromkeys(homes, place) | fixed


def _watch(program: subprocess.Popen[bytes], job: dict[str, Any], allowance: Allowance) -> _Attempt:
    lines: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_talk, args=(program, job, lines), daemon=True).start()
    attempt, step, patience = _Attempt(), "the beginning", START_S
    while line := _next(lines, patience):
        try:
            kind, value = json.loads(line)
        except (ValueError, TypeError):
            break
        if kind == "step":
            step, patience = str(value), allowance.cell_s + GRACE_S
        attempt.reports.append((kind, value))
        if kind in ("end", "fault"):
            return attempt
    attempt.step = step
    return attempt


def _talk(program: subprocess.Popen[bytes], job: dict[str, Any], lines: queue.Queue[bytes]) -> None:
    """Give the program its job, and take what it says to its end, which is an empty line."""
    assert program.stdin is not None
    assert program.stdout is not None
    with program.stdout as said:
        try:
            with program.stdin as job_file:
                job_file.write(json.dumps(job).encode())
            for line in iter(lambda: said.readline(_MAX_REPORT), b""):
                lines.put(line)
        except OSError:
            pass  # it has ended already
        lines.put(b"")


def _next(lines: queue.Queue[bytes], patience: float) -> bytes:
    """The next line; empty at the end, or if none came in time."""
    try:
        return lines.get(timeout=patience)
    except queue.Empty:
        return b""


def _evidence(attempt: _Attempt, student: str, notes: list[str]) -> list[Evidence]:
    found: list[Evidence] = []
    exercises = {one.key: one for plan in PLANS.values() for one in plan.exercises}
    for kind, value in attempt.reports:
        try:
            match kind:
                case "trouble":
                    notes.append(": ".join(map(str, value))[:300])
                case "fault":
                    notes.append(f"it could not be judged: {value}"[:300])
                case "lesson":
                    found.append(_begun(student, value))
                case "exercise":
                    score = score_of(value, exercises)
                    found[-1].scores[score.key] = score
                    found[-1].hints[score.key] = int(value["hints"])
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            notes.append("a report of the notebook's process was not understood")
    if not found:
        found.append(Evidence(student, 0, Provenance.NOTEBOOK))
    for one in found:
        one.notes.extend(notes)
    return found


def _begun(student: str, value: dict[str, Any]) -> Evidence:
    return Evidence(
        student or str(value["student"]),
        int(value["number"]),
        Provenance.NOTEBOOK,
        remarks={str(key): int(count) for key, count in value["remarks"].items()},
        words=set(map(str, value["words"])),
        seconds=float(value["seconds"]),
    )
