"""State diagram of a session, drawn from the client's table of transitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from html import escape

from generator.text import table
from smtp_nb.protocol.client import FALL_BACK, TRANSITIONS, ClientState

# Where a state stands in the picture; which arrows there are is the table's business.
PLACES = {
    ClientState.CONNECTED: (90, 40),
    ClientState.GREETED: (90, 140),
    ClientState.READY: (360, 140),
    ClientState.AUTH: (640, 140),
    ClientState.MAIL: (110, 260),
    ClientState.RCPT: (360, 360),
    ClientState.DATA: (640, 360),
    ClientState.CLOSED: (640, 40),
}
WIDTH, HEIGHT, BOX_WIDTH, BOX_HEIGHT = 760, 420, 110, 32
# It arrives by itself: the server speaks first.
BANNER = {(ClientState.CONNECTED, ClientState.GREETED): ["220 banner"]}
# Commands that fit in every state and would hide all other arrows.
EVERYWHERE = {"RSET", "QUIT", "EHLO", "HELO"}
REPLY = "final reply"
MARKER = "<!-- generated: state diagram -->"

Ends = tuple[ClientState, ClientState]


def illustrated(text: str) -> str:
    """A page with the diagram, and the table under it, in place of the marker."""
    if MARKER not in text:
        raise ValueError(f"the page has no line {MARKER!r}")
    listed = table(("command", "fits in", "leads to"), table_rows())
    return text.replace(MARKER, f"<div>{diagram()}</div>\n\n{listed}")


def arrows() -> dict[Ends, list[str]]:
    """Verbs by the states that they lead from and to, from the table of transitions."""
    found: dict[Ends, list[str]] = defaultdict(list, BANNER)
    for verb, (fits, after) in TRANSITIONS.items():
        for before in fits if after is not None and verb not in EVERYWHERE else ():
            found[before, after or before].append(verb)
    found[ClientState.GREETED, ClientState.READY] = ["EHLO", "HELO"]
    found[ClientState.READY, ClientState.CLOSED] = ["QUIT"]
    return dict(found)


def ways_back() -> set[Ends]:
    """Where only a reply leads; a refused STARTTLS would lie on the arrow of EHLO."""
    ends = {(TRANSITIONS[verb][1] or after, after) for verb, after in FALL_BACK.items()}
    return ends - arrows().keys()


def diagram() -> str:
    """An SVG without script, ids or anything fetched."""
    labels = {**{ends: [REPLY] for ends in ways_back()}, **arrows()}
    drawn = [_arrow(*ends, verbs, labels) for ends, verbs in sorted(labels.items(), key=str)]
    boxes = [_box(state, *place) for state, place in PLACES.items()]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'style="width:100%;max-width:760px;font:12px monospace">'
        f"<title>States of a session</title>{''.join(drawn)}{''.join(boxes)}</svg>"
    )


def _box(state: ClientState, x: int, y: int) -> str:
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<g><title>{escape(state.value)}</title><rect x="{left}" y="{top}" width="{BOX_WIDTH}" '
        f'height="{BOX_HEIGHT}" rx="6" fill="var(--color-background-secondary,#eee)" '
        f'stroke="currentColor"/><text x="{x}" y="{y + 4}" text-anchor="middle" '
        f'fill="currentColor">{state.name}</text></g>'
    )


def _arrow(
    before: ClientState, after: ClientState, verbs: list[str], others: Container[Ends]
) -> str:
    label = escape(", ".join(sorted(set(verbs))))
    start, end = complex(*PLACES[before]), complex(*PLACES[after])
    if before is after:
        return _loop(start, label)
    along = (end - start) / abs(end - start)
    # Two ways between the same boxes stand side by side.
    aside = along * 7j if (after, before) in others else 0j
    tip, tail = _edge(end, -along) + aside, _edge(start, along) + aside
    line = f"M{tail.real:.0f} {tail.imag:.0f}L{tip.real:.0f} {tip.imag:.0f}"
    # Above the line, or to the right of one that stands upright.
    out = max(1j * along, -1j * along, key=lambda way: way.real - 9 * way.imag)
    out = aside / abs(aside) if aside else out
    anchor = "middle" if abs(out.real) < 0.1 else "end" if out.real < 0 else "start"
    return (
        _path(line, verbs) + _head(tip, along) + _label((tip + tail) / 2 + 11 * out, label, anchor)
    )


def _loop(box: complex, label: str) -> str:
    """An arrow from a box to itself, below it."""
    left, tip = box + complex(-30, 16), box + complex(10, 16)
    line = f"M{left.real:.0f} {left.imag:.0f}c-10 34 50 34 40 0"
    return _path(line, []) + _head(tip, -1j) + _label(box + complex(24, 38), label, "start")


def _head(tip: complex, along: complex) -> str:
    corners = (tip, tip - 8 * along * (1 + 0.5j), tip - 8 * along * (1 - 0.5j))
    points = " ".join(f"{corner.real:.0f},{corner.imag:.0f}" for corner in corners)
    return f'<polygon points="{points}" fill="currentColor"/>'


def _edge(middle: complex, along: complex) -> complex:
    """Where a line from the middle of a box leaves it."""
    reach = min(
        BOX_WIDTH / 2 / (abs(along.real) or 1e-9), BOX_HEIGHT / 2 / (abs(along.imag) or 1e-9)
    )
    return middle + along * reach


def _path(line: str, verbs: list[str]) -> str:
    dashes = ' stroke-dasharray="5 4"' if verbs == [REPLY] else ""
    return f'<path d="{line}" fill="none" stroke="currentColor" stroke-opacity=".6"{dashes}/>'


def _label(place: complex, text: str, anchor: str) -> str:
    return (
        f'<text x="{place.real:.0f}" y="{place.imag + 4:.0f}" text-anchor="{anchor}" '
        f'fill="currentColor">{text}</text>'
    )


def table_rows() -> list[tuple[str, str, str]]:
    """Each verb, where it fits and where it leads: the table itself."""
    return [
        (
            f"`{verb}`",
            ", ".join(sorted(f"{state.name}" for state in fits)),
            after.name if after else "the same",
        )
        for verb, (fits, after) in TRANSITIONS.items()
    ]
