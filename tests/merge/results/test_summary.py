"""Promises of `merge.summary`."""

from __future__ import annotations

import pandas as pd
import pytest

from merge.conftest import Make
from smtp_nb.merge import MailMerge, Summary, Template, load
from smtp_nb.sandbox import SandboxServer


def test_before_a_run_nothing_looks_sent(merge: Make) -> None:
    summary = merge().summary
    assert isinstance(summary, Summary)
    assert summary.headline == "results: nothing was sent yet; 6 recipients"
    assert summary.counts == {"NOT_SENT": 6}
    assert summary.advice == ("6 wait; run() sends to them",)


def test_failures_come_first_with_their_reasons(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="e@*")
    frame.loc[frame.index[5], "email"] = "broken"
    made = merge(frame=frame, journal="j.sqlite")
    made.run(progress=None, skip_invalid=True, limit=4)
    made.run(progress=None, skip_invalid=True)
    summary = made.summary
    assert summary.counts == {"ACCEPTED": 4, "REFUSED": 1, "INVALID": 1}
    assert [(one.row, one.outcome) for one in summary.missed] == [(4, "REFUSED"), (5, "INVALID")]
    assert summary.missed[0].why.startswith("550 ")
    text = str(summary)
    assert "4 of 6 recipients have their message; last sent " in text
    assert "row 4: e@school.test  REFUSED  550" in text
    assert 'resolve("REFUSED", "resend")' in text
    assert summary.counts == {"ACCEPTED": 4, **dict.fromkeys(("REFUSED", "INVALID"), 1)}
    assert len(load("j.sqlite")) == 6


def test_a_quota_says_when_to_go_on(merge: Make, server: SandboxServer) -> None:
    server.inject(
        "reply", stage="RCPT", code=550, text="5.4.5 Daily user sending limit exceeded", after=3
    )
    made = merge(window=1)
    made.run(progress=None)
    assert made.summary.counts == {"ACCEPTED": 3, "DEFERRED": 1, "NOT_SENT": 2}
    assert any("go on tomorrow" in line for line in made.summary.advice)


def test_what_a_notebook_saves_of_it_names_nobody(merge: Make, server: SandboxServer) -> None:
    server.inject("reply", stage="RCPT", code=550, text="5.1.1 no <b> e@school.test \x1b[2J")
    made = merge()
    made.run(progress=None)
    html = made.summary._repr_html_()
    for text in (html, repr(made.summary)):
        assert "e@school.test" not in text
        assert "e…@school.test" in text
        assert "\x1b" not in text + str(made.summary)
    assert "<b>" not in html
    assert 'aria-label="6 REFUSED"' in html
    assert "e@school.test" in str(made.summary)


def test_long_lists_are_bounded(server: SandboxServer) -> None:
    frame = pd.DataFrame({"email": [f"u{n}@x.test" for n in range(300)]})
    made = MailMerge(
        frame, Template(subject="s", text="t"), to="email", from_="t@x.test", server=server.url
    )
    assert "and 280 more" in str(made.summary)
    html = made.summary._repr_html_()
    assert "250 more did not get it" in html
    assert all(f'<td style="text-align:left">{n}</td>' in html for n in range(300))
    assert str(MailMerge(frame[:0], Template(subject="s", text="t"), to="email").summary) == (
        "merge: no rows"
    )


@pytest.mark.parametrize("grouped", [False, True])
def test_a_table_has_the_rows_of_its_frame(server: SandboxServer, grouped: bool) -> None:
    frame = pd.DataFrame({"email": ["a@x.test", "b@x.test", "a@x.test"], "n": [1, 2, 1]}, [7, 7, 7])
    template = Template(subject="s", text="t", cc="c@x.test", bcc="d@x.test")
    made = MailMerge(
        frame, template, to="email", from_="t@x.test", server=server.url,
        group_by="email" if grouped else None,
    )  # fmt: skip
    made.run(progress=None)
    table = made.table()
    assert list(table.index) == [7, 7, 7]
    expected = ["ACCEPTED", "ACCEPTED", "ACCEPTED" if grouped else "DUPLICATE"]
    assert list(table["mail_outcome"]) == expected
