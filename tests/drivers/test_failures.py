"""What every driver on sockets makes of a failure, and of a wait that takes too long."""

from __future__ import annotations

import errno
import socket
import threading
from typing import Any

import pytest

from drivers.peers import Line, Peer, free_port, full_backlog
from drivers.talking import HERE, MEGABYTE, Run, opened, talking
from smtp_nb.errors import ConnectFailed, LinkError, SMTPTimeout
from smtp_nb.flows.intents import Flow, Open, Read, Resolve, SocketOptions, Write


def failure(run: Run, flow: Flow[Any]) -> LinkError:
    with pytest.raises(LinkError) as caught:
        run(flow)
    return caught.value


def test_nobody_listens(run: Run) -> None:
    error = failure(run, talking(Open(HERE, free_port(), 30)))
    assert isinstance(error, ConnectFailed)
    assert error.code == 10061
    assert isinstance(error.__cause__, ConnectionRefusedError)


def test_the_server_resets_the_line(run: Run) -> None:
    def habit(line: Line) -> None:
        line.hear()
        line.reset()

    with Peer(habit) as peer:
        error = failure(run, talking(opened(peer), Write(b"x\r\n", 30), Read(30)))
    assert error.code == 10054
    assert not error.connection_survives


def test_writing_to_a_server_that_is_gone(run: Run) -> None:
    gone = threading.Event()

    def habit(line: Line) -> None:
        line.hear()
        line.reset()
        gone.set()

    def flow() -> Flow[None]:
        yield opened(peer)
        yield Write(b"x\r\n", 30)
        gone.wait(30)
        for _ in range(100):
            yield Write(MEGABYTE, 30)

    with Peer(habit) as peer:
        assert failure(run, flow()).code in (10053, 10054)


@pytest.mark.covers("error.11001", "error.11002", "error.11003", "error.11004")
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), 11001),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), 11002),
        (socket.gaierror(socket.EAI_FAIL, "Non-recoverable failure"), 11003),
        (UnicodeError("label too long"), 11001),
        (OSError(errno.EMFILE, "Too many open files"), 10024),
        ([], 11004),
        ([(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 25, 0, 0))], 11004),
    ],
)
def test_the_name_leads_nowhere(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: Any, code: int
) -> None:
    def getaddrinfo(*_: object, **__: object) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = failure(run, talking(Open("mail.test", 25, 30)))
    assert isinstance(error, ConnectFailed)
    assert error.code == code


@pytest.mark.parametrize(("local_host", "code"), [("192.0.2.1", 10049), ("no.such.host", 11001)])
def test_an_end_that_is_not_ours(
    run: Run, monkeypatch: pytest.MonkeyPatch, local_host: str, code: int
) -> None:
    options = SocketOptions(local_host=local_host)
    assert failure(run, talking(Open(HERE, 25, 30, options))).code == code


def test_a_local_port_that_is_taken(run: Run) -> None:
    with socket.create_server((HERE, 0)) as taken:
        options = SocketOptions(local_host=HERE, local_port=taken.getsockname()[1])
        assert failure(run, talking(Open(HERE, 25, 30, options))).code == 10048


@pytest.mark.parametrize(
    ("intent", "code"),
    [
        (Resolve("no.such.host.invalid", 25, 30), 11001),
        (Resolve("localhost", 25, 30, SocketOptions(use_ipv6=1)), 11004),
    ],
)
def test_a_name_without_an_address(
    run: Run, monkeypatch: pytest.MonkeyPatch, intent: Resolve, code: int
) -> None:
    found = socket.getaddrinfo(HERE, 25, type=socket.SOCK_STREAM)

    def getaddrinfo(name: str, *_: object, **__: object) -> list[Any]:
        if name == "localhost":
            return found
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert failure(run, talking(intent)).code == code


# -- time ---------------------------------------------------------------------------------------


def test_nothing_comes_in_time(run: Run) -> None:
    with Peer(lambda line: line.hear_the_end()) as peer:
        with pytest.raises(SMTPTimeout, match="waiting for a sign") as caught:
            run(talking(opened(peer), Read(0.02, "a sign")))
        assert caught.value.code == 201


def test_no_connection_comes_about_in_time(run: Run) -> None:
    with full_backlog() as port, pytest.raises(SMTPTimeout):
        run(talking(Open(HERE, port, 0.02)))


@pytest.mark.parametrize("intent", [Open("mail.test", 25, 0.02), Resolve("mail.test", 25, 0.02)])
def test_the_name_server_does_not_answer_in_time(
    run: Run, monkeypatch: pytest.MonkeyPatch, intent: Open | Resolve
) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    try:
        with pytest.raises(SMTPTimeout):
            run(talking(intent))
    finally:
        over.set()


def test_the_server_does_not_read_in_time(run: Run) -> None:
    with Peer(lambda line: line.stop_reading()) as peer, pytest.raises(SMTPTimeout):
        run(talking(opened(peer), Write(MEGABYTE * 16, 0.02)))


def test_0_seconds_and_none_wait_for_ever(run: Run) -> None:
    with Peer(lambda line: line.say(b"220 hi", b"250 " + line.hear())) as peer:
        intents = (Open(HERE, peer.port, 0), Write(b"x\r\n", None), Read(0))
        assert run(talking(*intents))[2] == b"220 hi\r\n250 x\r\n"
