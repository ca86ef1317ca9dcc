"""Awaits on one `AsyncSMTP` take turns."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from client.test_busy import METHODS, calling, silent
from drivers.fronts import letter
from drivers.peers import Peer
from smtp_nb import AsyncSMTP, Outcome
from smtp_nb.errors import BusyError, MissingError, StateError
from smtp_nb.sandbox import SandboxServer


def test_sends_that_are_gathered_all_succeed_one_after_the_other() -> None:
    async def gather(port: int) -> list[Any]:
        async with AsyncSMTP(**letter(port)) as smtp:
            return await asyncio.gather(*(smtp.send() for _ in range(5)))

    with SandboxServer() as server:
        receipts = asyncio.run(gather(server.port))
        assert [receipt.outcome for receipt in receipts] == [Outcome.ACCEPTED] * 5
        assert len({receipt.message_id for receipt in receipts}) == 5
        assert len(server.messages) == 5
        assert len(server.sessions) == 1


def test_each_send_takes_the_message_of_the_moment_in_which_it_was_called() -> None:
    people = [f"p{number}@x.test" for number in range(4)]

    async def tell_all(port: int) -> None:
        smtp, tasks = AsyncSMTP(**letter(port)), []
        for person in people:
            smtp.send_to, smtp.subject = person, f"For {person}"
            tasks.append(asyncio.ensure_future(smtp.send()))
        await asyncio.gather(*tasks)

    with SandboxServer() as server:
        asyncio.run(tell_all(server.port))
        assert [message.rcpt_tos for message in server.messages] == [(p,) for p in people]
        assert [message.subject for message in server.messages] == [f"For {p}" for p in people]


def test_what_cannot_be_sent_is_raised_where_it_is_awaited() -> None:
    async def send() -> None:
        smtp = AsyncSMTP(mail_server="127.0.0.1", from_="a@x.test")
        waiting = smtp.send()
        smtp.send_to = "b@x.test"
        with pytest.raises(MissingError):
            await waiting

    asyncio.run(send())


@pytest.mark.covers("SMTP.Idle")
@pytest.mark.parametrize("method", [name for name in METHODS if name not in ("connect", "reset")])
def test_a_second_call_waits_for_the_first(method: str, tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)

    async def call_during_another(port: int, peer: Peer) -> None:
        smtp = AsyncSMTP(**letter(port))
        await smtp.connect()
        first = asyncio.ensure_future(smtp.send())
        while not peer.stalled.is_set():
            await asyncio.sleep(0)
        second = asyncio.ensure_future(calling(smtp, method))
        await asyncio.sleep(0)
        assert not smtp.idle
        assert not second.done()
        peer.told.set()
        assert (await first).queue_id == "T1"
        (found,) = await asyncio.gather(second, return_exceptions=True)
        assert not isinstance(found, BusyError), "the server may say no, but nobody was in the way"
        assert smtp.idle
        await smtp.disconnect()

    with Peer(silent) as peer:
        asyncio.run(call_during_another(peer.port, peer))


@pytest.mark.covers("error.166")
def test_a_handler_that_awaits_the_object_whose_call_it_is_in_is_refused() -> None:
    async def send_within(port: int, spawns: bool) -> list[Exception]:
        smtp, raised = AsyncSMTP(**letter(port)), []

        async def again(event: Any) -> None:
            try:
                call = smtp.send_command("NOOP")
                await (asyncio.ensure_future(call) if spawns else call)
            except Exception as error:
                raised.append(error)

        smtp.on_end_transfer += again
        assert await smtp.send()
        smtp.on_end_transfer -= again
        assert await smtp.send(), "and the object is as good as before"
        return raised

    with SandboxServer() as server:
        for spawns in (False, True):
            raised = asyncio.run(send_within(server.port, spawns))
            assert raised
            assert {type(error) for error in raised} == {BusyError}


@pytest.mark.covers("error.1105")
def test_a_second_connect_during_one_is_still_an_error() -> None:
    async def twice(port: int) -> list[Any]:
        smtp = AsyncSMTP(**letter(port))
        found = await asyncio.gather(smtp.connect(), smtp.connect(), return_exceptions=True)
        await smtp.disconnect()
        return found

    with SandboxServer() as server:
        first, second = asyncio.run(twice(server.port))
        assert first is None
        assert isinstance(second, StateError)


def test_a_call_that_is_cancelled_while_it_waits_stops_nobody() -> None:
    async def cancel_one(port: int, peer: Peer) -> None:
        smtp = AsyncSMTP(**letter(port))
        tasks = [asyncio.ensure_future(smtp.send()) for _ in range(3)]
        while not peer.stalled.is_set():
            await asyncio.sleep(0)
        tasks[1].cancel()
        peer.told.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(found[1], asyncio.CancelledError)
        assert found[0].outcome is found[2].outcome is Outcome.ACCEPTED
        assert smtp.idle

    with Peer(silent) as peer:
        asyncio.run(cancel_one(peer.port, peer))


def test_one_object_works_in_one_event_loop_after_another() -> None:
    async def both(smtp: AsyncSMTP) -> None:
        await asyncio.gather(smtp.send(), smtp.send())

    with SandboxServer() as server:
        smtp = AsyncSMTP(**letter(server.port))
        for _ in range(2):
            asyncio.run(both(smtp))
        assert len(server.messages) == 4
