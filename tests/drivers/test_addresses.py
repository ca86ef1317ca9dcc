"""A host of several addresses, on real sockets: the first that serves us is used."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from drivers.fronts import Front, letter
from drivers.peers import Line, Peer, full_backlog, wait_for_attempt
from smtp_nb import AsyncSMTP
from smtp_nb.errors import ConnectFailed, Interrupted, LinkError, SMTPTimeout
from smtp_nb.sandbox import SandboxServer

ONE, TWO = "127.0.0.2", "127.0.0.3"


def greets_and_hangs_up(line: Line) -> None:
    line.say(b"220 mx.test")
    line.hear()
    line.sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def nobody(host: str, port: int) -> Iterator[None]:
    yield


FIRST: dict[str, Callable[[str, int], Any]] = {
    "swallows packets": full_backlog,
    "refuses": nobody,
    "greets and hangs up": lambda host, port: Peer(greets_and_hangs_up, host, port),
    "hangs up": lambda host, port: Peer(lambda line: line.sock.close(), host, port),
}


@pytest.fixture
def two_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """`two.test` has both addresses."""
    look_up = socket.getaddrinfo

    def found(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host != "two.test":
            return look_up(host, port, *rest, **options)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in (ONE, TWO)]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
def test_a_message_goes_to_the_second_address_where_the_first_serves_nobody(
    front: Front, two_test: None, first: Any
) -> None:
    with SandboxServer(host=TWO) as server, first(ONE, server.port):
        smtp = front.make(**letter(server.port, mail_server="two.test"))
        with front.connected(smtp):
            assert smtp.remote_address == TWO
            assert front.run(smtp.send())
        assert len(server.messages) == 1


def test_both_addresses_share_a_local_port(front: Front, two_test: None) -> None:
    with SandboxServer(host=TWO) as server, full_backlog(ONE, server.port):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        smtp = front.make(**letter(server.port, mail_server="two.test"))
        smtp.config(f"LocalPort={port}")
        with front.connected(smtp):
            assert smtp.line.local_port == port


def connections() -> int:
    return len(psutil.Process(os.getpid()).net_connections("tcp"))


def test_the_time_out_names_both_and_closes_both(front: Front, two_test: None) -> None:
    with full_backlog(ONE) as port, full_backlog(TWO, port):
        smtp = front.make(**letter(port, mail_server="two.test"), timeout=0.4)
        before = connections()
        with pytest.raises(SMTPTimeout, match=f"{ONE} did not answer; {TWO} did not answer"):
            front.run(smtp.send())
        assert connections() == before


def test_an_interrupt_closes_every_attempt(front: Front, two_test: None) -> None:
    with full_backlog(ONE) as port, full_backlog(TWO, port):
        smtp = front.make(**letter(port, mail_server="two.test"))
        before = connections()

        def stop() -> None:
            wait_for_attempt(port)
            smtp.interrupt()

        thread = threading.Thread(target=stop)
        thread.start()
        with pytest.raises(Interrupted):
            front.run(smtp.connect())
        thread.join(30)
        assert connections() == before


def test_a_cancelled_task_closes_every_attempt(two_test: None) -> None:
    async def cancelled(port: int) -> None:
        smtp = AsyncSMTP(**letter(port, mail_server="two.test"))
        task = asyncio.ensure_future(smtp.connect())
        await asyncio.to_thread(wait_for_attempt, port)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with full_backlog(ONE) as port, full_backlog(TWO, port):
        before = connections()
        asyncio.run(cancelled(port))
        assert connections() == before


def test_the_error_names_both_addresses(front: Front, two_test: None) -> None:
    with socket.create_server((ONE, 0)) as taken:
        port = taken.getsockname()[1]
    smtp = front.make(**letter(port, mail_server="two.test"))
    with pytest.raises(ConnectFailed) as caught:
        front.run(smtp.connect())
    assert caught.value.code == 10061
    assert f"{ONE}: connection refused; {TWO}: connection refused" in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "code", "named"),
    [
        ({"local_host": "192.0.2.1"}, 10049, "local_host"),
        ({"LocalPort": 0}, 10048, "LocalPort"),
    ],
)
def test_an_error_of_our_end_names_our_end(
    front: Front, settings: dict[str, Any], code: int, named: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        for name, value in settings.items():
            port = taken.getsockname()[1]
            smtp.config(f"{name}={port}") if name == "LocalPort" else setattr(smtp, name, value)
        with pytest.raises(LinkError) as caught:
            front.run(smtp.connect())
    assert caught.value.code == code
    assert named in caught.value.description
    assert named in caught.value.remedy
    assert "many networks block" not in caught.value.remedy
