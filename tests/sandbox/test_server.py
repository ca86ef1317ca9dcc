"""The server as a whole: its life, where it listens, what standard clients make of it."""

from __future__ import annotations

import doctest
import gc
import os
import smtplib
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import smtp_nb.sandbox.server
from smtp_nb.errors import InputError, StateError
from smtp_nb.model.secret import encodings
from smtp_nb.sandbox import SandboxServer

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


def standard_client(server: SandboxServer, tls: str | None) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=server.ca_file) if tls else None
    if tls == "implicit":
        return smtplib.SMTP_SSL("localhost", server.port, context=context)
    client = smtplib.SMTP("localhost", server.port)
    if tls == "starttls":
        client.starttls(context=context)
    return client


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


# What clients make of it


@pytest.mark.parametrize("tls", [None, "starttls", "implicit"])
def test_the_standard_client_logs_in_and_delivers(tls):
    with SandboxServer(tls=tls, auth={"alice": "secret"}) as server:
        with standard_client(server, tls) as client:
            client.login("alice", "secret")
            client.sendmail(
                "a@x.test",
                ["b@x.test", "c@x.test"],
                b"Subject: Hi\r\n\r\n.dot\r\n",
                ["BODY=8BITMIME"],
            )
        (message,) = server.messages
    assert message.mail_from == "a@x.test"
    assert message.rcpt_tos == ("b@x.test", "c@x.test")
    assert message.content == b"Subject: Hi\r\n\r\n.dot\r\n"
    assert message.parameters == {"BODY": "8BITMIME", "SIZE": "21"}
    assert message.user == "alice"
    assert (message.tls is not None) == (tls is not None)
    assert message.subject == "Hi"


@pytest.mark.parametrize("mechanism", ["plain", "login", "cram_md5"])
def test_each_mechanism_serves_the_standard_client(mechanism):
    offered = mechanism.upper().replace("_", "-")
    auth = {"alice": "secret"}
    with (
        SandboxServer("starttls", auth, mechanisms=[offered]) as server,
        standard_client(server, "starttls") as client,
    ):
        client.user, client.password = "alice", "wrong"
        client.ehlo()
        assert client.esmtp_features["auth"].strip() == offered
        answer = getattr(client, f"auth_{mechanism}")
        with pytest.raises(smtplib.SMTPAuthenticationError, match="535"):
            client.auth(offered, answer)
        client.password = "secret"
        assert client.auth(offered, answer)[0] == 235


def test_no_login_is_offered_outside_the_tls_that_there_is(connect):
    with SandboxServer("starttls", {"alice": "secret"}) as server:
        client = connect(server, ehlo=True)
        assert client.ask(b"AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n") == [538]
        assert client.ask(ENVELOPE, 2) == [530, 503]


@pytest.mark.parametrize(
    ("extension", "probe", "codes"),
    [
        ("SIZE", b"MAIL FROM:<a@x.test> SIZE=1\r\n", (250, 555)),
        ("8BITMIME", b"MAIL FROM:<a@x.test> BODY=8BITMIME\r\n", (250, 555)),
        ("SMTPUTF8", b"MAIL FROM:<\xc3\xa4@x.test> SMTPUTF8\r\n", (250, 555)),
        ("DSN", b"MAIL FROM:<a@x.test> RET=HDRS\r\n", (250, 555)),
        ("CHUNKING", b"BDAT 0 LAST\r\n", (503, 502)),
        ("STARTTLS", b"STARTTLS\r\n", (220, 502)),
        ("VRFY", b"VRFY a@x.test\r\n", (252, 502)),
        ("EXPN", b"EXPN class\r\n", (250, 502)),
        ("HELP", b"HELP\r\n", (214, 502)),
        ("SEND", b"SEND FROM:<a@x.test>\r\n", (250, 502)),
        ("SOML", b"SOML FROM:<a@x.test>\r\n", (250, 502)),
        ("SAML", b"SAML FROM:<a@x.test>\r\n", (250, 502)),
    ],
)
def test_each_extension_works_and_can_be_switched_off(extension, probe, codes, connect):
    lists = {"class": ["ann@x.test", "ben@x.test"]}
    for without, code in zip([(), (extension.lower(),)], codes, strict=True):
        with SandboxServer("starttls", lists=lists, without=without) as server:
            assert connect(server, ehlo=True).ask(probe) == [code]


def test_enhanced_codes_can_be_switched_off(connect):
    with SandboxServer(without="ENHANCEDSTATUSCODES") as server:
        client = connect(server, ehlo=True)
        client.send(b"NOOP\r\n")
        assert client.line() == "250 Ok"


