"""Static forms of a composed letter, for what a notebook saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from smtp_nb.model.display import visible, visible_lines
from smtp_nb.widgets.composing.desk import CheckedLetter, Ended
from smtp_nb.widgets.composing.letter_form import LetterForm

SHOWN_BODY = 5_000
SHOWN_RECIPIENTS = 50
# nbconvert's own sheet puts all cells to the right.
_LEFT = ' style="text-align:left;vertical-align:top"'
_NAMES = {
    "sender": "From",
    "to": "To",
    "cc": "Cc",
    "bcc": "Bcc",
    "reply_to": "Reply-To",
    "subject": "Subject",
    "importance": "Importance",
}


def static_text(form: LetterForm, checked: CheckedLetter, ended: Ended | None) -> str:
    """As lines of text, addresses in full."""
    lines = [_title(ended)]
    lines += [f"  {name:12} {value}" for name, value in _rows(form, checked, ended)]
    return "\n".join([*lines, "", _body(form), "", "The same as a cell:", "", _cell(checked)])


def static_html(
    form: LetterForm, checked: CheckedLetter, ended: Ended | None, show: Callable[[str], str]
) -> str:
    """As HTML without style sheet, script or link; `show` masks addresses."""
    rows = "".join(
        f'<tr><th scope="row"{_LEFT}>{escape(show(name))}</th>'
        f"<td{_LEFT}>{escape(show(value))}</td></tr>"
        for name, value in _rows(form, checked, ended)
    )
    return (
        f"<p><strong>{escape(show(_title(ended)))}</strong></p><table>{rows}</table>"
        f"<pre>{escape(show(_body(form)))}</pre><p>The same as a cell:</p>"
        f"<pre>{escape(show(_cell(checked)))}</pre>"
    )


def _title(ended: Ended | None) -> str:
    return visible(f"Message: {ended.title}") if ended is not None else "Message, a draft: not sent"


def _rows(
    form: LetterForm, checked: CheckedLetter, ended: Ended | None
) -> Iterator[tuple[str, str]]:
    headers = dict(checked.headers)
    for field, name in _NAMES.items():
        if value := headers.get(name) or getattr(form, field):
            yield name, visible(value)
    if form.attach:
        yield "Attached", visible(", ".join(form.attach))
    if ended is None:
        return
    for address, outcome, words in ended.recipients[:SHOWN_RECIPIENTS]:
        yield outcome, visible(f"{address} {words}".strip())
    if (more := len(ended.recipients) - SHOWN_RECIPIENTS) > 0:
        yield "…", f"and {more:,} more"
    if ended.remedy:
        yield "What to do", visible(ended.remedy)


def _body(form: LetterForm) -> str:
    return _cut(form.body) or "(no text)"


def _cell(checked: CheckedLetter) -> str:
    return _cut(checked.cell)


def _cut(text: str) -> str:
    more = len(text) - SHOWN_BODY
    return visible_lines(text[:SHOWN_BODY]) + (
        f"\n… ({more:,} more characters)" if more > 0 else ""
    )
