"""Frames as .csv and .xlsx files.

The same value makes the same octets, whenever it is written: what a row is sent can be compared.
And a cell never becomes a formula in its reader's spreadsheet.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pandas as pd
from jinja2 import Undefined

from smtp_nb.merge.rows.drawable import are_records, is_foreign_frame
from smtp_nb.merge.rows.frames import as_pandas
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import all_whole
from smtp_nb.merge.templates.tables import displayed
from smtp_nb.wording import install

_FORMULA = re.compile(r"[=@\t\r＝＠]|[+\-＋－](?![\d\s().,/-]*\Z)")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a ZIP archive knows
_CHANGED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_THEN = rb"\g<1>1980-01-01T00:00:00Z\g<2>"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def sheet(value: Any, suffix: str) -> bytes:
    """A table as a file.

    Args:
        suffix: ".csv" or ".xlsx".

    Raises:
        RowError: it is another one, or openpyxl is not installed.
    """
    write = _SHEETS.get(suffix)
    if write is None:
        raise RowError(
            f"a table cannot be saved as {suffix or 'a file without a suffix'}",
            remedy="Call the file .csv or .xlsx",
        )
    return write(_framed(value))


def _framed(value: Any) -> pd.DataFrame:
    """The table as a frame with one line of names, its index among the columns if it has names."""
    if isinstance(value, pd.Series):
        value = value.to_frame()
    elif are_records(value):
        value = pd.DataFrame(
            [
                {name: None if isinstance(one, Undefined) else one for name, one in record.items()}
                for record in value
            ]
        )
    elif is_foreign_frame(value):
        value = as_pandas(value)
    elif not isinstance(value, pd.DataFrame):
        return displayed(value)  # a Styler hides and formats: what it shows is meant
    frame = _counted(value)
    if frame.columns.nlevels > 1:
        names = [" ".join(filter(None, map(str, levels))) for levels in frame.columns]
        frame = frame.set_axis(names, axis="columns")
    if all(name is None for name in frame.index.names):
        return frame
    levels = ["" if name is None else name for name in frame.index.names]
    return frame.reset_index(names=levels, allow_duplicates=True)


def _counted(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with integers where a hole made floats of them."""
    if not frame.columns.is_unique:
        return frame
    whole = [
        name
        for name in frame.columns
        if pd.api.types.is_float_dtype(frame.dtypes[name]) and all_whole(frame[name])
    ]
    counted = frame.astype(dict.fromkeys(whole, "Int64"))
    # `DataFrame.map` of pandas 2.2 makes floats of them again.
    masked = [name for name in frame.columns if _is_masked(counted.dtypes[name])]
    return counted.astype(dict.fromkeys(masked, object))


def _is_masked(kind: Any) -> bool:
    return pd.api.types.is_extension_array_dtype(kind) and pd.api.types.is_integer_dtype(kind)


def _csv(frame: pd.DataFrame) -> bytes:
    safe = frame.map(_harmless).rename(columns=_harmless)
    # The mark by which Excel knows UTF-8.
    return str(safe.to_csv(index=False, lineterminator="\r\n")).encode("utf-8-sig")


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _xlsx(frame: pd.DataFrame) -> bytes:
    if find_spec("openpyxl") is None:  # through which pandas writes
        raise RowError(
            "an .xlsx file requires openpyxl",
            remedy=f"{install('excel')}, or call it .csv",
        )
    file = io.BytesIO()
    clean = frame.map(_writable)
    with pd.ExcelWriter(file, engine="openpyxl") as writer:
        clean.to_excel(writer, index=False)
        for row in writer.book.active.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    cell.data_type = "s"
    return _timeless(file.getvalue())


def _writable(cell: object) -> object:
    """What Excel's format can hold: no controls, no zones."""
    if isinstance(cell, str):
        return _CONTROLS.sub("", cell)
    if isinstance(cell, pd.Timestamp) and cell.tzinfo is not None:
        return cell.tz_localize(None)
    return cell


def _timeless(archive: bytes) -> bytes:
    """The archive without the time at which it was made."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            content = _CHANGED.sub(_THEN, old.read(entry))
            settled = zipfile.ZipInfo(entry.filename, _EPOCH)
            new.writestr(settled, content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


_SHEETS: dict[str, Callable[[pd.DataFrame], bytes]] = {".csv": _csv, ".xlsx": _xlsx}
