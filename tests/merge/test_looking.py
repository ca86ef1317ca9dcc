"""Promises of `preview(row=, where=)` and `save`."""

from __future__ import annotations

import re
import stat
from email import message_from_bytes, policy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from merge.conftest import Make
from smtp_nb.errors import InputError, ProblemsFound
from smtp_nb.merge import Template
from smtp_nb.sandbox import SandboxServer


def test_a_row_is_chosen_by_its_position(merge: Make) -> None:
    assert [one.row for one in merge().preview(row=4)] == [4]
    assert "Dear Fritz" in str(merge().preview(row=-1))
    with pytest.raises(InputError, match="row 6 does not exist"):
        merge().preview(row=6)


@pytest.mark.parametrize("kind", [pd.Series, np.array, list])
def test_rows_are_chosen_by_a_mask(merge: Make, frame: pd.DataFrame, kind: type) -> None:
    mask = frame["grade"] > 4
    given = mask if kind is pd.Series else kind(mask)
    assert [one.row for one in merge().preview(where=given)] == [4, 5]


def test_a_mask_that_does_not_fit_is_refused(merge: Make, frame: pd.DataFrame) -> None:
    moved = (frame["grade"] > 4).reset_index(drop=True)
    for wrong in ([True], [1, 2, 3, 4, 5, 6], moved, lambda frame: frame["grade"] > 4, 3, "grade"):
        with pytest.raises(InputError, match="not a mask"):
            merge().preview(where=wrong)


def test_what_a_mask_does_not_know_is_not_chosen(merge: Make, frame: pd.DataFrame) -> None:
    mask = (frame["grade"] > 4).astype("boolean")
    mask.iloc[0] = pd.NA
    assert [one.row for one in merge().preview(where=mask)] == [
        at for at in range(1, len(frame)) if mask.iloc[at]
    ]


def test_a_row_without_a_message_can_be_looked_at(merge: Make, frame: pd.DataFrame) -> None:
    frame.loc[frame.index[1], "email"] = "broken"
    assert "not an e-mail address" in merge(frame=frame).preview(row=1)[0].problem


def test_any_row_of_a_group_shows_its_message(merge: Make, frame: pd.DataFrame) -> None:
    frame["email"] = "a@school.test"
    template = Template(subject="s", text="{{ rows.name | join(' ') }}")
    made = merge(frame=frame, template=template, group_by="email")
    assert [one.row for one in made.preview(row=3)] == [0]


def test_attachments_are_listed(merge: Make, directory: Path) -> None:
    (directory / "Ann.pdf").write_bytes(b"x")
    template = Template(subject="s", html="<p>x</p>", attachments=["{{ name }}.pdf"])
    preview = merge(template=template).preview(row=0)
    assert preview[0].attachments == ["Ann.pdf"]
    assert "attached: Ann.pdf" in str(preview)
    html = preview._repr_html_()
    assert re.search(r">Attached</th><td[^>]*>Ann\.pdf<", html)
    assert "width: 375px" in html


def test_saving_writes_one_file_a_message_and_sends_nothing(
    merge: Make, server: SandboxServer, directory: Path
) -> None:
    (directory / "note.txt").write_text("whole")
    template = Template(
        subject="For {{ name }}", text="t", bcc="b@x.test", attachments=["note.txt"]
    )
    made = merge(template=template)
    paths = made.save("outbox/")
    assert made.save("outbox/") == paths
    assert sorted(Path("outbox").iterdir()) == paths
    assert [path.name for path in paths[:2]] == ["row-0.eml", "row-1.eml"]
    parsed = message_from_bytes(paths[1].read_bytes(), policy=policy.default)
    assert parsed["Subject"] == "For Bén"
    assert parsed["Bcc"] is None
    (note,) = parsed.iter_attachments()
    assert note.get_content() == "whole"
    assert stat.S_IMODE(paths[0].stat().st_mode) == 0o600
    assert not server.messages
    assert not list(directory.glob("*.sqlite"))


def test_rows_with_errors_are_not_saved_by_silence(merge: Make, frame: pd.DataFrame) -> None:
    frame.loc[frame.index[1], "email"] = "broken"
    with pytest.raises(ProblemsFound):
        merge(frame=frame).save("outbox")
    assert not Path("outbox").exists()
    assert len(merge(frame=frame, skip_invalid=True).save("outbox")) == 5


def test_a_folder_that_is_a_file_is_refused(merge: Make, directory: Path) -> None:
    (directory / "outbox").write_text("")
    with pytest.raises(InputError, match="cannot be written to 'outbox'"):
        merge().save("outbox")
