"""Timeline of the attempts for each recipient, from what a server saw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from smtp_nb.classroom.exercises.tries import Try, tries_of
from smtp_nb.classroom.pictures.drawing import BAD, GOOD, INK, WARN, Drawing, line, words
from smtp_nb.model.display import masked, visible
from smtp_nb.sandbox.session import Session

WIDTH, LEFT, RIGHT, ROW, TOP = 760, 190, 730, 24, 56
MOST_ROWS = 40
_VERDICTS = {2: ("yes", GOOD), 4: ("not now", WARN), 5: ("no", BAD)}


def timeline(sessions: Iterable[Session], *, show_addresses: bool = False) -> Drawing:
    """Draw each recipient's attempts on the server's clock.

    Args:
        sessions: such as `lesson.server.sessions`.
        show_addresses: show them in full; a notebook that is saved masks them.

    Returns:
        A drawing: a dot is a yes, a ring is "not now" (4yz), a cross is a no (5yz).
    """
    by_recipient: dict[str, list[Try]] = {}
    for one in tries_of(sessions):
        shown = one.recipient if show_addresses else masked(one.recipient)
        by_recipient.setdefault(visible(shown), []).append(one)
    rows = list(by_recipient.items())[:MOST_ROWS]
    begin = min((one.seconds for _, tries in rows for one in tries), default=0.0)
    end = max((one.seconds for _, tries in rows for one in tries), default=0.0)
    span = max(end - begin, 60.0)
    body = [*_axis(span, TOP + ROW * len(rows))]
    for number, (recipient, tries) in enumerate(rows):
        y = TOP + ROW * number + ROW // 2
        body += _row(recipient, [(one, _x((one.seconds - begin) / span)) for one in tries], y)
    left = len(by_recipient) - len(rows)
    said = [_sentence(recipient, tries, begin) for recipient, tries in rows]
    said += [f"and {left} more recipients"] if left else []
    return Drawing(
        "Attempts for each recipient",
        "\n".join(said) or "no attempt yet",
        "".join(body),
        WIDTH,
        TOP + ROW * len(rows) + 16,
    )


def _x(share: float) -> float:
    return round(LEFT + 12 + (RIGHT - LEFT - 24) * share, 1)


def _axis(span: float, bottom: int) -> Iterator[str]:
    yield words(8, 16, "● accepted   ○ not now (4yz)   ✗ no (5yz)")
    for quarter in range(5):
        x = _x(quarter / 4)
        yield line(x, TOP - 12, x, bottom, dash="1 5")
        yield words(x, TOP - 18, f"{span * quarter / 4 / 60:.3g} min", anchor="middle")


def _row(recipient: str, tries: list[tuple[Try, float]], y: int) -> Iterator[str]:
    yield words(LEFT - 8, y + 4, recipient, anchor="end")
    yield line(tries[0][1], y, tries[-1][1], y, dash="4 3")
    yield from (f"<g><title>{_mark(one)}</title>{_shape(one, x, y)}</g>" for one, x in tries)


def _shape(one: Try, x: float, y: int) -> str:
    kind = one.reply.code // 100 if one.reply else 0
    _, colour = _VERDICTS.get(kind, ("", INK))
    if kind == 2:
        return f'<circle cx="{x:g}" cy="{y}" r="6" fill="{colour}"/>'
    if kind == 4:
        return (
            f'<circle cx="{x:g}" cy="{y}" r="5" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
    cross = f"M{x - 5:g} {y - 5}l10 10m0 -10l-10 10"
    return f'<path d="{cross}" stroke="{colour}" stroke-width="2.5"/>'


def _mark(one: Try) -> str:
    if one.reply is None:
        return "no reply"
    return f"{one.reply.code} {_VERDICTS.get(one.reply.code // 100, ('?', ''))[0]}"


def _sentence(recipient: str, tries: list[Try], begin: float) -> str:
    said = ", ".join(f"{(one.seconds - begin) / 60:.3g} min {_mark(one)}" for one in tries)
    return f"{recipient}: {said}"
