from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge import load
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import Attempt, PlanEntry, Result
from smtp_nb.merge.results import report
from smtp_nb.merge.results.export import read_results, write_results
from smtp_nb.model.display import visible

FORMULAS = ["=1+1", "+1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'=1", "''", "'"]


def results(replies: list[str], at: float | None = None) -> pd.DataFrame:
    """As a run gives them: one refused message for each reply, then a row that was left out."""
    journal = Journal(None)
    numbers = journal.register(map(str, range(len(replies))))
    intents = [Attempt(n, f"{n}@x.test", f"{n}@x.test", n % 3, f"<{n}>") for n in numbers.values()]
    journal.record_attempts(intents)
    journal.settle([
        Result("REFUSED", 550, "5.7.1", reply, "", 0.1, 2**31, intent.message, intent.address)
        for intent, reply in zip(intents, replies, strict=True)
    ])  # fmt: skip
    if at is not None:
        journal._read_from._sql.execute("UPDATE delivery SET at = ?", (at,))
    entries = [PlanEntry(row, n, "", None, "") for row, n in enumerate(numbers.values())]
    return report.results(
        [*entries, PlanEntry(len(entries), None, "=broken", "INVALID", "why")], journal
    )


def lines(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def shown(text: str) -> str:
    """A text as the file has it: its line breaks and tabs are its own."""
    return "".join(visible(c) if c not in "\r\n\t" else c for c in text)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "results.csv"


@settings(max_examples=30)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(FORMULAS)),
    st.floats(0, 4e9),
)
def test_what_is_read_is_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, replies: list[str], at: float
) -> None:
    path = tmp_path_factory.mktemp("export") / "results.csv"
    found = results(replies, at)
    write_results(found, path)
    for name in ("reply", "explanation"):
        found[name] = [shown(text) for text in found[name]]
    pd.testing.assert_frame_equal(read_results(path), found)
    pd.testing.assert_frame_equal(load(path), found)


HOSTILE = "250 \x1b[2J\x9b31m\u202eevil\u2066\x00"


def test_no_control_reaches_whoever_looks(path: Path) -> None:
    found = results([HOSTILE])
    write_results(found, path)
    for text in (path.read_text(encoding="utf-8-sig"), report.style(found).to_html()):
        assert not set("\x1b\x9b\u202e\u2066\x00") & set(text)
        assert "\\x1b[2J\\x9b31m\\u202eevil" in text


def test_nothing_in_it_is_computed_by_a_spreadsheet(path: Path) -> None:
    write_results(results(FORMULAS), path)
    for line in lines(path)[1:]:
        for cell in line:
            assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
    assert lines(path)[1][6] == "'=1+1"


def test_the_same_results_make_the_same_octets(path: Path) -> None:
    found = results(["No", "Grüße\nzwei"], at=1_700_000_000.1234)
    write_results(found, path)
    assert path.read_bytes() == (
        b"\xef\xbb\xbfrow,recipient,kind,outcome,code,enhanced_code,reply,explanation,queue_id,"
        b"message_id,attempts,sent_at,seconds,size,bounce,bounce_code\r\n"
        b"0,1@x.test,CC,REFUSED,550,5.7.1,No," + _text(found, 0) + b",,<1>,1,"
        b"2023-11-14T22:13:20.123Z,0.1,2147483648,,\r\n"
        b'1,2@x.test,BCC,REFUSED,550,5.7.1,"Gr\xc3\xbc\xc3\x9fe\nzwei",'
        + _text(found, 1)
        + b",,<2>,1,2023-11-14T22:13:20.123Z,0.1,2147483648,,\r\n"
        b"2,'=broken,TO,INVALID,,,,why,,,0,,,,,\r\n"
    )


def test_an_export_from_before_bounces_is_read(path: Path) -> None:
    found = results(["No", "Ok"])
    write_results(found, path)
    old = path.read_bytes().replace(b",bounce,bounce_code\r\n", b"\r\n").replace(b",,\r\n", b"\r\n")
    path.write_bytes(old)
    pd.testing.assert_frame_equal(read_results(path), found)


def _text(found: pd.DataFrame, row: int) -> bytes:
    text = str(found["explanation"].iloc[row])
    return (f'"{text}"' if "," in text else text).encode()


def test_a_row_that_is_gone_has_no_place(path: Path) -> None:
    found = results(["No"])
    found["row"] = found["row"].astype("Int64")
    found.loc[0, "row"] = pd.NA
    write_results(found, path)
    assert lines(path)[1][0] == ""
    pd.testing.assert_frame_equal(read_results(path), found)


def test_no_results_are_results_too(path: Path) -> None:
    found = report.results([], None)
    write_results(found, path)
    pd.testing.assert_frame_equal(read_results(path), found)


def test_what_was_there_stays_until_all_is_written(path: Path) -> None:
    path.write_text("before")
    broken = results(["No"])
    broken["code"] = broken["code"].astype(object)
    broken.loc[1, "code"] = "no number"
    with pytest.raises(ValueError, match="no number"):
        write_results(broken, path)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]
    write_results(results(["No"]), path)
    assert len(lines(path)) == 3
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    ["", "a,b\r\n1,2\r\n", ",".join(report.COLUMNS) + "\r\n1,2\r\n", '"open', "\x00\xff"],
)
def test_another_file_is_refused(path: Path, text: str) -> None:
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="not a results file"):
        load(path)
