"""Whose message it is: the moments of a delivery, and where doubt begins and ends."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.classroom.pictures.drawing import ACCENT, GOOD, WARN, Drawing, line, words

WIDTH, HEIGHT, END = 760, 176, 752
_MOMENTS = {"EHLO": 24, "MAIL": 100, "RCPT": 180, "DATA": 260, "content": 340, ".": 430, "250": 590}
# From where to where, colour, who has the message, and what a cut there means.
_SPANS = (
    (24, 430, ACCENT, "the client has it", "cut here: NOT_SENT"),
    (430, 590, WARN, "one of them, or both", "cut here: UNKNOWN"),
    (590, END, GOOD, "the server has it", "cut here: ACCEPTED"),
)


def handover() -> Drawing:
    """Draw when responsibility for a message passes from client to server (RFC 5321, 4.2.5)."""
    said = [
        "EHLO to the dot: the client has the message; a cut here means NOT_SENT",
        "between the dot and the 250: no one can say who has it; a cut here means UNKNOWN",
        "after the 250: the server has it; a cut changes nothing, it is ACCEPTED",
    ]
    return Drawing("Who has the message?", "\n".join(said), "".join(_body()), WIDTH, HEIGHT)


def _body() -> Iterator[str]:
    for begin, end, colour, owner, cut in _SPANS:
        middle = (begin + end) / 2
        yield (
            f'<rect x="{begin}" y="32" width="{end - begin}" height="64" fill="{colour}" '
            'fill-opacity=".15"/>'
        )
        yield words(middle, 56, owner, anchor="middle", bold=True)
        yield words(middle, 84, cut, anchor="middle")
    yield words(24, 20, "time →")
    yield line(24, 108, END, 108, wide=2)
    for moment, x in _MOMENTS.items():
        yield line(x, 100, x, 116, wide=2)
        yield words(x, 134, moment, anchor="middle", bold=True)
    yield words(430, 156, "the last byte leaves", anchor="middle")
    yield words(590, 156, "the reply arrives", anchor="middle")
