"""Quiz: a conversation that stops before a reply, and a student who says what comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any, Protocol

from smtp_nb.classroom.quizzes.ideas import CLASSES, CODES, END, GREETING, LOGIN, correction
from smtp_nb.errors import InputError
from smtp_nb.model.display import masked, visible
from smtp_nb.model.explain import explain
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.exchanges import Exchange

ASKED = 5
"""Questions of a quiz that does not say where it stops."""
SHOWN_BEFORE = 6
"""Lines of the conversation above a question."""
OFFERED = 4
"""Codes among which a student chooses."""
_TYPICAL = (250, 354, 450, 503)
"""Codes among which a class votes: one of each first digit."""
_TEXTS = {
    GREETING: "The client has connected. What does the server say first?",
    END: "What does the server reply to the dot at the end of the content?",
    LOGIN: "What does the server reply to this part of the login?",
}


class HasExchanges(Protocol):
    """What has commands and replies: a `Session`."""

    @property
    def exchanges(self) -> list[Exchange]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """A place before a reply. The reply itself is not shown.

    Attributes:
        number: from 1.
        said: who (C or S) and what, the last lines before the place.
        stage: the command to be answered; "." for the end of content, empty for the greeting.
        codes: those that are offered once the class is answered.
    """

    number: int
    said: tuple[tuple[str, str], ...]
    stage: str
    codes: tuple[int, ...]
    _reply: Reply = field(repr=False)

    @property
    def text(self) -> str:
        """The question in words."""
        return _TEXTS.get(self.stage) or f"What does the server reply to {self.stage}?"


@known_attributes()
class Quiz:
    """Questions about what a server replies, scored by the first answer.

        >>> import smtp_nb
        >>> from smtp_nb.classroom import Terminal
        >>> lesson = smtp_nb.lesson(1, student="ann")
        >>> with Terminal(lesson.server) as terminal:
        ...     _ = terminal.dialogue("EHLO me.test")
        >>> quiz = lesson.quiz(terminal.session, at=["EHLO"])
        >>> quiz.answer(1, 2)
        'right: it begins with 2 (done)'
        >>> quiz.answer(1, 220).partition(":")[2]
        ' 220 is the greeting; it was said before EHLO'
        >>> quiz.points, quiz.total
        (1, 2)
        >>> lesson.close()

    Args:
        conversation: a `Session`, live or loaded. Only what was said until now is asked about.
        at: before which replies to stop: places in `conversation.exchanges`, or commands ("." for
            the end of content). By default up to five places, chosen by `seed`.
        seed: what chooses places and codes; the same seed gives the same quiz everywhere.
        answers: a place to keep the answers in; those in it have been given.

    Raises:
        InputError: there is nothing to ask about, or no reply at such a place.

    Attributes:
        questions: in order.
        answers: class and code of the first answers, by the number of the question. A 0 stands for
            what has not been answered.
    """

    questions: tuple[Question, ...]
    answers: dict[str, list[int]]

    def __init__(
        self,
        conversation: HasExchanges,
        at: Sequence[int | str] | None = None,
        *,
        seed: str | int = 0,
        answers: dict[str, list[int]] | None = None,
    ) -> None:
        exchanges = conversation.exchanges
        places = _chosen(exchanges, str(seed)) if at is None else list(_found(exchanges, at))
        asked = ((place, exchanges[place].reply) for place in sorted(set(places)))
        self.questions = tuple(
            _question(number, exchanges[: place + 1], reply, str(seed))
            for number, (place, reply) in enumerate(asked, 1)
            if reply is not None
        )
        if not self.questions:
            raise InputError(
                "this conversation has no reply to ask about", remedy="Say something first"
            )
        self.answers = {} if answers is None else answers
        self._polled = 0

    def answer(self, number: int, choice: int) -> str:
        """Answer a question; the first answer counts.

        Args:
            number: of the question, from 1.
            choice: the reply's first digit (2 to 5), or its code, such as 250.

        Returns:
            Whether it is right, and why.

        Raises:
            InputError: there is no such question, or a reply cannot begin so; nothing is counted.
        """
        question = self._question(number)
        given = self.answers.setdefault(str(number), [0, 0])
        if choice in CLASSES:
            given[0] = given[0] or choice
            return self._about_class(question, choice)
        if not 200 <= choice <= 599:
            raise InputError(
                f"no reply begins with {choice}", remedy="Give its first digit (2 to 5) or its code"
            )
        given[:] = [given[0] or choice // 100, given[1] or choice]
        return self._about_code(question, choice)

    def ballot(self) -> tuple[str, list[str], str]:
        """Question, codes to choose from and the right one, for a vote of the class: the next
        question at each call.

        Raises:
            InputError: all have been asked.
        """
        if self._polled == len(self.questions):
            raise InputError("the class has been asked all of this quiz", remedy="Make another")
        question = self.questions[self._polled]
        self._polled += 1
        right = question._reply.code
        line = "".join(f"C: {said} - " for who, said in question.said[-1:] if who == "C")
        return f"{line}{question.text}", list(map(str, sorted({right, *_TYPICAL}))), str(right)

    def _question(self, number: int) -> Question:
        if not 1 <= number <= len(self.questions):
            raise InputError(
                f"question {number} does not exist",
                remedy=f"This quiz has {len(self.questions)}, from 1",
            )
        return self.questions[number - 1]

    def _about_class(self, question: Question, choice: int) -> str:
        right = question._reply.code // 100
        if choice == right:
            return f"right: it begins with {right} ({CLASSES[right]})"
        return f"no, it begins with {right}: {correction(question.stage, choice)}"

    def _about_code(self, question: Question, choice: int) -> str:
        reply = visible(str(question._reply).partition("\n")[0])
        if choice == question._reply.code:
            return f"right: {reply} ({explain(reply).meaning})"
        return f"no, it is {reply}: {correction(question.stage, choice)}"

    def given(self, number: int) -> tuple[int, int]:
        """Class and code that were answered first; 0 where nothing was."""
        first, code = self.answers.get(str(number), (0, 0))
        return first, code

    def verdicts(self, number: int) -> list[str]:
        """What there is to say to the answers of a question: nothing before the first one."""
        question, (first, code) = self._question(number), self.given(number)
        said = [self._about_class(question, first)] if first else []
        return [*said, self._about_code(question, code)] if code else said

    def is_right(self, number: int) -> tuple[bool, bool]:
        """Whether class and code were answered rightly."""
        code = self._question(number)._reply.code
        given = self.given(number)
        return given[0] == code // 100, given[1] == code

    @property
    def points(self) -> int:
        """One for each class and each code that was right at once."""
        return sum(sum(self.is_right(question.number)) for question in self.questions)

    @property
    def total(self) -> int:
        """The points that can be reached."""
        return 2 * len(self.questions)

    # Showing

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML: the questions so far and the answers given, addresses masked unless it
        says otherwise.
        """
        show = str if show_addresses else masked
        shown = self.shown
        left = len(self.questions) - len(shown)
        bodies = ["\n".join(map(show, self._lines(each))) for each in shown]
        head = f"Quiz: {self.points} of {self.total} points"
        more = [f"{left} more after this answer"] * (left > 0)
        asked = zip(shown, bodies, strict=True)
        text = [f"{each.number}. {each.text}\n{body}" for each, body in asked]
        html = "".join(
            f"<li>{escape(each.text)}<pre>{escape(body)}</pre></li>"
            for each, body in zip(shown, bodies, strict=True)
        )
        return (
            "\n\n".join([head, *text, *more]),
            f"<p><b>{head}</b></p><ol>{html}</ol>{''.join(f'<p>{one}</p>' for one in more)}",
        )

    @property
    def shown(self) -> list[Question]:
        """The questions up to the first that is not answered: the ones after it hold its answer."""
        answered = [bool(self.given(question.number)[1]) for question in self.questions]
        count = answered.index(False) + 1 if False in answered else len(answered)
        return list(self.questions[:count])

    def _lines(self, question: Question) -> Iterator[str]:
        yield from (f"   {letter}: {visible(line)}" for letter, line in question.said)
        verdicts = self.verdicts(question.number)
        if len(verdicts) < 2:
            digits = ", ".join(f"{digit} {words}" for digit, words in CLASSES.items())
            codes = ", ".join(map(str, question.codes))
            yield (
                f"   S: ?  Which code: {codes}"
                if verdicts
                else f"   S: ?  Which first digit: {digits}"
            )
        names = zip(("class", "code"), self.given(question.number), verdicts, strict=False)
        yield from (f"   you said {given}: {verdict}" for _, given, verdict in names)

    def __str__(self) -> str:
        return self.forms(show_addresses=True)[0]

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]


