"""Attachments that a row makes: bytes, frames and figures under names of the author's."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import matplotlib as mpl
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.rows.unfilled import Empty
from smtp_nb.merge.templates.template import Compiled
from smtp_nb.model.address import parse_mailbox

mpl.use("Agg")
from matplotlib.figure import Figure

ORDERS = pd.DataFrame({"item": ["Pen", "=1+1", "+49 170 1"], "qty": [2.0, None, 1.0]})


def figure() -> Figure:
    drawn = Figure(figsize=(1, 1))
    drawn.subplots().plot([1, 2])
    return drawn


ROW = {"name": "Ann", "blob": b"\x00\x01", "orders": ORDERS, "fig": figure(), "id": "7"}


def files(attachments: Any, **row: Any) -> dict[str, bytes]:
    template = Template(text="t", attachments=attachments)
    compiled = Compiled(template, "t@x.test")
    draft = compiled.letter({**ROW, **row}, (parse_mailbox("a@x.test"),), "<1@x.test>").draft
    found = [p.attachment if isinstance(p, EncodedPart) else p for p in draft.attachments]
    return {p.filename: p.octets if p.path is None else Path(p.path).read_bytes() for p in found}


@pytest.mark.parametrize(
    "given",
    [
        [Attachment(data="{{ blob }}", filename="{{ name }}.bin")],
        {"{{ name }}.bin": "{{ blob }}"},
        {"Ann.bin": b"\x00\x01"},
    ],
)
def test_the_bytes_of_a_cell_are_a_file(given: Any) -> None:
    assert files(given) == {"Ann.bin": b"\x00\x01"}


def test_a_text_with_expressions_is_a_file_in_utf8() -> None:
    given = Attachment(data="Dear {{ name }}, Größe", filename="note.txt")
    assert files([given]) == {"note.txt": "Dear Ann, Größe".encode()}


@pytest.mark.parametrize(
    "given",
    [
        [Attachment(frame="orders", filename="{{ name }}.csv")],
        [Attachment(frame="{{ orders }}", filename="{{ name }}.csv")],
        {"{{ name }}.csv": "{{ orders }}"},
        {"Ann.csv": ORDERS},
    ],
)
def test_a_frame_is_a_csv_file(given: Any) -> None:
    content = files(given)["Ann.csv"].decode("utf-8-sig")
    assert content.splitlines() == ["item,qty", "Pen,2", "'=1+1,", "+49 170 1,1"]


def test_a_frame_is_an_excel_file_without_formulas_and_the_same_each_time() -> None:
    given = [Attachment(frame="orders", filename="orders.xlsx")]
    content = files(given)["orders.xlsx"]
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["item", "qty"], ["Pen", 2], ["=1+1", None], ["+49 170 1", 1],
    ]  # fmt: skip
    assert {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row} == {"s"}
    assert files(given)["orders.xlsx"] == content


FOREIGN = {
    "polars": lambda: pl.DataFrame({"item": ["Pen"], "qty": [2]}),
    "pyarrow": lambda: pa.table({"item": ["Pen"], "qty": [2]}),
    "duckdb": lambda: duckdb.sql("select 'Pen' as item, 2 as qty"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_frames_of_other_libraries_are_files_and_tables(name: str) -> None:
    frame = FOREIGN[name]()
    assert files({"o.csv": "{{ orders }}"}, orders=frame)["o.csv"].decode("utf-8-sig") == (
        "item,qty\r\nPen,2\r\n"
    )
    given = [Attachment(frame="orders", filename="o.xlsx")]
    sheet = openpyxl.load_workbook(io.BytesIO(files(given, orders=frame)["o.xlsx"])).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["item", "qty"], ["Pen", 2],
    ]  # fmt: skip
    template = Template(text="{{ orders | table }} {{ (orders | records)[0].qty }}")
    letter = Compiled(template, "t@x.test").letter(
        {"orders": frame}, (parse_mailbox("a@x.test"),), "<1@x.test>"
    )
    assert letter.draft.text == "item  qty\nPen     2 2"


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_an_index_and_its_names_make_no_formula_either(suffix: str) -> None:
    frame = ORDERS.set_index("item").rename_axis("=2+2")
    (content,) = files({f"o.{suffix}": "{{ orders }}"}, orders=frame).values()
    if suffix == "csv":
        assert content.decode("utf-8-sig").splitlines()[:3] == ["'=2+2,qty", "Pen,2", "'=1+1,"]
        return
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert {cell.data_type for row in sheet.iter_rows(max_col=1) for cell in row} == {"s"}


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_a_pivot_table_is_a_file(suffix: str) -> None:
    """Its columns have several levels, and its index is named as a column of another table is."""
    pivot = pd.DataFrame({"a": ["x", "x"], "b": [1, 2], "n": [3, 4]}).pivot_table(
        index="a", columns="b", values=["n"], aggfunc="sum"
    )
    (content,) = files({f"o.{suffix}": "{{ orders }}"}, orders=pivot).values()
    read = pd.read_csv if suffix == "csv" else pd.read_excel
    shown = read(io.BytesIO(content))
    assert [*shown.columns] == ["a", "n 1", "n 2"]
    assert shown.to_numpy().tolist() == [["x", 3, 4]]


def test_a_hole_in_a_record_is_an_empty_cell_of_its_file() -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "orders": [[{"item": "Pen", "qty": None}]]})
    template = Template(subject="s", text="t", attachments={"o.csv": "{{ orders }}"})
    message = MailMerge(frame, template, to="to", from_="t@x.test").preview()[0].message
    assert message is not None
    (part,) = message.letter.draft.attachments
    assert isinstance(part, Attachment)
    assert part.octets == b"\xef\xbb\xbfitem,qty\r\nPen,\r\n"


@pytest.mark.parametrize(
    "given",
    [
        {"o.csv": "{{ blob | default('') }}"},
        [Attachment(data="{{ blob | default('') }}", filename="o.csv")],
        [Attachment(frame="blob | default('')", filename="o.csv")],
        [Attachment(figure="blob | default(none)", filename="o.png")],
        ["{{ blob | default('') }}"],
    ],
)
def test_nothing_is_attached_where_the_cell_is_empty(given: Any) -> None:
    assert files(given, blob=Empty(name="blob")) == {}
    with pytest.raises(RowError, match="'blob' is empty"):
        files({"o.csv": "{{ blob }}"}, blob=Empty(name="blob"))


@pytest.mark.parametrize(
    ("name", "magic"), [("p.png", b"\x89PNG"), ("p.pdf", b"%PDF-"), ("p.svg", b"<svg")]
)
def test_a_chart_of_altair_is_a_file_and_a_picture(name: str, magic: bytes) -> None:
    altair = pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    chart = altair.Chart(pd.DataFrame({"a": [1], "b": [2]})).mark_bar().encode(x="a", y="b")
    assert files({name: "{{ fig }}"}, fig=chart)[name].startswith(magic)
    if name == "p.png":
        template = Template(html="{{ fig | image }}")
        letter = Compiled(template, "t@x.test").letter(
            {"fig": chart}, (parse_mailbox("a@x.test"),), "<1@x.test>"
        )
        assert [part.content_type for part in letter.draft.inline] == ["image/png"]


class Stubborn:
    """As plotly's figure without kaleido."""

    def to_image(self, format: str) -> bytes:
        raise ValueError(f"Image export of {format} requires kaleido\nmore")


