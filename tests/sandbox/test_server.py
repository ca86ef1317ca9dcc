"""The server as a whole: its life, where it listens, what it shows."""

from __future__ import annotations

import doctest
import gc
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import smtp_nb.sandbox.server
from sandbox.clients import standard_client
from smtp_nb import SMTP
from smtp_nb.errors import InputError, StateError
from smtp_nb.model.secret import encodings
from smtp_nb.sandbox import SandboxServer

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


def test_the_examples_in_the_documentation_work():
    assert doctest.testmod(smtp_nb.sandbox.server) == (0, 2)


# Its life


def test_it_lives_as_long_as_the_block():
    with SandboxServer() as server:
        assert server.is_running
        with socket.create_connection((server.host, server.port)) as line:
            assert line.recv(100).startswith(b"220 sandbox.test")
        port = server.port
    assert not server.is_running
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_stopping_leaves_no_thread_no_socket_and_no_file(tls, connect):
    gc.collect()  # what other tests let go of
    threads, descriptors = threading.active_count(), len(os.listdir("/dev/fd"))
    server = SandboxServer(tls=tls, auth={"alice": "secret"}).start()
    directory = Path(server.ca_file).parent if tls else None
    clients = [connect(server, greeting=False) for _ in range(5)]
    server.stop()
    for client in clients:
        with suppress(ConnectionResetError):  # it had not been accepted yet
            client.rest()
        client.close()
    gc.collect()
    assert threading.active_count() == threads
    assert len(os.listdir("/dev/fd")) == descriptors
    assert directory is None or not directory.exists()
    assert server.ca_file is None


def test_stopping_at_once_leaves_nothing(server):
    SandboxServer().start().stop()


def test_start_and_stop_may_be_called_twice():
    server = SandboxServer()
    assert server.start() is server.start()
    server.stop()
    server.stop()


def test_it_starts_again_with_what_it_has():
    server = SandboxServer(tls="starttls")
    for count in (1, 2):
        with server, standard_client(server, "starttls") as client:
            client.sendmail("a@x.test", ["b@x.test"], b"hello\r\n")
            assert len(server.wait_for(count)) == count


def test_messages_stay_readable_after_the_end():
    with SandboxServer() as server, standard_client(server, None) as client:
        client.sendmail("a@x.test", ["b@x.test"], b"hello\r\n")
    assert server.messages[0].content == b"hello\r\n"


def test_open_sessions_are_told_of_the_end(connect):
    server = SandboxServer().start()
    client = connect(server, ehlo=True)
    server.stop()
    assert client.rest().startswith(b"421 ")


