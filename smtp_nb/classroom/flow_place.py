"""Places in flows: which line of which generator waits for the answer to an intent."""

from __future__ import annotations

import linecache
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import FrameType, GeneratorType
from typing import Any

_ROOT = Path(__file__).parents[1]
_PLUMBING = "flows/session.py"


@dataclass(frozen=True, slots=True)
class FlowPlace:
    """A line at which a flow stands still.

    Attributes:
        path: of the file, within the package.
        line: its number.
        function: who waits.
        purpose: what that function is for, as its docstring begins; or empty.
        source: the line itself.
    """

    path: str
    line: int
    function: str
    purpose: str
    source: str

    @property
    def is_plumbing(self) -> bool:
        """True where a session only passes bytes on."""
        return self.path == _PLUMBING

    def __str__(self) -> str:
        return f"{self.function}, {self.path} line {self.line}: {self.source}"


def places_in(flow: object) -> tuple[FlowPlace, ...]:
    """The lines that wait, the outermost first; none once the flow has ended."""
    return tuple(_place(frame) for frame in _frames(flow))


def _frames(flow: Any) -> Iterator[FrameType]:  # what a generator delegates to has no types
    while isinstance(flow, GeneratorType) and flow.gi_frame is not None:
        yield flow.gi_frame
        flow = flow.gi_yieldfrom


def _place(frame: FrameType) -> FlowPlace:
    code = frame.f_code
    path = Path(code.co_filename)
    shown = path.relative_to(_ROOT).as_posix() if path.is_relative_to(_ROOT) else path.name
    source = linecache.getline(code.co_filename, frame.f_lineno).strip()
    purpose = _purpose(frame.f_globals, code.co_qualname)
    return FlowPlace(shown, frame.f_lineno, code.co_name, purpose, source)


def _purpose(names: Mapping[str, Any], qualified: str) -> str:
    first, *rest = qualified.split(".")
    try:
        found: Any = reduce(getattr, rest, names[first])
    except (AttributeError, KeyError):  # a function within a function
        return ""
    words = " ".join((found.__doc__ or "").partition("\n\n")[0].split())
    return words.partition(";")[0].removesuffix(".")
