"""The desk of a notebook: how the form of `%smtp compose` is checked and sent.

Form, preview and cell say the same because there is one way for all three: the form becomes the
cell, and the cell's own verb, `send`, makes the message.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.error import UsageError

from smtp_nb.client.message.message_builder import job_from
from smtp_nb.client.smtp import SMTP
from smtp_nb.compose.draft import Addressed
from smtp_nb.errors import InputError, SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.explain import explain
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.model.regular import read_regular
from smtp_nb.notebook.render import fill
from smtp_nb.notebook.syntax import filled
from smtp_nb.notebook.verb import VerbRequest
from smtp_nb.notebook.verbs import send
from smtp_nb.notebook.verbs.compose.cell import Cell, cell_of
from smtp_nb.notebook.verbs.compose.checks import of_cell, of_error, of_fields
from smtp_nb.notebook.words import split_words
from smtp_nb.sandbox.messages.parts import read
from smtp_nb.widgets.composing.desk import CheckedLetter, Ended, FormProblem, LineObserver
from smtp_nb.widgets.composing.letter_form import LetterForm
from smtp_nb.widgets.letter import Letter
from smtp_nb.wording import Front, worded

if TYPE_CHECKING:
    from smtp_nb.notebook.state import NotebookState

(_SEND,) = send.VERBS
_SHOWN_HEADERS = ("From", "To", "Cc", "Reply-To", "Subject", "Importance")
_NOBODY = "nobody@localhost"
MAX_NAME = 150
MAX_COPIES = 100


class NotebookDesk:
    """Checks and sends by the session of a notebook."""

    def __init__(self, state: NotebookState) -> None:
        self._state = state

    @property
    def sender(self) -> str:
        """Who sends where a message does not say."""
        smtp = self._state.smtp
        login = smtp.user if smtp is not None and "@" in smtp.user else ""
        return self._state.sender or login

    def check(self, form: LetterForm) -> CheckedLetter:
        """What is wrong with the form, how it looks to its reader, and its cell."""
        namespace = self._state.shell.user_ns
        cell = cell_of(form, self.sender)
        problems = [*of_fields(form, namespace), *of_cell(cell)]
        checked = CheckedLetter(cell.source.rstrip("\n"))
        is_wrong = any(problem.is_error for problem in problems)
        try:
            if is_wrong:
                self._message(cell_of(_body_alone(form)), SMTP())
            else:
                checked = self._previewed(cell, checked)
        except (SMTPError, UsageError) as error:
            problems.append(_of_whole(error))
        if self._state.smtp is None:
            try:
                self._state.session()
            except SMTPError as error:
                problems.append(of_error("", error))
        return replace(checked, problems=tuple(problems))

    def _previewed(self, cell: Cell, checked: CheckedLetter) -> CheckedLetter:
        smtp = self._state.smtp or SMTP()
        whole = self._message(cell, smtp)
        # What is attached was looked at already, and may be large.
        light = Addressed(replace(whole.draft, attachments=()), whole.bcc)
        job = job_from(smtp, light)
        root = read(b"".join(job.content.chunks()))
        letter = Letter(root)
        headers = [(name, root.get(name)) for name in _SHOWN_HEADERS]
        headers.insert(3, ("Bcc", ", ".join(str(box) for box in whole.bcc)))
        return replace(
            checked,
            recipients=len(job.envelope.recipients),
            headers=tuple((name, visible(value)) for name, value in headers if value),
            text=letter.text,
            html=letter.html,
        )

    def _message(self, cell: Cell, smtp: SMTP) -> Addressed:
        """What the verb makes of the cell."""
        namespace, syntax = self._state.shell.user_ns, _SEND.syntax
        values = syntax.parse(split_words(cell.line)[1:])
        values = filled(syntax, values, lambda what, text: fill(what, text, namespace))
        request = VerbRequest(self._state, syntax, values, cell.body, namespace)
        return send.message_of(request, smtp)

    def delivery(self, form: LetterForm, observer: LineObserver) -> SessionDelivery:
        """Take the message as it is now.

        Raises:
            SMTPError: there is no session, or the message cannot be sent.
        """
        smtp = self._state.session()
        message = self._message(cell_of(form, self.sender), smtp)
        own = smtp.clone()
        own.on_pi_trail(self._state.observe)
        own.on_pi_trail(observer)
        return SessionDelivery(own, message, self._state)

    def keep(self, name: str, data: bytes) -> str:
        """Write a file into the notebook's folder; one that has the same bytes already is used.

        Raises:
            InputError: the name is none, or is taken a hundred times.
            OSError: it cannot be written.
        """
        plain = visible(name.replace("\\", "/").rpartition("/")[2]).lstrip(".")[:MAX_NAME]
        if not plain.strip():
            raise InputError("the file has no name", remedy="Rename it")
        stem, suffix = os.path.splitext(plain)
        for copy in range(1, MAX_COPIES):
            path = Path(plain if copy == 1 else f"{stem}-{copy}{suffix}")
            try:
                with path.open("xb") as file:
                    file.write(data)
            except FileExistsError:
                if not _holds(path, data):
                    continue
            return str(path)
        raise InputError(f"{plain} is there already, with other content", remedy="Rename it")


def _holds(path: Path, data: bytes) -> bool:
    with suppress(OSError):
        return read_regular(path, len(data) + 1) == data
    return False


def _body_alone(form: LetterForm) -> LetterForm:
    """The form with nothing else in it that could be wrong."""
    return LetterForm(sender=_NOBODY, to=_NOBODY, kind=form.kind, body=form.body, raw=form.raw)


def _of_whole(error: SMTPError | UsageError) -> FormProblem:
    if isinstance(error, UsageError):
        return FormProblem("", str(error))
    field = {164: "sender", 165: "to"}.get(error.code, "body")
    return of_error(field, error)


class SessionDelivery:
    """One message over a connection of its own, so that cells can use the session meanwhile."""

    def __init__(self, smtp: SMTP, message: Addressed, state: NotebookState) -> None:
        self._smtp = smtp
        self._message = message
        self._state = state

    def run(self) -> Ended:
        """Send it."""
        try:
            receipt = self._smtp.send(self._message)
        except SMTPError as error:
            self._state.take_receipt(error)
            return _failed(error)
        self._state.receipt = receipt
        return _ended(receipt)

    def interrupt(self) -> None:
        """Drop the connection; what is not known then is said to be unknown."""
        self._smtp.interrupt()


def _ended(receipt: Receipt) -> Ended:
    found = explain(str(receipt.outcome))
    return Ended(str(receipt.outcome), found.meaning, found.remedy, _rows(receipt))


def _failed(error: SMTPError) -> Ended:
    receipt = error.receipt
    if receipt is not None and receipt.outcome is Outcome.UNKNOWN:
        return _ended(receipt)
    outcome = str(receipt.outcome) if receipt is not None else ""
    remedy = worded(error.remedy, Front.MAGIC)
    rows = _rows(receipt) if receipt is not None else ()
    return Ended(outcome, error.description.rstrip("."), remedy.rstrip("."), rows)


def _rows(receipt: Receipt) -> tuple[tuple[str, str, str], ...]:
    return tuple((r.address, str(r.outcome), r.words) for r in receipt.recipients)