def test_a_size_beyond_the_limit_is_refused_at_mail_and_at_the_end(connect):
    with SandboxServer(max_size=100) as server:
        client = connect(server, ehlo=True)
        client.send(b"MAIL FROM:<a@x.test> SIZE=101\r\n")
        assert client.line().startswith("552 5.3.4")
        assert client.ask(ENVELOPE + b"DATA\r\n", 3) == [250, 250, 354]
        client.send(b"x" * 200 + b"\r\n.\r\n")
        assert client.line().startswith("552 5.3.4")
        assert len(server.messages) == 0


def test_refused_recipients_are_refused_and_the_rest_delivered():
    with SandboxServer(refuse={"blocked@x.test", "*@gone.test"}) as server:
        with standard_client(server, None) as client:
            people = ["b@x.test", "Blocked@X.test", "c@gone.test"]
            refused = client.sendmail("a@x.test", people, b"hello\r\n")
        assert {code for code, _ in refused.values()} == {550}
        assert set(refused) == set(people[1:])
        assert server.messages[0].rcpt_tos == ("b@x.test",)
        server.heal()
        assert [fault.name for fault in server.faults] == ["refuse"]


def test_dsn_parameters_reach_the_message(connect, server):
    client = connect(server, ehlo=True)
    assert client.ask(
        b"MAIL FROM:<a@x.test> RET=HDRS ENVID=row+2B7\r\n"
        b"RCPT TO:<b@x.test> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b@x.test\r\n"
        b"DATA\r\n",
        3,
    ) == [250, 250, 354]
    assert client.ask(b".\r\n") == [250]
    message = server.messages[0]
    assert message.parameters == {"RET": "HDRS", "ENVID": "row+7"}
    assert message.rcpt_parameters == ({"NOTIFY": "SUCCESS,DELAY", "ORCPT": "rfc822;b@x.test"},)


def test_a_whole_group_in_one_write_is_answered_in_order(connect, server):
    client = connect(server)
    body = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<broken\r\nRCPT TO:<b@x.test>\r\nBDAT 5 LAST\r\nhello"
    codes = client.ask(b"EHLO x\r\n" + body * 40 + b"QUIT\r\n", 162)
    assert codes == [250, *([250, 501, 250, 250] * 40), 221]
    assert [message.content for message in server.messages] == [b"hello"] * 40
    assert client.rest() == b""


def test_octet_by_octet_is_the_same(connect, server):
    client = connect(server)
    dialogue = b"EHLO x\r\n" + ENVELOPE + b"DATA\r\n..a\r\n.\n.\r\n\r\n.\r\nQUIT\r\n"
    for octet in dialogue:
        client.send(bytes([octet]))
    assert client.codes(6) == [250, 250, 250, 354, 250, 221]
    assert server.messages[0].content == b".a\r\n\n.\r\n\r\n"


def test_content_is_kept_octet_for_octet(connect, server):
    content = bytes(range(256)) * 5000
    client = connect(server, ehlo=True)
    assert client.ask(ENVELOPE, 2) == [250, 250]
    half = len(content) // 2
    pieces = b"BDAT %d\r\n%bBDAT %d LAST\r\n%b" % (
        half,
        content[:half],
        len(content) - half,
        content[half:],
    )
    assert client.ask(pieces, 2) == [250, 250]
    assert server.messages[0].content == content


def test_smuggled_commands_stay_content(connect, server):
    client = connect(server, ehlo=True)
    assert client.ask(ENVELOPE + b"DATA\r\n", 3) == [250, 250, 354]
    smuggled = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\nhello\r\n"
    assert client.ask(b"first\n.\r\n" + smuggled + b".\r\n") == [250]
    assert [message.mail_from for message in server.messages] == ["a@x.test"]


def test_an_endless_line_is_cut_off(connect, server):
    client = connect(server)
    client.send(b"x" * 3_000_000)
    assert client.codes(2) == [500, 421]
    assert client.line() == ""


def test_fifty_clients_at_once(server):
    def deliver(number: int) -> None:
        with smtplib.SMTP(server.host, server.port, timeout=30) as client:
            for turn in range(4):
                client.sendmail(f"a{number}@x.test", [f"b{turn}@x.test"], b"%d\r\n" % number)

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(deliver, range(50)))
    assert len(server.messages) == 200
    assert {(m.mail_from, m.rcpt_tos[0]) for m in server.messages} == {
        (f"a{number}@x.test", f"b{turn}@x.test") for number in range(50) for turn in range(4)
    }
    assert all(
        m.content == m.mail_from[1:].partition("@")[0].encode() + b"\r\n" for m in server.messages
    )
    assert {session.number for session in server.sessions} == set(range(1, 51))


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
        views = [repr(server), server._repr_html_(), repr(server._house), repr(server.messages[0])]
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
