"""Table of everything that `explain` knows, to be searched and filtered."""

from __future__ import annotations

from html import escape
from typing import Any

from smtp_nb.model.display import visible
from smtp_nb.model.explain import NUMBERED, Explanation
from smtp_nb.widgets.catalogue import KnownMeaning, catalogue, search
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import ViewMessage
from smtp_nb.wording import Front, worded

TEXT_ROWS = 30


class ExplanationTable(Live):
    """Shows the whole catalogue, narrowed to some words at first.

    Args:
        words: what stands in the search field at first.
        first: an explanation to show above the table.
    """

    _esm = script("explanations")
    _css = style_sheet("explanations")

    def __init__(self, words: str = "", first: Explanation | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self._words = visible(words)
        self._first = first
        self.on_msg(self._listen)

    @property
    def rows(self) -> list[KnownMeaning]:
        """Those that fit the words."""
        return search(self._words)

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there: {"ready": true}."""
        if isinstance(content, dict) and content.get("ready"):
            self.send(self._everything())

    def _everything(self) -> ViewMessage:
        return {
            "kind": "rows",
            "words": self._words,
            "first": "" if self._first is None else self._first._repr_html_(),
            "rows": [
                [r.group, r.what, r.meaning, r.cause, r.about, _remedy(r), r.source, list(r.codes)]
                for r in catalogue()
            ],
        }

    def __repr__(self) -> str:
        return f"<ExplanationTable: {len(self.rows)} of {len(catalogue())} rows>"

    @property
    def is_final(self) -> bool:
        """It does not change."""
        return True

    def static_forms(self) -> Forms:
        groups: dict[str, list[KnownMeaning]] = {}
        for row in self.rows:
            groups.setdefault(row.group, []).append(row)
        title = self._title()
        return self._text(title, groups), self._html(title, groups)

    def _title(self) -> str:
        of = f"{len(self.rows):,} of {len(catalogue()):,}"
        about = f" with the words {self._words!r}" if self._words else ""
        return f"What explain knows: {of} meanings{about}"

    def _text(self, title: str, groups: dict[str, list[KnownMeaning]]) -> str:
        lines = [] if self._first is None else [str(self._first), ""]
        lines.append(title)
        few = len(self.rows) <= TEXT_ROWS
        for group, rows in groups.items():
            lines.append(f"  {group}: {len(rows)}")
            lines += [f"    {row.what}  {_sentence(row)}" for row in rows if few]
        if not few:
            lines.append("  %smtp explain WORDS shows those with the words")
        return "\n".join(lines)

    def _html(self, title: str, groups: dict[str, list[KnownMeaning]]) -> str:
        parts = [] if self._first is None else [self._first._repr_html_()]
        parts.append(f"<p>{escape(title)}</p>")
        is_open = " open" if len(self.rows) <= TEXT_ROWS else ""
        for group, rows in groups.items():
            items = "".join(
                f"<li><strong>{escape(row.what)}</strong> {escape(_sentence(row))}</li>"
                for row in rows
            )
            parts.append(
                f"<details{is_open}><summary>{escape(group)}: {len(rows)}</summary>"
                f"<ul>{items}</ul></details>"
            )
        return "".join(parts)


def _sentence(row: KnownMeaning) -> str:
    remedy = _remedy(row)
    return f"{row.meaning}: {remedy}." if remedy else f"{row.meaning}."


def _remedy(row: KnownMeaning) -> str:
    """Errors of ours advise in Python; a notebook's front is `%smtp`."""
    return worded(row.remedy, Front.MAGIC) if row.source == NUMBERED else row.remedy
