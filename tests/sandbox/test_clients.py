"""What standard clients and raw sockets make of the server: extensions, groups, octets."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.clients import standard_client
from smtp_nb.sandbox import SandboxServer

ENVELOPE = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<b@x.test>\r\n"


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
