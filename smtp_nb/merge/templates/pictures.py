"""Pictures in the HTML: local ones are embedded, and every reference is resolved.

Readers cannot reach the sender's disk, so `![logo](logo.png)` and `<img src="logo.png">` would be a
broken picture for every reader. The file is taken from the directory that attachments come from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from urllib.parse import unquote

from smtp_nb.merge.rows.printed import Note, Notes
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.attachments.root import allowed_file
from smtp_nb.merge.templates.filters import Images

_SOURCE = re.compile(
    r"""(<img\b[^>]*?\bsrc\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE
)  # fmt: skip
# A drive's letter is no scheme.
_SCHEME = re.compile(r"\s*(?:[a-z][a-z0-9+.-]+:|//)", re.IGNORECASE)
_CONTENT_ID = re.compile(
    r"""(?:\b(?:src|background|href|poster)\s*=|url\()\s*["']?\s*cid:([^"')\s>]+)""", re.IGNORECASE
)
# Other places that name a file, which no reader has: no scheme, and no place in the message.
_ELSEWHERE = re.compile(
    r"""(?:\b(srcset|background|poster)\s*=\s*["']?|\b(url)\(\s*["']?|<a\b[^>]*?\b(href)\s*=\s*["']?)"""
    r"""([^"'\s>)#][^"'\s>)]*)""", re.IGNORECASE,
)  # fmt: skip
_REACHABLE = "Write the whole address, https://…; a picture is taken along as <img src=…>"
_REMEDY = 'Write {{ picture | image }}, or attach it with Attachment(path=…, cid="…")'


class Pictures:
    """The pictures that one template names by their files.

    Args:
        what: the part of the template, for errors.
        root: the directory that they may lie in.
    """

    def __init__(self, what: str, root: Path) -> None:
        self._what = what
        self._root = root
        self._paths: dict[str, Path] = {}

    def taken_along(self, html: str, images: Images, notes: Notes) -> str:
        """The HTML with each local picture as an inline image.

        Args:
            notes: where links go that lead nowhere.

        Raises:
            RowError: there is no such file, it lies elsewhere, or it is no picture.
        """
        for found in _ELSEWHERE.finditer(html):
            if not _is_elsewhere(name := unescape(found[4])):
                kind = (found[1] or found[2] or found[3]).lower()
                text = f"readers cannot reach {name[:80]!r}, which {kind} names"
                notes[Note(self._what, text, _REACHABLE)] = None
        if "<img" not in html.lower() or all(
            _is_elsewhere(_named(found)) for found in _SOURCE.finditer(html)
        ):
            return html
        return _SOURCE.sub(lambda found: self._replaced(found, images), html)

    def _replaced(self, found: re.Match[str], images: Images) -> str:
        name = _named(found)
        if _is_elsewhere(name):
            return found[0]
        path = self._path(name)
        try:
            return f'{found[1]}"cid:{images.add(path)}"'
        except RowError as error:
            text = f"{name[:80]!r}: {error.description}"
            raise RowError(text, column=self._what, remedy=error.remedy) from error

    def _path(self, name: str) -> Path:
        if not name.strip():
            raise RowError("a picture has no source", column=self._what, remedy=_REMEDY)
        try:
            path = allowed_file(self._root, unquote(name))
        except RowError as error:
            raise RowError(error.description, column=self._what, remedy=error.remedy) from error
        # The same object for the same file, by which images are known.
        return self._paths.setdefault(name, path)


def check_content_ids(html: str, known: Iterable[str]) -> None:
    """Refuse a `cid:` that no part of the message has.

    Raises:
        RowError: names it.
    """
    if "cid:" not in html.lower():
        return
    ids = set(known)
    for found in _CONTENT_ID.finditer(html):
        if (name := unquote(unescape(found[1]))) not in ids:
            raise RowError(
                f"no part of the message has the content id {name[:80]!r}",
                column="html",
                remedy=_REMEDY,
            )


def _named(found: re.Match[str]) -> str:
    return unescape(found[2].strip("\"'"))


def _is_elsewhere(name: str) -> bool:
    """True if readers find the picture without us."""
    return _SCHEME.match(name) is not None and not name.lower().startswith("file:")
