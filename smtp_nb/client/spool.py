"""The queue directory: messages wait in files, and any number of processes may send them.

A file of the queue is one line of JSON, the envelope, and behind it the message as it goes out
(`tail -n +2 NAME` is an .eml file). Its ending tells where it stands:

    .queued ──> .sending ──> deleted, or .sent with KeepQueue
                    ├──────> .failed    refused or unreadable; rename it to try again
                    ├──────> .queued    the line failed before the message had left
                    └──────> stays      the line failed when it may have left

Laws. A file appears whole or not at all. Only who holds the system's lock on a file may rename it
(`holding.py`), and the lock goes with the process, so a `.sending` without a lock was left behind
by one that died. Nobody knows whether that message left: it is reported, and never sent again
without being asked. Each step is on the disk before the next one begins, so losing power is as
losing a process.

Neither passwords nor a header with blind copies' names are ever in a file; who gets a blind copy
stands in the envelope, which only the owner may read (mode 0600).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from smtp_nb.client import holding
from smtp_nb.client.holding import Hold
from smtp_nb.client.recipients import MessageRecipient
from smtp_nb.compose.stream import StreamContent
from smtp_nb.errors import InputError
from smtp_nb.flows.content import next_piece
from smtp_nb.flows.intents import Flow
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import Envelope, Job, Recipient
from smtp_nb.model.mail_options import mail_options

FORMAT = "smtp_nb queue 1"
QUEUED, SENDING, SENT, FAILED = ".queued", ".sending", ".sent", ".failed"
UNREADABLE = 303
MAX_ENVELOPE = 16 * 1024 * 1024
VERBS = frozenset({"MAIL", "SEND", "SOML", "SAML"})


@dataclass
class QueueReport:
    """What came of a run over a queue: names of files, without their endings.

    Attributes:
        sent: for all recipients, or for some where the stop switches allow that.
        failed: refused, deferred or unreadable; they end in `.failed` now.
        left_behind: were being sent when a process died, and may have left.
    """

    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)


class Spool:
    """A queue directory, which must exist.

    Raises:
        InputError: 303, it does not, or it is no directory.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory)
        if not self.path.is_dir():
            raise InputError(
                f"the queue directory {str(self.path)!r} does not exist",
                code=UNREADABLE,
                remedy="Make it first",
            )

    # -- putting in -----------------------------------------------------------------------------

    def put(self, job: Job) -> Flow[str]:
        """Write a message into the queue; gives the name of its file.

        Raises:
            InputError: 303, it cannot be written; or the content cannot be read.
        """
        # Names sort by age, and no two are alike.
        stem = f"{time.time_ns():020}-{os.urandom(8).hex()}"
        draft, queued = self.path / f".{stem}.tmp", self.path / (stem + QUEUED)
        try:
            with open(draft, "xb", opener=_private) as file:
                file.write(_envelope_line(job))
                pieces = job.content.chunks()
                while (piece := (yield from next_piece(job.content, pieces))) is not None:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            os.rename(draft, queued)
            self._sync()
        except OSError as error:
            raise InputError(
                f"the message cannot be queued: {error.strerror}", code=UNREADABLE
            ) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return queued.name

    def _sync(self) -> None:
        """What the directory says now shall hold after a loss of power too."""
        if sys.platform == "win32":
            return  # it does so by itself, and opens no directory
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    # -- taking out -----------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """The names, without endings, of the messages that wait, the oldest first."""
        return sorted(path.stem for path in self.path.glob("*" + QUEUED))

    def left_behind(self) -> list[str]:
        """Those that a process had begun to send when it died."""
        return sorted(
            path.stem for path in self.path.glob("*" + SENDING) if self._is_abandoned(path)
        )

    def _is_abandoned(self, path: Path) -> bool:
        with holding.hold(path) as held:
            return held is not None

    @contextmanager
    def claim(self, stem: str) -> Iterator[Claim | None]:
        """Make a waiting message ours for the length of a block; None if others were faster."""
        queued = self.path / (stem + QUEUED)
        with holding.hold(queued) as held:
            if held is None:
                yield None
                return
            claim = Claim(self, stem, held)
            claim.move(SENDING)
            yield claim


class Claim:
    """One message that is ours to send."""

    def __init__(self, spool: Spool, stem: str, held: Hold) -> None:
        self.stem = stem
        self._spool = spool
        self._held = held
        self._path = spool.path / (stem + QUEUED)

    def move(self, ending: str) -> None:
        """Give the file another ending; an empty one deletes it."""
        self._held.let_move()
        if ending:
            new = self._path.with_suffix(ending)
            os.rename(self._path, new)
            self._path = new
        else:
            self._path.unlink()
        self._spool._sync()

    def job(self, stop_on: frozenset[RecipientType]) -> Job:
        """The message, to be read while it is sent.

        Raises:
            InputError: 303, the file is none of ours, or was damaged.
        """
        try:
            file = self._held.open(self._path)
            found = json.loads(file.readline(MAX_ENVELOPE))
            return _job(found, file, stop_on)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            why = error.description if isinstance(error, InputError) else "its envelope is damaged"
            raise InputError(
                f"{self._path.name} is no message of a queue: {why}", code=UNREADABLE
            ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# -- the format -------------------------------------------------------------------------------


def _envelope_line(job: Job) -> bytes:
    envelope = job.envelope
    found = {
        "format": FORMAT,
        "queued": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "verb": envelope.verb,
        "mail_from": envelope.mail_from.address if envelope.mail_from else "",
        "recipients": list(map(_recipient_row, envelope.recipients)),
        "is_8bit": job.content.is_8bit,
        "has_text": job.has_text,
    } | ({"options": envelope.options} if envelope.options else {})
    return json.dumps(found).encode("ascii") + b"\r\n"


def _recipient_row(recipient: Recipient) -> dict[str, str]:
    row = {"address": recipient.address, "kind": RecipientType(recipient.kind).name}
    return row | ({"options": recipient.options} if recipient.options else {})


# What a file holds is of any type until it was looked at.
def _job(found: Any, file: BinaryIO, stop_on: frozenset[RecipientType]) -> Job:
    if found["format"] != FORMAT or found["verb"] not in VERBS or not found["recipients"]:
        raise InputError("it has another format")
    recipients = tuple(
        MessageRecipient(
            row["address"], RecipientType[row["kind"]], options=row.get("options", "")
        ).as_recipient()
        for row in found["recipients"]
    )
    sender = parse_mailbox(found["mail_from"]) if found["mail_from"] else None
    content = StreamContent(file, allows_8bit=found["is_8bit"] is True)
    content.open()
    options = mail_options(str(found.get("options", "")))
    envelope = Envelope(sender, recipients, stop_on, options, found["verb"])
    return Job(envelope, content, has_text=found["has_text"] is True)
