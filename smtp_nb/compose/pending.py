"""Pending attachments, which only a merge can fill: content or name differ from row to row."""

from __future__ import annotations

import os
from typing import Protocol

from smtp_nb.errors import InputError

_MARKS = ("{{", "{%")


class Described(Protocol):
    """The settings of an attachment."""

    @property
    def path(self) -> str | os.PathLike[str] | None: ...
    @property
    def data(self) -> object: ...
    @property
    def filename(self) -> str: ...
    @property
    def frame(self) -> str: ...
    @property
    def figure(self) -> str: ...


def is_pending(given: Described) -> bool:
    """True if a row has to fill it first."""
    if given.frame or given.figure:
        return True
    path = "" if given.path is None else os.fspath(given.path)
    return any(
        mark in text
        for text in (path, given.data, given.filename)
        if isinstance(text, str)
        for mark in _MARKS
    )


def check_pending(given: Described) -> None:
    """Refuse what no row can fill.

    Raises:
        InputError: it has no source, more than one, or no name.
    """
    sources = [bool(given.frame), bool(given.figure), given.path is not None]
    if sum([*sources, given.data is not None]) != 1:
        raise InputError(
            "an attachment of a merge needs one source: path, data, frame or figure",
            remedy='Write Attachment(frame="orders", filename="{{ name }}.xlsx")',
        )
    if not given.filename and given.path is None:
        raise InputError(
            "an attachment made for each row has no file name",
            remedy='Give it one: Attachment(data="{{ blob }}", filename="report.pdf")',
        )


def refuse_pending(given: Described) -> None:
    """Refuse to send an attachment that no row has filled.

    Raises:
        InputError: it is one.
    """
    if is_pending(given):
        raise InputError(
            "the attachment differs from row to row, and this is not a merge",
            remedy="Give it to Template(attachments=[…]), or give its bytes as data=",
        )
