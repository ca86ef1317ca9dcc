"""Quiz view: a conversation stops, and the student says which reply comes next."""

from __future__ import annotations

from typing import Any

from smtp_nb.classroom.quizzes.ideas import CLASSES
from smtp_nb.classroom.quizzes.quiz import Question, Quiz
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet


class QuizView(Live):
    """Asks the questions of a quiz one by one; first the reply's first digit, then its code.

    The page knows a reply only after its code was answered.

    Args:
        quiz: what `lesson.quiz(session)` returned; its answers are kept there.
    """

    _esm = script("quiz")
    _css = style_sheet("quiz")

    def __init__(self, quiz: Quiz, **traits: Any) -> None:
        super().__init__(**traits)
        self.quiz = quiz
        self.on_msg(self._listen)

    def _message(self) -> dict[str, Any]:
        return {
            "kind": "quiz",
            "questions": [self._facts(question) for question in self.quiz.shown],
            "count": len(self.quiz.questions),
            "points": self.quiz.points,
            "total": self.quiz.total,
            "classes": list(CLASSES.items()),
        }

    def _facts(self, question: Question) -> dict[str, Any]:
        given = self.quiz.given(question.number)
        return {
            "number": question.number,
            "text": question.text,
            "said": [[letter, visible(line)] for letter, line in question.said],
            "given": given,
            "right": self.quiz.is_right(question.number),
            "verdicts": self.quiz.verdicts(question.number),
            "codes": question.codes if given[0] else (),
        }

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), or an answer was chosen ({"answer": [2, 250]})."""
        match content:
            case {"answer": [int(number), int(choice)]}:
                try:
                    self.quiz.answer(number, choice)
                except InputError:
                    return
                self.send(self._message())
            case {"ready": True}:
                self.send(self._message())

    def __repr__(self) -> str:
        return f"<QuizView: {self.quiz.points} of {self.quiz.total} points>"

    def static_forms(self) -> Forms:
        return self.quiz.forms()


def quiz_view(quiz: Quiz) -> QuizView:
    """Ask the questions of a quiz in the page.

    Args:
        quiz: what `lesson.quiz(session)` returned.
    """
    return QuizView(quiz)
