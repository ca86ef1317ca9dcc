"""State diagram of a session, drawn from the client's table of transitions."""

from __future__ import annotations

from collections import defaultdict
from html import escape

from smtp_nb.protocol.client import TRANSITIONS, ClientState

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


def arrows() -> dict[tuple[ClientState, ClientState], list[str]]:
    """Verbs by the states that they lead from and to, from the table of transitions."""
    found: dict[tuple[ClientState, ClientState], list[str]] = defaultdict(list, BANNER)
    for verb, (fits, after) in TRANSITIONS.items():
        for before in fits if after is not None and verb not in EVERYWHERE else ():
            found[before, after or before].append(verb)
    found[ClientState.GREETED, ClientState.READY] = ["EHLO", "HELO"]
    found[ClientState.READY, ClientState.CLOSED] = ["QUIT"]
    return found


def diagram() -> str:
    """An SVG without script, ids or anything fetched."""
    drawn = [_arrow(*ends, verbs) for ends, verbs in sorted(arrows().items(), key=str)]
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


def _arrow(before: ClientState, after: ClientState, verbs: list[str]) -> str:
    label = escape(", ".join(sorted(set(verbs))))
    start, end = complex(*PLACES[before]), complex(*PLACES[after])
    if before is after:
        x, y = PLACES[before]
        loop = f"M{x - 30} {y + 16}c-10 34 50 34 40 0"
        return _path(loop) + _label(complex(x + 24, y + 38), label, "start")
    along = (end - start) / abs(end - start)
    goes_back = (after, before) in arrows()
    aside = along * 7j if goes_back else 0j  # two ways between the same boxes stand side by side
    tip, tail = _edge(end, -along) + aside, _edge(start, along) + aside
    wing = -8 * along
    head = " ".join(
        f"{p.real:.0f},{p.imag:.0f}"
        for p in (tip, tip + wing * (1 + 0.5j), tip + wing * (1 - 0.5j))
    )
    line = f"M{tail.real:.0f} {tail.imag:.0f}L{tip.real:.0f} {tip.imag:.0f}"
    place, anchor = (tip + tail) / 2, "middle"
    if abs(along.imag) < 0.1:
        place += aside * 2 or 14j
    else:
        is_left = along.real < 0 < along.imag
        place, anchor = place + (-16 if is_left else 16), "end" if is_left else "start"
    mark = f'<polygon points="{head}" fill="currentColor"/>'
    return f"{_path(line)}{mark}{_label(place, label, anchor)}"


def _edge(middle: complex, along: complex) -> complex:
    """Where a line from the middle of a box leaves it."""
    reach = min(
        BOX_WIDTH / 2 / (abs(along.real) or 1e-9), BOX_HEIGHT / 2 / (abs(along.imag) or 1e-9)
    )
    return middle + along * reach


def _path(line: str) -> str:
    return f'<path d="{line}" fill="none" stroke="currentColor" stroke-opacity=".6"/>'


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
