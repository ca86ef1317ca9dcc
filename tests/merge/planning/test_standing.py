"""Nothing that did not happen looks like success: runs that send nothing, rows that changed."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from merge.counting import received
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import TemplateChanged
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.renderer import RowRenderer, RowValues
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.progress import Progress
from smtp_nb.merge.templates.template import Compiled
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


# -- no-ops -----------------------------------------------------------------------------------

NO_OP = (
    r"^0 sent: 6 were decided on .* by campaign 'results' \({place}; 6 ACCEPTED\); another name "
)


@pytest.mark.parametrize(
    ("given", "place"),
    [({}, "kept with its sandbox"), ({"journal": "mine.sqlite"}, "journal mine.sqlite")],
)
def test_a_run_that_sends_nothing_says_so_and_why(
    merge: Make, server: SandboxServer, capsys: pytest.CaptureFixture[str], given: Any, place: str
) -> None:
    merge(**given).run(progress=None)
    capsys.readouterr()
    merge(**given).run()
    words = capsys.readouterr().err
    assert words.startswith("0 sent: 6 were decided on ")
    assert f"by campaign 'results' ({place}; 6 ACCEPTED); another name sends to them" in words
    merge(**given).start().wait(30)
    assert capsys.readouterr().err == words
    assert set(received(server).values()) == {1}


def test_so_does_the_asyncio_front(merge: Make) -> None:
    asyncio.run(merge().arun(progress=None))
    seen: list[Progress] = []
    asyncio.run(merge().arun(progress=seen.append))
    assert seen[0].said.startswith("0 sent: 6 were decided on ")
    assert str(seen[0]) == seen[0].said


def test_refused_rows_are_said_to_be_reopened_how(merge: Make, server: SandboxServer) -> None:
    server.inject("refuse", recipient="a@school.test")
    merge().run()
    said = merge().standing.no_op
    assert "5 ACCEPTED, 1 REFUSED" in said.replace("1 REFUSED, 5 ACCEPTED", "5 ACCEPTED, 1 REFUSED")
    assert 'resolve("REFUSED", "resend")' in said


def test_a_run_without_any_row_says_so(merge: Make, frame: pd.DataFrame) -> None:
    seen: list[Progress] = []
    merge().run(limit=0, progress=seen.append)
    assert seen[0].said == "0 sent: no row is left to send to (6 SKIPPED)"
    merge(frame=frame.assign(email="broken")).run(skip_invalid=True, progress=seen.append)
    assert seen[-1].said == "0 sent: no row is left to send to (6 INVALID)"


def test_a_run_that_sends_something_says_nothing(
    merge: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    merge().run(limit=2)
    merge().run()
    assert capsys.readouterr().err == ""


# -- rows that changed ------------------------------------------------------------------------


def template(**changes: Any) -> Template:
    given = {
        "subject": "Result for {{ name }}",
        "text": "Dear {{ name }}, {{ orders | table }} {{ extra | default('') }}"
        " {{ common | table }}",
        "context": {"common": pd.DataFrame({"a": [1, 2]}), "unused": 1},
        "attachments": ["all.txt", "{{ file }}", Attachment(data=b"1", filename="x.bin")],
    }
    return Template(**(given | changes))


def students(frame: pd.DataFrame, **changes: Any) -> pd.DataFrame:
    orders = [[{"item": "pen", "qty": n}] for n in range(6)]
    given = {"orders": orders, "extra": 1, "file": "own.txt", "unused": 1}
    return frame.assign(**(given | changes))


def changed_orders() -> list[list[dict[str, Any]]]:
    return [[{"item": "pen", "qty": n if n != 2 else 99}] for n in range(6)]


CHANGES: dict[str, tuple[list[int], dict[str, Any], dict[str, Any]]] = {
    "a value": ([0, 1, 2, 3, 4, 5], {"extra": 2}, {}),
    "one value": ([3], {"extra": [1, 1, 1, 7, 1, 1]}, {}),
    "a nested record": ([2], {"orders": changed_orders()}, {}),
    "a hole": ([1], {"extra": [1, None, 1, 1, 1, 1]}, {}),
    "the subject": (list(range(6)), {}, {"subject": "Other for {{ name }}"}),
    "a frame in the context": (
        list(range(6)), {}, {"context": {"common": pd.DataFrame({"a": [1, 3]}), "unused": 1}},
    ),
    "an attachment's octets": (
        list(range(6)), {},
        {"attachments": ["all.txt", "{{ file }}", Attachment(data=b"2", filename="x.bin")]},
    ),
}  # fmt: skip


@pytest.fixture
def files(directory: Path) -> Path:
    for name in ("all.txt", "own.txt"):
        Path(directory, name).write_text("first")
    return directory


@pytest.mark.parametrize("name", CHANGES)
def test_what_differs_from_what_was_sent_stops_the_run(
    merge: Make, server: SandboxServer, frame: pd.DataFrame, files: Path, name: str
) -> None:
    rows, values, template_changes = CHANGES[name]
    merge(frame=students(frame), template=template()).run()
    other = merge(frame=students(frame, **values), template=template(**template_changes))
    assert sorted(other.standing.changed) == rows
    with pytest.raises(TemplateChanged) as caught:
        other.run()
    named = ", ".join(map(str, rows[:5]))
    assert f"row{'s' if len(rows) > 1 else ''} {named}" in str(caught.value)
    assert "changed='go on'" in str(caught.value)
    assert "another name=" in str(caught.value)
    # It was looked at: the rest is sent, of which there is none, and it is asked no more.
    other.run(changed="go on")
    other.run()
    assert set(received(server).values()) == {1}


@pytest.mark.parametrize("name", ["all.txt", "own.txt"])
def test_so_does_a_file_that_was_changed(
    merge: Make, server: SandboxServer, frame: pd.DataFrame, files: Path, name: str
) -> None:
    merge(frame=students(frame), template=template()).run()
    Path(files, name).write_text("later")
    with pytest.raises(TemplateChanged, match="rows 0, 1, 2, 3, 4 and 1 more"):
        merge(frame=students(frame), template=template()).run()
    Path(files, name).write_text("first")
    assert set(merge(frame=students(frame), template=template()).run()["outcome"]) == {"ACCEPTED"}
    assert set(received(server).values()) == {1}


@pytest.mark.parametrize(
    ("values", "template_changes"),
    [
        ({"unused": 2}, {}),
        ({"extra": 1.0}, {}),  # integers that were through a file with a hole in it
        ({}, {"context": {"common": pd.DataFrame({"a": [1, 2]}), "unused": 2}}),
    ],
)
def test_what_no_message_shows_is_no_difference(
    merge: Make, frame: pd.DataFrame, files: Path, values: Any, template_changes: Any
) -> None:
    merge(frame=students(frame), template=template()).run()
    other = merge(frame=students(frame, **values), template=template(**template_changes))
    assert set(other.run()["outcome"]) == {"ACCEPTED"}


def test_who_has_no_message_gets_the_new_one(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="a@school.test")
    server.inject("greylist", recipient="*b*")
    merge(frame=frame.iloc[:1]).run()
    later = merge(frame=frame.assign(grade=9.0))
    assert later.standing.changed == {}


def test_a_sorted_frame_with_another_index_is_the_same(merge: Make, frame: pd.DataFrame) -> None:
    merge().run()
    moved = frame.iloc[::-1].reset_index(drop=True)
    assert merge(frame=moved).standing.changed == {}


def test_a_journal_of_version_1_compares_the_template_alone(
    merge: Make, frame: pd.DataFrame
) -> None:
    import sqlite3

    made = merge()
    made.run()
    with sqlite3.connect(made.journal_path) as sql:
        sql.execute("ALTER TABLE message DROP COLUMN digest")
        sql.execute("DROP TABLE report")
        sql.execute("PRAGMA user_version = 1")
    sql.close()
    assert merge(frame=frame.assign(grade=9.0)).standing.changed == {}
    other = merge(template=Template(subject="Other", text="t"))
    assert sorted(other.standing.changed) == [0, 1, 2, 3, 4, 5]
    assert other.standing.is_template
    with pytest.raises(TemplateChanged):
        other.run()


# -- campaigns of a sandbox -------------------------------------------------------------------


def test_a_campaign_on_a_sandbox_lives_and_dies_with_it(
    frame: pd.DataFrame, directory: Path
) -> None:
    template = Template(subject="s", text="t")
    for _ in range(2):  # as a notebook that is run twice
        with SandboxServer() as server:
            made = MailMerge(frame, template, to="email", from_="t@x.test", server=server.url)
            assert set(made.run(progress=None)["outcome"]) == {"ACCEPTED"}
            made.run(progress=None)
            assert len(server.messages) == 6
        assert list(directory.iterdir()) == []
        assert set(made.results["outcome"]) == {"ACCEPTED"}  # the sandbox is stopped, not gone
    place = made.journal_path.parent
    assert place.is_dir()
    del made, server
    gc.collect()
    assert not place.exists()


def test_a_given_journal_outlives_the_sandbox(frame: pd.DataFrame, directory: Path) -> None:
    template = Template(subject="s", text="t")
    for count in (6, 0):
        with SandboxServer() as server:
            made = MailMerge(frame, template, to="email", from_="t@x.test", server=server.url,
                             journal="mine.sqlite")  # fmt: skip
            made.run(progress=None)
            assert len(server.messages) == count
    assert Path("mine.sqlite").is_file()


# -- at the price of a column -----------------------------------------------------------------


def test_rows_that_were_compared_are_not_compared_one_by_one_again(
    merge: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    digest = RowRenderer.digest

    def counted(self: RowRenderer, filled: RowValues) -> str:
        looked.append(filled.planned.row)
        return digest(self, filled)

    merge(limit=4).run(progress=None)
    monkeypatch.setattr(RowRenderer, "digest", counted)
    merge(limit=0).run(progress=None)
    assert not looked
    merge(limit=0, template=Template(subject="x", text="{{ name }}")).run(
        progress=None, changed="go on"
    )
    assert looked == [0, 1, 2, 3]


CELLS = st.one_of(st.none(), st.sampled_from(["", "a", "1", "nan"]), st.sampled_from([0, 1, 1.5]))


@given(st.lists(CELLS, min_size=3, max_size=3), st.lists(CELLS, min_size=3, max_size=3))
def test_the_digest_of_all_differs_where_that_of_a_row_does(
    one: list[object], other: list[object]
) -> None:
    def digests(cells: list[object]) -> tuple[str, list[str]]:
        rows = Rows(pd.DataFrame({"email": ["a@x.test", "b@x.test", "c@x.test"], "v": cells}))
        compiled = Compiled(Template(subject="s", text="{{ v }}"), "t@x.test")
        renderer = RowRenderer(rows, compiled, "salt", "template")
        planned = make_plan(rows, "email").rows
        found = [renderer.digest(filled) for filled in renderer.read(planned)]
        return renderer.digest_of_all(planned), found

    (whole, each), (whole_other, each_other) = digests(one), digests(other)
    if whole and whole == whole_other:
        assert each == each_other


@pytest.mark.parametrize(
    "column", [[[1], [2], [3]], ["a", 1, "b"], [b"a", b"b", b"c"], pd.Categorical(["a", "b", "a"])]
)
def test_values_that_pandas_does_not_tell_apart_are_compared_row_by_row(column: Any) -> None:
    rows = Rows(pd.DataFrame({"email": ["a@x.test", "b@x.test", "c@x.test"], "v": column}))
    compiled = Compiled(Template(subject="s", text="{{ v }}"), "t@x.test")
    assert RowRenderer(rows, compiled, "s", "t").digest_of_all(make_plan(rows, "email").rows) == ""
