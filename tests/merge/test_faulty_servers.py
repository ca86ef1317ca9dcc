"""Merges over servers with bad habits: nobody twice, nobody lost, and it comes to an end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from play.faulty_servers import Contrary, Curt, Deaf, OutOfStep, Verbose
from smtp_nb import SMTP
from smtp_nb.errors import LinkError
from smtp_nb.merge import MailMerge, Template

BOTH = pytest.mark.parametrize("chunking", [False, True], ids=["DATA", "BDAT"])
TEMPLATE = Template(
    subject="{{ name }}", text="Dear {{ name }} " + "word " * 400, from_="from-{{ name }}@x.test"
)


class Campaign:
    """A merge over one of them, and all that was said.

    Attributes:
        remarks: the lines in the trail that are ours.
    """

    def __init__(self, server: Contrary, count: int, journal: Path, **options: Any) -> None:
        self.server = server
        self.client = SMTP.from_url(f"{server.url}?tls=none")
        self.remarks: list[str] = []
        self.client.on_pi_trail += self._listen
        names = [f"n{number}" for number in range(count)]
        self.frame = pd.DataFrame({"name": names, "email": [f"{name}@x.test" for name in names]})
        self.merge = MailMerge(
            self.frame, TEMPLATE, to="email", server=self.client, journal=journal, progress=None,
            **options,
        )  # fmt: skip

    def _listen(self, event: Any) -> None:
        if event.direction.name == "INFO":
            self.remarks.append(event.message)

    @property
    def fall_backs(self) -> list[str]:
        return [line for line in self.remarks if "from now on" in line]

    def run(self) -> Counter[str]:
        """Run to the end; each message that arrived has its own sender, and arrived once."""
        results = self.merge.run()
        return self.compare(results)

    def compare(self, results: pd.DataFrame) -> Counter[str]:
        found = self.server.received()
        assert not found or max(found.values()) == 1
        for message in self.server.stored:
            (to,) = message.recipients
            assert message.sender == f"from-{to}"
            assert b"Subject: " + to.partition("@")[0].encode() + b"\r\n" in message.content
        accepted = set(results["recipient"][results["outcome"] == "ACCEPTED"])
        assert accepted <= set(found)
        doubtful = set(results["recipient"][results["outcome"] == "UNKNOWN"])
        assert set(found) <= accepted | doubtful
        return Counter(results["outcome"])


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@BOTH
def test_a_server_without_habits_gets_all(chunking: bool, journal: Path) -> None:
    with Contrary(chunking) as server:
        campaign = Campaign(server, 40, journal)
        assert campaign.run() == {"ACCEPTED": 40}
    assert campaign.fall_backs == []
    assert server.connections == 1


@BOTH
@pytest.mark.parametrize("connections", [1, 3])
def test_a_server_that_is_out_of_step(chunking: bool, connections: int, journal: Path) -> None:
    with OutOfStep(chunking) as server:
        campaign = Campaign(server, 40, journal, connections=connections)
        assert campaign.run() == {"ACCEPTED": 40}
    assert 1 <= len(campaign.fall_backs) <= connections
    assert "does not accept commands after the end" in campaign.fall_backs[0]


@BOTH
def test_a_server_whose_window_fills(chunking: bool, journal: Path) -> None:
    with Verbose(chunking) as server:
        campaign = Campaign(server, 40, journal)
        assert campaign.run() == {"ACCEPTED": 40}


@BOTH
def test_a_server_that_answers_one_of_two(chunking: bool, journal: Path) -> None:
    with Deaf(chunking) as server:
        campaign = Campaign(server, 20, journal)
        campaign.client.timeout = 1
        found = campaign.run()
    assert found == ({"ACCEPTED": 19, "UNKNOWN": 1} if chunking else {"ACCEPTED": 20})
    assert len(campaign.fall_backs) == 1


@BOTH
@pytest.mark.parametrize("connections", [1, 3])
def test_a_server_that_hangs_up_behind_each_answer(
    chunking: bool, connections: int, journal: Path
) -> None:
    with Curt(chunking) as server:
        campaign = Campaign(server, 20, journal, connections=connections)
        found = campaign.run()
    # When a message was written whole before the end of the line could be seen, it is in doubt.
    assert found["ACCEPTED"] + found["UNKNOWN"] == 20
    assert found["UNKNOWN"] <= 2 * connections * len(campaign.fall_backs)
    assert server.connections >= found["ACCEPTED"]


@BOTH
@pytest.mark.parametrize("stores", [False, True])
def test_a_server_that_hangs_up_before_each_answer(
    chunking: bool, stores: bool, journal: Path
) -> None:
    """One message a run is in doubt, and stays so: it may be in a mailbox."""
    with Curt(chunking, answers=False, stores=stores) as server:
        campaign = Campaign(server, 5, journal)
        for doubt in range(1, 6):
            with pytest.raises(LinkError):
                campaign.merge.run()
            assert campaign.compare(campaign.merge.results)["UNKNOWN"] == doubt
        assert campaign.run() == {"UNKNOWN": 5}
        assert len(server.stored) == 5 * stores
