"""What every driver on sockets does for a flow, whatever the flow is about."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from drivers.fronts import NAMES
from drivers.peers import Line, Peer, free_port, full_backlog
from smtp_nb import SMTP
from smtp_nb.drivers.aio import AsyncDriver
from smtp_nb.drivers.blocking import BlockingDriver
from smtp_nb.errors import ConnectFailed, LinkError, SMTPTimeout
from smtp_nb.flows.intents import (
    Close,
    Flow,
    Open,
    PopConnection,
    Probe,
    PushConnection,
    Read,
    Resolve,
    Sleep,
    SocketOptions,
    Write,
)

Run = Callable[[Flow[Any]], Any]
HERE = "127.0.0.1"
MEGABYTE = b"m" * 1_000_000


@pytest.fixture(params=NAMES)
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs flows one after the other on one driver; its line is closed afterwards."""
    if request.param == "blocking":
        blocking = BlockingDriver(SMTP())
        yield blocking.run
        blocking.run(closing())
        return
    with asyncio.Runner() as runner:
        aio = AsyncDriver(SMTP())
        yield lambda flow: runner.run(aio.run(flow))
        runner.run(aio.run(closing()))


def closing() -> Flow[None]:
    yield Close()


def talking(*intents: Any) -> Flow[list[Any]]:
    """A flow that yields intents and returns the answers."""
    answers: list[Any] = []
    for intent in intents:
        answers += [(yield intent)]
    return answers


def opened(peer: Peer) -> Open:
    return Open(HERE, peer.port, 30)


def read_all(octets: int) -> Flow[bytes]:
    found = b""
    while len(found) < octets:
        more = yield Read(30)
        if not more:
            break
        found += more
    return found


# -- reading and writing ------------------------------------------------------------------------


def test_octets_go_both_ways(run: Run) -> None:
    with Peer(lambda line: line.say(b"echo " + line.hear())) as peer:
        here, _, heard = run(talking(opened(peer), Write(b"hello\r\n", 30), Read(30)))
        assert (here.remote_address, here.remote_port) == (HERE, peer.port)
        assert heard == b"echo hello\r\n"


def test_nobody_blocks_when_both_sides_write_first(run: Run) -> None:
    heard = []

    def write_first(line: Line) -> None:
        # Less than a client keeps, more than what the system does.
        line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        line.sock.sendall(MEGABYTE[: 700 * 1024])
        heard.append(line.hear())

    def flow() -> Flow[bytes]:
        yield opened(peer)
        yield Write(MEGABYTE * 4 + b"\r\n", 30)
        return (yield from read_all(700 * 1024))

    with Peer(write_first) as peer:
        assert run(flow()) == MEGABYTE[: 700 * 1024]
        peer.wait_until_served()
    assert heard == [MEGABYTE * 4]


def test_a_flood_while_we_write_is_bounded(run: Run) -> None:
    def flood(line: Line) -> None:
        for _ in range(100):
            line.sock.sendall(MEGABYTE)

    with Peer(flood) as peer, pytest.raises(LinkError, match="flooding"):
        run(talking(opened(peer), Write(MEGABYTE * 16, 30)))


def test_what_came_before_the_end_is_still_read(run: Run) -> None:
    with Peer(lambda line: line.say(b"421 bye")) as peer:
        run(talking(opened(peer)))
        assert run(read_all(100)) == b"421 bye\r\n"
        assert run(talking(Read(30), Read(30))) == [b"", b""]


def test_a_probe_tells_nothing_something_and_the_end_apart(run: Run) -> None:
    told, over = threading.Event(), threading.Event()

    def habit(line: Line) -> None:
        told.wait(30)
        line.say(b"421 bye")
        over.wait(30)

    with Peer(habit) as peer:
        assert run(talking(opened(peer), Probe()))[1] is None
        told.set()
        assert probe_until(run) == b"421 bye\r\n"
        assert run(talking(Probe())) == [None]
        over.set()
        assert probe_until(run) == b""


def probe_until(run: Run) -> bytes:
    """Probe until something has come."""
    while (found := run(talking(Probe()))[0]) is None:
        pass
    return bytes(found)


def test_a_sleep_ends(run: Run) -> None:
    assert run(talking(Sleep(0), Sleep(0.001))) == [None, None]


# -- endings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gently", "end"), [(True, EOFError), (False, ConnectionResetError)])
def test_a_line_is_closed_in_order_or_reset(run: Run, gently: bool, end: type[Exception]) -> None:
    ends = []

    def habit(line: Line) -> None:
        try:
            line.hear()
        except (EOFError, OSError) as error:
            ends.append(type(error))

    with Peer(habit) as peer:
        run(talking(opened(peer), Write(b"half a line", 30)))
        run(talking(Close(gently)))
        peer.wait_until_served()
    assert ends == [end]


