"""Handlers that are coroutine functions, and events that others post."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from drivers.fronts import Front, letter, open_front
from smtp_nb import SMTP, AsyncSMTP, Outcome
from smtp_nb.errors import Interrupted
from smtp_nb.model.events import ErrorEvent, PITrailEvent
from smtp_nb.sandbox import SandboxServer

NAMES = ("connection_status", "end_transfer", "error", "expand", "pi_trail", "ssl_status",
         "ssl_server_authentication", "start_transfer", "transfer")  # fmt: skip
EVENTS = [
    pytest.param(name, marks=pytest.mark.covers(f"SMTP.{reference}"), id=name)
    for name, reference in zip(
        NAMES,
        ("ConnectionStatus", "EndTransfer", "Error", "Expand", "PITrail", "SSLStatus",
         "SSLServerAuthentication", "StartTransfer", "Transfer"),
        strict=True,
    )
]  # fmt: skip


async def ask_everything(smtp: AsyncSMTP) -> None:
    await smtp.connect()
    await smtp.expand("class")
    assert (await smtp.send()).outcome is Outcome.PARTIAL
    await smtp.disconnect()


def server_with_everything() -> SandboxServer:
    return SandboxServer(tls="starttls", lists={"class": ["ann@x.test"]}, refuse=["bcc@*"])


@pytest.mark.parametrize("name", EVENTS)
def test_a_coroutine_function_hears_what_a_function_hears_in_the_same_order(name: str) -> None:
    heard: dict[str, list[Any]] = {"function": [], "coroutine": []}

    async def listen(event: Any) -> None:
        await asyncio.sleep(0)
        heard["coroutine"].append(event)

    with server_with_everything() as server:
        smtp = AsyncSMTP.from_url(server.url, **letter(server.port, bcc="bcc@x.test"))
        getattr(smtp, f"on_{name}")(heard["function"].append)
        getattr(smtp, f"on_{name}")(listen)
        asyncio.run(ask_everything(smtp))
    assert heard["function"]
    assert heard["coroutine"] == heard["function"]


def test_the_session_goes_on_when_the_handler_is_done() -> None:
    order: list[str] = []

    async def listen(event: PITrailEvent) -> None:
        order.append(f"begin {event.message[:4]}")
        for _ in range(5):
            await asyncio.sleep(0)
        order.append(f"end {event.message[:4]}")

    with SandboxServer() as server:
        smtp = AsyncSMTP(**letter(server.port))
        smtp.on_pi_trail = listen
        asyncio.run(smtp.send())
    assert len(order) > 20
    assert [word.partition(" ")[2] for word in order[::2]] == [
        word.partition(" ")[2] for word in order[1::2]
    ]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ssl_server_authentication"])
def test_a_coroutine_function_that_raises_is_logged_and_breaks_nothing(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(event: object) -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError("in a handler")

    with server_with_everything() as server:
        smtp = AsyncSMTP.from_url(server.url, **letter(server.port, bcc="bcc@x.test"))
        setattr(smtp, f"on_{name}", fail)
        asyncio.run(ask_everything(smtp))
        assert len(server.messages) == 1
    assert {record.levelno for record in caplog.records} == {logging.ERROR}
    assert "ZeroDivisionError" in caplog.text


def test_a_handler_that_waits_may_interrupt_and_be_cancelled() -> None:
    async def stop(event: PITrailEvent) -> None:
        await asyncio.sleep(0)
        if event.message.startswith("MAIL"):
            smtp.interrupt()

    async def hang(event: PITrailEvent) -> None:
        if event.message.startswith("MAIL"):
            waits.set()
            await asyncio.Event().wait()

    async def cancel() -> None:
        task = asyncio.ensure_future(smtp.send())
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not smtp.connected
        assert smtp.idle

    with SandboxServer() as server:
        smtp, waits = AsyncSMTP(**letter(server.port)), asyncio.Event()
        smtp.on_pi_trail = stop
        with pytest.raises(Interrupted):
            asyncio.run(smtp.send())
        smtp.on_pi_trail = hang
        asyncio.run(cancel())
        assert not server.messages


def test_the_blocking_front_says_that_it_cannot_await(caplog: pytest.LogCaptureFixture) -> None:
    async def listen(event: object) -> None:
        raise AssertionError("it cannot run")

    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_transfer = listen
        assert smtp.send()
    assert "AsyncSMTP" in caplog.text


# -- do_events ----------------------------------------------------------------------------------


@pytest.mark.covers("SMTP.DoEvents")
def test_do_events_delivers_in_the_order_of_posting_and_only_once(front: Front) -> None:
    smtp, worker, heard = front.make(), front.make(), []
    smtp.on_error += heard.append
    worker.report_to(smtp)
    events = [ErrorEvent(number, "posted") for number in range(5)]
    thread = threading.Thread(target=lambda: [worker.emit(event) for event in events])
    thread.start()
    thread.join()
    assert heard == []
    wait_for(front, smtp)
    assert heard == events
    wait_for(front, smtp)
    assert heard == events


def wait_for(front: Front, smtp: Any) -> None:
    """Call do_events and wait for it, where there is something to wait for."""

    async def awaited() -> None:
        await smtp.do_events()

    if front.loop is None:
        smtp.do_events()
    else:
        front.run(awaited())


@pytest.mark.covers("SMTP.DoEvents")
def test_whoever_awaits_do_events_awaits_the_handlers_and_lets_others_run() -> None:
    async def listen(event: ErrorEvent) -> None:
        await asyncio.sleep(0)
        heard.append(event.error_code)

    async def ask() -> None:
        await smtp.do_events()
        assert heard == [1]
        post = asyncio.get_running_loop().call_soon(worker.emit, ErrorEvent(2, "later"))
        await smtp.do_events()
        assert heard == [1, 2], "it came while we waited a moment for it"
        post.cancel()

    heard: list[int] = []
    with open_front("asyncio") as front:
        smtp, worker = front.make(), front.make()
        smtp.on_error += listen
        worker.report_to(smtp)
        worker.emit(ErrorEvent(1, "posted"))
        front.run(ask())


@pytest.mark.parametrize("is_coroutine", [False, True])
def test_a_handler_that_raises_is_logged_once_for_each_call(
    is_coroutine: bool, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(event: PITrailEvent) -> None:
        raise ValueError(event.message)

    async def fail_later(event: PITrailEvent) -> None:
        raise ValueError(event.message)

    async def send_twice(smtp: AsyncSMTP) -> None:
        await smtp.send()
        await smtp.send()

    with SandboxServer() as server:
        smtp = AsyncSMTP(**letter(server.port))
        smtp.on_pi_trail = fail_later if is_coroutine else fail
        smtp.on_pi_trail += lambda event: [].clear() or 1 / 0
        with caplog.at_level(logging.ERROR, "smtp_nb"):
            asyncio.run(send_twice(smtp))
        assert len(server.messages) == 2
    assert len(caplog.records) == 4  # two handlers, two calls
