"""Promises of smtp_nb.notebook.results_frame, on a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from merge.results.test_page import results
from smtp_nb.notebook.results_frame import ResultsFrame

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