def test_a_kernel_that_exits_takes_thread_and_files_along(tmp_path):
    program = (
        "from smtp_nb.sandbox import SandboxServer\n"
        "print(SandboxServer(tls='starttls').start().ca_file)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert done.stderr == ""
    assert done.stdout.strip().startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks are of Unix")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_that_stops_the_server_does_not_stop_ours(connect):
    with SandboxServer(tls="starttls") as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert Path(server.ca_file).exists()
        client = connect(server)
        assert client.ask(b"NOOP\r\n") == [250]


# Where it listens


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_it_listens_for_this_machine_alone_unless_told_otherwise(host):
    with pytest.raises(InputError, match="allow_remote"):
        SandboxServer(host=host)


def test_it_listens_for_others_when_told():
    with SandboxServer(host="0.0.0.0", allow_remote=True) as server:
        socket.create_connection(("127.0.0.1", server.port)).close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1.2.3"])
def test_it_listens_at_any_loopback_address(host):
    with SandboxServer(host=host) as server:
        socket.create_connection((server.host, server.port)).close()


def test_a_port_that_is_taken_is_an_error_and_leaves_nothing():
    with SandboxServer() as first:
        second = SandboxServer(port=first.port, tls="starttls")
        with pytest.raises(OSError, match="in use"):
            second.start()
        assert second.ca_file is None
        assert not second.is_running


def test_it_has_no_port_before_it_runs():
    server = SandboxServer()
    with pytest.raises(StateError, match="start"):
        _ = server.port
    with pytest.raises(StateError, match="start"):
        _ = server.url


@pytest.mark.parametrize(
    ("arguments", "start", "end"),
    [
        ({}, "smtp://127.0.0.1:", "?tls=none"),
        ({"auth": {"al ice": "s/e?c@ret"}}, "smtp://al%20ice:s%2Fe%3Fc%40ret@127", "?tls=none"),
        ({"tls": "starttls"}, "smtp://127.0.0.1:", "/ca.pem"),
        ({"tls": "implicit", "auth": {"a": "b"}}, "smtps://a:b@127.0.0.1:", "/ca.pem"),
    ],
)
def test_the_url_says_all_that_a_client_needs(arguments, start, end):
    with SandboxServer(**arguments) as server:
        assert server.url.startswith(start)
        assert server.url.endswith(end)
        parts = urlsplit(server.url)
        assert parts.port == server.port
        if user := arguments.get("auth"):
            assert {unquote(parts.username): unquote(parts.password)} == user
        if server.ca_file:
            assert f"ca={server.ca_file}" in parts.query


@pytest.mark.parametrize(
    "arguments",
    [{"tls": "ssl"}, {"without": ["PIPELINE"]}],
)
def test_what_it_does_not_take_is_said(arguments):
    with pytest.raises(InputError):
        SandboxServer(**arguments)


def test_an_unknown_certificate_is_said_at_the_start():
    with pytest.raises(InputError, match="expired"):
        SandboxServer(tls="starttls", certificate="broken").start()


# What it shows


def test_wait_for_sees_what_comes_later(server):
    def later() -> None:
        with standard_client(server, None) as client:
            client.sendmail("a@x.test", ["b@x.test"], b"hello\r\n")

    thread = threading.Thread(target=later)
    thread.start()
    assert len(server.wait_for(1)) == 1
    thread.join()
    with pytest.raises(TimeoutError, match="1 of 2"):
        server.wait_for(2, timeout=0)


def test_clear_forgets_messages_and_ended_sessions(server, connect):
    with standard_client(server, None) as client:
        client.sendmail("a@x.test", ["b@x.test"], b"hello\r\n")
    client = connect(server, ehlo=True)
    client.ask(b"NOOP\r\n")
    while server.sessions[0].is_open:
        client.ask(b"NOOP\r\n")
    server.clear()
    assert server.messages == []
    assert [session.number for session in server.sessions] == [2]


def test_no_view_shows_a_password():
    password = "Sturm & Drang/1774"
    with SandboxServer("starttls", {"alice": password}) as server:
        with standard_client(server, "starttls") as client:
            client.login("alice", password)
            client.docmd("AUTH", "PLAIN wrong place")
            client.docmd("NOOP", password)
            client.sendmail("a@x.test", ["b@x.test"], b"hello\r\n")
        views = [repr(server), server._repr_html_(), repr(server._shared), repr(server.messages[0])]
        for session in server.sessions:
            views += [repr(session), str(session), session._repr_html_()]
            views += [event.message for event in session]
    for spelling in encodings(password):
        assert not [view for view in views if spelling in view], spelling
    assert "&lt;hidden&gt;" in views[1]


def test_the_views_are_plain_tables(server):
    with standard_client(server, None) as client:
        content = b"Subject: <script>alert(1)</script>\r\nTo: ben@x.test\r\n\r\n<b>x</b>\r\n"
        client.sendmail("ann@x.test", ["ben@x.test"], content)
    for html in (server._repr_html_(), server.messages[0]._repr_html_()):
        assert "<table>" in html
        assert "&lt;script&gt;" in html
        assert "<script" not in html
        assert "<style" not in html
        assert "<b>" not in html
        assert "ben@" not in html
        assert "b…@x.test" in html


def test_importing_it_loads_neither_tls_nor_pandas():
    program = (
        "import sys, smtp_nb.sandbox\n"
        "heavy = {'cryptography', 'OpenSSL', 'pandas', 'IPython', 'jinja2', 'smtp_nb.client'}\n"
        "print(*heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


# A class of it


def test_each_user_has_a_url():
    with SandboxServer(auth={"ann": "a", "ben": "b/c"}) as server:
        assert server.url.startswith("smtp://ann:a@127.0.0.1:")
        assert server.url_for("ben").startswith("smtp://ben:b%2Fc@127.0.0.1:")
        assert "@192.0.2.7:" in server.url_for("ben", host="192.0.2.7")
        with pytest.raises(InputError, match="ann, ben"):
            server.url_for("cy")


@pytest.mark.parametrize("host", ["", "*"])
def test_what_is_no_address_is_said(host):
    with pytest.raises(InputError, match=r"0\.0\.0\.0"):
        SandboxServer(host=host, allow_remote=True)


@pytest.mark.parametrize(
    "arguments", [{"host": "127.0.0.2"}, {"host": "0.0.0.0", "allow_remote": True}]
)
def test_its_own_url_works_wherever_it_listens(arguments):
    with SandboxServer(tls="starttls", **arguments) as server:
        smtp = SMTP.from_url(server.url, from_="ann@x.test", send_to="ben@x.test")
        assert smtp.send()
        assert smtp.mail_server == arguments["host"].replace("0.0.0.0", "127.0.0.1")


def test_reset_begins_again(server, connect):
    client = connect(server, ehlo=True)
    client.ask(ENVELOPE + b"DATA\r\n", 3)
    client.ask(b"hello\r\n.\r\n")
    server.inject("refuse")
    port = server.port
    server.reset()
    assert client.codes(1) == [421]
    assert client.rest() == b""
    assert (list(server.messages), server.sessions, server.faults) == ([], [], ())
    again = connect(server, ehlo=True)
    assert again.ask(ENVELOPE, 2) == [250, 250]
    assert (server.port, server.sessions[0].number) == (port, 1)


def test_reset_of_a_server_that_does_not_run_forgets_all_the_same():
    server = SandboxServer()
    server.inject("refuse")
    server.reset()
    assert server.faults == ()


SMUGGLED = (
    b"DATA\r\nhello\r\n\n.\nMAIL FROM:<boss@x.test>\nRCPT TO:<b@x.test>\nDATA\nsmuggled\r\n.\r\n"
)


@pytest.mark.parametrize(("manner", "messages"), [("strict", 1), ("lenient", 2)])
def test_mail_is_smuggled_to_a_lenient_server_only(manner, messages, connect):
    with SandboxServer(manner=manner) as server:
        client = connect(server, greeting=False)
        assert ("lenient" in client.line()) is (manner == "lenient")
        client.ask(b"EHLO x.test\r\n")
        client.ask(ENVELOPE, 2)
        client.ask(SMUGGLED, 2 if manner == "strict" else 6)
        assert len(server.messages) == messages
        if messages == 2:
            assert server.messages[1].mail_from == "boss@x.test"


def test_an_unknown_manner_is_said():
    with pytest.raises(InputError, match="lenient"):
        SandboxServer(manner="kind")
