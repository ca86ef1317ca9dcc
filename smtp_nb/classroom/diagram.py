"""State diagram of a conversation, as SVG: where it is, and where each command leads."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import NamedTuple


class Edge(NamedTuple):
    """What leads from one state to another.

    Attributes:
        commands: any of these, as `Terminal.legal` spells them.
        bend: how far the line leaves the straight way, to its left.
        shift: how far along the line its label stands, 0.5 for the middle.
    """

    start: str
    end: str
    commands: tuple[str, ...]
    bend: float = 0.0
    shift: float = 0.5


WIDTH, HEIGHT = 464, 378
RADIUS = 39
# The centre of each state. It is as narrow as a column beside the trail, or as a telephone.
PLACES = {
    "connected": (44, 46),
    "tls": (232, 46),
    "login": (420, 46),
    "greeted": (232, 174),
    "mail": (420, 174),
    "rcpt": (420, 302),
    "data": (232, 302),
    "closed": (44, 302),
}
EDGES = (
    Edge("connected", "greeted", ("EHLO", "HELO"), 0, 0.36),
    Edge("greeted", "mail", ("MAIL",), 10),
    Edge("mail", "rcpt", ("RCPT",)),
    Edge("rcpt", "data", ("DATA", "BDAT"), -14),
    Edge("data", "greeted", (".",)),
    Edge("rcpt", "greeted", ("RSET",), 0, 0.6),
    Edge("mail", "greeted", ("RSET",), 14, 0.5),
    Edge("greeted", "tls", ("STARTTLS",), 34, 0.5),
    Edge("tls", "greeted", ("EHLO",), 26, 0.5),
    Edge("greeted", "login", ("AUTH",), 16, 0.6),
    Edge("login", "greeted", ("*",), 16, 0.42),
    Edge("greeted", "closed", ("QUIT",)),
    Edge("rcpt", "closed", ("QUIT",), 60),
)
"""The ways that change the state. QUIT is possible from more states than two lines can show."""
_WORDS = {".": "the dot", "*": "its end"}


def diagram(state: str, legal: Collection[str]) -> str:
    """The diagram as SVG, dark on white whatever the page is, so that it is read on any.

    Args:
        state: where the conversation is; its node is filled.
        legal: what may come; the ways from here with these are solid, all others dashed.
    """
    ways = [(edge, _here(edge, state, legal)) for edge in EDGES]
    words = ", ".join(legal) or "nothing"
    lines = "".join(_edge(edge, commands) for edge, commands in ways)
    nodes = "".join(_node(name, is_here=name == state) for name in PLACES)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
        ' role="img" style="max-width:100%;height:auto" font-family="sans-serif" font-size="13">'
        f"<title>State of the conversation: {escape(state)}</title>"
        f"<desc>What may come now: {escape(words)}</desc>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff"/>{lines}{nodes}</svg>'
    )


def _here(edge: Edge, state: str, legal: Collection[str]) -> tuple[str, ...]:
    """The commands that lead along this way now."""
    return tuple(one for one in edge.commands if one in legal) if edge.start == state else ()


def _node(name: str, *, is_here: bool) -> str:
    x, y = PLACES[name]
    ink, paper = ("#ffffff", "#1b1f24") if is_here else ("#1b1f24", "#ffffff")
    mark = ' class="smtpnb-here"' if is_here else ""
    weight = f' font-weight="bold"{mark}' if is_here else ""
    return (
        f'<circle cx="{x}" cy="{y}" r="{RADIUS}" fill="{paper}" stroke="#1b1f24"{mark}/>'
        f'<text x="{x}" y="{y}" dy="0.35em" text-anchor="middle" fill="{ink}"{weight}>{name}</text>'
    )


def _edge(edge: Edge, commands: tuple[str, ...]) -> str:
    (x1, y1), (x2, y2) = PLACES[edge.start], PLACES[edge.end]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    ahead = (x2 - x1) / length, (y2 - y1) / length
    left = ahead[1], -ahead[0]
    # The control point of a quadratic curve lies twice as far out as the curve itself.
    cx = (x1 + x2) / 2 + 2 * edge.bend * left[0]
    cy = (y1 + y2) / 2 + 2 * edge.bend * left[1]
    start, end = _rim((x1, y1), (cx, cy)), _rim((x2, y2), (cx, cy))
    t = edge.shift
    lx = (1 - t) ** 2 * x1 + 2 * t * (1 - t) * cx + t**2 * x2
    ly = (1 - t) ** 2 * y1 + 2 * t * (1 - t) * cy + t**2 * y2
    style = 'stroke-width="2"' if commands else 'stroke-dasharray="4 4" opacity="0.55"'
    label = escape(" / ".join(_WORDS.get(one, one) for one in commands or edge.commands))
    halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke"'
    weight = 'font-weight="bold"' if commands else 'opacity="0.7"'
    return (
        f'<path d="M{start[0]:.1f} {start[1]:.1f}Q{cx:.1f} {cy:.1f} {end[0]:.1f} {end[1]:.1f}"'
        f' fill="none" stroke="#1b1f24" {style}/>{_head(end, (cx, cy))}'
        f'<text x="{lx:.1f}" y="{ly:.1f}" dy="0.35em" text-anchor="middle" fill="#1b1f24"'
        f" {halo} {weight}>{label}</text>"
    )


Point = tuple[float, float]


def _rim(centre: Point, towards: Point) -> Point:
    """Where a line from `towards` meets the circle."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    length = (dx**2 + dy**2) ** 0.5
    return centre[0] + dx / length * (RADIUS + 2), centre[1] + dy / length * (RADIUS + 2)


def _head(tip: Point, origin: Point) -> str:
    """The head of an arrow."""
    dx, dy = tip[0] - origin[0], tip[1] - origin[1]
    length = (dx**2 + dy**2) ** 0.5
    ux, uy = dx / length, dy / length
    back = tip[0] - 9 * ux, tip[1] - 9 * uy
    wings = [(back[0] + 4 * uy, back[1] - 4 * ux), (back[0] - 4 * uy, back[1] + 4 * ux)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (tip, *wings))
    return f'<polygon points="{points}" fill="#1b1f24"/>'
