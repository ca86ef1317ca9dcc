"""The component's attachments, and the images inside its HTML."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, SupportsIndex

from smtp_nb.errors import InputError

if TYPE_CHECKING:
    from smtp_nb.compose.dkim import DKIM
    from smtp_nb.compose.parts import Attachment, EncodedPart


class Files(list["Attachment | EncodedPart"]):
    """A list of paths and `Attachment`s; anything else is refused when it is added.

    Args:
        name: the name of the property, for error texts.
    """

    def __init__(self, name: str, given: Any = None) -> None:
        self._name = name
        super().__init__(() if given is None else self._each(given))

    def append(self, value: Any) -> None:
        super().append(_file(self._name, value))

    def insert(self, index: SupportsIndex, value: Any) -> None:
        super().insert(index, _file(self._name, value))

    def extend(self, values: Iterable[Any]) -> None:
        super().extend(self._each(values))

    def __iadd__(self, values: Iterable[Any]) -> Files:  # type: ignore[override, misc]  # in place
        self.extend(values)
        return self

    # Item assignment is typed for slices too, hence Any.
    def __setitem__(self, index: Any, value: Any) -> None:
        is_slice = isinstance(index, slice)
        super().__setitem__(index, self._each(value) if is_slice else _file(self._name, value))

    def _each(self, values: Any) -> list[Attachment | EncodedPart]:
        """What is given as a list, item by item."""
        from smtp_nb.compose.parts import Attachment, EncodedPart

        is_one = isinstance(values, str | bytes | os.PathLike | Attachment | EncodedPart)
        if is_one or not isinstance(values, Iterable):
            raise InputError(
                f"{self._name} is a list, not {type(values).__name__}",
                remedy=f"Write {self._name} = [path], or {self._name}.append(path)",
            )
        return [_file(self._name, value) for value in values]


def _file(name: str, value: Any) -> Attachment | EncodedPart:
    from smtp_nb.compose.parts import Attachment, EncodedPart

    if isinstance(value, Attachment | EncodedPart):
        return value
    if isinstance(value, str | os.PathLike):
        return Attachment(path=value)
    raise InputError(
        f"{name} does not take {type(value).__name__}",
        remedy="Give a path, or Attachment(data=…, filename=…) for data in memory",
    )


class Attached:
    """The two lists of files of the component."""

    _attachments: Files
    _inline_images: Files

    def __init__(self) -> None:
        self._attachments, self._inline_images = Files("attachments"), Files("inline_images")
        self._calendar = ""
        self._dkim: DKIM | None = None

    @property
    def dkim(self) -> DKIM | None:
        """What signs each message once it is composed: `DKIM(domain, selector, key)`, or None."""
        return self._dkim

    @dkim.setter
    def dkim(self, value: DKIM | None) -> None:
        if value is not None:
            from smtp_nb.compose.dkim import DKIM

            if not isinstance(value, DKIM):
                raise InputError(
                    f"dkim does not take {type(value).__name__}",
                    remedy="Write DKIM(domain, selector, key)",
                )
        self._dkim = value

    # Assigned is text, bytes or an object of the icalendar package, hence Any.
    @property
    def calendar(self) -> str:
        """An iCalendar object, which makes the message an invitation (RFC 6047): text, bytes or
        an `icalendar.Calendar`. Its METHOD says what is wanted, REQUEST as a rule."""
        return self._calendar

    @calendar.setter
    def calendar(self, value: Any) -> None:
        from smtp_nb.compose.calendar import calendar_text

        self._calendar = calendar_text(value)

    # Assigned is any iterable of paths and attachments, hence Any.
    @property
    def attachments(self) -> Files:
        """Files to attach: paths, `Attachment(path=…)` or `Attachment(data=…, filename=…)`.
        Change the list in place or assign a new one."""
        return self._attachments

    @attachments.setter
    def attachments(self, value: Any) -> None:
        self._attachments = Files("attachments", value)

    @property
    def inline_images(self) -> Files:
        """Images that `message_html` shows as `cid:…`: `Attachment(path=…, cid=…)`."""
        return self._inline_images

    @inline_images.setter
    def inline_images(self, value: Any) -> None:
        self._inline_images = Files("inline_images", value)
