"""Previews: messages as their readers will see them, before any is sent.

Everything shown was made by others, so the HTML sits in a sandboxed frame whose policy loads
nothing and runs nothing, and the addresses are masked in what a notebook saves.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.merge.planning.renderer import ComposedRow
from smtp_nb.model.display import masked, visible
from smtp_nb.model.regular import read_regular

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SOURCE_LIMIT = 20_000  # characters of the source; attachments are longer and say nothing
_FRAME = "border: 1px solid #999; background: #fff; resize: vertical; overflow: auto"
# nbconvert's own sheet puts all cells to the right.
_LEFT = ' style="text-align: left; vertical-align: top"'
# The letters in a line of the frame, and how many em a line and a picture take. A frame that runs
# nothing cannot tell its height, so that is reckoned from the text.
_LINE, _LINE_EM, _PICTURE_EM, _LEAST_EM, _MOST_EM = 100, 1.6, 12, 5, 40


@dataclass(frozen=True, slots=True)
class PreviewedRow:
    """One row's message, or why it has none."""

    row: int
    message: ComposedRow | None
    problem: str = ""

    @property
    def source(self) -> str:
        """The message as the server would get it, header and body."""
        if self.message is None:
            return ""
        return bytes(self.message.content).decode("ascii", "replace").replace("\r\n", "\n")

    @property
    def html(self) -> str:
        """The HTML body with its images inside; empty if there is none."""
        if self.message is None:
            return ""
        html = self.message.letter.draft.html or ""
        for part in self.message.letter.draft.inline:
            html = html.replace(f"cid:{part.cid}", _data_address(part))
        return html

    def __str__(self) -> str:
        if self.message is None:
            return f"row {self.row}: {self.problem}"
        envelope = ", ".join(f"{r.kind.name} {r.address}" for r in self.message.recipients)
        headers = "\n".join(f"{name}: {value}" for name, value in self.message.content.headers)
        body = self.message.letter.draft.text or "(no text)"
        files = "".join(f"\nattached: {name}" for name in self.attachments)
        return f"row {self.row}, envelope: {envelope}\n{headers}{files}\n\n{body}"

    @property
    def attachments(self) -> list[str]:
        """The file names of what is attached."""
        if self.message is None:
            return []
        return [visible(_name(part)) for part in self.message.letter.draft.attachments]

    def to_html(self, *, show_addresses: bool = False) -> str:
        """The message for a notebook, addresses masked unless it says otherwise."""
        show = str if show_addresses else masked
        title = f"<p><strong>Row {self.row}</strong></p>"
        if self.message is None:
            return f"{title}<p>{escape(show(self.problem))}</p>"
        said = {"Subject": self.message.letter.draft.subject}  # its header may be encoded
        rows = [(name, said.get(name, value)) for name, value in self.message.content.headers]
        rows += [("Attached", ", ".join(self.attachments))] if self.attachments else []
        headers = "".join(_row(name, show(value)) for name, value in rows)
        text = show(self.message.letter.draft.text or "")
        source = self.source[:_SOURCE_LIMIT]
        name, html = f"HTML of the message for row {self.row}", show(self.html)
        frame = _frame(html, name, self._height_em)
        phone = _frame(html, f"{name}, as wide as a phone", self._height_em, "375px")
        phone = f"<details><summary>On a phone</summary>{phone}</details>" if phone else ""
        return (
            f"{title}<table>{headers}</table>{frame}{phone}"
            f"{_details('Text', text)}{_details('Source', show(source))}"
        )

    @property
    def _height_em(self) -> float:
        """About how high the HTML is."""
        if self.message is None:
            return _LEAST_EM
        draft = self.message.letter.draft
        text = draft.text or re.sub(r"<[^>]*>", "", draft.html or "")
        lines = sum(1 + len(line) // _LINE for line in text.splitlines())
        height = lines * _LINE_EM + len(draft.inline) * _PICTURE_EM + 2
        return round(min(max(height, _LEAST_EM), _MOST_EM), 1)


class Preview:
    """The first messages of a merge. Printing shows them whole; what a cell shows is masked."""

    def __init__(self, rows: Sequence[PreviewedRow]) -> None:
        self.rows = list(rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> PreviewedRow:
        return self.rows[place]

    def __str__(self) -> str:
        return f"\n\n{'-' * 72}\n".join(map(str, self.rows)) or "no rows"

    def __repr__(self) -> str:
        return masked(str(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self, *, show_addresses: bool = False) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked unless it says otherwise."""
        html = "<hr>".join(row.to_html(show_addresses=show_addresses) for row in self.rows)
        return str(self) if show_addresses else repr(self), html or "<p>no rows</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # IPython's printer
        printer.text(repr(self))


def _row(name: str, value: str) -> str:
    return f'<tr><th scope="row"{_LEFT}>{escape(name)}</th><td{_LEFT}>{escape(value)}</td></tr>'


def _frame(html: str, title: str, height_em: float, width: str = "100%") -> str:
    """HTML behind glass: no scripts, no forms, no requests."""
    if not html:
        return ""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    style = f"width: {width}; height: {height_em}em; {_FRAME}"
    document = escape(policy + html)
    return f'<iframe sandbox="" title="{title}" style="{style}" srcdoc="{document}"></iframe>'


def _details(title: str, text: str) -> str:
    if not text:
        return ""
    return f"<details><summary>{title}</summary><pre>{escape(text)}</pre></details>"


def _name(part: Attachment | EncodedPart) -> str:
    given = part if isinstance(part, Attachment) else part.attachment
    return given.filename or (Path(given.path).name if given.path is not None else "a file")


def _data_address(part: Attachment | EncodedPart) -> str:
    given = part if isinstance(part, Attachment) else part.attachment
    data = given.octets
    if given.path is not None:
        with suppress(OSError):  # it is gone since: the rest is shown without it
            data = read_regular(given.path)
    return f"data:{given.content_type};base64,{base64.b64encode(data).decode('ascii')}"
