"""Attachments made for each row: bytes of a cell, a frame as a table, a figure.

    attachments=[Attachment(frame="orders", filename="{{ name }}.xlsx"),
                 Attachment(figure="plot", filename="plot.pdf"),
                 Attachment(data="{{ blob }}", filename="report.pdf"),
                 Attachment(path="{{ id }}.pdf", filename="Report.pdf")]

or, shorter, a mapping of file names to values and expressions:

    attachments={"{{ name }}.xlsx": "{{ orders }}", "plot.png": figure}

They are made when their row's turn comes and are not kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Undefined

from smtp_nb.compose.parts import Attachment, EncodedPart
from smtp_nb.compose.pending import may_be_template
from smtp_nb.errors import InputError
from smtp_nb.merge.rows.drawable import is_drawable, is_tabular
from smtp_nb.merge.rows.drawing import KINDS, drawn
from smtp_nb.merge.rows.printed import printed
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.attachments.files import AttachmentPart
from smtp_nb.merge.templates.attachments.root import allowed_file
from smtp_nb.merge.templates.attachments.sheets import sheet
from smtp_nb.merge.templates.environment import Expression, Part, Values, expression_alone
from smtp_nb.merge.templates.sandboxed import Environments
from smtp_nb.model.display import kind_of

_WHAT = "attachments"

Octets = Callable[[Any, str], bytes]


class MadePart:
    """An attachment that each row makes anew, compiled.

    Args:
        filename: its name, which may have expressions.
        source: an expression, a text with expressions, or the value itself.
        root: the directory that files may lie in.

    Raises:
        InputError: the template's syntax is wrong.
    """

    def __init__(
        self,
        filename: str,
        source: object,
        root: Path,
        environments: Environments,
        content_type: str = "",
        cid: str = "",
    ) -> None:
        self._filename = Part(_WHAT, filename, environments.text, is_quiet=True)
        self._source = source
        self._root = root
        self._content_type = content_type
        self._cid = cid
        self.names = self._filename.names
        if isinstance(source, Part | Expression):
            self.names |= source.names

    @property
    def is_file(self) -> bool:
        """True if the row names a file; False if it is made of the row's values."""
        return isinstance(self._source, _File)

    @classmethod
    def of(cls, given: Attachment, root: Path, environments: Environments) -> MadePart:
        """The part behind an `Attachment` with expressions."""
        text = environments.text
        source: object
        if given.frame:
            source = _Checked(Expression(_WHAT, given.frame, text), is_tabular, "frame")
        elif given.figure:
            source = _Checked(Expression(_WHAT, given.figure, text), is_drawable, "figure")
        elif given.path is not None:
            source = _File(Part(_WHAT, os.fspath(given.path), text, is_quiet=True), root)
        elif isinstance(given.data, str):
            source = expression_alone(_WHAT, given.data, text) or Part(_WHAT, given.data, text)
        else:
            source = given.data
        made = cls(given.filename, source, root, environments, given.content_type, given.cid)
        made.names |= getattr(source, "names", frozenset())
        return made

    def files(self, values: Values, encode: bool = True) -> list[Attachment | EncodedPart]:
        """The attachment of one row; nothing if its file's name, or all of its value, is empty.

        Raises:
            RowError: the value is nothing that can be attached under this name.
        """
        value = self._value(values)
        if isinstance(value, Path):
            name = self._filename.render(values) or value.name
            return [Attachment(value, None, name, self._content_type, self._cid)]
        if value is None or (isinstance(value, str) and not value):
            return []  # `{{ report | default('') }}`
        name = self._filename.render(values)
        if not name.strip() or "/" in name or "\\" in name:
            raise self._error(f"{name!r} is not a file name", "Write a name with its suffix")
        try:
            data = octets(value, name)
            return [Attachment(None, data, name, self._content_type, self._cid)]
        except InputError as error:
            raise self._error(error.description, error.remedy) from error

    def _value(self, values: Values) -> object:
        source = self._source
        if isinstance(source, Part):
            return source.render(values)
        if isinstance(source, Expression | _Checked):
            return source.value(values)
        return source.path(values) if isinstance(source, _File) else source

    def _error(self, text: str, remedy: str) -> RowError:
        (column,) = self.names if len(self.names) == 1 else (_WHAT,)
        return RowError(text, column=column, remedy=remedy)


class _File:
    """A file of a row, under another name than its own."""

    def __init__(self, part: Part, root: Path) -> None:
        self._part = part
        self._root = root
        self.names = part.names

    def path(self, values: Values) -> Path | None:
        """Where it lies; None if the template gives an empty text."""
        name = self._part.render(values)
        return allowed_file(self._root, name) if name else None


class _Checked:
    """An expression whose value has to be of one kind."""

    def __init__(self, expression: Expression, is_kind: Callable[[Any], bool], kind: str) -> None:
        self._expression = expression
        self._is_kind = is_kind
        self._kind = kind
        self.names = expression.names

    def value(self, values: Values) -> object:
        """The value for one row."""
        value = self._expression.value(values)
        if isinstance(value, Undefined):
            str(value)  # raises, with the name
        if value is None or (isinstance(value, str) and not value):
            return None  # `report | default("")`
        if not self._is_kind(value):
            raise RowError(
                f"{self._expression.source} is {kind_of(value)}, not a {self._kind}",
                column=min(self.names, default=_WHAT), remedy=f"Name a column with a {self._kind}",
            )  # fmt: skip
        return value


def octets(value: Any, filename: str) -> bytes:
    """What the file of that name holds.

    Raises:
        RowError: the value cannot be made such a file.
    """
    if isinstance(value, Undefined):
        str(value)  # raises, with the name
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    suffix = os.path.splitext(filename)[1].lower()
    if is_tabular(value):
        return sheet(value, suffix)
    if is_drawable(value):
        return _figure(value, suffix)
    return str(printed(value)).encode()


def _figure(value: Any, suffix: str) -> bytes:
    kind = suffix.removeprefix(".")
    if kind not in KINDS:
        raise RowError(
            f"a figure cannot be saved as {suffix or 'a file without a suffix'}",
            remedy="Call the file .png, .pdf or .svg",
        )
    return drawn(value, kind)


Given = str | os.PathLike[str] | Attachment | EncodedPart
Attachments = Sequence[Given] | Mapping[str, object]


def attachment_parts(
    given: Attachments, root: Path, environments: Environments
) -> list[AttachmentPart | MadePart]:
    """What stands in `attachments=`, compiled.

    Raises:
        InputError: the template's syntax is wrong, or an entry is nothing to attach.
    """
    if isinstance(given, Mapping):
        return [_named(name, value, root, environments) for name, value in given.items()]
    return [_entry(one, root, environments) for one in given]


def _entry(given: Given, root: Path, environments: Environments) -> AttachmentPart | MadePart:
    if isinstance(given, Attachment) and may_be_template(given):
        return MadePart.of(given, root, environments)
    if not isinstance(given, str | os.PathLike | Attachment | EncodedPart):
        raise InputError(
            f"{kind_of(given)} is not an attachment",
            remedy='Give it a file name: attachments={"orders.xlsx": frame}',
        )
    return AttachmentPart(given, root, environments)


def _named(name: str, value: object, root: Path, environments: Environments) -> MadePart:
    source: object = value
    if isinstance(value, str):
        alone = expression_alone(_WHAT, value, environments.text)
        source = alone or _File(Part(_WHAT, value, environments.text, is_quiet=True), root)
    made = MadePart(name, source, root, environments)
    made.names |= getattr(source, "names", frozenset())
    return made
