"""A bounce that a real Postfix makes finds its row."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from servers.postfix import Postfix
from smtp_nb.merge import MailMerge, Template

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("return_path", "joined_by"),
    [("bounces+{{ key }}@school.test", "VERP"), ("bounces@school.test", "ENVID")],
)
def test_a_bounce_of_postfix_is_joined_to_its_row(
    postfix: Postfix, tmp_path: Path, return_path: str, joined_by: str
) -> None:
    postfix.clear()
    merge = MailMerge(
        pd.DataFrame({"email": ["ann@school.test", "bounced@school.test", "cem@school.test"]}),
        Template(subject="Your result", text="Dear you"),
        to="email",
        from_="teacher@school.test",
        return_path=return_path,
        server=f"smtp://127.0.0.1:{postfix.relay_port}?tls=none",
        journal=tmp_path / "campaign.sqlite",
    )
    assert set(merge.run(progress=None)["outcome"]) == {"ACCEPTED"}
    reports = [m.trace + m.content for m in postfix.messages() if not m.sender]
    (found,) = merge.bounces(reports).itertuples()
    assert (found.row, found.recipient) == (1, "bounced@school.test")
    assert (found.action, found.bounce, found.code) == ("failed", "hard", "5.1.1")
    assert (found.joined_by, found.text) == (joined_by, 'unknown user: "bounced@school.test"')
    assert merge.results["bounce"].tolist() == ["", "hard", ""]
