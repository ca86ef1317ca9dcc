"""A trail as data and as a listing of packets, for analysis and for reports.

Both are made from the lines of the trail, in which secrets are masked already: what a login sent is
`<hidden>`, and its length, which would say something about the password, is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.secret import HIDDEN
from smtp_nb.model.trail.ladder import steps, verdict_of
from smtp_nb.model.trail.sessions import TrailSession

if TYPE_CHECKING:
    import pandas as pd

Line = tuple[PITrailEvent, TrailSession]

_CLIENT, _SERVER = TrailDirection.CLIENT, TrailDirection.SERVER
WORDS = {_CLIENT: "client", _SERVER: "server", TrailDirection.INFO: "remark"}
_CODES = re.compile(r"([2-5][0-9]{2})(?:[ -]([245]\.[0-9]{1,3}\.[0-9]{1,3})\b)?")
# Each column with its type in pandas; Int64 has a value for what is missing. The type of text, left
# out here, depends on the version of pandas.
COLUMNS = {
    "number": "int64",
    "time": "int64",
    "session": "int64",
    "connection": "int64",
    "seconds": "float64",
    "waited": "float64",
    "direction": "",
    "verb": "",
    "code": "Int64",
    "enhanced_code": "",
    "text": "",
    "verdict": "",
    "group": "int64",
    "tls": "bool",
    "octets": "Int64",
}


def frame_of(lines: Iterable[Line], first: int) -> pd.DataFrame:
    """The lines as a DataFrame, one row a line.

    Args:
        first: the number of the first line.
    """
    # The model knows no pandas but for this one function: it is loaded when a caller asks for a
    # frame, who then works with pandas anyway. The import contract names the exception.
    import pandas as pd

    rows = list(_records(lines, first))
    data = {
        name: pd.Series([row[place] for row in rows], dtype=kind or None)
        for place, (name, kind) in enumerate(COLUMNS.items())
    }
    data["time"] = pd.to_datetime(data["time"], unit="us", utc=True).dt.as_unit("us")
    return pd.DataFrame(data)


def _records(lines: Iterable[Line], first: int) -> Iterator[tuple[Any, ...]]:
    asked: dict[int, tuple[float, TrailDirection]] = {}
    for number, (event, session) in enumerate(lines, first):
        is_server = event.direction == _SERVER
        before, speaker = asked.get(session.number, (event.seconds, _SERVER))
        waited = event.seconds - before if is_server and speaker == _CLIENT else None
        if event.direction != TrailDirection.INFO:
            asked[session.number] = event.seconds, event.direction
        codes = _CODES.match(event.message) if is_server else None
        yield (
            number,
            round((session.began + event.seconds) * 1_000_000),
            session.number,
            event.connection,
            event.seconds,
            float("nan") if waited is None else waited,
            WORDS[event.direction],
            event.message.split(" ", 1)[0].upper() if event.direction == _CLIENT else "",
            int(codes[1]) if codes else None,
            (codes[2] or "") if codes else "",
            visible(event.message),
            verdict_of(event.message).value if is_server else "",
            event.group,
            event.tls,
            _octets(event),
        )


def _octets(event: PITrailEvent) -> int | None:
    """Bytes of the line on the wire with its CRLF; None where they would tell of a secret."""
    if event.direction == TrailDirection.INFO or HIDDEN in event.message:
        return None
    return len(_wire(event))


def _wire(event: PITrailEvent) -> bytes:
    return event.message.encode("utf-8", "replace") + b"\r\n"


def listing_of(lines: Sequence[Line], first: int) -> str:
    """The lines as a listing in the manner of `tcpdump -X`: hex and text, one block a packet.

    Args:
        first: the number of the first line.
    """
    sessions = [session for _, session in lines]
    blocks = [
        "Packets as the trail recorded them, in clear where TLS protected them on the wire;\n"
        "credentials are hidden. Times are UTC, numbers are those of the first line.\n"
    ]
    at = 0
    for step in steps([event for event, _ in lines]):
        blocks.append("\n".join(_block(step, sessions[at], first + at)))
        at += len(step)
    return "\n".join(blocks) + "\n"


def _block(step: Sequence[PITrailEvent], session: TrailSession, number: int) -> Iterator[str]:
    head = step[0]
    time = datetime.fromtimestamp(session.began + head.seconds, UTC).strftime("%H:%M:%S.%f")
    if head.direction == TrailDirection.INFO:
        yield f"{number:6}  {time}  session {session.number}  {visible(head.message)}"
        return
    ends = "client > server" if head.direction == _CLIENT else "server > client"
    data = b"".join(map(_wire, step))
    is_whole = not any(HIDDEN in event.message for event in step)
    length = f"length {len(data)}" if is_whole else "length hidden"
    place = "TLS, " if head.tls else ""
    yield f"{number:6}  {time}  session {session.number}  {ends}  {place}{length}"
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        digits = " ".join(row[k : k + 2].hex() for k in range(0, len(row), 2))
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in row)
        yield f"        0x{start:04x}:  {digits:39}  {text}"
