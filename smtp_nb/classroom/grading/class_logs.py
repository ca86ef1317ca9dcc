"""Class logs as evidence: the one place that knows how a class is saved."""

from __future__ import annotations

from pathlib import Path

from smtp_nb.classroom.room.class_log import load
from smtp_nb.errors import InputError
from smtp_nb.sandbox.session import Session


def is_class_log(data: bytes) -> bool:
    """True if a file begins like a class log."""
    head = data[:200].partition(b"\n")[0].replace(b" ", b"")
    return head.startswith(b'{"kind":"class"')


def sessions_by_student(path: Path, title: str) -> dict[str, list[Session]]:
    """The conversations of each student of the roster, and of each stranger.

    Args:
        title: the log's name in an error.

    Raises:
        InputError: it is not a class log, or one without addresses and content.
    """
    log = load(path)
    found = {name: log[name].sessions for name in log.students}
    messages = [one for sessions in found.values() for talk in sessions for one in talk.messages]
    if any("…" in address for message in messages for address in message.rcpt_tos):
        raise InputError(
            f"{title!r} is a masked class log, without addresses and content",
            remedy="Save one to grade from: room.save(path, masked=False)",
        )
    return found
