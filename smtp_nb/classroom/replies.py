"""Whole replies, in the order in which they came."""

from __future__ import annotations

from smtp_nb.model.reply import Reply


class Replies(tuple[Reply, ...]):
    """Replies that were waited for together; `str()` shows them as they came.

    Attributes:
        code: of the last one.
        text: of the last one, without code and enhanced code.
    """

    __slots__ = ()

    @property
    def code(self) -> int:
        return self[-1].code

    @property
    def text(self) -> str:
        return self[-1].text

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    __repr__ = __str__
