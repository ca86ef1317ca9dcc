"""Groups of rows with several recipients each, killed at random commits and resumed to the end."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from servers.daemon import wait_until
from smtp_nb import SMTP
from smtp_nb.errors import Interrupted
from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

from .test_stateful import FATES, KINDS, QUICK, Death, Killed

GROUPS: dict[str, st.SearchStrategy[Any]] = {
    "groups": st.lists(st.tuples(st.integers(1, 3), KINDS, KINDS), min_size=1, max_size=8),
    "deaths": st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=3),
    "connections": st.integers(1, 3),
    "window": st.sampled_from([1, 2, 4]),
}


def check_groups(
    groups: list[tuple[int, str, str]],
    deaths: list[tuple[int, bool]],
    connections: int,
    window: int,
) -> None:
    """Groups of rows with two recipients and a return path each: any deaths, then a whole run."""
    rows = [
        {"family": number, "mother": f"{one}{number}@m.test", "father": f"{other}{number}@f.test"}
        for number, (size, one, other) in enumerate(groups)
        for _ in range(size)
    ]
    with tempfile.TemporaryDirectory() as folder, SandboxServer() as server:
        server.inject("refuse", recipient="refused*")
        server.inject("refuse", recipient="later*", code=450, text="4.2.1 not now")
        journal = Path(folder) / "journal.sqlite"

        def run() -> pd.DataFrame:
            client = SMTP.from_url(server.url)
            client.window = window
            return MailMerge(
                pd.DataFrame(rows), Template(subject="For {{ family }}", text="{{ rows | table }}"),
                to=["mother", "father"], group_by="family", from_="t@x.test", server=client,
                return_path="bounce+{{ key }}@x.test", journal=journal, patience=0, progress=None,
                connections=connections,
            ).run()  # fmt: skip

        doubt: set[str] = set()
        for commits, after in deaths:
            death = Death(journal, commits, after)
            with death.awaited(), suppress(Killed, Interrupted):
                run()
            doubt |= {address for _, address in death.under_way}
        results = run()
        wait_until(
            lambda: not any(session.is_open for session in server.sessions),
            "a session does not end",
            Path(folder) / "no log",
        )
        copies = Counter(to for message in server.messages for to in message.rcpt_tos)
        senders = Counter(message.mail_from for message in server.messages)
    ends = dict(zip(results["recipient"], results["outcome"], strict=True))
    assert ends.keys() == {row[parent] for row in rows for parent in ("mother", "father")}
    assert set(copies.values()) | set(senders.values()) <= {1}
    for address, end in ends.items():
        if end == "UNKNOWN":
            assert address in doubt
        else:
            assert end == next(FATES[kind] for kind in FATES if address.startswith(kind))
            assert copies[address] == (end == "ACCEPTED")


@settings(QUICK, max_examples=15)
@given(**GROUPS)
def test_groups_of_several_recipients_lose_and_double_nobody(**drawn: Any) -> None:
    check_groups(**drawn)


@pytest.mark.long
@settings(QUICK, max_examples=400)
@given(**GROUPS)
def test_many_groups_of_several_recipients_lose_and_double_nobody(**drawn: Any) -> None:
    check_groups(**drawn)
