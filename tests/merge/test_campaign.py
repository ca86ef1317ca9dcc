"""A campaign: what it is known by, and what may change between two runs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from merge.conftest import Make
from merge.counting import outcomes
from smtp_nb.errors import CampaignBusy, InputError, JournalError, TemplateChanged
from smtp_nb.merge import Template, load
from smtp_nb.merge.journal.lock import CampaignLock
from smtp_nb.sandbox import SandboxServer


def test_a_changed_template_asks(merge: Make, server: SandboxServer) -> None:
    merge().run(limit=2)
    other = Template(subject="Other for {{ name }}", text="t")
    with pytest.raises(TemplateChanged, match=r"go on.*another name") as caught:
        merge(template=other).run()
    assert isinstance(caught.value, InputError)
    assert len(server.messages) == 2
    assert outcomes(merge(template=other).run(changed="go on")) == {"ACCEPTED": 6}
    assert [m.subject.split()[0] for m in server.messages] == ["Result"] * 2 + ["Other"] * 4
    assert outcomes(merge(template=other).run()) == {"ACCEPTED": 6}


def test_another_way_to_know_rows_would_send_again_and_is_refused(
    merge: Make, server: SandboxServer
) -> None:
    merge().run(limit=2)
    with pytest.raises(InputError, match="began with another key"):
        merge(key="name").run()
    assert len(server.messages) == 2


def test_a_template_may_change_until_somebody_got_it(merge: Make) -> None:
    merge().run(limit=0)
    assert outcomes(merge(template=Template(subject="s", text="t")).run()) == {"ACCEPTED": 6}


def test_another_name_sends_to_everybody_again(merge: Make, server: SandboxServer) -> None:
    merge().run()
    assert outcomes(merge(name="reminder").run()) == {"ACCEPTED": 6}
    assert len(server.messages) == 12


def test_the_journal_is_named_after_the_campaign_or_given(merge: Make, directory: Path) -> None:
    assert merge(server="smtp://mail.test").journal_path == directory / "results.smtp-merge.sqlite"
    (directory / "sub").mkdir()
    made = merge(journal="sub/mine.sqlite")
    made.run()
    assert made.journal_path == directory / "sub" / "mine.sqlite"
    assert made.journal_path.exists()


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a\nb", "a:b", "x" * 200])
def test_a_name_that_is_no_file_name_is_refused(merge: Make, name: str) -> None:
    with pytest.raises(InputError, match="is not a valid campaign name"):
        merge(name=name)


def test_a_campaign_that_is_being_sent_is_refused(merge: Make, server: SandboxServer) -> None:
    made = merge()
    lock = CampaignLock(made.journal_path)
    try:
        with pytest.raises(CampaignBusy):
            made.run()
    finally:
        lock.release()
    assert len(server.messages) == 0
    assert outcomes(made.run()) == {"ACCEPTED": 6}


def test_results_can_be_loaded_without_the_frame(merge: Make, frame: pd.DataFrame) -> None:
    frame.loc["student 20", "email"] = "broken"
    made = merge(frame=frame)
    results = made.run(skip_invalid=True, limit=3)
    loaded = load(made.journal_path)
    pd.testing.assert_frame_equal(loaded, results.reset_index(drop=True))
    with pytest.raises(JournalError):
        load("missing.sqlite")


def test_results_are_there_before_the_first_run(merge: Make, directory: Path) -> None:
    made = merge()
    assert outcomes(made.results) == {"NOT_SENT": 6}
    assert set(made.results["explanation"]) == {"not tried yet"}
    assert list(directory.iterdir()) == []
    assert repr(made) == "<MailMerge 'results': 6 rows, 6 NOT_SENT>"
