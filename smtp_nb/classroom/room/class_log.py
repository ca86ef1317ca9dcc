"""Class logs: what the students of a class did, as JSON lines.

The first line is about the class, each other line is one conversation. Neither the token nor a
password is in it, and no network address. Mail addresses are cut (`a…@class.test`) and content is
left out, as are the bytes of each conversation, unless the teacher asks for a log to grade from.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any

from smtp_nb import ambient
from smtp_nb.classroom.room.roster import Roster
from smtp_nb.classroom.room.student import Student
from smtp_nb.client.private_files import write_private
from smtp_nb.errors import InputError
from smtp_nb.model.display import counted, masked
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.known import known_attributes
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.regular import open_regular
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import Secret
from smtp_nb.sandbox.exchanges import SessionLine
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.session import Session
from smtp_nb.sandbox.wire import Wire

VERSION = 1
MAX_LINE = 64 * 1024 * 1024
_NETWORK = re.compile(
    r"\[IPv6:[^\]\s]*\]|(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|(?<![\w:])[0-9a-f]*(?::[0-9a-f]*){3,}",
    re.IGNORECASE,
)
Show = Callable[[str], str]


@known_attributes()
class ClassLog:
    """What was saved of a class; `log["ann"]` is what ann did.

    Attributes:
        name: the class's, such as `maple-73`.
        students: all who are in it: the roster, and the strangers.
        saved_at: when it was saved.
    """

    name: str
    students: tuple[str, ...]
    saved_at: datetime

    def __init__(self, head: dict[str, Any], rows: Iterable[tuple[str, Session]]) -> None:
        self.name = str(head["class"])
        self.saved_at = datetime.fromisoformat(head["saved_at"])
        self._sessions: dict[str, list[Session]] = {str(name): [] for name in head["students"]}
        for title, session in rows:
            self._sessions.setdefault(title, []).append(session)
        self.students = tuple(self._sessions)

    def __getitem__(self, name: str) -> Student:
        """What a student, or `stranger 3`, did.

        Raises:
            InputError: the log has no such student.
        """
        found = name if name in self._sessions else Roster(self.students).find(name)
        return Student(found, self._sessions[found])

    def __repr__(self) -> str:
        sessions = sum(map(len, self._sessions.values()))
        saved = f"{self.saved_at:%Y-%m-%d %H:%M}"
        counts = f"{counted(len(self.students), 'student')}, {counted(sessions, 'session')}"
        return f"<ClassLog {self.name}, {saved}: {counts}>"


def save(
    path: str | PathLike[str],
    name: str,
    roster: Roster,
    rows: Iterable[tuple[str, Session]],
    hide: Show,
    *,
    is_masked: bool,
) -> None:
    """Write a log, readable by its owner alone.

    Args:
        rows: each session under its student.
        hide: takes secrets out of a text.
        is_masked: cut mail addresses and leave content out.

    Raises:
        InputError: the file cannot be written.
    """
    head = {
        "kind": "class",
        "version": VERSION,
        "class": name,
        "students": list(roster.names),
        "saved_at": ambient.today().isoformat(timespec="seconds"),
    }

    def show(text: str) -> str:
        text = _NETWORK.sub("…", hide(text))
        return masked(text) if is_masked else text

    records = [head, *(_record(title, session, show, is_masked) for title, session in rows)]
    lines = (json.dumps(record, ensure_ascii=False) for record in records)
    write_private(path, Secret("\n".join(lines) + "\n"))


def _record(title: str, session: Session, show: Show, is_masked: bool) -> dict[str, Any]:
    tls = session.tls
    return {
        "kind": "session",
        "student": title,
        "number": session.number,
        "hello": show(session.hello),
        "user": session.user,
        "by": session.by,
        "tls": [tls.protocol, tls.cipher, tls.bits] if tls else None,
        "opened_at": session.opened_at,
        "waiting": session.waiting,
        "remarks": session.remarks,
        "lines": [_spelled(line, show) for line in session.lines()],
        "wire": []
        if is_masked
        else [[int(way), _octets(data, show)] for way, data in session.wire],
        "messages": [_letter(message, show, is_masked) for message in session.messages],
    }


def _spelled(line: SessionLine, show: Show) -> list[Any]:
    what = line.what
    text = [what.code, *map(show, what.lines)] if isinstance(what, Reply) else show(what)
    return [line.seconds, int(line.direction), text, line.tls, line.group, line.came]


def _letter(message: Message, show: Show, is_masked: bool) -> dict[str, Any]:
    return {
        "from": show(message.mail_from),
        "to": [show(address) for address in message.rcpt_tos],
        "verb": message.verb,
        "queue_id": message.queue_id,
        "received_at": message.received_at.isoformat(),
        "content": "" if is_masked else _octets(message.content, show),
    }


def _octets(data: bytes, show: Show) -> str:
    return b64encode(show(data.decode("latin-1")).encode("latin-1", "replace")).decode("ascii")


def load(path: str | PathLike[str]) -> ClassLog:
    """Read a log.

    Raises:
        InputError: the file cannot be read, or is not a class log; the text names the line.
    """
    name = Path(path).expanduser()
    records = _records(name)
    head = next(records, None)
    try:
        if head is None or head["kind"] != "class" or head["version"] != VERSION:
            raise ValueError("not a class log")
        return ClassLog(head, [(str(one["student"]), _session(one)) for one in records])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{str(name)!r} is not a class log of this version",
            remedy="Give a file that Classroom.save wrote",
        ) from error


def _records(name: Path) -> Iterator[dict[str, Any]]:
    try:
        with open_regular(name) as file:
            for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
                try:
                    yield dict(json.loads(line))
                except (ValueError, TypeError, RecursionError) as error:
                    raise InputError(
                        f"line {number} of {str(name)!r} is not JSON",
                        remedy="Give a file that Classroom.save wrote",
                    ) from error
    except OSError as error:
        raise InputError(
            f"the file {str(name)!r} cannot be read: {error.strerror}", remedy="Check the path"
        ) from error


def _session(record: dict[str, Any]) -> Session:
    session = Session(int(record["number"]), "", ())
    session.hello, session.by = str(record["hello"]), str(record["by"])
    session.waiting = str(record["waiting"])
    session.user = str(record["user"]) if record["user"] else None
    session.tls = TLSInfo(*record["tls"]) if record["tls"] else None
    blunders = [(str(key), "") for key in record["remarks"]]
    session.opened_at = float(record.get("opened_at", 0))  # older logs lack these two
    wire = [(TrailDirection(way), b64decode(data)) for way, data in record.get("wire", ())]
    session.restore(map(_read, record["lines"]), blunders, Wire(wire))
    session.messages += [_message(one, session) for one in record["messages"]]
    return session


def _read(spelled: list[Any]) -> SessionLine:
    seconds, direction, what, tls, group, came = spelled
    said = Reply(int(what[0]), tuple(map(str, what[1:]))) if isinstance(what, list) else str(what)
    side = TrailDirection(direction)
    return SessionLine(float(seconds), said, side, bool(tls), int(group), bool(came))


def _message(record: dict[str, Any], session: Session) -> Message:
    recipients = tuple(map(str, record["to"]))
    return Message(
        mail_from=str(record["from"]),
        rcpt_tos=recipients,
        content=b64decode(record["content"], validate=True),
        parameters={},
        rcpt_parameters=({},) * len(recipients),
        verb=str(record["verb"]),
        queue_id=str(record["queue_id"]),
        session=session.number,
        tls=session.tls,
        user=session.user,
        received_at=datetime.fromisoformat(record["received_at"]),
    )
