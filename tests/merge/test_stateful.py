"""A campaign through whatever may happen to it, compared with a model that knows only the laws."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from servers.daemon import wait_until
from smtp_nb import SMTP
from smtp_nb.errors import InputError, Interrupted
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.merge.journal.journal import Journal, JournalReader
from smtp_nb.merge.journal.schema import Attempt, Result
from smtp_nb.sandbox import SandboxServer

TEMPLATE = Template(subject="For {{ name }}", text="Dear {{ name }}")
RETRIED = {"DEFERRED", "NOT_SENT"}
WITHOUT = RETRIED | {"REFUSED"}
DECIDED = {"resend": "NOT_SENT", "accepted": "ACCEPTED", "give up": "SKIPPED"}
FATES = {"good": "ACCEPTED", "refused": "REFUSED", "later": "DEFERRED"}
KINDS = st.sampled_from(["good", "good", "good", "refused", "later"])


class Killed(BaseException):
    """The process ends here."""


class Row(NamedTuple):
    key: str
    email: str


class Death:
    """Ends the process at one of its commits, and keeps the files as they are then.

    Args:
        journal: its file.
        commits: how many commits it lives through.
        after: True to die behind the commit instead of before it.
    """

    def __init__(self, journal: Path, commits: int, after: bool) -> None:
        self._journal = journal
        self._left = commits
        self._after = after
        self.under_way: set[tuple[int, str]] = set()
        self.settled: dict[tuple[int, str], str] = {}
        self.files: dict[Path, bytes] = {}

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Follow what is written down in this block; the files are afterwards as at the end."""
        with (
            patch.object(
                Journal, "record_attempts", self._around(Journal.record_attempts, self._intended)
            ),
            patch.object(Journal, "settle", self._around(Journal.settle, self._settled)),
        ):
            yield
        for path, octets in self.files.items():
            path.write_bytes(octets)

    def _around(self, write: Callable[..., None], note: Callable[[Any], None]) -> Any:
        def writing(journal: Journal, values: Sequence[Any], *others: Any) -> None:
            if self.files:
                raise Killed
            self._left -= 1
            if self._left < 0 and not self._after:
                self._die()
            write(journal, values, *others)
            note(values)
            if self._left < 0:
                self._die()

        return writing

    def _intended(self, intents: Sequence[Attempt]) -> None:
        self.under_way |= {(one.message, one.address) for one in intents}

    def _settled(self, outcomes: Sequence[Result]) -> None:
        for one in outcomes:
            self.under_way.discard((one.message, one.address))
            self.settled[one.message, one.address] = str(one.outcome)

    def _die(self) -> None:
        found = self._journal.parent.glob(f"{self._journal.name}*")
        self.files = {path: path.read_bytes() for path in found if path.suffix != ".lock"}
        raise Killed


