"""Promises of smtp_nb.notebook.results_frame, on a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from merge.results.test_page import results
from smtp_nb.notebook.results_frame import ResultsFrame, aligned

if TYPE_CHECKING:
    from .conftest import Kernel

LIVE = "application/vnd.jupyter.widget-view+json"
FRAME = """import os, tempfile; os.chdir(tempfile.mkdtemp())
import pandas as pd
df = pd.DataFrame({"email": ["ann@example.org", "bob@example.org", "cy@example.org"]})"""
TEMPLATE = "%%smtp template news\nSubject: News\n\nHello"


@pytest.fixture
def campaign(connected: Kernel) -> Kernel:
    connected.run(FRAME)
    connected.run(TEMPLATE)
    return connected


def test_it_is_a_frame_in_every_other_way() -> None:
    frame = results(3, 1)
    shown = ResultsFrame.of("news", frame)
    pd.testing.assert_frame_equal(shown.plain, frame)
    for made in (shown.plain, shown[shown.outcome == "REFUSED"], shown.head(2), shown.copy()):
        assert type(made) is pd.DataFrame
    assert list(shown.outcome) == list(frame.outcome)


def test_a_merge_shows_its_results_once_and_not_the_bare_frame(campaign: Kernel) -> None:
    seen = campaign.run("%smtp merge df news --send --yes 3")
    assert len(seen.outputs) == 1
    assert "2 of 3 recipients have their message" in seen.updates[-1]["text/html"]
    assert "ann@" not in str(seen.updates + seen.outputs)


def test_results_show_the_summary_and_keep_the_plain_frame(campaign: Kernel) -> None:
    campaign.run("r = %smtp merge df news --send --yes 3")
    for line in ("%smtp results news", "r"):
        (shown,) = campaign.run(line).outputs
        assert LIVE in shown
        assert "550" in shown["text/html"]
        assert "bob@" not in str(shown)
        assert "b…@example.org" in shown["text/html"]
    assert campaign.run("%smtp results -o frame").outputs == []
    assert campaign.value("type(frame).__name__") == "'DataFrame'"
    assert campaign.value("list(frame.outcome)") == "['ACCEPTED', 'REFUSED', 'ACCEPTED']"


def test_a_merge_that_python_runs_shows_its_results_too(campaign: Kernel) -> None:
    seen = campaign.run(
        "from smtp_nb.merge import MailMerge, Template\n"
        "state = get_ipython().magics_manager.registry['SMTPMagics']._state\n"
        "merge = MailMerge(df, Template(subject='s', text='t'), to='email', name='py',\n"
        "                  from_='t@x.test', server=state.sandbox.url)\n"
        "found = merge.run()"
    )
    assert "py: 2 of 3 recipients have their message" in seen.updates[-1]["text/html"]
    (shown,) = campaign.run("merge.summary").outputs
    assert LIVE in shown
    assert "bob@" not in str(shown)
    # A campaign of the sandbox's has its name, though no magic began it.
    assert "%smtp results py" in campaign.completed("%smtp results p")
    (known,) = campaign.run("%smtp results py").outputs
    assert "py: 2 of 3 recipients have their message" in known["text/html"]


def places(html: str | None) -> dict[str, set[bool]]:
    """Of the cells that say so: whether they stand to the left."""
    found: dict[str, set[bool]] = {}
    for cell in BeautifulSoup(html or "", "html.parser").find_all(["td", "th"]):
        found.setdefault(cell.text, set()).add("left" in str(cell.get("style")))
    return found


MANY = {f"{'text' if n % 3 else 'number'}{n}": ["x" if n % 3 else 7] for n in range(40)}
SEVERAL = pd.MultiIndex.from_tuples([("k", 1), ("k", 2), ("l", 1)], names=["word", "place"])
FRAMES = {
    "plain": (
        pd.DataFrame({"word": ["x", None], "number": [1, 2.5]}),
        "word x NaN",
        "number 0 2.5",
    ),
    "dates": (pd.DataFrame({"day": pd.to_datetime(["2026-11-30"])}), "", "day 0 2026-11-30"),
    "index": (pd.DataFrame({"n": [7]}, index=pd.Index(["k"], name="key")), "key k", "n 7"),
    "several": (pd.DataFrame({"t": list("xyz")}, index=SEVERAL), "word k l t x z", "place 1 2"),
    "columns": (pd.DataFrame(MANY), "text1 text38 x", "number0 number39 7"),
    "rows": (pd.DataFrame({"word": ["x"] * 99, "number": range(99)}), "word x", "number 0 98"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_text_of_a_frame_is_left_and_numbers_are_right(name: str) -> None:
    frame, left, right = FRAMES[name]
    found = places(aligned(frame))
    assert {word: found[word] for word in left.split()} == {word: {True} for word in left.split()}
    assert {word: found[word] for word in right.split()} == {w: {False} for w in right.split()}


def test_frames_that_show_themselves_and_headers_of_two_rows_are_left_alone() -> None:
    class Own(pd.DataFrame):
        """Another project's."""

    stacked = pd.DataFrame([["x"]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    for frame in (Own({"a": ["x"]}), stacked):
        assert aligned(frame) == frame._repr_html_()  # type: ignore[operator]
    with pd.option_context("display.notebook_repr_html", False):
        assert aligned(pd.DataFrame({"a": ["x"]})) is None


def test_a_cell_shows_frames_so_unless_a_trait_says_otherwise(kernel: Kernel) -> None:
    kernel.run(FRAME)
    shown = [kernel.run("df").outputs[0]["text/html"]]
    kernel.run("%config SmtpMagics.align_frames = False")
    shown.append(kernel.run("df").outputs[0]["text/html"])
    kernel.run("%config SmtpMagics.align_frames = True")
    kernel.run("%unload_ext smtp_nb")
    shown.append(kernel.run("df").outputs[0]["text/html"])
    assert [True in places(html)["ann@example.org"] for html in shown] == [True, False, False]
    kernel.run("%load_ext smtp_nb")
