"""Whose message it is: the moments of a delivery, and where doubt begins and ends."""

from __future__ import annotations

from collections.abc import Iterator

from smtp_nb.classroom.pictures.drawing import ACCENT, BAD, GOOD, WARN, Drawing, line, words

WIDTH, HEIGHT, LEFT, STEP = 760, 190, 30, 100
_MOMENTS = ("EHLO", "MAIL", "RCPT", "DATA", "content", ".", "250")
# From which moment to which, colour, what a cut there means, and who has the message.
_SPANS = (
    (0, 5, ACCENT, "cut here: NOT_SENT", "the client has it"),
    (5, 6, WARN, "here: UNKNOWN", "one of them, or both"),
    (6, 7, GOOD, "ACCEPTED", "the server has it"),
)


def handover() -> Drawing:
    """Draw when responsibility for a message passes from client to server (RFC 5321, 4.2.5)."""
    said = [
        "EHLO to the dot: the client has the message; a cut here means NOT_SENT",
        "between the dot and the 250: nobody can say who has it; a cut here means UNKNOWN",
        "after the 250: the server has it; a cut changes nothing, it is ACCEPTED",
    ]
    return Drawing("Who has the message?", "\n".join(said), "".join(_body()), WIDTH, HEIGHT)


def _body() -> Iterator[str]:
    for begin, end, colour, cut, owner in _SPANS:
        x, wide = LEFT + STEP * begin, STEP * (end - begin)
        wide = min(wide, WIDTH - x)
        yield (
            f'<rect x="{x}" y="44" width="{wide}" height="64" fill="{colour}" fill-opacity=".15"/>'
        )
        yield words(x + wide / 2, 68, owner, anchor="middle", bold=True)
        yield words(x + wide / 2, 96, cut, anchor="middle")
    yield line(LEFT, 120, WIDTH - 4, 120, wide=2)
    for number, moment in enumerate(_MOMENTS):
        x = LEFT + STEP * number
        yield line(x, 112, x, 128, wide=2)
        yield words(x, 146, moment, anchor="middle", bold=True)
    yield words(LEFT + STEP * 5, 166, "the last byte leaves", anchor="middle", colour=BAD)
    yield words(LEFT + STEP * 6, 184, "the reply arrives", anchor="middle", colour=BAD)
    yield words(LEFT, 24, "time →")
