"""Picture of how a mail is judged: which check looks at which part of it, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from smtp_nb.model.display import visible

WIDTH, HEIGHT = 700, 240
ROW, TOP = 72, 12
LEGEND = "solid line: counts for DMARC · dotted line: does not"
_GOOD, _BAD = "#1a7f37", "#c1121f"
MARKS = {"pass": "✓", "fail": "✗", "softfail": "✗", "permerror": "✗"}

Row = tuple[str, str, str, bool]


class Pipeline:
    """A picture that shows itself in a cell.

    Args:
        rows: the part that is looked at, what asks about it, the result, and whether it speaks for
            the domain in From: for SPF and for DKIM.
        author: the domain in From.
        verdict: the result of DMARC.
    """

    def __init__(self, rows: Sequence[Row], author: str, verdict: str) -> None:
        last = (f"From: {author or '?'}", "DMARC: does one speak for it?", verdict, True)
        self._rows = [*rows, last]

    def __str__(self) -> str:
        return "\n".join(
            visible(f"{part} -> {check} {result}") for part, check, result, _ in self._rows
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(self._row(number) for number in range(len(self._rows)))
        joins = "".join(self._join(number) for number in range(len(self._rows) - 1))
        return (
            f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
            f'style="max-width:100%;height:auto;font:14px sans-serif">'
            f"<title>{escape(str(self))}</title>{body}{joins}"
            f'<text x="8" y="{HEIGHT - 8}" fill="currentColor">{LEGEND}</text></svg>'
        )

    def _row(self, number: int) -> str:
        part, check, result, _ = self._rows[number]
        y = TOP + ROW * number
        colour = _colour(result)
        return (
            _box(8, y, 210, part, "currentColor")
            + f'<path d="M218 {y + 24}h34m-8 -5l8 5l-8 5" fill="none" stroke="currentColor"/>'
            + _box(254, y, 250, check, "currentColor")
            + f'<path d="M504 {y + 24}h26" fill="none" stroke="currentColor"/>'
            + _box(532, y, 112, f"{MARKS.get(result, '–')} {result}", colour)
        )

    def _join(self, number: int) -> str:
        """From a result down to DMARC; dashed where it does not speak for the domain in From."""
        counts = self._rows[number][3] and self._rows[number][2] == "pass"
        x, y = 662 + 24 * (1 - number), TOP + ROW * number + 24
        end = TOP + ROW * 2 + 12 + 24 * (1 - number)
        dash = "" if counts else ' stroke-dasharray="3 5"'
        colour = _GOOD if counts else "currentColor"
        label = "counts for DMARC" if counts else "does not count for DMARC"
        return (
            f'<path d="M644 {y}H{x}V{end}H646m6 -4l-6 4l6 4" fill="none" stroke="{colour}" '
            f'stroke-width="2"{dash}><title>{label}</title></path>'
        )


def _box(x: int, y: int, width: int, text: str, colour: str) -> str:
    said = visible(text)
    fitted = said if len(said) <= width // 7 else f"{said[: width // 7 - 1]}…"
    return (
        f'<rect x="{x}" y="{y}" width="{width}" height="48" rx="6" fill="none" stroke="{colour}" '
        f'stroke-width="2"/><text x="{x + 10}" y="{y + 29}" fill="{colour}">'
        f"{escape(fitted)}<title>{escape(said)}</title></text>"
    )


def _colour(result: str) -> str:
    return {"✓": _GOOD, "✗": _BAD}.get(MARKS.get(result, ""), "currentColor")
