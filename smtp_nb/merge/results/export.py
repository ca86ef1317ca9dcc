"""Results as a CSV file (RFC 4180): for a spreadsheet, an archive, a colleague, and back again.

What servers and addresses say comes from strangers, and a spreadsheet computes a cell that begins
like a formula. Such a cell gets an apostrophe in front, as does one that begins with an apostrophe,
so that reading takes exactly what writing gave; controls and what hides or reverses text are
written as escapes. The same results make the same octets everywhere: UTF-8 with the mark by which
Excel knows it, times in UTC, numbers as Python spells them.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import pandas as pd

from smtp_nb.errors import InputError
from smtp_nb.merge.results.report import COLUMNS, framed
from smtp_nb.model.display import visible
from smtp_nb.model.regular import open_regular

# The last four are the wide ones of East Asian fonts, which some programs take for the others.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ENCODING = "utf-8-sig"
UNREADABLE = 303
# What earlier versions wrote.
_BEFORE_BOUNCES = COLUMNS[: COLUMNS.index("bounce")]
# CSV holds line breaks and tabs; other controls could act on the terminal that shows the file.
_BETWEEN_BREAKS = re.compile(r"[^\r\n\t]+")


def write_results(found: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write results to a file, all of them or none: what was there is replaced at the end.

    Raises:
        InputError: 303, it cannot be written.
    """
    target = Path(path)
    try:
        _write(found, target, target.with_name(f"{target.name}.{os.getpid()}.part"))
    except OSError as error:
        raise InputError(
            f"the results cannot be written to {str(path)!r}: {error.strerror}",
            code=UNREADABLE,
            remedy="Name a file in a writable directory",
        ) from error


def _write(found: pd.DataFrame, target: Path, part: Path) -> None:
    try:
        with part.open("x", encoding=_ENCODING, newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_MINIMAL)
            writer.writerow(COLUMNS)
            columns = [map(_WRITTEN.get(name, _guarded), found[name]) for name in COLUMNS]
            writer.writerows(zip(*columns, strict=True))
        part.replace(target)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _opened(path: str | os.PathLike[str]) -> TextIOWrapper:
    try:
        return TextIOWrapper(open_regular(path), encoding=_ENCODING, newline="")
    except OSError as error:
        raise InputError(
            f"the results {str(path)!r} cannot be read: {error.strerror}",
            code=UNREADABLE,
            remedy="Name a file that export() wrote",
        ) from error


def read_results(path: str | os.PathLike[str]) -> pd.DataFrame:
    """The results that `write_results` wrote.

    Raises:
        InputError: it is no such file.
    """
    with _opened(path) as file:
        try:
            header, *lines = csv.reader(file, strict=True)
            if header not in (COLUMNS, _BEFORE_BOUNCES):
                raise ValueError("its columns differ")
            texts = list(zip(*lines, strict=True)) or [()] * len(header)
            texts += [("",) * len(lines)] * (len(COLUMNS) - len(header))
            columns = [
                list(map(_READ.get(name, _bare), column))
                for name, column in zip(COLUMNS, texts, strict=True)
            ]
        except (ValueError, csv.Error) as error:
            raise InputError(
                f"{path} is not a results file: {error}",
                remedy="Read the exported file itself: a spreadsheet changes what it saves",
            ) from error
    return framed(columns, None)


def _guarded(value: object) -> str:
    text = _BETWEEN_BREAKS.sub(lambda found: visible(found[0]), str(value))
    return f"'{text}" if text.startswith(("'", *_BEGINS_FORMULA)) else text


def _bare(text: str) -> str:
    return text.removeprefix("'")


def _integer(value: Any) -> str:  # of numpy, of Python, or the NA of pandas
    return "" if pd.isna(value) else str(int(value))


def _fraction(value: float) -> str:
    return "" if pd.isna(value) else repr(float(value))


def _moment(value: pd.Timestamp) -> str:
    if pd.isna(value):
        return ""
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_integer(text: str) -> int | None:
    return int(text) if text else None


def _to_fraction(text: str) -> float | None:
    return float(text) if text else None


def _to_seconds(text: str) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


_INTEGERS = ("row", "code", "attempts", "size")
# How the columns that hold no text are spelled, and read again.
_WRITTEN: Mapping[str, Callable[..., str]] = {
    **dict.fromkeys(_INTEGERS, _integer), "seconds": _fraction, "sent_at": _moment,
}  # fmt: skip
_READ: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(_INTEGERS, _to_integer), "seconds": _to_fraction, "sent_at": _to_seconds,
}  # fmt: skip
