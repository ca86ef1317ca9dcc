"""Preview of messages as their readers will see them.

Everything shown was made by others, so the HTML sits in a sandboxed frame whose policy loads
nothing and runs nothing, and the addresses are masked in what a notebook saves.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import Any

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.merge.planning.renderer import ComposedRow
from smtp_nb.model.display import masked, visible
from smtp_nb.model.regular import read_regular

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SOURCE_LIMIT = 20_000  # characters of the source; attachments are longer and say nothing
_FRAME = 'style="width: 100%; height: 24em; border: 1px solid #999; background: #fff"'

_PHONE = _FRAME.replace("width: 100%", "width: 375px")


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
        parts = self.message.letter.draft.attachments
        return [visible((p if isinstance(p, Attachment) else p.attachment).filename) for p in parts]

    def to_html(self) -> str:
        """The message for a notebook, addresses masked."""
        if self.message is None:
            return f"<h4>Row {self.row}</h4><p>{escape(self.problem)}</p>"
        headers = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(masked(value))}</td></tr>"
            for name, value in self.message.content.headers
        )
        text = self.message.letter.draft.text or ""
        source = self.source[:_SOURCE_LIMIT]
        return (
            f"<h4>Row {self.row}</h4><table>{headers}</table>{_listed(self.attachments)}"
            f"{_frame(masked(self.html))}{_phone(masked(self.html))}"
            f"{_details('Text', masked(text))}{_details('Source', masked(source))}"
        )


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
        return "<hr>".join(row.to_html() for row in self.rows) or "<p>no rows</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # IPython's printer
        printer.text(repr(self))


def _listed(names: list[str]) -> str:
    return f"<p>Attached: {escape(masked(', '.join(names)))}</p>" if names else ""


def _phone(html: str) -> str:
    """The same as wide as a telephone is."""
    framed = _frame(html, _PHONE)
    return f"<details><summary>On a phone</summary>{framed}</details>" if framed else ""


def _frame(html: str, size: str = _FRAME) -> str:
    """HTML behind glass: no scripts, no forms, no requests."""
    if not html:
        return ""
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    return f'<iframe sandbox="" {size} srcdoc="{escape(policy + html)}"></iframe>'


def _details(title: str, text: str) -> str:
    if not text:
        return ""
    return f"<details><summary>{title}</summary><pre>{escape(text)}</pre></details>"


def _data_address(part: Attachment | EncodedPart) -> str:
    given = part if isinstance(part, Attachment) else part.attachment
    data = given.octets
    if given.path is not None:
        with suppress(OSError):  # it is gone since: the rest is shown without it
            data = read_regular(given.path)
    return f"data:{given.content_type};base64,{base64.b64encode(data).decode('ascii')}"
