"""Pending attachments, which only a merge can fill: content or name differ from row to row."""

from __future__ import annotations

import os
import re
from typing import Protocol

from smtp_nb.errors import InputError

_MARK = re.compile(r"\{[{%]")
_EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


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
    """True if a row must fill it first: a file may be called `{%`, but not `{{ name }}`."""
    return bool(given.frame or given.figure) or _holds(given, _EXPRESSION)


def may_be_template(given: Described) -> bool:
    """True if a merge should compile it, so that an unclosed expression is an error there."""
    return is_pending(given) or _holds(given, _MARK)


def _holds(given: Described, pattern: re.Pattern[str]) -> bool:
    path = "" if given.path is None else os.fspath(given.path)
    texts = (path, given.data, given.filename)
    return any(pattern.search(text) for text in texts if isinstance(text, str))


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
