"""One campaign for all tests that only read reports about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from merge.results.bounces.campaign import Sent, merge, send
from smtp_nb.merge import MailMerge


@pytest.fixture(scope="session")
def sent_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Sent]]:
    directory = tmp_path_factory.mktemp("campaign")
    return directory, send(merge(directory))


@pytest.fixture
def rows(sent_once: tuple[Path, list[Sent]]) -> list[Sent]:
    """What each row was sent with; there are as many as reports."""
    return sent_once[1]


@pytest.fixture
def campaign(sent_once: tuple[Path, list[Sent]], tmp_path: Path) -> MailMerge:
    """It, with a journal that holds no reports yet."""
    path = tmp_path / "campaign.sqlite"
    path.write_bytes((sent_once[0] / "campaign.sqlite").read_bytes())
    return merge(tmp_path)
