"""The asyncio driver: cancelled at any of its awaits, it leaves nothing behind and knows all."""

from __future__ import annotations

import asyncio
import contextlib
import types
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any

import pytest

from drivers.fronts import letter
from drivers.jobs import COPIES, Stream
from drivers.peers import Line, Peer, greet
from smtp_nb import AsyncSMTP, SSLServerAuthenticationEvent
from smtp_nb.errors import Interrupted
from smtp_nb.model.outcome import Outcome
from smtp_nb.model.receipt import Receipt
from smtp_nb.sandbox import SandboxServer

SERVERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "DATA": {"without": ["CHUNKING"]},
    "one by one": {"without": ["CHUNKING", "PIPELINING"]},
    "TLS and AUTH": {"tls": "starttls", "auth": {"alice": "wonderland"}},
}


class TooFewWaits(Exception):
    """The coroutine was done before it waited so often."""


@types.coroutine
def cancelled_at(number: int, work: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    """Do the work and cancel the task as soon as it waits for the so many-th time."""
    waits, trouble = 0, None
    while True:
        try:
            future = work.send(None) if trouble is None else work.throw(trouble)
        except StopIteration as stop:
            if waits < number:
                raise TooFewWaits from None
            return stop.value
        waits, trouble = waits + 1, None
        if waits == number:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        try:
            yield future
        except BaseException as error:
            trouble = error


async def at_any_await(cancel_at: Callable[[int], Awaitable[bool]]) -> None:
    """Cancel at the first await, the second, … until there are no more, whose number may vary."""
    number, misses = 1, 0
    while misses < 5:
        misses = 0 if await cancel_at(number) else misses + 1
        number += 1


def known(error: asyncio.CancelledError) -> Receipt | None:
    cause = error.__cause__
    return cause.receipt if isinstance(cause, Interrupted) else None


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_a_send_that_is_cancelled_at_any_await_knows_its_outcome(server: dict[str, Any]) -> None:
    found = []

    async def cancel_at(number: int) -> bool:
        smtp = AsyncSMTP.from_url(sandbox.url, **letter(sandbox.port), pipelining="message")
        smtp.send_to = f"n{number}-{len(found)}@example.test"
        try:
            await cancelled_at(number, smtp.send())
        except TooFewWaits:
            return False
        except asyncio.CancelledError as error:
            receipt = known(error)
            assert receipt is not None
            found.append((smtp.send_to, receipt.outcome))
        assert not smtp.connected
        assert smtp.idle
        return True

    with SandboxServer(**server) as sandbox:
        # What comes in one piece or in two decides how often we wait: more than one round.
        while {outcome for _, outcome in found} != set(COPIES):
            asyncio.run(at_any_await(cancel_at))
    copies = Counter(message.rcpt_tos[0] for message in sandbox.messages)
    for address, outcome in found:
        assert copies[address] in COPIES[outcome]


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_a_stream_that_is_cancelled_at_any_await_gives_every_job_back(
    server: dict[str, Any],
) -> None:
    streams: list[Stream] = []

    async def cancel_at(number: int) -> bool:
        smtp = AsyncSMTP.from_url(sandbox.url)
        streams.append(Stream(9, f"s{number}-"))
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await cancelled_at(number, smtp.deliver(streams[-1]))
            except TooFewWaits:
                return False
        assert not smtp.connected
        return True

    with SandboxServer(**server) as sandbox:
        asyncio.run(at_any_await(cancel_at))
    copies = Counter(message.subject for message in sandbox.messages)
    for stream in streams:
        stream.assert_complete()
        assert all(copies[tag] in COPIES[outcome] for tag, outcome in stream.outcomes.items())


def test_no_octet_leaves_after_a_cancellation() -> None:
    message = b"Subject: long\r\n\r\n" + (b"x" * 78 + b"\r\n") * 150_000
    heard = []

    def deaf_for_a_while(line: Line) -> None:
        greet(line)
        for answer in (b"250 ok", b"250 ok", b"354 go on"):
            line.hear()
            line.say(answer)
        line.wait_until_told()
        heard.append(line.hear_the_end())

    async def main() -> None:
        smtp = AsyncSMTP(**letter(peer.port, message=message))
        task = asyncio.create_task(smtp.send())
        await asyncio.to_thread(peer.stalled.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        receipt = known(caught.value)
        assert receipt is not None
        assert receipt.outcome is Outcome.NOT_SENT
        peer.told.set()
        await asyncio.to_thread(peer.wait_until_served)

    with Peer(deaf_for_a_while) as peer:
        asyncio.run(main())
    assert len(heard[0]) < len(message)
    assert b"\r\n.\r\n" not in heard[0]


def test_a_time_limit_around_a_send_is_a_cancellation() -> None:
    async def main() -> None:
        smtp = AsyncSMTP(**letter(peer.port))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await smtp.send()
        assert not smtp.connected

    with Peer(lambda line: line.stall()) as peer:
        asyncio.run(main())


def test_twenty_sends_at_once_take_turns() -> None:
    async def main() -> None:
        smtp = AsyncSMTP(**letter(server.port))
        results = await asyncio.gather(*(smtp.send() for _ in range(20)))
        assert all(receipt.outcome is Outcome.ACCEPTED for receipt in results)

    with SandboxServer() as server:
        asyncio.run(main())
        assert len(server.messages) == 20


def test_twenty_objects_send_at_once() -> None:
    async def send(name: int) -> Receipt:
        smtp = AsyncSMTP(**letter(server.port, subject=str(name)))
        return await smtp.send()

    async def main() -> None:
        receipts = await asyncio.gather(*map(send, range(20)))
        assert {receipt.outcome for receipt in receipts} == {Outcome.ACCEPTED}

    with SandboxServer() as server:
        asyncio.run(main())
        assert {message.subject for message in server.messages} == set(map(str, range(20)))


def test_the_loop_goes_on_while_a_send_waits() -> None:
    async def main() -> None:
        smtp = AsyncSMTP(**letter(peer.port))
        task = asyncio.create_task(smtp.send())
        await asyncio.to_thread(peer.stalled.wait)  # the loop is free to come back from this
        smtp.interrupt()
        with pytest.raises(Interrupted):
            await task

    with Peer(lambda line: line.stall()) as peer:
        asyncio.run(main())


def test_a_coroutine_decides_on_the_certificate() -> None:
    async def accept(event: SSLServerAuthenticationEvent) -> None:
        await asyncio.sleep(0)
        assert event.status != "OK"
        event.accept = True

    async def main() -> None:
        smtp = AsyncSMTP(**letter(server.port, ssl_start_mode="implicit"))
        smtp.on_ssl_server_authentication += accept
        assert (await smtp.send()).outcome is Outcome.ACCEPTED

    with SandboxServer(tls="implicit", certificate="self-signed") as server:
        asyncio.run(main())


def test_one_object_serves_one_event_loop_after_the_other() -> None:
    with SandboxServer() as server:
        smtp = AsyncSMTP(**letter(server.port))
        for _ in range(3):
            assert asyncio.run(smtp.send()).outcome is Outcome.ACCEPTED
