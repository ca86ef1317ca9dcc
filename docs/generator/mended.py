"""Built pages without what a screen reader stumbles over in those of the theme and of Sphinx."""

from __future__ import annotations

import re
from pathlib import Path

_PLAIN = {
    # A heading without a level.
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    # Two landmarks of one kind.
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="This page">',
    # Where a narrow window cuts a line, the keyboard must reach what scrolls.
    "<pre>": '<pre tabindex="0">',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
}
# A signature on several lines: a list of definitions that defines nothing.
_LINES = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*?</dd>\n)+)</dl>')


def mend(site: Path) -> None:
    """Rewrite every page of a built site."""
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        for before, after in _PLAIN.items():
            text = text.replace(before, after)
        path.write_text(_LINES.sub(_as_lines, text), "utf-8")


def _as_lines(found: re.Match[str]) -> str:
    lines = found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
    return f'<span class="sig-lines">\n{lines}</span>'
