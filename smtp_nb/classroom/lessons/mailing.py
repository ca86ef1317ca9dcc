"""Lesson 12: from a spreadsheet to two hundred mails, and what comes back."""

from __future__ import annotations

import math
import signal
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.people import NAMES, shuffled
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.classroom.lessons.returned import mark, newsletter
from smtp_nb.sandbox.server import SandboxServer

PEOPLE = tuple(f"{name}.{initial}" for initial in "abcde" for name in NAMES)
INTERRUPTED_AT = 0.4
ENOUGH = 150
"""Rows from which on a spreadsheet is one that was mended, not emptied."""

Row = dict[str, Any]  # a cell of a spreadsheet holds anything


class Traps(NamedTuple):
    """Who is written wrongly in the spreadsheet, and how."""

    zoe: str
    no_domain: str
    no_sign: str
    corrected: str
    absent: tuple[str, ...]


def traps(word: str) -> Traps:
    """The traps in the lesson of the student with this word."""
    order = shuffled(PEOPLE, word)
    zoe, no_domain, no_sign, corrected, *others = order
    return Traps(zoe, no_domain, no_sign, corrected, tuple(others[:3]))


def _right(person: str, word: str) -> Row:
    found = traps(word)
    points = 1 + sha256(f"{word}\0{person}".encode()).digest()[0] % 30
    row: Row = {
        "name": person.replace(".", " ").title(),
        "email": f"{person}@{word}.test",
        "points": 0 if person in found.absent else points,
    }
    return row | {"name": "Zoë Ø", "email": f"zoë.ø@{word}.test"} if person == found.zoe else row


def truth(word: str) -> dict[str, Row]:
    """The two hundred as they should be, by address."""
    return {row["email"]: row for row in (_right(person, word) for person in PEOPLE)}


def spreadsheet(server: SandboxServer, word: str) -> list[Row]:
    """The rows as they come from the office, with their six traps."""
    found, rows = traps(word), list[Row]()
    for person in PEOPLE:
        row = _right(person, word)
        if person == found.no_domain:
            row["email"] = row["email"].partition("@")[0] + "@"
        elif person == found.no_sign:
            row["email"] = row["email"].replace("@", " at ")
        elif person in found.absent:
            row["points"] = None
        elif person == found.corrected:
            rows.append(row | {"points": row["points"] + 5})
        rows.append(row)
    rows.insert(len(rows) // 2, {"name": "A guest", "email": "", "points": 3})
    return rows


@exercise(
    "12.1",
    "mend the spreadsheet without losing anyone who can be saved",
    5,
    takes="people",
    hints=(
        "begin at the top of check(): each line names a row, a column and what is wrong",
        "the domain of the class is your word and .test: look at the other rows",
        "drop_duplicates can keep the last of two rows; fillna fills what is missing",
    ),
)
def mend(seen: Seen, people: object) -> Iterator[Criterion]:
    """Two hundred people, each once, with the right address and points."""
    rows = _rows(people)
    if len(rows) < ENOUGH:
        yield Criterion(
            "two hundred people", 5, False, f"this is a spreadsheet of {len(rows)} people"
        )
        return
    right = truth(seen.nonce)
    count = Counter(str(row.get("email")).strip() for row in rows)
    lost = [row["name"] for address, row in right.items() if not count[address]]
    all_there = not lost
    yield Criterion(
        "everyone who can be saved is there, with the right address",
        2,
        all_there,
        f"{len(lost)} people cannot be reached, such as {lost[0]}" if lost else "",
    )
    strange = [address for address in count if address not in right]
    yield _then(
        all_there,
        "every address is one of the class",
        f"{strange[0]!r:.60} is not" if strange else "",
    )
    twice = [address for address, times in count.items() if times > 1]
    yield _then(all_there, "no one is there twice", f"{twice[0]} is" if twice else "")
    wrong = [row for row in rows if not _is_right(row, right)]
    yield _then(
        all_there,
        "names and points are right: a correction counts, who was absent has 0",
        f"{wrong[0].get('name')!s:.40} has {wrong[0].get('points')!s:.20}" if wrong else "",
    )


def _rows(people: Any) -> list[Mapping[str, Any]]:
    """The rows of a frame, or of a list of mappings; nothing of anything else."""
    if hasattr(people, "to_dict"):
        people = people.to_dict("records")
    return [row for row in people if isinstance(row, Mapping)] if isinstance(people, list) else []


def _then(is_first_met: bool, name: str, fault: str) -> Criterion:
    return Criterion(name, 1, is_first_met and not fault, fault or "first everyone must be there")


def _is_right(row: Mapping[str, Any], right: Mapping[str, Row]) -> bool:
    found = right.get(str(row.get("email")).strip())
    if found is None:
        return True  # another criterion is about it
    try:
        points = float(row.get("points", math.nan))
    except (TypeError, ValueError):
        points = math.nan
    return bool(row.get("name") == found["name"] and points == found["points"])


class HasProgress(Protocol):
    """How far a merge is."""

    done: int
    total: int


class Interruption:
    """A press of the stop button at 40 %: give it to a merge as `progress=`."""

    def __init__(self) -> None:
        self.is_over = False

    def __call__(self, progress: HasProgress) -> None:
        """Interrupt this process, once, as Ctrl-C and Jupyter's stop button do."""
        if not self.is_over and progress.done >= INTERRUPTED_AT * progress.total > 0:
            self.is_over = True
            signal.raise_signal(signal.SIGINT)

    def __repr__(self) -> str:
        return "<Interruption: presses the stop button at 40 %>"


def interruption(server: SandboxServer, word: str) -> Interruption:
    """A new one for each run."""
    return Interruption()


@exercise(
    "12.2",
    "send two hundred mails, be interrupted, and carry on",
    5,
    hints=(
        "run(progress=stop) is interrupted; catch the KeyboardInterrupt",
        "the journal knows who has a mail: run the same merge again",
        "another name= is another campaign, which knows nothing of the first one",
    ),
)
def carry_on(seen: Seen) -> Iterator[Criterion]:
    """All two hundred have a mail with the word in its subject, once, after an interruption."""
    talks = [[one for one in talk.messages if seen.nonce in one.subject] for talk in seen.sessions]
    arrived = Counter(who for talk in talks for one in talk for who in one.rcpt_tos)
    wanted = truth(seen.nonce)
    reached = [address for address in wanted if arrived[address]]
    all_there = len(reached) == len(wanted)
    yield Criterion(
        "all two hundred have a mail with your word in its subject",
        2,
        all_there,
        f"{len(reached)} of {len(wanted)} have one",
    )
    twice = [address for address, times in arrived.items() if times > 1]
    yield Criterion(
        "no one has it twice",
        2,
        all_there and not twice,
        f"{len(twice)} people have it twice, such as {twice[0]}"
        if twice
        else "first everyone must have it",
    )
    parts = [len(talk) for talk in talks if talk]
    yield Criterion(
        "it was interrupted and carried on",
        1,
        all_there and len(parts) > 1,
        "all mails went through in one run" if parts else "nothing was sent yet",
    )


PLAN = LessonPlan(
    12,
    "From a spreadsheet to 200 mails, and the bounces",
    "You can send many mails so that each arrives once, and read what comes back.",
    35,
    (mend, carry_on, mark),
    {"latency": "20ms"},
    {"12.1": spreadsheet, "12.2": interruption, "12.3": newsletter},
)
