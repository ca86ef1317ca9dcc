"""Promises of smtp_nb.notebook.jobs, on a real kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Kernel

LIVE = "application/vnd.jupyter.widget-view+json"
FRAME = """import os, tempfile; os.chdir(tempfile.mkdtemp())
import pandas as pd
df = pd.DataFrame({"email": ["ann@example.org", "cy@example.org"]})"""


@pytest.fixture
def waiting(connected: Kernel) -> Kernel:
    """A job that has to wait for its second message."""
    connected.run(FRAME)
    connected.run("%%smtp template news\nSubject: News\n\nHello")
    connected.run(
        "job = %smtp merge df news --send --yes 2 --background --rate 1/h --wait-for-quota"
    )
    return connected


def test_a_job_as_last_line_is_its_view_in_its_present_state(waiting: Kernel) -> None:
    (shown,) = waiting.run("job.pause(); job").outputs
    assert LIVE in shown
    assert "paused" in shown["text/plain"]
    (again,) = waiting.run("job.resume(); job").outputs
    assert again[LIVE] == shown[LIVE]  # the same view, so its buttons speak to the same job
    assert "paused" not in again["text/plain"]
    (ended,) = waiting.run(
        "job.cancel(); _ = job.wait(); job.view.finish(job.summary); job"
    ).outputs
    assert "cancelled" in ended["text/plain"]
    assert "1 of 2 recipients have their message" in ended["text/html"]
    assert "ann@" not in str([shown, again, ended])


def test_a_job_that_began_without_a_view_is_shown_all_the_same(waiting: Kernel) -> None:
    waiting.run(
        "from smtp_nb.merge import MailMerge, Template\n"
        "state = get_ipython().magics_manager.registry['SMTPMagics']._state\n"
        "quiet = MailMerge(df, Template(subject='s', text='t'), to='email', name='quiet',\n"
        "                  from_='t@x.test', server=state.sandbox.url).start(progress=None)\n"
        "_ = quiet.wait()"
    )
    (first,) = waiting.run("quiet").outputs
    (second,) = waiting.run("quiet").outputs
    assert first[LIVE] == second[LIVE]
    assert "2 of 2" in second["text/plain"]
    waiting.run("job.cancel()")
