"""Command line of the classroom: `python -m smtp_nb.classroom grade submissions/ -o grades.csv`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from smtp_nb.classroom.grading.allowance import Allowance
from smtp_nb.classroom.grading.feedback import write_feedback
from smtp_nb.classroom.grading.grading import grade
from smtp_nb.classroom.grading.otter import export_otter
from smtp_nb.classroom.grading.summary import summary_html, summary_text
from smtp_nb.classroom.grading.tables import grades_csv, totals_csv, write_text
from smtp_nb.errors import SMTPError

PROGRAM = "python -m smtp_nb.classroom"
# The mark by which Excel knows UTF-8.
_CSV = "utf-8-sig"


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says.

    Returns:
        0, or 2 if that cannot be done; whatever students handed in is no fault of the program.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.command == "export":
            _export(options)
        else:
            _grade(options)
    except SMTPError as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    return 0


def _grade(options: argparse.Namespace) -> None:
    allowance = Allowance(options.timeout, options.memory)
    grades = grade(options.paths, options.lesson, allowance)
    table = Path(options.output)
    write_text(table, grades_csv(grades), _CSV)
    write_text(table.with_suffix(".html"), summary_html(grades))
    if options.totals:
        write_text(options.totals, totals_csv(grades), _CSV)
    if options.feedback:
        write_feedback(grades, options.feedback)
    print(summary_text(grades))


def _export(options: argparse.Namespace) -> None:
    for path in export_otter(options.folder, options.lesson):
        print(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM, description="grade a class, or export its exercises.")
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("grade", help="grade notebooks, saved conversations and class logs")
    one.add_argument("paths", nargs="+", metavar="DIR_OR_FILE", help="folders or files")
    one.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="CSV",
        help="a row for each student and exercise; a summary (.html) goes beside it",
    )
    one.add_argument("--totals", metavar="CSV", help="a row for each student, for Moodle or Canvas")
    one.add_argument("--feedback", metavar="DIR", help="a page for each student")
    one.add_argument(
        "--timeout",
        type=float,
        default=Allowance().cell_s,
        metavar="S",
        help="seconds for a cell (%(default)s); a notebook has six times that",
    )
    one.add_argument(
        "--memory",
        type=int,
        default=Allowance().memory_mb,
        metavar="MB",
        help="memory of a notebook's process (%(default)s)",
    )
    other = commands.add_parser("export", help="write the exercises for another grader")
    other.add_argument("grader", choices=["otter"])
    other.add_argument("folder", metavar="DIR", help="tests/ goes there")
    for command in (one, other):
        command.add_argument("--lesson", type=int, default=0, metavar="N", help="this lesson alone")
    return parser  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
