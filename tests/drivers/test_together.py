"""Several flows at once, in one loop."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Iterator

import pytest

from drivers.fronts import Front
from drivers.jobs import COPIES, Stream
from drivers.stages import when
from smtp_nb import SMTP, AsyncSMTP
from smtp_nb.errors import Interrupted, SMTPError
from smtp_nb.flows.delivering.reconnecting import Pause
from smtp_nb.model.outcome import Outcome
from smtp_nb.sandbox import SandboxServer

LINES = 3


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


class Lasting(Stream):
    """A stream that pauses where it is told to, and forgives nothing."""

    rest: float = 0.0

    def pause(self) -> Pause | None:
        return Pause(self.rest) if self._left or self.rest else None

    def broke(self, error: SMTPError) -> bool:
        return False


def streams(count: int, **options: object) -> list[Lasting]:
    return [Lasting(count, f"{'abc'[line]}-", **options) for line in range(LINES)]


def assert_counted(all_streams: list[Lasting], server: SandboxServer) -> None:
    """Every letter taken came back, and what came back is what the server has."""
    subjects = [message.subject for message in server.messages]
    for stream in all_streams:
        stream.assert_complete()
        for tag, outcome in stream.outcomes.items():
            assert subjects.count(tag) in COPIES[outcome]


def test_each_flow_has_its_line(front: Front, server: SandboxServer) -> None:
    all_streams = streams(40)
    front.run(front.SMTP.from_url(server.url).deliver_all(all_streams))
    assert_counted(all_streams, server)
    assert len(server.messages) == 40 * LINES
    assert len(server.sessions) == LINES


def test_when_one_fails_the_others_finish_what_is_under_way(
    front: Front, server: SandboxServer
) -> None:
    server.inject("close", stage="MAIL", sender="from-b-7@*", times=1)
    all_streams = streams(100_000)
    smtp = front.SMTP.from_url(server.url)
    with pytest.raises(SMTPError, match="closed the connection"):
        front.run(smtp.deliver_all(all_streams))
    assert not smtp.connected
    assert_counted(all_streams, server)
    for stream in (all_streams[0], all_streams[2]):
        assert set(stream.outcomes.values()) == {Outcome.ACCEPTED}
        assert len(stream.taken) < 100_000


def test_one_that_fails_wakes_one_that_pauses(front: Front, server: SandboxServer) -> None:
    server.inject("close", stage="MAIL", sender="from-b-7@*", times=1)
    all_streams = streams(10)
    all_streams[0].rest = 3600.0
    with pytest.raises(SMTPError):
        front.run(front.SMTP.from_url(server.url).deliver_all(all_streams))
    assert all_streams[0].taken == []


def test_interrupt_ends_all_of_them(front: Front, server: SandboxServer) -> None:
    smtp = front.SMTP.from_url(server.url)
    all_streams = streams(100_000, before=lambda taken: taken > 20 and smtp.interrupt())
    all_streams[2].rest = 3600.0
    with pytest.raises(Interrupted):
        front.run(smtp.deliver_all(all_streams))
    assert_counted(all_streams, server)
    assert smtp.idle


def test_nudge_ends_a_pause(front: Front, server: SandboxServer) -> None:
    smtp, (stream, *_) = front.SMTP.from_url(server.url), streams(3)
    stream.rest = 3600.0

    asked = threading.Event()
    pause = stream.pause

    def watched() -> Pause | None:
        asked.set()
        return pause()

    stream.pause = watched  # type: ignore[method-assign]

    def go_on() -> None:
        stream.rest = 0.0
        smtp.nudge()

    with when(asked.wait, go_on):
        front.run(smtp.deliver_all([stream]))
    stream.assert_complete()
    assert len(server.messages) == 3


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_reaches_all_of_them(server: SandboxServer, presses: int) -> None:
    def press(taken: int) -> None:
        if taken == 7:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)

    all_streams = streams(100_000)
    all_streams[1]._before = press
    smtp = SMTP.from_url(server.url)
    with pytest.raises(KeyboardInterrupt):
        smtp.deliver_all(all_streams)
    assert_counted(all_streams, server)
    outcomes = {outcome for stream in all_streams for outcome in stream.outcomes.values()}
    assert presses == 2 or outcomes == {Outcome.ACCEPTED}
    assert not smtp.connected
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_cancelled_task_drops_all_lines(server: SandboxServer) -> None:
    all_streams = streams(100_000)

    async def work() -> None:
        smtp = AsyncSMTP.from_url(server.url)
        task = asyncio.ensure_future(smtp.deliver_all(all_streams))
        while sum(len(stream.taken) for stream in all_streams) < 60:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert smtp.idle
        assert not smtp.connected

    asyncio.run(work())
    server.stop()
    assert_counted(all_streams, server)


def test_what_a_source_raises_is_what_the_caller_sees(front: Front, server: SandboxServer) -> None:
    class Gone(BaseException):
        """As sys.exit() in somebody's code."""

    def leave(taken: int) -> None:
        if taken > 7:
            raise Gone

    all_streams = streams(100_000)
    all_streams[1]._before = leave
    with pytest.raises(Gone):
        front.run(front.SMTP.from_url(server.url).deliver_all(all_streams))
    server.stop()
    assert_counted(all_streams, server)
