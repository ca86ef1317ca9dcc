"""Where a campaign's journal is: with a sandbox of this process, it ends with the sandbox."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from smtp_nb import MailMerge, Template
from smtp_nb.ambient import deterministic
from smtp_nb.sandbox import SandboxServer


def campaign(server: SandboxServer) -> MailMerge:
    frame = pd.DataFrame({"email": ["ann@school.test", "ben@school.test"]})
    draft = Template(subject="Hello", text="Hello")
    return MailMerge(frame, draft, to="email", from_="a@b.test", server=server.url, name="home")


@pytest.mark.parametrize("inline", [False, True], ids=["socket", "inline"])
def test_a_campaign_ends_with_its_sandbox(
    inline: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with SandboxServer(inline=inline) as server:
            campaign(server).run(progress=None)
            campaign(server).run(progress=None)
            assert len(server.messages) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_summary_has_the_time_of_the_machine_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with deterministic(7), SandboxServer(inline=True) as server:
        merge = campaign(server)
        merge.run(progress=None)
        assert "05 Jan 2026 09:00" in str(merge.summary)
        assert "05 Jan 2026 09:00" in merge.standing.history
