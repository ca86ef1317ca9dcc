"""Copies of the journal's files, taken all along a run: whichever is left behind resumes right.

A crash at any moment leaves the files as they are at that moment, so each copy is a crash. Of each
it is known what must be sent, what must not, and what nobody can know.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest

from smtp_nb import SMTP
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import Attempt, Result
from smtp_nb.sandbox import SandboxServer

WINDOW = 4
SUFFIXES = ("", "-wal", "-shm", "-journal")
TEMPLATE = Template(subject="For {{ name }}", text="Dear {{ name }}", cc="{{ copy }}")


def rows(count: int) -> pd.DataFrame:
    """Every fifth is refused, every seventh deferred, every third has a copy, some of those too."""
    kinds = ["refused" if n % 5 == 1 else "later" if n % 7 == 2 else "good" for n in range(count)]
    copies = ["" if n % 3 else f"{kind}-copy{n}@x.test" for n, kind in enumerate(kinds[::-1])]
    addresses = [f"{kind}{n}@x.test" for n, kind in enumerate(kinds)]
    names = [f"n{n}" for n in range(count)]
    return pd.DataFrame({"name": names, "email": addresses, "copy": copies})


def everybody(frame: pd.DataFrame) -> set[str]:
    return set(frame["email"]) | set(frame["copy"]) - {""}


def fate(address: str) -> str:
    """What becomes of an address once a server has seen it."""
    fates = {"refused": "REFUSED", "later": "DEFERRED"}
    return next((end for start, end in fates.items() if address.startswith(start)), "ACCEPTED")


@contextmanager
def serving(without: Sequence[str] = ()) -> Iterator[SandboxServer]:
    with SandboxServer(without=without) as server:
        server.inject("refuse", recipient="refused*")
        server.inject("refuse", recipient="later*", code=450, text="4.2.1 not now")
        yield server


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


@dataclass
class Moment:
    """What was so when a copy was taken.

    Attributes:
        under_way: whoever may or may not have been written to.
        decided: the last outcome of those who have one.
        delivered: whom the server had stored a message for.
    """

    path: Path
    under_way: set[str]
    decided: dict[str, str]
    delivered: set[str]


@dataclass
class Recorder:
    """Copies the files of one journal after each of its commits, and at each line that is said
    meanwhile if they have changed, and follows on its own what is written down."""

    journal: Path
    copies: Path
    server: SandboxServer
    moments: list[Moment] = field(default_factory=list)
    under_way: set[str] = field(default_factory=set)
    decided: dict[str, str] = field(default_factory=dict)
    torn: list[Moment] = field(default_factory=list)
    """As the power leaves the files when it fails: what was not forced onto the disk is cut off."""
    dice: Random = field(default_factory=lambda: Random(1))
    _seen: set[int] = field(default_factory=set)
    _log_before: int = 0
    _forced: tuple[int, set[str], dict[str, str]] = (0, set(), {})

    def copy(self, *_: object) -> None:
        """Keep the files as they are, unless they are as they were at the copy before."""
        octets = {s: self._file(s).read_bytes() for s in SUFFIXES if self._file(s).is_file()}
        if (print_ := hash(octets.get("", b"") + octets.get("-wal", b""))) in self._seen:
            return
        self._seen.add(print_)
        self.moments.append(self._moment(octets))

    def tear(self) -> None:
        """Keep the files without the last commit, half of it, and all since the last forced one."""
        octets = {s: self._file(s).read_bytes() for s in ("", "-wal")}
        log, begin = octets["-wal"], self._log_before
        half = log[: self.dice.randrange(begin, len(log))]
        for cut in (log[:begin], half + bytes(len(log) - len(half))):
            self.torn.append(self._moment(octets | {"-wal": cut}))
        size, under_way, decided = self._forced
        lost = self._moment(octets | {"-wal": log[:size]})
        self.torn.append(replace(lost, under_way=under_way, decided=decided))

    def _committed(self, is_forced: bool) -> None:
        self._log_before = self._file("-wal").stat().st_size
        if is_forced:
            self._forced = (self._log_before, set(self.under_way), dict(self.decided))

    def _file(self, suffix: str) -> Path:
        return self.journal.with_name(self.journal.name + suffix)

    def _moment(self, octets: dict[str, bytes]) -> Moment:
        directory = self.copies / f"{len(self.moments) + len(self.torn):04}"
        directory.mkdir(parents=True)
        for suffix, content in octets.items():
            (directory / f"{self.journal.name}{suffix}").write_bytes(content)
        path = directory / self.journal.name
        return Moment(path, set(self.under_way), dict(self.decided), set(received(self.server)))

    def attach(self, patch: pytest.MonkeyPatch) -> None:
        """Be told of every commit of a journal from now on."""
        record_attempts, settle = Journal.record_attempts, Journal.settle

        def intending(journal: Journal, intents: Sequence[Attempt], *left_out: Any) -> None:
            record_attempts(journal, intents, *left_out)
            self.under_way |= {one.address for one in intents}
            self._committed(is_forced=True)
            self.copy()

        def settling(journal: Journal, outcomes: Sequence[Result]) -> None:
            settle(journal, outcomes)
            self.tear()
            self.under_way -= {one.address for one in outcomes}
            self.decided |= {one.address: one.outcome for one in outcomes}
            self._committed(is_forced=False)
            self.copy()

        patch.setattr(Journal, "record_attempts", intending)
        patch.setattr(Journal, "settle", settling)


def merge(frame: pd.DataFrame, client: SMTP | str, journal: Path, connections: int) -> MailMerge:
    return MailMerge(
        frame,
        TEMPLATE,
        to="email",
        from_="t@x.test",
        server=client,
        journal=journal,
        connections=connections,
        patience=0,
        progress=None,
    )


# With more rows, so many would be deferred one after the other that the server passed for busy.
@pytest.mark.parametrize("count", [14, pytest.param(100, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("without", "connections"),
    [((), 1), (("CHUNKING",), 1), ((), 3)],
    ids=["BDAT", "DATA", "BDAT, three connections"],
)
def test_every_copy_of_the_journal_resumes_right(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    without: tuple[str, ...],
    connections: int,
    count: int,
) -> None:
    frame, journal = rows(count), tmp_path / "journal.sqlite"
    with serving(without) as server:
        recorder = Recorder(journal, tmp_path / "copies", server)
        client = SMTP.from_url(server.url)
        client.window = WINDOW
        client.on_pi_trail += recorder.copy
        with monkeypatch.context() as patch:
            recorder.attach(patch)
            merge(frame, client, journal, connections).run()
    assert len(recorder.moments) > 8
    assert len(recorder.torn) > 8
    assert any(moment.under_way for moment in recorder.moments)
    with serving() as fresh:
        for moment in recorder.moments + recorder.torn:
            assert len(moment.under_way) <= 2 * WINDOW * connections  # two recipients at most
            resume_and_compare(frame, moment, fresh)


def resume_and_compare(frame: pd.DataFrame, moment: Moment, fresh: SandboxServer) -> None:
    """Send the rest to a server that knows nothing of what was sent before."""
    fresh.clear()
    results = merge(frame, fresh.url, moment.path, 1).run()
    found = dict(zip(results["recipient"], results["outcome"], strict=True))
    final = {address for address, end in moment.decided.items() if end in ("ACCEPTED", "REFUSED")}
    open_ = everybody(frame) - final - moment.under_way
    assert not open_ & moment.delivered
    assert found == {
        **dict.fromkeys(moment.under_way, "UNKNOWN"),
        **{address: moment.decided[address] for address in final},
        **{address: fate(address) for address in open_},
    }
    assert received(fresh) == Counter(address for address in open_ if fate(address) == "ACCEPTED")
    shutil.rmtree(moment.path.parent)
