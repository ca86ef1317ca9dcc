"""Composer view: a form for one message, with a preview, checks and the cell that says the same.

What a person types goes to Python as messages and never into the widget's state, which a notebook
may save. The desk knows how to check and send.
"""

from __future__ import annotations

import contextvars
import logging
import threading
from typing import Any

from ipywidgets import VBox  # type: ignore[import-untyped]  # it has no types

from smtp_nb.errors import SMTPError
from smtp_nb.model.display import masked
from smtp_nb.widgets.composing.composer_static import static_html, static_text
from smtp_nb.widgets.composing.desk import Delivery, Desk, Ended
from smtp_nb.widgets.composing.letter_form import MAX_UPLOAD, LetterForm
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import ViewMessage
from smtp_nb.widgets.trail import TrailView
from smtp_nb.wording import Front, worded

_VIEW = "application/vnd.jupyter.widget-view+json"
_log = logging.getLogger(__name__)


class ComposerView(Live):
    """Writes one message and sends it when a person says so.

    Args:
        desk: checks and sends.
        form: what stands in the fields at first.
    """

    _esm = script("frame", "composer_fields", "composer")
    _css = style_sheet("composer")

    def __init__(self, desk: Desk, form: LetterForm | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self._desk = desk
        self._form = form or LetterForm()
        self._checked = desk.check(self._form)
        self._turn = 1
        self._delivery: Delivery | None = None
        self._ended: Ended | None = None
        self._sent_cell = ""
        self._lock = threading.Lock()
        self._trail = TrailView(height=200)
        self._box = VBox([self])
        self.on_msg(self._listen)

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """The form, and below it the trail once there is one."""
        data, metadata = super()._repr_mimebundle_(**options)
        if _VIEW in data:
            data[_VIEW] = {**data[_VIEW], "model_id": self._box.model_id}
        return data, metadata

    def _listen(self, _widget: object, content: Any, buffers: Any) -> None:
        """What a page says: {"ready": true}, {"check": form, "edit": 3}, {"send": form, "turn": 1},
        {"cancel": true}, {"upload": "a.pdf"} with its bytes, {"seen": true}."""
        if not isinstance(content, dict):
            return
        if content.get("ready"):
            self._tell(self._everything())
        if "check" in content:
            self._check(content["check"], content.get("edit"))
        if "send" in content:
            self._begin(content["send"], content.get("turn"))
        if content.get("cancel") and (delivery := self._delivery) is not None:
            delivery.interrupt()
        if isinstance(name := content.get("upload"), str):
            self._take_file(name, buffers)
        if content.get("seen"):
            self.settle()

    def _check(self, form: object, edit: object) -> None:
        self._form = LetterForm.read(form)
        self._checked = self._desk.check(self._form)
        self._tell({**self._verdict(), "edit": edit if isinstance(edit, int) else 0})

    def _begin(self, given: object, turn: object) -> None:
        """Send it, once for each turn: a second click on the same button finds the turn taken."""
        with self._lock:
            if turn != self._turn or self._delivery is not None:
                self._tell(self._everything())
                return
            self._form = form = LetterForm.read(given)
            self._checked = self._desk.check(form)
            if not self._checked.is_sendable:
                self._tell({**self._verdict(), "refused": True})
                return
            self._tell(self._verdict())
            self._turn += 1
            self._sent_cell = self._checked.cell
            self._trail.clear()
            try:
                self._delivery = self._desk.delivery(form, self._trail)
            except SMTPError as error:
                remedy = worded(error.remedy, Front.MAGIC)
                self._finish(Ended("", error.description, remedy))
                return
        self._box.children = (self, self._trail)
        self._tell({"kind": "sending", "turn": self._turn})
        work = contextvars.copy_context().run
        threading.Thread(
            target=work, args=(self._run, self._delivery), name="smtp_nb composer", daemon=True
        ).start()

    def _run(self, delivery: Delivery) -> None:
        try:
            ended = delivery.run()
        except Exception as error:  # the page must not wait for ever
            ended = Ended("", f"it failed: {error}", "Look at %smtp trail")
            _log.warning("a composed message failed: %s", error, exc_info=True)
        self._finish(ended)

    def _finish(self, ended: Ended) -> None:
        self._ended, self._delivery = ended, None
        self._tell(self._everything())

    def _take_file(self, name: str, buffers: Any) -> None:
        data = b"".join(bytes(buffer) for buffer in buffers or ())
        answer: ViewMessage = {"kind": "file", "name": name[:200]}
        if len(data) > MAX_UPLOAD:
            answer["problem"] = "it is too large: put it into the notebook's folder"
        else:
            try:
                answer["path"] = self._desk.keep(name, data)
            except (OSError, SMTPError) as error:
                words = error.description if isinstance(error, SMTPError) else error.strerror
                answer["problem"] = words or "it cannot be written"
        self._tell(answer)

    def _everything(self) -> ViewMessage:
        return {
            **self._verdict(),
            "kind": "all",
            "form": self._form.as_message(),
            "turn": self._turn,
            "sending": self._delivery is not None,
            "ended": _as_message(self._ended),
            "sentCell": self._sent_cell,
            "limit": MAX_UPLOAD,
        }

    def _verdict(self) -> ViewMessage:
        found = self._checked
        return {
            "kind": "checked",
            "cell": found.cell,
            "problems": [[p.field, p.text, p.is_error] for p in found.problems],
            "recipients": found.recipients,
            "headers": [list(row) for row in found.headers],
            "text": found.text,
            "html": found.html,
        }

    def _tell(self, message: ViewMessage) -> None:
        try:
            self.send(message)
        except Exception:
            _log.debug("a composer's page did not accept a message", exc_info=True)

    def __repr__(self) -> str:
        return f"<ComposerView: {self._state}>"

    @property
    def _state(self) -> str:
        if self._delivery is not None:
            return "sending"
        if self._ended is None:
            return "draft"
        return self._ended.outcome or "not sent"

    def static_forms(self) -> Forms:
        is_sent = self._ended is not None and self._sent_cell == self._checked.cell
        ended = self._ended if is_sent else None
        return (
            masked(static_text(self._form, self._checked, ended)),
            static_html(self._form, self._checked, ended, masked),
        )

    def close(self) -> None:
        """Take form and trail out of the page and forget them."""
        self._box.close()
        self._trail.close()
        super().close()


def _as_message(ended: Ended | None) -> ViewMessage | None:
    if ended is None:
        return None
    return {
        "outcome": ended.outcome,
        "title": ended.title,
        "remedy": ended.remedy,
        "recipients": [list(row) for row in ended.recipients],
    }
