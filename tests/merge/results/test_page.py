"""Promises of smtp_nb.merge.results.page: what a saved notebook has of results."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from smtp_nb.merge.results import report
from smtp_nb.merge.results.page import MOST
from smtp_nb.merge.results.summary import Summary, summary_of


def results(accepted: int, refused: int) -> pd.DataFrame:
    """Rows that were accepted, then rows that were refused."""
    total = accepted + refused
    said = [(250, "2.0.0", "Ok")] * accepted + [(550, "5.1.1", "No such user <b>")] * refused
    codes, enhanced, replies = zip(*said, strict=True)
    columns = [
        range(total), [f"person{n}@school.test" for n in range(total)], ["TO"] * total,
        ["ACCEPTED"] * accepted + ["REFUSED"] * refused, codes, enhanced, replies,
        [""] * accepted + ["The mailbox does not exist there"] * refused, [""] * total,
        [f"<{n}@x>" for n in range(total)], [1] * total,
        [1e9 + n / 100 for n in range(total)], [0.1] * total, [100] * total,
        [""] * total, [""] * total,
    ]  # fmt: skip
    return report.framed(columns, None)


def rows_of(html: str) -> list[int]:
    """The rows that the page names, in its order."""
    cells = re.findall(r'<tr><td style="text-align:left">(\d+)</td>', html)
    lines = re.findall(r"(?m)(?:<pre[^>]*>|^)row +(\d+)  ", html)
    return [int(number) for number in [*cells, *lines]]


def test_a_saved_page_has_every_row_the_failing_ones_first() -> None:
    html = summary_of("news", results(1900, 100))._repr_html_()
    assert rows_of(html) == [*range(1900, 2000), *range(1900)]
    assert "50 more did not get it" in html
    assert "1,900 recipients have their message" in html
    assert len(html) < 200_000
    assert "person0@" not in html
    assert "p…@school.test" in html


def test_of_very_many_the_failing_ones_are_kept_and_the_rest_is_counted() -> None:
    html = summary_of("news", results(5_000, 10))._repr_html_()
    assert rows_of(html) == [*range(5_000, 5_010), *range(MOST - 10)]
    assert "and 3,010 more lines" in html
    assert "%smtp results news" in html


def test_a_page_holds_no_script_and_fetches_nothing() -> None:
    html = summary_of("news", results(5, 1))._repr_html_()
    assert not re.search(r"https?:|<script|<style|\bon\w+=|<b>", html)


@pytest.mark.parametrize("show_addresses", [False, True])
def test_addresses_are_masked_unless_the_user_says_otherwise(show_addresses: bool) -> None:
    for form in summary_of("news", results(3, 1)).forms(show_addresses=show_addresses):
        assert ("person3@school.test" in form) is show_addresses


def test_a_plot_stands_below_the_words() -> None:
    html = summary_of("news", results(500, 0))._repr_html_()
    assert "500 messages in 5.0 s, 100 a second" in html
    assert "<svg" in html


def test_a_summary_without_its_frame_shows_what_it_has() -> None:
    made = summary_of("news", results(3, 1))
    bare = Summary("news", made.counts, made.missed, made.missing, made.advice)
    assert rows_of(bare._repr_html_()) == [3]
    assert not bare.throughput.messages
