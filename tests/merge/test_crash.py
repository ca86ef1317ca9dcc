"""Nothing is sent twice and nothing is forgotten, wherever the process ends."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from merge.forked import campaign
from smtp_nb.client.smtp import SMTP
from smtp_nb.merge import MailMerge
from smtp_nb.merge.journal.journal import JournalReader
from smtp_nb.sandbox import SandboxServer

WINDOW = 32

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX")


class Forge:
    """Starts merges in processes that can be killed."""

    def __init__(self) -> None:
        here = Path(__file__).with_name("forked.py")
        self.process = subprocess.Popen(
            [sys.executable, str(here)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def start(
        self, frame: pd.DataFrame, url: str, journal: Path, connections: int, grouped: bool
    ) -> None:
        csv = journal.with_suffix(".csv")
        frame.to_csv(csv, index=False)
        order = {"csv": str(csv), "url": url, "journal": str(journal)}
        order |= {"connections": connections, "window": WINDOW, "grouped": grouped}
        self._tell(json.dumps(order))

    def kill(self) -> None:
        """SIGKILL, and wait until nothing is left of it."""
        self._tell("kill")
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ended\n"

    def _tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.communicate()


@pytest.fixture(scope="module")
def forge() -> Iterator[Forge]:
    forge = Forge()
    yield forge
    forge.close()


def students(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"name": [f"n{n}" for n in range(count)], "email": [f"s{n}@x.test" for n in range(count)]}
    )


def families(count: int) -> pd.DataFrame:
    """Two rows for each child, with both parents in each."""
    frame = students(count).assign(other=[f"o{n}@x.test" for n in range(count)])
    frame = frame.loc[frame.index.repeat(2)].reset_index(drop=True)
    return frame.assign(item=[f"item {n}" for n in range(len(frame))])


def changed_families(frame: pd.DataFrame, seed: random.Random) -> pd.DataFrame:
    """A child more at the top, one less somewhere, and all in another order."""
    which = seed.random()
    new = pd.DataFrame(
        {"name": [f"new{which}"] * 2, "email": f"new{which}@x.test", "other": f"old{which}@x.test",
         "item": ["first", "second"]}
    )  # fmt: skip
    names = list(frame["name"].unique())
    names.remove(seed.choice(names))
    seed.shuffle(names)
    return pd.concat([new, frame.set_index("name").loc[names].reset_index()], ignore_index=True)


def changed(frame: pd.DataFrame, seed: random.Random) -> pd.DataFrame:
    """A row more at the top, one less somewhere, and all in another order."""
    new = pd.DataFrame({"name": ["new"], "email": [f"new{seed.random()}@x.test"]})
    gone = frame.drop(index=seed.choice(list(frame.index)))
    return pd.concat([new, gone.sample(frac=1, random_state=seed.randrange(1000))]).reset_index(
        drop=True
    )


def merge(frame: pd.DataFrame, server: SandboxServer | SMTP, journal: Path) -> MailMerge:
    return campaign(frame, server if isinstance(server, SMTP) else server.url, journal)


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)


EXTENSIONS = [(), ("CHUNKING",), ("CHUNKING", "PIPELINING")]


@pytest.mark.parametrize("extensions", EXTENSIONS)
@pytest.mark.parametrize("seed", range(5))
def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    forge: Forge, tmp_path: Path, extensions: tuple[str, ...], seed: int
) -> None:
    Ordeal(forge, tmp_path, extensions, random.Random(seed)).run(rows=300)


@pytest.mark.long
@pytest.mark.parametrize("extensions", EXTENSIONS)
@pytest.mark.parametrize("seed", range(40))
def test_many_kills_of_large_merges(
    forge: Forge, tmp_path: Path, extensions: tuple[str, ...], seed: int
) -> None:
    Ordeal(forge, tmp_path, extensions, random.Random(seed)).run(rows=2000)


@pytest.mark.parametrize("seed", range(2))
def test_kills_lose_and_double_nothing_of_groups_with_several_recipients(
    forge: Forge, tmp_path: Path, seed: int
) -> None:
    FamilyOrdeal(forge, tmp_path, (), random.Random(seed)).run(rows=150)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40))
def test_many_kills_of_groups_with_several_recipients(
    forge: Forge, tmp_path: Path, seed: int
) -> None:
    extensions = EXTENSIONS[seed % len(EXTENSIONS)]
    FamilyOrdeal(forge, tmp_path, extensions, random.Random(seed)).run(rows=800)


class Ordeal:
    """A merge that is killed twice, with a changed frame after each, and resumed to the end.

    In a third of the runs lines are cut off before, in another third the server ends first.
    """

    grouped = False
    recipients = 1
    """Of a message."""

    def __init__(
        self, forge: Forge, directory: Path, extensions: tuple[str, ...], dice: random.Random
    ) -> None:
        self.forge = forge
        self.journal = directory / "journal.sqlite"
        self.extensions = extensions
        self.dice = dice
        self.connections = dice.choice([1, 4])
        self.trouble = dice.choice(["", "cuts", "server"])
        self.received: Counter[str] = Counter()
        self.senders: Counter[str] = Counter()
        self.cuts = 0

    def run(self, rows: int) -> None:
        frame = self.frame(rows)
        for _ in range(2):
            frame = self.begin_and_kill(frame)
        with SandboxServer(without=self.extensions) as server:
            results = self.merge(frame, server).run(window=WINDOW)
        self.count(server)
        self.check(frame, results)

    def frame(self, count: int) -> pd.DataFrame:
        return students(count)

    def changed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return changed(frame, self.dice)

    def addresses(self, frame: pd.DataFrame) -> list[str]:
        """Who is to get a message."""
        return list(frame["email"])

    def merge(self, frame: pd.DataFrame, server: SandboxServer) -> MailMerge:
        return campaign(frame, server.url, self.journal, self.grouped)

    def count(self, server: SandboxServer) -> None:
        self.received += received(server)
        self.senders += Counter(message.mail_from for message in server.messages)

    def begin_and_kill(self, frame: pd.DataFrame) -> pd.DataFrame:
        doubt = self.doubt()
        with SandboxServer(without=self.extensions) as server:
            if self.trouble == "cuts":
                self.cut(server)
            self.forge.start(frame, server.url, self.journal, self.connections, self.grouped)
            left = (len(self.addresses(frame)) - self.received.total()) // self.recipients
            server.wait_for(self.dice.randrange(1, max(2, left - 8 * WINDOW)), timeout=120)
            if self.trouble == "server":
                server.stop()
            self.forge.kill()
        # The server has stopped, so whatever was still on its way is counted.
        self.count(server)
        most = (self.connections + self.cuts) * WINDOW * self.recipients
        assert self.doubt() - doubt <= most
        return self.changed(frame)

    def cut(self, server: SandboxServer) -> None:
        """Lines break, some in front of a reply to a message that was taken."""
        for stage, stored in (("RCPT", False), ("END", False), ("END", True)):
            # A first message that comes through: nobody goes on with a server that never worked.
            after = self.dice.randrange(1, 40) * (self.recipients if stage == "RCPT" else 1)
            server.inject("close", stage=stage, after=after, times=1, stored=stored)
            self.cuts += 1

    def doubt(self) -> int:
        """Recipients who may have got it."""
        if not self.journal.is_file():
            return 0
        with JournalReader.open(self.journal) as journal:
            return sum(d.outcome in (None, "UNKNOWN") for d in journal.deliveries())

    def check(self, frame: pd.DataFrame, results: pd.DataFrame) -> None:
        """What the journal says is what the servers saw, and stays so."""
        assert max(self.received.values()) == 1
        assert set(results["outcome"]) <= {"ACCEPTED", "UNKNOWN"}
        accepted = results[results["outcome"] == "ACCEPTED"]["recipient"]
        assert all(self.received[address] == 1 for address in accepted)
        assert sorted(results["recipient"]) == sorted(self.addresses(frame))
        with SandboxServer() as fresh:
            again = self.merge(frame, fresh).run()
            assert len(fresh.messages) == 0
        assert again["outcome"].tolist() == results["outcome"].tolist()


class FamilyOrdeal(Ordeal):
    """The same of groups of rows, each with two recipients and a return path of its own."""

    grouped = True
    recipients = 2

    def frame(self, count: int) -> pd.DataFrame:
        return families(count)

    def changed(self, frame: pd.DataFrame) -> pd.DataFrame:
        return changed_families(frame, self.dice)

    def addresses(self, frame: pd.DataFrame) -> list[str]:
        of_groups = frame.drop_duplicates("name")
        return [*of_groups["email"], *of_groups["other"]]

    def check(self, frame: pd.DataFrame, results: pd.DataFrame) -> None:
        super().check(frame, results)
        assert max(self.senders.values()) == 1  # no two messages share a return path
        outcomes = results.groupby("row")["outcome"].nunique()
        assert set(outcomes) == {1}  # both parents have one message, and one fate