def _question(number: int, until: Sequence[Exchange], reply: Reply, seed: str) -> Question:
    """The question after the last of these exchanges, whose reply is not shown."""
    *earlier, last = until
    said: list[tuple[str, str]] = []
    for one in earlier:
        said += _said(one)
        said += [("S", _short(one.reply))] if one.reply else []
    said += _said(last)
    before = earlier[-1].reply if earlier else None
    stage = LOGIN if before and before.code == 334 else last.command
    codes = _codes(reply, len(earlier), seed)
    return Question(number, tuple(said[-SHOWN_BEFORE:]), stage, codes, reply)


def _said(one: Exchange) -> list[tuple[str, str]]:
    line = f"{one.command} {one.argument}".strip()
    return [("C", line)] if line else []


def _short(reply: Reply) -> str:
    first, *others = reply.wire_lines()
    return f"{first} (and {len(others)} more lines)" if others else first


def _codes(reply: Reply, place: int, seed: str) -> tuple[int, ...]:
    others = [code for code in CODES.get(reply.code // 100, ()) if code != reply.code]
    drawn = sorted(others, key=lambda code: _draw(seed, f"{place}:{code}"))[: OFFERED - 1]
    return tuple(sorted([reply.code, *drawn]))


def _draw(seed: str, what: str) -> bytes:
    return sha256(f"{seed}\0{what}".encode()).digest()


def _chosen(exchanges: Sequence[Exchange], seed: str) -> list[int]:
    """Up to five places, each command once before any is asked about twice."""
    places = [place for place, one in enumerate(exchanges) if one.reply]
    count = {
        place: sum(exchanges[other].command == exchanges[place].command for other in places[:rank])
        for rank, place in enumerate(places)
    }
    return sorted(places, key=lambda place: (count[place], _draw(seed, str(place))))[:ASKED]


def _found(exchanges: Sequence[Exchange], at: Sequence[int | str]) -> Iterator[int]:
    for wanted in at:
        places = (
            [wanted]
            if isinstance(wanted, int)
            else [n for n, one in enumerate(exchanges) if one.command == wanted.upper()]
        )
        place = next((n for n in places if 0 <= n < len(exchanges) and exchanges[n].reply), None)
        if place is None:
            known = dict.fromkeys(one.command for one in exchanges if one.command and one.reply)
            raise InputError(
                f"no reply at {wanted!r}",
                remedy=f"Places are 0 to {len(exchanges) - 1}, commands {', '.join(known)}",
            )
        yield place
