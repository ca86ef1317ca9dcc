"""The queue directory: messages wait in files, and any number of processes may send them.

A file of the queue is one line of JSON, the envelope, and behind it the message as it goes out
(`tail -n +2 NAME` is an .eml file). Its suffix is its state:

    .queued ──> .sending ──> deleted, or .sent with KeepQueue
                    ├──────> .failed    refused or unreadable; rename it to try again
                    ├──────> .queued    deferred, or the connection failed before it had left
                    └──────> stays      the connection failed when it may have left

Laws. A file appears whole or not at all. Only who holds the system's lock on a file may rename it
(`file_lock.py`), and the lock goes with the process, so a `.sending` without a lock was left behind
by one that died. Whether that message left cannot be known: it is reported, and never sent again
without being asked. Each step is on the disk before the next one begins, so losing power is as
losing a process.

Neither passwords nor a header with blind copies' names are ever in a file; who gets a blind copy
stands in the envelope, which only the owner may read (mode 0600).
"""

from __future__ import annotations

import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from smtp_nb.client.queue import file_lock
from smtp_nb.client.queue.file_lock import LockedFile
from smtp_nb.client.queue.moving import move_to_free
from smtp_nb.client.queue.names import new_stem
from smtp_nb.client.queue.queue_format import UNREADABLE, envelope_line, read_job
from smtp_nb.errors import InputError
from smtp_nb.flows.delivering.content import next_piece
from smtp_nb.flows.intents import Flow
from smtp_nb.model.enums import RecipientType
from smtp_nb.model.envelope import DeliveryJob
from smtp_nb.model.regular import sync_file

QUEUED, SENDING, SENT, FAILED = ".queued", ".sending", ".sent", ".failed"


@dataclass
class QueueReport:
    """Result of a run over a queue: names of files, without their suffixes.

    Attributes:
        sent: messages sent to all recipients, or to some where the stop switches allow that.
        failed: messages refused or unreadable; renamed to `.failed` where possible.
        left_behind: messages that were being sent when a process died, and may have been delivered.
        deferred: messages temporarily refused for all recipients (4yz); they wait for the next run.
    """

    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)


