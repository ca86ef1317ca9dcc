"""Messages of a merge before they are sent: chosen rows for a preview, all of them in a folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.planning.plan import Plan, PlannedRow
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.preview import Preview, PreviewedRow
from smtp_nb.merge.rows.printed import is_nothing
from smtp_nb.merge.rows.problem import Problem
from smtp_nb.model.display import counted

UNWRITABLE = 303


def previewed(renderer: RowRenderer, rows: Iterable[PlannedRow]) -> Preview:
    """These rows' messages, or why they have none."""
    return Preview([_one(renderer, planned) for planned in rows])


def first(plan: Plan, n: int) -> list[PlannedRow]:
    """The first `n` rows that have a message.

    Raises:
        InputError: `n` is below 0.
    """
    if n < 0:
        raise InputError("a preview cannot show less than 0 messages", remedy="Give n=3, or row=57")
    return list(islice(plan.sendable, min(n, sys.maxsize)))


def at(plan: Plan, row: int, leaders: list[int]) -> list[PlannedRow]:
    """The row at a position; of a group, any of its rows.

    Raises:
        InputError: there is no such row.
    """
    place = row + len(leaders) if row < 0 else row
    if not 0 <= place < len(leaders):
        raise InputError(
            f"row {row} does not exist",
            remedy=f"The frame has {counted(len(leaders), 'row')}, the first is 0",
        )
    return [planned for planned in plan.rows if planned.row == leaders[place]]


def chosen(plan: Plan, where: Any, leaders: list[int], index: pd.Index) -> list[PlannedRow]:
    """The rows of a mask over the frame.

    Args:
        where: a boolean Series, array or list; any kind that says True or False row by row.

    Raises:
        InputError: it does not fit the frame.
    """
    given = list(where) if isinstance(where, Iterable) else []
    mask = [False if is_nothing(one) else one for one in given]  # as pandas takes it
    fits = not isinstance(where, pd.Series) or where.index.equals(index)
    if len(mask) != len(leaders) or not fits or not all(map(pd.api.types.is_bool, mask)):
        raise InputError(
            f"where= is not a mask over the {counted(len(leaders), 'row')} of the frame",
            remedy='Make it of the frame: where=df["grade"] > 5',
        )
    wanted = {leader for leader, is_in in zip(leaders, mask, strict=True) if is_in}
    return [planned for planned in plan.rows if planned.row in wanted]


def _one(renderer: RowRenderer, planned: PlannedRow) -> PreviewedRow:
    if planned.outcome is not None:
        return PreviewedRow(planned.row, None, planned.explanation)
    (filled,) = renderer.read([planned])
    return _composed(renderer, filled)


def _composed(renderer: RowRenderer, filled: RowValues) -> PreviewedRow:
    row = filled.planned.row
    try:
        return PreviewedRow(row, renderer.compose(filled))
    except InputError as error:
        return PreviewedRow(row, None, Problem.from_error(row, error).text)


def saved(renderer: RowRenderer, plan: Plan, folder: str | os.PathLike[str]) -> list[Path]:
    """Write each message to a file of its own, which only its owner can read.

    Raises:
        InputError: 303, the folder cannot be written to.
    """
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        return list(_written(renderer, plan, target))
    except OSError as error:
        raise InputError(
            f"the messages cannot be written to {str(target)!r}: {error.strerror}",
            code=UNWRITABLE,
            remedy="Name a directory that you may write to",
        ) from error


def _written(renderer: RowRenderer, plan: Plan, target: Path) -> Iterator[Path]:
    width = len(str(len(plan.rows)))
    for filled in renderer.read(plan.sendable):
        shown = _composed(renderer, filled)
        if shown.message is None:  # its row was left out knowingly, or its file is gone since
            continue
        path = target / f"row-{shown.row:0{width}}.eml"
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(bytes(shown.message.content))
        yield path