class Campaign(RuleBasedStateMachine):
    """Rows come, go and move; runs are killed, cut short and finished; doubt is decided.

    Attributes:
        rows: the frame of the next run.
        known: what the journal has to know: the outcome of each address of each key.
        again: how often a key was sent again because the user wanted it.
        believed: the addresses of a key of which the user says that they got it.
    """

    by_key = False

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp(prefix="campaign-"))
        self.journal = self.directory / "journal.sqlite"
        self.server = SandboxServer().start()
        self.server.inject("refuse", recipient="refused*")
        self.server.inject("refuse", recipient="later*", code=450, text="4.2.1 not now")
        self.rows: list[Row] = []
        self.number = 0
        self.known: dict[str, dict[str, str]] = defaultdict(dict)
        self.again: Counter[str] = Counter()
        self.believed: dict[str, set[str]] = defaultdict(set)

    def teardown(self) -> None:
        self.server.stop()
        shutil.rmtree(self.directory)

    # -- the frame ----------------------------------------------------------------------------

    @rule(kinds=st.lists(KINDS, min_size=1, max_size=8), place=st.integers(0, 50))
    def insert(self, kinds: list[str], place: int) -> None:
        for kind in kinds:
            self.number += 1
            email = f"{kind}{self.number}@x.test"
            row = Row(f"k{self.number}" if self.by_key else email, email)
            self.rows.insert(place % (len(self.rows) + 1), row)

    @precondition(lambda self: self.rows)
    @rule(place=st.integers(0, 50))
    def remove(self, place: int) -> None:
        del self.rows[place % len(self.rows)]

    @precondition(lambda self: self.rows)
    @rule(dice=st.randoms(use_true_random=False))
    def shuffle(self, dice: Any) -> None:
        dice.shuffle(self.rows)

    @precondition(lambda self: self.rows)
    @rule(place=st.integers(0, 50))
    def repeat(self, place: int) -> None:
        self.rows.append(self.rows[place % len(self.rows)])

    @precondition(lambda self: self.rows and self.by_key)
    @rule(place=st.integers(0, 50), kind=KINDS)
    def correct(self, place: int, kind: str) -> None:
        self.number += 1
        old = self.rows[place % len(self.rows)]
        new = old._replace(email=f"{kind}{self.number}@x.test")
        self.rows = [new if row == old else row for row in self.rows]

    # -- runs ---------------------------------------------------------------------------------

    def merge(self, window: int = 4, **options: Any) -> MailMerge:
        frame = pd.DataFrame(
            {"key": [r.key for r in self.rows], "email": [r.email for r in self.rows]}
        ).astype(str)
        frame["name"] = frame["email"]
        client = SMTP.from_url(self.server.url)
        client.window = window
        return MailMerge(
            frame, TEMPLATE, to="email", from_="t@x.test", server=client, journal=self.journal,
            key="key" if self.by_key else None, patience=0, progress=None,
            changed="go on", **options,
        )  # fmt: skip

    def due(self) -> dict[str, str]:
        """Who has a message to get: the address of each key."""
        found: dict[str, str] = {}
        for key, email in self.rows:
            found.setdefault(key, email)
        return {key: email for key, email in found.items() if self.is_due(key, email)}

    def is_due(self, key: str, email: str) -> bool:
        known = self.known.get(key, {})
        if not set(known.values()) <= WITHOUT:
            return False  # somebody has it, or may have it, or shall not
        return known.get(email, "NOT_SENT") in RETRIED

    @rule(connections=st.integers(1, 3), window=st.sampled_from([1, 2, 4]))
    def run(self, connections: int, window: int) -> None:
        due = self.due()
        self.merge(window, connections=connections).run()
        for key, email in due.items():
            self.known[key][email] = next(FATES[kind] for kind in FATES if email.startswith(kind))

    @rule(
        commits=st.integers(0, 12),
        after=st.booleans(),
        connections=st.integers(1, 3),
        window=st.sampled_from([1, 2, 4]),
    )
    def be_killed(self, commits: int, after: bool, connections: int, window: int) -> None:
        due = self.due()
        death = Death(self.journal, commits, after)
        with death.awaited():
            try:
                self.merge(window, connections=connections).run()
            except (Killed, Interrupted):
                assert death.files
        with JournalReader.open(self.journal) as journal:
            keys = journal.keys()
        assert {(keys[n], email) for n, email in death.under_way | set(death.settled)} <= set(
            due.items()
        )
        for (number, email), outcome in death.settled.items():
            self.known[keys[number]][email] = outcome
        for number, email in death.under_way:
            self.known[keys[number]][email] = "UNKNOWN"

    @precondition(lambda self: self.known)
    @rule(place=st.integers(0, 50), decision=st.sampled_from(sorted(DECIDED)))
    def decide(self, place: int, decision: str) -> None:
        key = sorted(self.known)[place % len(self.known)]
        ends = self.known[key]
        unknown = [email for email, end in ends.items() if end == "UNKNOWN"] or [
            email for email, end in ends.items() if end == "REFUSED"
        ]
        if not unknown:
            with pytest.raises(InputError, match="nothing is UNKNOWN"):
                self.merge().resolve(key, decision)
            return
        assert self.merge().resolve(key, decision) == len(unknown)
        self.known[key] |= dict.fromkeys(unknown, DECIDED[decision])
        self.again[key] += decision == "resend"
        self.believed[key] |= set(unknown) if decision == "accepted" else set()

    # -- laws ---------------------------------------------------------------------------------

    def received(self) -> Counter[str]:
        wait_until(
            lambda: not any(session.is_open for session in self.server.sessions),
            "a session does not end",
            self.directory / "no log",
        )
        return Counter(to for message in self.server.messages for to in message.rcpt_tos)

    @invariant()
    def nobody_gets_it_twice(self) -> None:
        owners = {email: key for key, known in self.known.items() for email in known}
        found = self.received()
        assert set(found) <= set(owners)
        copies: Counter[str] = Counter()
        for email, count in found.items():
            copies[owners[email]] += count
        for key, count in copies.items():
            assert count <= 1 + self.again[key]

    @invariant()
    def nobody_is_lost(self) -> None:
        found = self.received()
        for key, known in self.known.items():
            accepted = {email for email, end in known.items() if end == "ACCEPTED"}
            assert accepted - self.believed[key] <= set(found)

    @invariant()
    def the_journal_knows_it_all(self) -> None:
        if not self.journal.exists():
            assert not self.known
            return
        with JournalReader.open(self.journal) as journal:
            keys = journal.keys()
            found = {
                (keys[d.message], d.address): str(d.outcome or "UNKNOWN")
                for d in journal.deliveries()
            }
        assert found == {
            (key, email): end for key, known in self.known.items() for email, end in known.items()
        }
        outcomes = load(self.journal)["outcome"]
        assert outcomes.isin([*FATES.values(), *DECIDED.values(), "UNKNOWN", "DUPLICATE"]).all()

    @invariant()
    def every_row_has_its_outcome(self) -> None:
        if not self.rows:
            return
        merge = self.merge()
        table = merge.table()
        assert list(table["email"]) == [row.email for row in self.rows]
        seen: set[str] = set()
        for (key, email), outcome in zip(self.rows, table["mail_outcome"], strict=True):
            if key in seen:
                assert outcome == "DUPLICATE"
            else:
                assert outcome in self.outcomes(key, email)
            seen.add(key)

    def outcomes(self, key: str, email: str) -> list[str]:
        """What may be said of a row: of who has the message, of who is in it, or of who was."""
        known = self.known.get(key, {})
        has = [end for end in known.values() if end not in WITHOUT]
        return has or [known[email]] if email in known else has or [*known.values(), "NOT_SENT"]


class KeyedCampaign(Campaign):
    by_key = True


QUICK = settings(
    max_examples=6, stateful_step_count=12, deadline=None,
    suppress_health_check=list(HealthCheck), print_blob=True,
)  # fmt: skip
LONG = settings(QUICK, max_examples=60, stateful_step_count=30)

TestCampaign = Campaign.TestCase
TestKeyedCampaign = KeyedCampaign.TestCase
TestCampaign.settings = TestKeyedCampaign.settings = QUICK


@pytest.mark.long
class TestLongCampaign(Campaign.TestCase):
    settings = LONG


@pytest.mark.long
class TestLongKeyedCampaign(KeyedCampaign.TestCase):
    settings = LONG
