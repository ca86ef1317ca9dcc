"""Polls: a question to the class, answered by mail.

Whoever can send a mail can vote, by hand too: the vote is the subject of a message to
`quiz@class.test`. It is the number of an option or its words. The last vote of a student counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from smtp_nb import ambient
from smtp_nb.classroom.quizzes.quiz import Quiz
from smtp_nb.classroom.room.doorkeeper import DOMAIN
from smtp_nb.classroom.room.student import Student
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.known import known_attributes

BALLOT_BOX = f"quiz@{DOMAIN}"
_BAR = 20


@known_attributes()
class Poll:
    """A question and the votes so far.

    Attributes:
        question, options: as they were asked.
    """

    question: str
    options: tuple[str, ...]

    def __init__(
        self,
        question: str | Quiz,
        options: Sequence[str],
        answer: str | None,
        voters: Callable[[], Iterable[Student]],
    ) -> None:
        if isinstance(question, Quiz):
            question, options, answer = question.ballot()
        self.question = visible(question)
        self.options = tuple(visible(option) for option in options)
        if len(self.options) < 2 or len(set(map(str.casefold, self.options))) < len(self.options):
            raise InputError("a poll needs two different options or more")
        if answer is not None and answer not in options:
            raise InputError(
                f"answer={answer!r} is not an option", remedy=f"Options: {', '.join(self.options)}"
            )
        self._answer = None if answer is None else visible(answer)
        self._voters = voters
        self._asked_at = ambient.today()
        self._is_revealed = False

    @property
    def votes(self) -> dict[str, str]:
        """What each student voted for last."""
        found: dict[str, str] = {}
        for student in self._voters():
            for message in student.messages:
                addressed = [address.lower() for address in message.rcpt_tos]
                if BALLOT_BOX in addressed and message.received_at >= self._asked_at:
                    vote = self._read(message.subject)
                    found |= {student.name: vote} if vote else {}
        return found

    def _read(self, subject: str) -> str:
        word = subject.strip().casefold()
        for number, option in enumerate(self.options, 1):
            if word in (str(number), option.casefold()):
                return option
        return ""

    @property
    def counts(self) -> dict[str, int]:
        """How many voted for each option."""
        votes = list(self.votes.values())
        return {option: votes.count(option) for option in self.options}

    def reveal(self) -> Poll:
        """Show from now on which answer is right."""
        self._is_revealed = True
        return self

    @property
    def answer(self) -> str:
        """The right answer once it was revealed, else empty."""
        return self._answer or "" if self._is_revealed else ""

    def __repr__(self) -> str:
        lines = [f"{self.question} (vote by mail to {BALLOT_BOX}, the subject is the number)"]
        for number, (option, count) in enumerate(self.counts.items(), 1):
            right = "  ← right" if option == self.answer else ""
            lines.append(f"  {number}  {option}  {'█' * min(count, _BAR)} {count}{right}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{number}</td>'
            f'<td style="text-align:left">{escape(option)}{" ✓" if option == self.answer else ""}'
            f'</td><td style="text-align:left">{"█" * min(count, _BAR)} {count}</td></tr>'
            for number, (option, count) in enumerate(self.counts.items(), 1)
        )
        how = f"Vote by mail to {BALLOT_BOX}: the subject is the number."
        return f"<p>{escape(self.question)}</p><table>{rows}</table><p>{how}</p>"
