"""The blocking driver where it runs: inside an event loop, in threads, many at a time."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from drivers.fronts import letter
from drivers.jobs import Stream
from drivers.peers import Line, Peer, greet, open_files, talk, wait_until
from smtp_nb import SMTP, SSLServerAuthenticationEvent
from smtp_nb.drivers.blocking import BlockingDriver
from smtp_nb.errors import BusyError, Interrupted
from smtp_nb.flows.intents import Call, Close, Flow, Open, Read
from smtp_nb.model.outcome import Outcome
from smtp_nb.sandbox import SandboxServer


def test_it_works_inside_a_running_event_loop() -> None:
    async def cell() -> Outcome:
        return smtp.send().outcome

    with SandboxServer(tls="starttls", auth={"alice": "wonderland"}) as server:
        smtp = SMTP.from_url(server.url, **letter(server.port))
        assert asyncio.run(cell()) is Outcome.ACCEPTED


def test_threads_with_an_object_each_do_not_meet() -> None:
    def deliver(name: str) -> Stream:
        stream = Stream(50, f"{name}-")
        SMTP(mail_server="127.0.0.1", mail_port=server.port).deliver(stream)
        return stream

    with SandboxServer() as server, ThreadPoolExecutor(8) as threads:
        streams = list(threads.map(deliver, "abcdefgh"))
        assert len(server.messages) == 400
    for stream in streams:
        stream.assert_complete()
        assert set(stream.outcomes.values()) == {Outcome.ACCEPTED}


def test_flows_take_turns_although_all_that_they_read_is_there() -> None:
    read: list[str] = []
    has_all = threading.Event()

    def send_all() -> None:
        lines = [listener.accept()[0] for _ in "ab"]
        for line in lines:
            line.sendall(b"x" * 400_000)
            line.close()
        has_all.set()

    def flow(name: str) -> Flow[None]:
        yield Open("127.0.0.1", listener.getsockname()[1])
        yield Call(has_all.wait, "the sender")
        while (yield Read()):
            read.append(name)
        yield Close()

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as threads:
        threads.submit(send_all)
        driver = BlockingDriver(SMTP())
        driver.run_all([(flow(name), Stream(0, name)) for name in "ab"])
    assert set(read[: len(read) // 2]) == {"a", "b"}


def test_a_second_thread_is_refused_and_disturbs_nothing() -> None:
    def habit(line: Line) -> None:
        greet(line)
        talk(line, {b".": None})

    with Peer(habit) as peer, ThreadPoolExecutor(1) as threads:
        smtp = SMTP(**letter(peer.port))
        first = threads.submit(smtp.send)
        peer.stalled.wait(30)
        for call in (smtp.send, smtp.connect, smtp.disconnect, smtp.reset):
            with pytest.raises(BusyError) as caught:
                call()
            assert caught.value.code == 166
        assert not smtp.idle
        smtp.interrupt()
        with pytest.raises(Interrupted):
            first.result(30)
    assert smtp.idle


def test_a_handler_that_calls_back_is_refused() -> None:
    errors = []

    def call_back(event: object) -> None:
        try:
            smtp.send()
        except BusyError as error:
            errors.append(error)

    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port))
        smtp.on_start_transfer += call_back
        assert smtp.send().outcome is Outcome.ACCEPTED
        assert len(server.messages) == 1
    assert len(errors) == 1


def test_a_coroutine_for_a_handler_needs_the_asyncio_front() -> None:
    async def accept(event: SSLServerAuthenticationEvent) -> None:
        event.accept = True

    with SandboxServer(tls="implicit", certificate="self-signed") as server:
        smtp = SMTP(**letter(server.port, ssl_start_mode="implicit"))
        smtp.on_ssl_server_authentication += accept
        with pytest.raises(TypeError, match="AsyncSMTP"):
            smtp.send()
    assert not smtp.connected
    assert server.messages == []


def test_a_connection_that_nobody_closes_is_closed_with_its_object() -> None:
    with Peer(lambda line: (greet(line), talk(line))) as peer:
        smtp = SMTP(**letter(peer.port))
        smtp.connect()
        del smtp
        with pytest.warns(ResourceWarning):  # Python's own word for a forgotten socket
            gc.collect()
        peer.wait_until_served()


def test_sessions_in_tls_leave_no_file_open() -> None:
    with SandboxServer(tls="starttls", auth={"alice": "wonderland"}) as server:
        smtp = SMTP.from_url(server.url)
        before = open_files()
        for _ in range(50):
            with smtp:
                assert smtp.tls is not None
        wait_until(lambda: open_files() == before)