@pytest.mark.parametrize("template", [{"attachments": {"p.png": "{{ fig }}"}},
                                      {"html": "{{ fig | image }}"}])  # fmt: skip
def test_a_library_that_cannot_draw_is_an_error_of_the_row(template: dict[str, Any]) -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "fig": [Stubborn()]})
    made = Template(subject="s", **({"text": "t"} if "html" not in template else {}), **template)
    (problem,) = MailMerge(frame, made, to="to", from_="t@x.test").check().itertuples()
    assert problem.message == (
        "a Stubborn could not be drawn: ValueError: Image export of png requires kaleido"
    )
    assert "plotly needs kaleido" in problem.remedy


def test_a_styler_is_attached_as_it_is_shown() -> None:
    styler = ORDERS.style.hide(["qty"], axis="columns").hide(axis="index")
    content = files({"o.csv": "{{ orders }}"}, orders=styler)["o.csv"].decode("utf-8-sig")
    assert "qty" not in content
    assert content.splitlines()[:2] == ["item", "Pen"]


@pytest.mark.parametrize(
    ("name", "magic"), [("p.png", b"\x89PNG"), ("p.pdf", b"%PDF-"), ("p.svg", b"<?xml")]
)
def test_a_figure_is_a_file_and_the_same_each_time(name: str, magic: bytes) -> None:
    given = [Attachment(figure="fig", filename=name)]
    content = files(given)[name]
    assert content.startswith(magic)
    assert files({name: "{{ fig }}"})[name] == content


def test_a_file_may_have_another_name_than_its_own(directory: Path) -> None:
    (directory / "7.pdf").write_bytes(b"seven")
    given = [Attachment(path="{{ id }}.pdf", filename="Report of {{ name }}.pdf")]
    assert files(given) == {"Report of Ann.pdf": b"seven"}
    assert files({"Report.pdf": "{{ id }}.pdf"}) == {"Report.pdf": b"seven"}


