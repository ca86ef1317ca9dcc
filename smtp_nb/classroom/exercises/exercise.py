"""An exercise: named criteria over what a server saw.

The same function judges live, from a class's log, from a notebook that is run again and from a
saved conversation, because it looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from smtp_nb.classroom.exercises.seen import Seen

SIGNED = "signed with your word"
BY_HAND = "a conversation by hand"
"""The criterion that no program meets. A server sees it of terminals in its own process alone."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that is asked for.

    Attributes:
        name: what it is, in a few words.
        points: what it is worth.
        is_met: true if it was done.
        seen: what was seen instead, in words: it leads to the line, and never says the answer.
    """

    name: str
    points: float
    is_met: bool
    seen: str = ""


# What judges: what a server saw, and the student's own function or value where one is asked for.
Judge = Callable[..., Iterator[Criterion]]


@dataclass(frozen=True, slots=True)
class Exercise:
    """Something to do, and how it is judged.

    Attributes:
        key: "1.1": the lesson's number and its own.
        title: what to do, in a few words.
        points: what all criteria together are worth.
        takes: the name of the function or value that the student has to write; empty if what the
            server saw is enough.
        hints: from the gentlest to the plainest; none is the answer.
        is_signed: the function has the student's word as its docstring, which is worth one of its
            points: any student could have written the rest.
    """

    key: str
    title: str
    points: float
    judge: Judge
    takes: str = ""
    hints: tuple[str, ...] = ()
    is_signed: bool = False

    def criteria(self, seen: Seen, answer: object = None) -> list[Criterion]:
        """Judge. Whatever a student's function raises is a criterion that is not met."""
        met: list[Criterion] = []
        try:
            met.extend(self.judge(seen, answer) if self.takes else self.judge(seen))
        except Exception as error:
            text = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            met.append(Criterion("runs to its end", 0, False, text))
        if self.is_signed and callable(answer):
            met.append(_signature(answer, seen.nonce, any(one.is_met for one in met)))
        return met


def _signature(answer: object, word: str, does_something: bool) -> Criterion:
    """Whose a function is: one that was copied has another word, or none."""
    said = getattr(answer, "__doc__", None)
    is_own = isinstance(said, str) and bool(word) and word in said
    instead = (
        "the text in quotes below its def is not your word"
        if not is_own
        else "first the function itself"
    )
    return Criterion(SIGNED, 1, is_own and does_something, instead)


def exercise(
    key: str,
    title: str,
    points: float,
    *,
    takes: str = "",
    hints: tuple[str, ...] = (),
    is_signed: bool = False,
) -> Callable[[Judge], Exercise]:
    """Make an exercise out of the generator of its criteria."""

    def make(judge: Judge) -> Exercise:
        return Exercise(key, title, points, judge, takes, hints, is_signed)

    return make
