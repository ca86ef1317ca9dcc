"""Line chart of a few series of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from smtp_nb.classroom.pictures.drawing import ACCENT, BAD, GOOD, WARN, Drawing, line, words

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 500, 32, 270
_STROKES = ((ACCENT, ""), (GOOD, "8 4"), (BAD, "2 3"), (WARN, "10 3 2 3"))
Points = Sequence[tuple[float, float]]


def chart(series: Mapping[str, Points], x: str, y: str) -> Drawing:
    """Draw lines through points.

    Args:
        series: points (x, y) by the name of their line.
        x, y: what the axes show.

    Returns:
        A drawing whose axes begin at 0.
    """
    points = [point for line_of in series.values() for point in line_of]
    far = max((point[0] for point in points), default=1) or 1
    high = max((point[1] for point in points), default=1) or 1
    body = [*_axes(far, high, x, y)]
    for (name, line_of), (colour, dash) in zip(series.items(), _STROKES * 9, strict=False):
        body += _series(name, line_of, far, high, colour, dash)
    said = [f"{name}: {'; '.join(f'{a:g} → {b:g}' for a, b in line_of)}"
            for name, line_of in series.items()]  # fmt: skip
    return Drawing(f"{y} against {x}", "\n".join(said), "".join(body), WIDTH, HEIGHT)


def _place(a: float, b: float, far: float, high: float) -> tuple[float, float]:
    across, up = (RIGHT - LEFT) * a / far, (BOTTOM - TOP) * b / high
    return round(LEFT + across, 1), round(BOTTOM - up, 1)


def _axes(far: float, high: float, x: str, y: str) -> Iterator[str]:
    yield line(LEFT, BOTTOM, RIGHT, BOTTOM)
    yield line(LEFT, TOP, LEFT, BOTTOM)
    yield words((LEFT + RIGHT) / 2, HEIGHT - 12, x, anchor="middle", bold=True)
    yield words(8, 16, y, bold=True)
    for quarter in range(5):
        a, b = _place(far * quarter / 4, high * quarter / 4, far, high)
        yield words(a, BOTTOM + 18, f"{far * quarter / 4:.3g}", anchor="middle")
        yield words(LEFT - 8, b + 4, f"{high * quarter / 4:.3g}", anchor="end")
        yield line(LEFT, b, RIGHT, b, dash="1 5")


def _series(
    name: str, points: Points, far: float, high: float, colour: str, dash: str
) -> Iterator[str]:
    places = [_place(a, b, far, high) for a, b in sorted(points)]
    path = "L".join(f"{a:g} {b:g}" for a, b in places)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    if places:
        yield f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
        yield words(places[-1][0] + 10, places[-1][1] + 4, name, colour=colour, bold=True)
    for (a, b), (said_a, said_b) in zip(places, sorted(points), strict=True):
        title = escape(f"{name}: {said_a:g} → {said_b:g}")
        yield f'<circle cx="{a:g}" cy="{b:g}" r="3.5" fill="{colour}"><title>{title}</title>'
        yield "</circle>"