def test_several_files_stand_in_a_cell(directory: Path) -> None:
    for name in ("a.txt", "b;c.txt"):
        (directory / name).write_text(name)
    found = files(["{{ paths }}"], paths=["a.txt", "", "b;c.txt"])
    assert found == {"a.txt": b"a.txt", "b;c.txt": b"b;c.txt"}
    assert files(["{{ paths }}"], paths=[]) == {}
    assert list(files(["{{ paths }}"], paths=np.array(["a.txt", "b;c.txt"]))) == [*found]
    with pytest.raises(RowError, match=r"the file 'a\.txt;b;c\.txt'") as caught:
        files(["{{ paths }}"], paths="a.txt;b;c.txt")
    assert "split(';')" in caught.value.remedy
    assert list(files(["{{ paths.split('; ') }}"], paths="a.txt; b;c.txt")) == [*found]


def test_a_pattern_is_the_authors(directory: Path) -> None:
    for name in ("7_b.csv", "7_a.csv", "8_a.csv", "*_a.csv"):
        (directory / name).write_text(name)
    assert list(files(["{{ id }}_*.csv"])) == ["7_a.csv", "7_b.csv"]
    assert list(files(["{{ id }}_*.csv"], id="*")) == ["*_a.csv"]
    with pytest.raises(RowError, match=r"the file '7_\*\.csv'"):
        files(["{{ name }}"], name="7_*.csv")
    with pytest.raises(RowError, match="no file matches"):
        files(["{{ id }}_*.csv"], id="9")
    assert list(files(["8_*.csv"])) == ["8_a.csv"]


def test_brackets_in_the_name_of_a_file_are_no_pattern(directory: Path) -> None:
    for name in ("report [7].txt", "report 7.txt"):
        (directory / name).write_text(name)
    assert list(files(["report [{{ id }}].txt"])) == ["report [7].txt"]
    assert list(files(["report [7].txt"])) == ["report [7].txt"]
    (directory / "report [7].txt").unlink()
    assert list(files(["report [{{ id }}].txt"])) == ["report 7.txt"]


def test_a_pattern_does_not_leave_the_root(directory: Path) -> None:
    (directory / "in").mkdir()
    (directory / "out_1.txt").write_text("x")
    template = Template(text="t", attachments=["{{ id }}_*.txt"], attachment_root=directory / "in")
    frame = pd.DataFrame({"to": ["a@x.test"], "id": ["../out"]})
    problems = MailMerge(frame, template, to="to", from_="t@x.test").check()
    assert problems["message"].str.contains("outside of").all()


@pytest.mark.parametrize(
    ("given", "row", "words"),
    [
        ([Attachment(frame="name", filename="x.csv")], {}, "is a str, not a frame"),
        ([Attachment(figure="orders", filename="x.png")], {}, "is a DataFrame, not a figure"),
        ([Attachment(frame="orders", filename="x.pdf")], {}, "cannot be saved as .pdf"),
        ([Attachment(figure="fig", filename="x.gif")], {}, "cannot be saved as .gif"),
        (
            [Attachment(data="{{ blob }}", filename="{{ name }}")],
            {"name": "a/b"},
            "not a file name",
        ),
        ([Attachment(data="{{ blob }}", filename="{{ name }}")], {"name": " "}, "not a file name"),
        ([Attachment(frame="ordres", filename="x.csv")], {}, "ordres"),
        (["{{ blob }}"], {}, "bytes has no file name"),
        (["{{ orders }}"], {}, "DataFrame has no file name"),
    ],
)
def test_what_cannot_be_attached_is_an_error_of_its_row(
    given: Any, row: dict[str, Any], words: str
) -> None:
    with pytest.raises(RowError, match=words):
        files(given, **row)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Template(text="t", attachments=[ORDERS]), "is not an attachment"),
        (lambda: Attachment(frame="orders"), "no file name"),
        (lambda: Attachment(frame="a", figure="b", filename="x.png"), "one source"),
        (lambda: Attachment(data="plain text", filename="x.txt"), "not bytes"),
        (lambda: Attachment(frame="orders", filename="o.csv").size, "this is not a merge"),
        (lambda: Attachment(frame="orders", filename="o.csv").head("attachment"), "not a merge"),
    ],
)
def test_what_no_row_can_fill_is_refused_at_once(wrong: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        wrong()


def test_the_rows_of_a_group_are_a_file() -> None:
    frame = pd.DataFrame({"to": ["a@x.test", "a@x.test"], "item": ["Pen", "Ink"]})
    given = [Attachment(frame='rows[["item"]]', filename="orders.csv")]
    template = Template(subject="s", text="{{ rows.item | join(' ') }}", attachments=given)
    merge = MailMerge(frame, template, to="to", from_="t@x.test", group_by="to")
    assert len(merge.check()) == 0
    message = merge.preview()[0].message
    assert message is not None
    (part,) = message.letter.draft.attachments
    assert isinstance(part, Attachment)
    assert part.octets == b"\xef\xbb\xbfitem\r\nPen\r\nInk\r\n"
