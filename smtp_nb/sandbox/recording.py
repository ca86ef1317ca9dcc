"""A conversation on disk: JSON lines, versioned, without credentials.

The first line is about the session, each further one about one thing that passed. What is loaded
may come from a stranger, so it is bounded, and every value is checked before it is used. A
recording proves nothing about who made it: a student can write one.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.regular import read_regular
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.exchanges import SessionLine
from smtp_nb.sandbox.messages.mailbox import Message

if TYPE_CHECKING:
    from os import PathLike

    from smtp_nb.sandbox.session import Session

FORMAT = "smtp_nb session"
VERSION = 1
MAX_OCTETS = 64 * 1024 * 1024
MAX_RECORDS = 200_000

_LETTERS = {
    TrailDirection.CLIENT: "C",
    TrailDirection.SERVER: "S",
    TrailDirection.INFO: "I",
}
_DIRECTIONS = {letter: direction for direction, letter in _LETTERS.items()}


class Recording(NamedTuple):
    """What a file holds.

    Attributes:
        facts: values of the session's own attributes, by name.
        lines: of the conversation, as the session notes them.
        wire: what passed in both directions.
        blunders: what the client did against the rules: key and words.
        messages: what the session brought.
    """

    facts: dict[str, Any]  # of several types, checked
    lines: list[SessionLine]
    wire: list[tuple[TrailDirection, bytes]]
    blunders: list[tuple[str, str]]
    messages: list[Message]


# -- writing --------------------------------------------------------------------------------------


def write(session: Session, lines: list[SessionLine], path: str | PathLike[str]) -> None:
    """Write a session to a file that others of this machine cannot read.

    Args:
        lines: of the session, credentials hidden.

    Raises:
        OSError: the file cannot be written.
    """
    flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o600), "w", encoding="ascii", newline="\n") as file:
        for record in _records(session, lines):
            file.write(json.dumps(record, ensure_ascii=True) + "\n")


def _records(session: Session, lines: list[SessionLine]) -> Iterator[dict[str, object]]:
    clean = session.clean
    yield {
        "format": FORMAT,
        "version": VERSION,
        **{name: getattr(session, name) for name in ("number", "peer", "by", "student")},
        "hello": clean(session.hello),
        "user": session.user,
        "opened_at": session.opened_at,
        "waiting": session.waiting,
        "tls": session.tls and astuple(session.tls),
    }
    for line in lines:
        yield {"line": _line_record(line)}
    for direction, data in session.wire:
        yield {"wire": [_LETTERS[direction], data.decode("latin-1")]}
    for key, text in session.blunders:
        yield {"remark": [key, clean(text)]}
    for message in session.messages:
        yield {"message": _message_record(message, clean)}


def _line_record(line: SessionLine) -> list[object]:
    what = [line.what.code, *line.what.lines] if isinstance(line.what, Reply) else line.what
    who = _LETTERS[line.direction]
    return [line.seconds, who, what, line.tls, line.group, line.came]


def _message_record(message: Message, clean: Callable[[str], str]) -> dict[str, object]:
    return {
        "mail_from": message.mail_from,
        "rcpt_tos": list(message.rcpt_tos),
        "content": clean(message.content.decode("latin-1")),
        "parameters": dict(message.parameters),
        "rcpt_parameters": list(map(dict, message.rcpt_parameters)),
        "verb": message.verb,
        "queue_id": message.queue_id,
        "received_at": message.received_at.timestamp(),
    }


# -- reading --------------------------------------------------------------------------------------


def read(path: str | PathLike[str]) -> Recording:
    """Read what `write` wrote.

    Raises:
        InputError: it cannot be read, or is no such file; says which line.
    """
    try:
        data = read_regular(path, MAX_OCTETS + 1)
    except OSError as error:
        raise InputError(
            f"the conversation {os.fspath(path)!r} cannot be read: {error.strerror}",
            remedy="Give a file that session.save() wrote",
        ) from error
    lines = data.splitlines()
    if len(data) > MAX_OCTETS or len(lines) > MAX_RECORDS:
        raise _bad(path, 0, f"it is larger than {MAX_OCTETS} bytes or {MAX_RECORDS} lines")
    found, number = Recording({}, [], [], [], []), 1
    try:
        found.facts.update(_facts(_object(lines[0] if lines else b"")))
        for line in lines[1:]:
            number += 1
            _take(_object(line), found)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise _bad(path, number, _why(error)) from None
    return found


def _bad(path: str | PathLike[str], number: int, why: str) -> InputError:
    where = f", line {number}" if number else ""
    return InputError(
        f"{os.fspath(path)!r} is not a saved conversation{where}: {why}",
        remedy="Give a file that session.save() wrote",
    )


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]!r:.40} is missing or unknown"
    if isinstance(error, _Wrong):
        return str(error)
    return "it is not JSON of that form"


class _Wrong(ValueError):
    """What is wrong, in words of ours."""


# What JSON holds is of any type, hence Any in what follows.
def _object(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = _of(dict, json.loads(line.decode("ascii")))
    return found


def _of(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise _Wrong(f"{type(value).__name__} stands where {kind.__name__} is wanted")
    return value


def _text(value: Any) -> str:
    text: str = _of(str, value)
    text.encode("utf-8")  # a lone surrogate is a ValueError
    return text


def _number(value: Any) -> float:
    number = float(_of(float, value) if isinstance(value, float) else _of(int, value))
    if not math.isfinite(number):
        raise _Wrong("a time is not a number")
    return number


def _texts(value: Any) -> dict[str, str]:
    return {_text(name): _text(item) for name, item in _of(dict, value).items()}


def _facts(head: dict[str, Any]) -> dict[str, Any]:
    if head.get("format") != FORMAT:
        raise _Wrong("its first line says nothing of that kind")
    if head.get("version") != VERSION:
        raise _Wrong(f"it has version {head.get('version')!r:.20}, and this is {VERSION}")
    tls = head["tls"]
    return {
        "number": _of(int, head["number"]),
        **{name: _text(head[name]) for name in ("peer", "by", "student", "hello", "waiting")},
        "opened_at": _number(head.get("opened_at", 0)),  # older recordings lack it
        "user": None if head["user"] is None else _text(head["user"]),
        "tls": None if tls is None else _tls(*_of(list, tls)),
    }


def _tls(*values: Any) -> TLSInfo:
    protocol, cipher, bits, suite, exchange, exchange_bits = values
    return TLSInfo(
        _text(protocol), _text(cipher), _of(int, bits), _text(suite), _text(exchange),
        _of(int, exchange_bits),
    )  # fmt: skip


def _take(record: dict[str, Any], found: Recording) -> None:
    (kind, value), *_ = record.items()
    match kind:
        case "line":
            found.lines.append(_line(*_of(list, value)))
        case "wire":
            letter, data = _of(list, value)
            found.wire.append((_DIRECTIONS[letter], _text(data).encode("latin-1")))
        case "remark":
            key, text = _of(list, value)
            found.blunders.append((_text(key), _text(text)))
        case "message":
            found.messages.append(_message(_of(dict, value), found.facts))
        case _:
            raise KeyError(kind)


def _line(*values: Any) -> SessionLine:
    seconds, letter, what, tls, group, came = values
    said: str | Reply = _text(what) if isinstance(what, str) else _reply(*_of(list, what))
    direction = _DIRECTIONS[letter]
    if isinstance(said, Reply) is not (direction is TrailDirection.SERVER):
        raise _Wrong("a reply of the client, or a command of the server")
    return SessionLine(
        _number(seconds), said, direction, _of(bool, tls), _of(int, group), _of(bool, came)
    )


def _reply(*values: Any) -> Reply:
    code, *lines = values
    if not (200 <= _of(int, code) <= 599 and lines):
        raise _Wrong("a reply without a code or a line")
    return Reply(code, tuple(map(_text, lines)))


def _message(value: dict[str, Any], facts: dict[str, Any]) -> Message:
    return Message(
        mail_from=_text(value["mail_from"]),
        rcpt_tos=tuple(map(_text, _of(list, value["rcpt_tos"]))),
        content=_text(value["content"]).encode("latin-1"),
        parameters=_texts(value["parameters"]),
        rcpt_parameters=tuple(map(_texts, _of(list, value["rcpt_parameters"]))),
        verb=_text(value["verb"]),
        queue_id=_text(value["queue_id"]),
        session=facts["number"],
        tls=facts["tls"],
        user=facts["user"],
        received_at=_moment(_number(value["received_at"])),
    )


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OSError, OverflowError):
        raise _Wrong("a time that no calendar has") from None