class Spool:
    """A queue directory, which must exist.

    Raises:
        InputError: 303, it does not, or it is no directory.
    """

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.path = Path(directory)
        self._names()

    def _names(self) -> list[str]:
        """What is in the directory, by age."""
        try:
            return sorted(os.listdir(self.path))
        except FileNotFoundError as error:
            raise InputError(
                f"the queue directory {str(self.path)!r} does not exist",
                code=UNREADABLE,
                remedy="Create it first",
            ) from error
        except (OSError, ValueError) as error:
            raise InputError(
                f"the queue directory {str(self.path)!r} cannot be read:"
                f" {getattr(error, 'strerror', error)}",
                code=UNREADABLE,
                remedy="Name a directory that you may read and write",
            ) from error

    # -- putting in -----------------------------------------------------------------------------

    def put(self, job: DeliveryJob) -> Flow[str]:
        """Write a message into the queue; gives the name of its file.

        Raises:
            InputError: 303, it cannot be written; or the content cannot be read.
        """
        stem = new_stem()
        draft, queued = self.path / f".{stem}.tmp", self.path / (stem + QUEUED)
        try:
            with open(draft, "xb", opener=_private) as file:
                file.write(envelope_line(job))
                pieces = job.content.chunks()
                while (piece := (yield from next_piece(job.content, pieces))) is not None:
                    file.write(piece)
                file.flush()
                sync_file(file.fileno())
            os.rename(draft, queued)
            self.sync()
        except OSError as error:
            raise InputError(
                f"the message cannot be queued: {error.strerror}", code=UNREADABLE
            ) from error
        finally:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
        return queued.name

    def sync(self) -> None:
        """Make what the directory says now survive a loss of power."""
        if sys.platform == "win32":
            return  # it does so by itself, and opens no directory
        handle = os.open(self.path, os.O_RDONLY)
        try:
            sync_file(handle)
        finally:
            os.close(handle)

    # -- taking out -----------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """The names, without endings, of the messages that wait, the oldest first."""
        return self._stems(QUEUED)

    def sending(self) -> list[str]:
        """Those that a process had begun to send."""
        return self._stems(SENDING)

    def _stems(self, ending: str) -> list[str]:
        return [name.removesuffix(ending) for name in self._names() if name.endswith(ending)]

    def is_abandoned(self, stem: str) -> bool:
        """True if the process that had begun to send a message has died.

        Raises:
            InputError: 303, it is no file that a process of ours had begun to send.
        """
        sending = self.path / (stem + SENDING)
        with file_lock.hold(sending) as held:
            return held is not None and not _is_same(sending, self.path / (stem + QUEUED))

    @contextmanager
    def claim(self, stem: str) -> Iterator[Claim | None]:
        """Make a waiting message ours for the length of a block; None if others were faster.

        Raises:
            InputError: 303, it is no file of ours, or cannot be renamed.
        """
        with file_lock.hold(self.path / (stem + QUEUED)) as held:
            if held is None:
                yield None
                return
            claim = Claim(self, stem, held)
            claim.begin()
            yield claim

    def set_aside(self, stem: str) -> None:
        """Take what cannot be sent out of the way of the next run.

        Raises:
            InputError: 303, it cannot be renamed.
        """
        self.move(self.path / (stem + QUEUED), stem, FAILED)

    def move(self, path: Path, stem: str, ending: str) -> Path:
        """Give a file another ending, and a number if that name is taken; gives its new path."""
        for number in itertools.count(1):
            new = self.path / f"{stem}{f'-{number}' if number > 1 else ''}{ending}"
            try:
                with _renaming(path, new):
                    move_to_free(path, new)
                    self.sync()
            except FileExistsError:
                continue
            return new
        raise AssertionError  # it counts on and on


class Claim:
    """One message that is ours to send."""

    def __init__(self, spool: Spool, stem: str, held: LockedFile) -> None:
        self.stem = stem
        self._spool = spool
        self._held = held
        self._path = spool.path / (stem + QUEUED)

    def begin(self) -> None:
        """Let other processes see that it is being sent.

        Raises:
            InputError: 303, something of that name is there, or it cannot be renamed.
        """
        self._held.let_move()
        new = self._spool.path / (self.stem + SENDING)
        try:
            with _renaming(self._path, new):
                move_to_free(self._path, new)
                self._spool.sync()
        except FileExistsError as error:
            if _is_same(self._path, new):  # a process died between the two steps of a renaming
                self._path.unlink()
                self._path = new
                return
            raise InputError(
                f"{new.name} already exists, so the message may have been sent",
                code=UNREADABLE,
                remedy=f"Find out whether it was, and delete {new.name} or {self._path.name}",
            ) from error
        self._path = new

    def move(self, ending: str) -> None:
        """Give the file another ending; an empty one deletes it.

        Raises:
            InputError: 303, it cannot be renamed or deleted.
        """
        self._held.let_move()
        if ending:
            self._path = self._spool.move(self._path, self.stem, ending)
            return
        with _renaming(self._path, self._path):
            self._path.unlink()
            self._spool.sync()

    def job(self, stop_on: frozenset[RecipientType]) -> DeliveryJob:
        """The message, to be read while it is sent.

        Raises:
            InputError: 303, the file is none of ours, or was damaged.
        """
        return read_job(self._held.open(self._path), self._path.name, stop_on)


def _is_same(path: Path, other: Path) -> bool:
    """True if both are names of one file."""
    try:
        return path.samefile(other)
    except OSError:
        return False


@contextmanager
def _renaming(path: Path, new: Path) -> Iterator[None]:
    """What the system says about a renaming, as our error; only that a name is taken, as it is."""
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be renamed to {new.name}: {error.strerror}",
            code=UNREADABLE,
            remedy=f"Make sure that you may write to {path.parent}",
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
