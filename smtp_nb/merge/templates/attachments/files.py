"""File attachments of a merge: fixed ones, encoded once, and those of a row, from one directory.

A path that a cell has a part in may be anything, `../../etc/passwd` too, or a link that leads
there. What it names must lie under the allowed root once every link is followed.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

import numpy as np
from jinja2 import Undefined

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.errors import InputError
from smtp_nb.merge.rows.drawable import refuse_nameless
from smtp_nb.merge.rows.printed import printed
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.attachments.patterns import Pattern, is_pattern
from smtp_nb.merge.templates.attachments.root import allowed_file
from smtp_nb.merge.templates.environment import Part, Values, expression_alone
from smtp_nb.merge.templates.sandboxed import Environments, standard

# Encoded files kept for later rows: a class shares a few, a report of one row is used once.
_KEPT = 8

Given = str | os.PathLike[str] | Attachment | EncodedPart


class AttachmentPart:
    """One entry of `attachments=`.

    Args:
        given: a path, in which a text may have expressions, or an attachment.
        root: where the files of rows must lie.

    Raises:
        InputError: the template's syntax is wrong.
    """

    is_file = True

    def __init__(self, given: Given, root: Path, environments: Environments | None = None) -> None:
        self.names: frozenset[str] = frozenset()
        self._root = root
        self._kept: OrderedDict[tuple[Path, int, int], EncodedPart] = OrderedDict()
        self._guard = threading.Lock()
        if isinstance(given, str):
            self._part = Part(
                "attachments", given, (environments or standard()).text, is_quiet=True
            )
            self.names = self._part.names
            given = given if self._is_of_rows(self._part) else Path(str(self._part.constant))
        self._fixed = None if isinstance(given, str) else given
        self._alone, self._pattern = None, None
        if isinstance(given, str):
            made = environments or standard()
            self._alone = expression_alone("attachments", given, made.text)
            self._pattern = Pattern(given, root, made) if is_pattern(self._part) else None

    @staticmethod
    def _is_of_rows(part: Part) -> bool:
        """False for a path that is the same for all rows. A pattern is read anew for each."""
        if part.constant is None:
            return True
        return is_pattern(part) and not Path(part.constant).exists()

    def files(self, values: Values, encode: bool = True) -> list[Attachment | EncodedPart]:
        """All files of one row: a cell may hold a list, and the template's author a pattern.

        Args:
            encode: False only looks whether the files of a row could be sent.

        Raises:
            RowError: there is no such file, or it lies outside of the allowed root.
            InputError: 302, a fixed file cannot be read.
        """
        if self._pattern is not None:
            try:
                paths = self._pattern.paths(values)
            except RowError as error:
                raise self._error(error.description, error.remedy) from error
            return [self._read(path) if encode else Attachment(path=path) for path in paths]
        value = None if self._alone is None else self._alone.value(values)
        if isinstance(value, np.ndarray):  # what parquet makes of a list
            value = value.tolist()
        if isinstance(value, list | tuple):
            return [self._one(one, encode) for one in value if is_filled(one)]
        if isinstance(value, Attachment | EncodedPart):
            return [_encoded(value)]
        self._refuse_nameless(value)
        file = self.render(values, encode)
        return [] if file is None else [file]

    def _one(self, value: object, encode: bool) -> Attachment | EncodedPart:
        if isinstance(value, Attachment | EncodedPart):
            return _encoded(value)
        self._refuse_nameless(value)
        path = self._allowed(str(printed(value)))
        return self._read(path) if encode else Attachment(path=path)

    def _refuse_nameless(self, value: object) -> None:
        try:
            refuse_nameless(value)
        except RowError as error:
            raise self._error(error.description, error.remedy) from error

    def render(self, values: Values, encode: bool = True) -> Attachment | EncodedPart | None:
        """The file of one row; None if the template gives an empty text.

        Args:
            encode: False only looks whether the file of a row could be sent.

        Raises:
            RowError: there is no such file, or it lies outside of the allowed root.
            InputError: 302, a fixed file cannot be read.
        """
        if self._fixed is not None:
            self._fixed = part = _encoded(self._fixed)
            return part
        name = self._part.render(values)
        if not name:
            return None
        path = self._allowed(name)
        return self._read(path) if encode else Attachment(path=path)

    def _allowed(self, name: str) -> Path:
        try:
            return allowed_file(self._root, name)
        except RowError as error:
            mark = next((mark for mark in ("; ", ";", "\n") if mark in name), "")
            several = f"Several files in a cell are a list: {{{{ … .split({mark!r}) }}}}"
            raise self._error(error.description, several if mark else error.remedy) from error

    def _read(self, path: Path) -> EncodedPart:
        """The file, encoded; the same object for as long as it does not change."""
        status = path.stat()
        known = (path, status.st_mtime_ns, status.st_size)
        with self._guard:
            if known not in self._kept:
                try:
                    self._kept[known] = EncodedPart(Attachment(path=path))
                except InputError as error:
                    raise self._error(error.description, error.remedy) from error
            self._kept.move_to_end(known)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return self._kept[known]

    def _error(self, text: str, remedy: str) -> RowError:
        (column,) = self.names if len(self.names) == 1 else ("attachments",)
        return RowError(text, column=column, remedy=remedy)


def is_filled(value: object) -> bool:
    """False for an entry of a list that holds nothing."""
    return not isinstance(value, Undefined) and bool(value != "")


def _encoded(given: os.PathLike[str] | Attachment | EncodedPart) -> EncodedPart:
    if isinstance(given, EncodedPart):
        return given
    return EncodedPart(given if isinstance(given, Attachment) else Attachment(path=Path(given)))
