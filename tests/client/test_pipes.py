"""Streams that let us wait: a pipe that nobody fills stops nobody but its own call."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import pytest

from drivers.fronts import Front, letter
from drivers.peers import wait_until
from drivers.stages import receipt_of
from smtp_nb import SMTP, AsyncSMTP, Outcome
from smtp_nb.errors import InputError, Interrupted, SMTPTimeout, StateError
from smtp_nb.sandbox import SandboxServer

HEAD = b"Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\n"
WAYS = {"bdat": (), "data": ("CHUNKING",)}
# What is in the pipe before it falls silent: nothing, or more than one piece of either way.
BEGUN = {"before the header": b"", "in the middle": HEAD + (b"x" * 70 + b"\r\n") * 40_000}


class Pipe:
    """A pipe, its reading end as a stream, and a thread that fills it."""

    def __init__(self, begun: bytes) -> None:
        reading, self._writing = os.pipe()
        self.stream: BinaryIO = os.fdopen(reading, "rb")
        self.is_silent = threading.Event()
        self._begun = begun
        self._thread = threading.Thread(target=self._fill)
        self._thread.start()

    def _fill(self) -> None:
        with contextlib.suppress(BrokenPipeError):
            left = memoryview(self._begun)
            while left:
                left = left[os.write(self._writing, left) :]
        self.is_silent.set()

    def end(self) -> None:
        """No more octets will come."""
        self._thread.join()
        os.close(self._writing)


@contextlib.contextmanager
def opened(begun: bytes) -> Iterator[Pipe]:
    pipe = Pipe(begun)
    try:
        yield pipe
    finally:
        pipe.end()
        wait_until(lambda: not errands())
        assert pipe.stream.closed is bool(begun), "what was begun is closed when that is possible"
        pipe.stream.close()


def errands() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "smtp_nb-call"]


def when_silent(pipe: Pipe, act: Callable[[], object]) -> None:
    """Do something from a thread once the pipe gives no more and somebody waits for it."""

    def wait_and_act() -> None:
        pipe.is_silent.wait()
        wait_until(lambda: bool(errands()))
        act()

    threading.Thread(target=wait_and_act, daemon=True).start()


@pytest.fixture(params=WAYS)
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(without=WAYS[request.param]) as server:
        yield server


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.covers("SMTP.Interrupt")
@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_interrupt_ends_the_wait_for_a_pipe(
    front: Front, server: SandboxServer, begun: bytes
) -> None:
    with opened(begun) as pipe:
        smtp = front.make(**letter(server.port))
        smtp.set_message_stream(pipe.stream)
        when_silent(pipe, smtp.interrupt)
        with pytest.raises(Interrupted) as caught:
            front.run(smtp.send())
        assert not smtp.connected
        assert smtp.idle
        if begun:
            assert caught.value.receipt.outcome is Outcome.NOT_SENT
        smtp.set_message_stream([HEAD])
        assert front.run(smtp.send())
    assert [message.content for message in server.messages] == [HEAD]


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_ctrl_c_ends_the_wait_for_a_pipe(server: SandboxServer, begun: bytes) -> None:
    with opened(begun) as pipe:
        smtp = SMTP(**letter(server.port))
        smtp.set_message_stream(pipe.stream)
        when_silent(pipe, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            smtp.send()
        assert not smtp.connected
    assert not server.messages


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_a_task_that_waits_for_a_pipe_can_be_cancelled(server: SandboxServer, begun: bytes) -> None:
    async def cancelled() -> None:
        with opened(begun) as pipe:
            smtp = AsyncSMTP(**letter(server.port))
            smtp.set_message_stream(pipe.stream)
            task = asyncio.ensure_future(smtp.send())
            when_silent(pipe, lambda: loop.call_soon_threadsafe(task.cancel))
            loop = asyncio.get_running_loop()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            receipt = receipt_of(caught.value)
            assert receipt is None or receipt.outcome is Outcome.NOT_SENT
            assert not smtp.connected

    asyncio.run(cancelled())
    assert not server.messages


@pytest.mark.covers("SMTP.SetMessageStream")
def test_a_task_that_waits_for_a_pipe_lets_others_run(server: SandboxServer) -> None:
    """Were the event loop blocked, nobody could fill the pipe."""
    reading, writing = os.pipe()

    async def fill() -> None:
        with open(writing, "wb", buffering=0) as end:
            for piece in (HEAD[:5], HEAD[5:], b"two\r\n", b"three\r\n"):
                end.write(piece)
                for _ in range(5):
                    await asyncio.sleep(0)

    async def send() -> None:
        smtp = AsyncSMTP(**letter(server.port))
        smtp.set_message_stream(os.fdopen(reading, "rb"))
        receipt, _ = await asyncio.gather(smtp.send(), fill())
        assert receipt

    asyncio.run(send())
    assert server.messages[0].content == HEAD + b"two\r\nthree\r\n"


@pytest.mark.covers("SMTP.Queue")
@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_a_call_that_was_interrupted_queues_nothing(
    front: Front, tmp_path: Any, begun: bytes
) -> None:
    with opened(begun) as pipe:
        smtp = front.make(**letter(25))
        smtp.set_message_stream(pipe.stream)
        when_silent(pipe, smtp.interrupt)
        with pytest.raises(Interrupted):
            front.run(smtp.queue(tmp_path))
        assert list(tmp_path.iterdir()) == []
        if begun:
            return
        with pytest.raises(StateError, match="still waiting"):
            front.run(smtp.queue(tmp_path))
        smtp.set_message_stream(None)
        assert front.run(smtp.queue(tmp_path))


@pytest.mark.covers("Socket.AbsoluteTimeout")
def test_the_time_of_a_whole_call_counts_the_wait_for_a_pipe(
    front: Front, server: SandboxServer
) -> None:
    with opened(BEGUN["in the middle"]) as pipe:
        smtp = front.make(**letter(server.port), timeout=0.2)
        smtp.config("AbsoluteTimeout=True")
        smtp.set_message_stream(pipe.stream)
        with pytest.raises(SMTPTimeout):
            front.run(smtp.send())
    assert not server.messages


def test_what_a_stream_raises_is_told_and_nothing_is_delivered(
    front: Front, server: SandboxServer
) -> None:
    def breaking() -> Iterator[bytes]:
        yield HEAD
        yield b"x\r\n" * 50_000
        raise OSError(5, "Input/output error")

    smtp = front.make(**letter(server.port))
    smtp.set_message_stream(breaking())
    with pytest.raises(Exception, match="Input/output error"):
        front.run(smtp.send())
    assert not server.messages


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("wrong", [5, "text", b"octets", ["text"], io.StringIO("text")])
def test_what_is_no_stream_is_refused_before_a_connection(
    front: Front, server: SandboxServer, wrong: Any
) -> None:
    smtp = front.make(**letter(server.port))
    smtp.set_message_stream(wrong)
    with pytest.raises(InputError, match="Give a file"):
        front.run(smtp.send())
    assert len(server.sessions) == 0
