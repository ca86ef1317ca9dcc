"""Tables: `{{ marks | table }}` shows a frame in both bodies, in a form that mail readers support.

The text is read off the HTML, so neither can show what the other hides: not a Styler's hidden
columns and rows, not what its formats mask, not what its styles do not display.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pandas as pd
from jinja2 import Undefined
from jinja2.utils import pass_context
from markupsafe import Markup

from smtp_nb.merge.rows.drawable import are_records, is_foreign_frame, is_styler
from smtp_nb.merge.rows.frames import as_pandas
from smtp_nb.merge.rows.printed import NOTES, SPELL_NOTHING, Note, Notes, is_nothing, printed
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.rows.unfilled import EmptyEntry
from smtp_nb.merge.templates.shown import Shown
from smtp_nb.model.display import kind_of

# Mail readers drop <style>, so css-inline puts these into the tags.
_TABLE_CSS = """
table { border-collapse: collapse; font-family: sans-serif; font-size: 14px }
th, td { border: 1px solid #cccccc; padding: 4px 8px; text-align: left }
thead th { background-color: #f3f3f3 }
"""
# What a table may consist of. Anything else came out of a cell that was not escaped.
_TAGS = frozenset({"table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "br"})
_TAG = re.compile(r"<\s*/?\s*([a-zA-Z!?][\w-]*)")
_HIDDEN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))", re.IGNORECASE)
_NUMBER = re.compile(r"[^\w]{0,3}[-+−(]?\d[\d.,'’  ]*\)?\s*[^\W\d]{0,3}[%€$£]?\Z")
_GAP = "  "
_CELLS = ("td", "th")

_HOLES = Note(
    "", "a table has empty cells", 'Fill them in, or write {{ … | table(empty="–") }}; for a Styler'
    ' .format(na_rep="–")',
)  # fmt: skip


@pass_context
def table(context: Any, value: Any, index: bool = False, empty: str = "") -> Shown:
    """`{{ marks | table }}`: a frame, a series, a Styler or a list of records as a table.

    The frame may be one of polars, pyarrow or DuckDB.

    Args:
        index: show the index too. A Styler decides that by itself.
        empty: what stands in a cell that holds nothing.

    Raises:
        RowError: it is none of these, or a cell of a Styler holds markup.
    """
    notes = context.get(NOTES)
    if isinstance(value, Undefined):
        str(value)  # raises, with the name
    if isinstance(value, pd.Series):
        value, index = value.to_frame(), True
    elif are_records(value):
        value = pd.DataFrame(value)
    elif is_foreign_frame(value):
        value = as_pandas(value)
    if isinstance(value, pd.DataFrame):
        texts = _texts(value, empty, notes)
        with pd.option_context("display.max_colwidth", None):
            html = texts.to_html(border=0, index=index)
    elif is_styler(value):
        html = value.to_html()
    else:
        raise RowError(f"{kind_of(value)} is not a table", remedy="Give a DataFrame")
    return _shown(html, notes)


def _shown(html: str, notes: Notes | None) -> Shown:
    inlined = _inlined(html)
    read = _read(inlined)
    if notes is not None and any(cell in SPELL_NOTHING for row in read.body for cell in row):
        notes[_HOLES] = None
    return Shown(Markup(inlined.strip()), read.text(), is_block=True)


def _inlined(html: str) -> str:
    """A table with its styles in its tags, and no other tags than those of tables."""
    import css_inline

    inlined = css_inline.CSSInliner(keep_style_tags=False).inline_fragment(html, _TABLE_CSS)
    _refuse_markup(inlined)
    return inlined


def _refuse_markup(html: str) -> None:
    """A Styler escapes nothing by itself, so a cell could be a script."""
    strange = {tag.lower() for tag in _TAG.findall(html)} - _TAGS
    if strange:
        raise RowError(
            f"the styled frame holds the tag <{min(strange)}>",
            remedy='Use .format(escape="html") on the Styler',
        )


def _texts(frame: pd.DataFrame, empty: str, notes: Notes | None) -> pd.DataFrame:
    """The frame with every cell as it would be printed by itself."""
    columns = [_column(frame.iloc[:, at], empty, notes) for at in range(frame.shape[1])]
    texts = pd.DataFrame(dict(enumerate(columns)), index=frame.index, dtype=object)
    texts.columns = frame.columns
    if not isinstance(frame.index, pd.MultiIndex):
        texts.index = pd.Index(
            _column(frame.index.to_series(), empty, None), name=frame.index.name, dtype=object
        )
    return texts


def _column(series: pd.Series, empty: str, notes: Notes | None) -> list[str]:
    frame = series.rename("column").to_frame().reset_index(drop=True)
    return [_cell(value, empty, notes) for value in Rows(frame).column("column")]


def _cell(value: object, empty: str, notes: Notes | None) -> str:
    if is_nothing(value) or isinstance(value, Undefined):
        if notes is not None and not empty:
            notes[_HOLES] = None
        return empty
    return str(printed(value))


@dataclass(slots=True)
class _Table:
    """What a reader sees of an HTML table."""

    caption: str = ""
    head: list[list[str]] = field(default_factory=list)
    body: list[list[str]] = field(default_factory=list)

    def text(self) -> str:
        """The table in columns, numbers to the right."""
        rows = [*self.head, *self.body]
        count = max(map(len, rows), default=0)
        padded = [[*row, *[""] * (count - len(row))] for row in rows]
        columns = list(zip(*padded, strict=True))
        widths = [max(map(len, column)) for column in columns]
        right = [_is_numeric(column[len(self.head) :]) for column in columns]
        lines = [_line(row, widths, right) for row in padded]
        return "\n".join([self.caption, *lines] if self.caption else lines)


def _line(row: Iterable[str], widths: Iterable[int], right: Iterable[bool]) -> str:
    cells = (
        text.rjust(width) if is_right else text.ljust(width)
        for text, width, is_right in zip(row, widths, right, strict=True)
    )
    return _GAP.join(cells).rstrip()


def _is_numeric(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(map(_NUMBER.match, filled))


def displayed(styler: Any) -> pd.DataFrame:
    """What a Styler shows, as a frame of texts."""
    read = _read(_inlined(styler.to_html()))
    head = read.head[-1] if read.head else None
    width = max(map(len, [*read.head, *read.body]), default=0)
    columns = None if head is None else [*head, *[""] * (width - len(head))]
    return pd.DataFrame([[*row, *[""] * (width - len(row))] for row in read.body], columns=columns)


class _TableReader(HTMLParser):
    """Reads the cells that are displayed."""

    def __init__(self) -> None:
        super().__init__()
        self.table = _Table()
        self._hidden = ""  # the tag that began what is not displayed
        self._is_head = False
        self._row: list[str] = []
        self._cell: list[str] | None = None
        self._span = 1
        self._below: dict[int, int] = {}  # columns that a cell above reaches into, how far

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if self._hidden:
            return
        if _HIDDEN.search(known.get("style") or ""):
            self._hidden = tag
            if tag in _CELLS and "display" not in (known.get("style") or ""):
                self._row.append("")  # what is invisible keeps its place
        elif tag in ("thead", "tbody", "tfoot"):
            self._is_head = tag == "thead"
        elif tag == "tr":
            self._row = []
        elif tag in (*_CELLS, "caption"):
            self._begin(known)
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def _begin(self, known: Mapping[str, str | None]) -> None:
        while (at := len(self._row)) in self._below and self._below[at] > 0:
            self._below[at] -= 1
            self._row.append("")
        self._cell = []
        self._span = int(known.get("colspan") or 1)
        self._below[len(self._row)] = int(known.get("rowspan") or 1) - 1

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._hidden = "" if tag == self._hidden else self._hidden
        elif tag in (*_CELLS, "caption") and self._cell is not None:
            text, self._cell = " ".join("".join(self._cell).split()), None
            if tag == "caption":
                self.table.caption = text
            else:
                self._row += [text, *[""] * (self._span - 1)]
        elif tag == "tr" and self._row:
            (self.table.head if self._is_head else self.table.body).append(self._row)

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._hidden:
            self._cell.append(data)


def _read(html: str) -> _Table:
    reader = _TableReader()
    reader.feed(html)
    reader.close()
    return reader.table


def records(value: Any) -> list[dict[Any, object]]:
    """`{% for o in rows | records %}`: a frame, or a list of records, as a list of its rows."""
    if isinstance(value, Undefined):
        str(value)  # raises, with the name
    if are_records(value):
        return list(value)
    if is_foreign_frame(value):
        value = as_pandas(value)
    if not isinstance(value, pd.DataFrame):
        raise RowError(f"{kind_of(value)} is not a DataFrame", remedy="Give a DataFrame")
    rows = Rows(value.reset_index(drop=True))
    return list(rows.read(range(len(rows)), rows.names, lambda name: EmptyEntry(name=str(name))))