def test_what_is_in_the_buffers_of_a_reset_line_does_not_arrive(run: Run) -> None:
    aborted, heard = threading.Event(), []

    def habit(line: Line) -> None:
        aborted.wait(30)
        with contextlib.suppress(ConnectionResetError):
            while data := line.sock.recv(65536):
                heard.append(data)

    with Peer(habit) as peer:
        with pytest.raises(SMTPTimeout):
            run(talking(opened(peer), Write(MEGABYTE * 16 + b"\r\n.\r\n", 0.2)))
        run(talking(Close(gently=False)))
        aborted.set()
        peer.wait_until_served()
    assert b"\r\n.\r\n" not in b"".join(heard)
    assert sum(map(len, heard)) < 4_000_000


def test_without_a_line_there_is_nothing_to_read_or_write(run: Run) -> None:
    for intent in (Read(30), Write(b"x", 30)):
        with pytest.raises(LinkError) as caught:
            run(talking(intent))
        assert caught.value.code == 1117
    assert run(talking(Probe(), Close(), Close(gently=False))) == [b"", None, None]


def test_no_file_is_left_open(run: Run) -> None:
    with Peer(lambda line: line.hear_the_end()) as peer:
        run(talking(opened(peer), Close()))
        before = settled_files(peer, 1)
        for number in range(200):
            run(talking(opened(peer), Close(gently=number % 2 == 0)))
        assert settled_files(peer, 201) == before


def settled_files(peer: Peer, visits: int) -> int:
    """Open files of this process, once the server has noticed that its clients are gone."""
    peer.wait_until_served(visits)
    return psutil.Process().num_fds()


# -- what goes wrong ----------------------------------------------------------------------------


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


def test_the_next_address_is_tried(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with Peer(lambda line: line.say(b"220 hi")) as peer:
        rows = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, free_port())),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, peer.port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
        assert run(talking(Open("mail.test", 25, 30), Read(30)))[1] == b"220 hi\r\n"


def test_our_end_of_the_line_is_where_the_user_wants_it(run: Run) -> None:
    port = free_port()
    with Peer(lambda line: line.say(str(line.sock.getpeername()[1]).encode())) as peer:
        options = SocketOptions(local_host=HERE, local_port=port, keep_alive=True)
        here, heard = run(talking(Open(HERE, peer.port, 30, options), Read(30)))
    assert here.local_port == port
    assert heard == b"%d\r\n" % port


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


def test_a_name_is_looked_up_without_a_connection(run: Run) -> None:
    assert run(talking(Resolve("localhost", 25, 30), Resolve(HERE, 25))) == [[HERE], [HERE]]


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


# -- a second line ------------------------------------------------------------------------------


def naming(name: bytes) -> Callable[[Line], None]:
    def habit(line: Line) -> None:
        line.say(b"I am " + name)
        line.say(b"you said " + line.hear())
        line.hear_the_end()

    return habit


def test_a_line_that_is_put_aside_goes_on_later(run: Run):
    def flow(first: Peer, second: Peer) -> Flow[list[bytes]]:
        said: list[bytes] = []
        yield opened(first)
        yield PushConnection()
        yield opened(second)
        said += [(yield Read(30))]
        yield Write(b"two\r\n")
        said += [(yield Read(30))]
        yield PopConnection()
        said += [(yield Read(30))]
        yield Write(b"one\r\n")
        said += [(yield Read(30))]
        yield Close()
        return said

    with Peer(naming(b"the first")) as first, Peer(naming(b"the second")) as second:
        assert run(flow(first, second)) == [
            b"I am the second\r\n",
            b"you said two\r\n",
            b"I am the first\r\n",
            b"you said one\r\n",
        ]
        first.wait_until_served()
        second.wait_until_served()


@pytest.mark.parametrize("gently", [True, False])
def test_close_closes_what_was_put_aside_too(run: Run, gently: bool):
    with Peer(naming(b"a")) as first, Peer(naming(b"b")) as second:
        run(talking(opened(first), PushConnection(), opened(second), Close(gently)))
        first.wait_until_served()
        second.wait_until_served()


def test_a_second_line_that_fails_leaves_the_first_alone(run: Run):
    def flow(peer: Peer) -> Flow[bytes]:
        yield opened(peer)
        yield PushConnection()
        with pytest.raises(ConnectFailed):
            yield Open(HERE, free_port(), 30)
        yield PopConnection()
        data: bytes = yield Read(30)
        yield Close()
        return data

    with Peer(naming(b"here")) as peer:
        assert run(flow(peer)) == b"I am here\r\n"


def test_a_flow_that_fails_beside_its_line_leaves_no_line_open(run: Run):
    def flow(first: Peer, second: Peer) -> Flow[None]:
        try:
            yield opened(first)
            yield PushConnection()
            yield opened(second)
            raise ZeroDivisionError
        except ZeroDivisionError:
            yield Close(gently=False)
            raise

    with Peer(naming(b"a")) as first, Peer(naming(b"b")) as second:
        with pytest.raises(ZeroDivisionError):
            run(flow(first, second))
        first.wait_until_served()
        second.wait_until_served()
