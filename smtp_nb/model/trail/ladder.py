"""Ladder diagrams of a conversation, step by step.

A ladder is a value made from the lines of a trail. What was sent in one write is one rung, and so
is a reply of several lines. It draws itself as SVG, as text, and in Mermaid's language; it is the
same for the same lines, so a saved notebook does not change when it is run again on the same clock.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any, Literal

from smtp_nb.errors import InputError
from smtp_nb.model.display import masked, visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.writing import write_text

Scale = Literal["steps", "time"]
SCALES: tuple[Scale, ...] = ("steps", "time")
MOST_RUNGS = 400
_NAMESPACE = "http://www.w3.org/2000/svg"  # for a file; within HTML it is known
_INFO, _CLIENT, _SERVER = TrailDirection.INFO, TrailDirection.CLIENT, TrailDirection.SERVER
_ARROWS = {_CLIENT: "->>", _SERVER: "-->>"}


class ReplyVerdict(Enum):
    """Verdict of a reply, by its first digit (RFC 5321 section 4.2.1)."""

    NONE = ""
    YES = "yes"
    GO_ON = "go on"
    NOT_NOW = "not now"
    NO = "no"


_VERDICTS = {
    "2": ReplyVerdict.YES,
    "3": ReplyVerdict.GO_ON,
    "4": ReplyVerdict.NOT_NOW,
    "5": ReplyVerdict.NO,
}


def verdict_of(reply: str) -> ReplyVerdict:
    """The verdict of a line of a reply."""
    return _VERDICTS.get(reply[:1], ReplyVerdict.NONE)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the conversation, or a remark.

    Attributes:
        direction: the speaker; INFO for a remark.
        lines: the lines, safe to show.
        seconds: since the connection was opened.
        tls: True inside TLS.
        connection: which of several concurrent ones, from 1.
        begins_session: True for the first rung of a new session on the same trail.
    """

    direction: TrailDirection
    lines: tuple[str, ...]
    seconds: float
    tls: bool
    connection: int = 1
    begins_session: bool = False

    @property
    def verdict(self) -> ReplyVerdict:
        """The verdict of a server's rung; NONE for the others."""
        return verdict_of(self.lines[-1]) if self.direction is _SERVER else ReplyVerdict.NONE

    @property
    def is_refusal(self) -> bool:
        """True for a reply of the 4yz and 5yz kind."""
        return self.verdict in (ReplyVerdict.NO, ReplyVerdict.NOT_NOW)

    @property
    def label(self) -> str:
        """The rung in one line: a group joined, a long reply folded."""
        first, more = self.lines[0], len(self.lines) - 1
        if self.direction is _CLIENT:
            return " · ".join(self.lines)
        return f"{first} +{more} line{'s' if more > 1 else ''}" if more else first


class Ladder:
    """A conversation as a picture. Show it as the last line of a cell, or `save` it.

    Attributes:
        rungs: the steps, in order.
        scale: "steps": rungs at equal distances; "time": distances grow with the time between.

    Args:
        events: the lines of a `Trail`.
        scale: "steps" or "time".
        show_addresses: True shows addresses in full; what a notebook saves masks them.
        most: number of rungs to draw; the others are counted below.

    Raises:
        InputError: an unknown scale.
    """

    def __init__(
        self,
        events: Sequence[PITrailEvent],
        scale: Scale = "steps",
        *,
        show_addresses: bool = False,
        most: int = MOST_RUNGS,
    ) -> None:
        if scale not in SCALES:
            raise InputError(f"unknown scale {scale!r}", remedy='Use scale="steps" or scale="time"')
        self.scale: Scale = scale
        self._most = most
        self.rungs = tuple(_rungs(events, show_addresses))

    def __len__(self) -> int:
        return len(self.rungs)

    @property
    def svg(self) -> str:
        """The picture as a standalone SVG document: no script, no font, nothing fetched."""
        return self._picture.replace("<svg ", f'<svg xmlns="{_NAMESPACE}" ', 1)

    @property
    def mermaid(self) -> str:
        """The ladder in Mermaid's language, for pages that draw it."""
        lines = ["sequenceDiagram"]
        for rung in self.rungs:
            text = rung.label.replace(";", ",").replace("#", "")
            if rung.direction is _INFO:
                lines.append(f"    Note over Client,Server: {text}")
            else:
                ends = ("Client", "Server") if rung.direction is _CLIENT else ("Server", "Client")
                lines.append(f"    {ends[0]}{_ARROWS[rung.direction]}{ends[1]}: {text}")
        return "\n".join(lines) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture to an .svg file.

        Args:
            path: the file, which is replaced.

        Raises:
            InputError: 303, it cannot be written.
        """
        write_text(path, self.svg, "the ladder")

    def __str__(self) -> str:
        return "\n".join(_text_line(rung) for rung in self.rungs) or "no conversation yet"

    def __repr__(self) -> str:
        return f"<Ladder: {len(self.rungs)} steps>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        # JupyterLab strips an SVG's tags from a notebook it does not trust, but keeps the words.
        return f'<pre style="margin:0">{self._picture}</pre>'

    @property
    def _picture(self) -> str:
        from smtp_nb.model.trail.ladder_svg import draw

        return draw(self.rungs, self.scale, self._most)


def _text_line(rung: Rung) -> str:
    seconds = f"{rung.seconds:8.3f}  "
    if rung.direction is _INFO:
        return f"{seconds}{'--':>10} {rung.label} --"
    middle = "===" if rung.tls else "---"
    arrow = f"{middle}>" if rung.direction is _CLIENT else f"<{middle}"
    word = f"  ({rung.verdict.value})" if rung.is_refusal else ""
    return f"{seconds}client {arrow} server  {rung.label}{word}"


def _rungs(events: Sequence[PITrailEvent], show_addresses: bool) -> Iterator[Rung]:
    newest: dict[int, float] = {}
    for lines in steps(events):
        first = lines[0]
        before = newest.get(first.connection)
        newest[first.connection] = first.seconds
        yield Rung(
            first.direction,
            tuple(_shown(event.message, show_addresses) for event in lines),
            first.seconds,
            first.tls,
            first.connection,
            before is not None and first.seconds < before,
        )


def _shown(message: str, show_addresses: bool) -> str:
    return visible(message if show_addresses else masked(message))


def steps(events: Sequence[PITrailEvent]) -> Iterator[list[PITrailEvent]]:
    """The lines, those together that crossed the wire together: a group, a whole reply."""
    for _, together in groupby(_numbered(events), lambda pair: pair[0]):
        yield [event for _, event in together]


def _numbered(events: Sequence[PITrailEvent]) -> Iterator[tuple[int, PITrailEvent]]:
    """Return each line with the number of its rung."""
    rung = 0
    before: PITrailEvent | None = None
    for event in events:
        if before is None or not _belong_together(before, event):
            rung += 1
        yield rung, event
        before = event


def _belong_together(one: PITrailEvent, next_one: PITrailEvent) -> bool:
    if (one.direction, one.connection) != (next_one.direction, next_one.connection):
        return False
    if one.direction is _SERVER:
        return not one.final
    return one.direction is _CLIENT and one.group > 0 and one.group == next_one.group
