"""What every driver on sockets does for a flow, whatever the flow is about."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import psutil
import pytest

from drivers.peers import Line, Peer, free_port
from drivers.talking import HERE, MEGABYTE, Run, opened, talking
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


def read_all(octets: int) -> Flow[bytes]:
    found = b""
    while len(found) < octets:
        more = yield Read(30)
        if not more:
            break
        found += more
    return found


# -- opening ------------------------------------------------------------------------------------


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


def test_a_name_is_looked_up_without_a_connection(run: Run) -> None:
    assert run(talking(Resolve("localhost", 25, 30), Resolve(HERE, 25))) == [[HERE], [HERE]]


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
