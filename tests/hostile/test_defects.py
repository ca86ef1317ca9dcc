"""Each known defect, played against the whole component."""

from __future__ import annotations

import ast
import email
import email.headerregistry
import email.message
import email.policy
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from drivers.fronts import letter, open_front
from drivers.peers import Peer, talk
from hostile.corpus import CASES
from hostile.defects import DEFECTS, Defect
from hostile.misdeeds import MAX_READ
from hostile.runner import scripted
from play.lenient_server import Gullible
from play.stage import ScriptedStage, dialogue
from smtp_nb import SMTP, Attachment, Firewall, MailMerge, Template
from smtp_nb.errors import (
    CertificateError,
    ClearTextRefused,
    ExtensionError,
    InputError,
    RefusedError,
    SMTPError,
)
from smtp_nb.sandbox import SandboxServer

TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.test)
def test_every_known_defect_has_its_test(defect: Defect):
    here = ast.parse(Path(__file__).read_text("utf-8"))
    assert defect.test in {node.name for node in here.body if isinstance(node, ast.FunctionDef)}
    assert all((TESTS / path).exists() for path in defect.more)
    files = ", ".join(f"`{path}`" for path in defect.more)
    row = f"| {defect.known} | {defect.what} | `{defect.test}` | {files} |"
    assert row in (TESTS.parent / "docs" / "hostile.md").read_text("utf-8")


def played(**properties: Any) -> tuple[ScriptedStage, Gullible]:
    """A component in front of the most gullible of servers."""
    stage = ScriptedStage("", properties)
    stage.driver.player = server = Gullible()  # type: ignore[assignment]  # it has all it needs
    return stage, server


def refused(act: Callable[[ScriptedStage], object], **properties: Any) -> None:
    """It is an error, and nobody was called."""
    stage, server = played(**properties)
    with pytest.raises(InputError):
        act(stage)
    assert stage.driver.opened == 0
    assert server.commands == []


def assign(**properties: Any) -> Callable[[ScriptedStage], object]:
    """Set them, and send."""

    def act(stage: ScriptedStage) -> object:
        for name, value in properties.items():
            stage.set(name, value)
        return stage.smtp.send()

    return act


@pytest.mark.parametrize(
    "evil",
    ["e@x.test\r\nRCPT TO:<f@x.test>", "u@x.test> AUTH=<e@x.test", "u@x.test\0", "u\x7f@x.test",
     "u@x.test ORCPT=a@b.test", "<>", "a b@x.test", "u@x.test>\nDATA"],
)  # fmt: skip
def test_an_address_is_one_address(evil: str):
    for place in ("send_to", "cc", "bcc", "from_", "reply_to", "sender"):
        if hasattr(SMTP, place):
            refused(assign(**{place: evil}))


def test_a_quoted_local_part_holds_no_line_break():
    for evil in ('"a\r\nRCPT TO:<e@x.test>"@b.test', '"a\nb"@x.test', '"a\\\rb"@x.test'):
        refused(assign(send_to=evil))
    stage, server = played(send_to='"foo@psres.net> ORCPT=a@b"@test.com')
    assert stage.smtp.send()
    assert b'RCPT TO:<"foo@psres.net> ORCPT=a@b"@test.com>' in server.commands


@pytest.mark.parametrize("letter", ["\u760d", "\u760a", "\u0a0d", "\u010d\u010a", "\u560a"])
def test_no_character_is_cut_down_to_a_line_break(letter: str):
    stage, server = played(subject=f"a{letter}b", message="", message_text=f"x{letter}y")
    stage.set("send_to", f"a{letter}RCPT@x.test")
    assert stage.smtp.send()
    assert [line.split(b":")[0] for line in server.commands[1:]] == [
        b"MAIL FROM", b"RCPT TO", b"DATA", b"QUIT"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["me\r\nRSET", "me XCLIENT ADDR=1.2.3.4", "me\0", "[1.2.3]"])
def test_an_argument_is_one_argument(name: str):
    refused(assign(Hello=name))


@pytest.mark.parametrize(
    "option",
    ["NOTIFY=NEVER\r\nRSET", "ENVID=a b", "NOTIFY=NEVER> AUTH=<>", "RET=FULL\nDATA", "NOTIFY=x"],
)
def test_an_option_is_one_option(option: str):
    def act(stage: ScriptedStage) -> object:
        stage.smtp.message_recipients[0].options = option
        return stage.smtp.send()

    refused(act)


def say(smtp: SMTP, field: str, text: str) -> None:
    """Set a field of the firewall, and connect."""
    setattr(smtp.firewall, field, text)
    smtp.connect()


def test_a_proxy_gets_one_request_and_eats_no_banner():
    for field in ("user", "password"):
        firewall = Firewall("tunnel", "127.0.0.1", 80, "ann", "pw")
        smtp = SMTP(mail_server="127.0.0.1", firewall=firewall)
        with pytest.raises(InputError):
            say(smtp, field, "a\r\nX: y")
    answer = b"HTTP/1.1 200 OK\r\n\r\n220 mx.test\r\n"

    def habit(line: Any) -> None:
        while line.hear():
            pass
        line.sock.sendall(answer)
        talk(line)

    with Peer(habit) as proxy:
        smtp = SMTP(**letter(25, firewall=Firewall("tunnel", "127.0.0.1", proxy.port)))
        with smtp:
            assert smtp.last_reply == "250 ok"


def case(name: str) -> Any:
    return next(one for one in CASES if one.name == name)


def test_nothing_in_clear_outlives_starttls():
    for name in ("starttls-surplus", "starttls-surplus_half", "starttls-said_twice"):
        result, _, villain, _, _ = scripted(case(name))
        assert (result.code, result.outcome) == (276, "NOT_SENT 0")
        assert villain.commands[-1] == b"STARTTLS"


def test_without_starttls_nothing_is_said():
    stage, server = played(ssl_start_mode="explicit", user="ann", password="secret")
    with pytest.raises(ExtensionError):
        stage.smtp.send()
    assert [line.split()[0] for line in server.commands] == [b"EHLO"]
    result, _, villain, _, _ = scripted(case("starttls-451"))
    assert (result.outcome, villain.commands[-1]) == ("NOT_SENT 0", b"STARTTLS")


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_nobody_unproven_hears_a_password(tls: Any):
    with SandboxServer(tls=tls, auth={"ann": "secret"}) as server:
        mode = "explicit" if tls == "starttls" else "implicit"
        smtp = SMTP(**letter(server.port, ssl_start_mode=mode, user="ann", password="secret"))
        with pytest.raises(CertificateError):
            smtp.send()
        assert "AUTH PLAIN" not in str(server.sessions[-1])
        assert not server.messages


def test_a_password_needs_tls_whatever_the_line_is_called(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("smtp_nb.flows.connecting.login.is_loopback", lambda address: False)
    stage, server = played(user="ann", password="secret")
    with pytest.raises(ClearTextRefused):
        stage.smtp.send()
    assert [line.split()[0] for line in server.commands] == [b"EHLO"]


def test_a_surplus_reply_answers_nothing():
    for name in ("rcpt-surplus", "data-surplus", "between-250", "between-half"):
        wanted = case(name)
        result, _, villain, _, _ = scripted(wanted)
        assert result == (wanted.error, wanted.code, wanted.outcome)
        assert len(villain.contents) == (2 if wanted.twice else 0)


@pytest.mark.parametrize("name", ["lone_dot", "lone_dot_accepted", "lone_dot_after_refused_mail"])
def test_354_after_refusals_delivers_nothing(name: str):
    stage = ScriptedStage(dialogue(name), {})
    with pytest.raises(RefusedError) as caught:
        stage.smtp.send()
    assert [str(one.outcome) for one in caught.value.receipt.recipients] == ["REFUSED"]
    assert stage.is_finished()


@pytest.mark.parametrize(
    "evil",
    [b"a\n.\r\nMAIL", b"a\r\n.\nMAIL", b"a\r.\rMAIL", b"a\n.\nMAIL", b"a\r\n.\rMAIL", b"a\0"],
)
def test_nothing_is_smuggled(evil: bytes):
    stage, server = played(message=b"Subject: x\r\n\r\n" + evil + b"\r\n")
    with pytest.raises(SMTPError):  # with BINARYMIME (RFC 3030) it could go out, in chunks
        stage.smtp.send()
    assert b"DATA" not in server.commands


@pytest.mark.parametrize("size", [65533, 65534, 65535, 65536, 65537])
def test_a_dot_is_doubled_wherever_chunks_end(size: int):
    body = b"x" * 76 + b"\r\n"
    body = body * (size // len(body))
    body += b"y" * (size - len(body)) + b"\r\n.\r\n..\r\n.z\r\n"
    stage, server = played(message=b"Subject: x\r\n\r\n" + body)
    assert stage.smtp.send()
    (content,) = server.contents
    assert content.replace(b"\r\n..", b"\r\n.").endswith(body)
    assert server.commands[-1] == b"QUIT"


@pytest.mark.parametrize("evil", ["a\r\nBcc: e@x.test", "a\nb", "a\rb", "a\u2028b", "a\x85b"])
def test_a_header_is_one_header(evil: str):
    refused(assign(message="", message_text="x", subject=evil))
    stage, server = played(message="", message_text="x", subject="=?UTF-8?Q?=0A?=Bcc: e@x.test")
    assert stage.smtp.send()
    read = email.message_from_bytes(server.contents[0])
    assert read["Bcc"] is None


def merge_of(
    frame: pd.DataFrame, template: Template, server: SandboxServer, directory: Path
) -> MailMerge:
    return MailMerge(
        frame,
        template,
        to="email",
        from_="t@x.test",
        server=server.url,
        journal=directory / "m.sqlite",
    )


def test_a_cell_is_one_value(tmp_path: Path):
    frame = pd.DataFrame({"email": ["ann@x.test"], "name": ["A\r\nBcc: eve@x.test"]})
    with SandboxServer() as server:
        template = Template(subject="Hi {{ name }}", text="{{ name }}")
        merge = merge_of(frame, template, server, tmp_path)
        merge.run(skip_invalid=True)
        for message in server.messages:
            assert message.rcpt_tos == ("ann@x.test",)
            assert email.message_from_bytes(message.content)["Bcc"] is None


def test_text_is_no_path(tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter22")
    for text in (str(secret), secret.as_uri(), f"@{secret}", "http://127.0.0.1:1/x"):
        stage, server = played(message="", message_text=text, message_html=f"<p>{text}</p>")
        assert stage.smtp.send()
        assert b"hunter22" not in server.contents[0]


def test_data_is_no_template(tmp_path: Path):
    frame = pd.DataFrame({"email": ["ann@x.test"], "name": ["{{ 7 * 7 }}{% raw %}"]})
    with SandboxServer() as server:
        template = Template(subject="Hi", text="{{ name }}")
        merge = merge_of(frame, template, server, tmp_path)
        merge.run()
        (message,) = server.messages
        assert b"{{ 7 * 7 }}{% raw %}" in message.content


@pytest.mark.parametrize(
    "evil",
    ["alice@x.test(<)bob@y.test", "a@b.test@c.test", "<@x.test:a@y.test>", "a@x.test <b@y.test>",
     '"a@x.test"<b@y.test', "a@xn--.test ", "(c)a@x.test", "a@x.test,b"],
)  # fmt: skip
def test_the_mailbox_is_the_one_that_is_shown(evil: str):
    refused(assign(send_to=evil))


def test_a_display_name_is_no_recipient():
    name = "evil@attacker.test, a display name that is long enough for the header to be folded"
    message = email.message.EmailMessage()
    message["From"] = email.headerregistry.Address(name, addr_spec="from@x.test")
    message["To"] = email.headerregistry.Address(name, addr_spec="to@x.test")
    message.set_content("secret")
    stage, server = played(send_to="")
    stage.call("send", message)
    said = b"\n".join(server.commands)
    assert b"MAIL FROM:<from@x.test>" in said
    assert said.count(b"RCPT TO:") == said.count(b"RCPT TO:<to@x.test>") == 1


def test_a_megabyte_of_addresses_is_read_once():
    began = time.process_time()
    for evil in ("(" * 1_000_000, '"' * 1_000_000, "a@x.test," * 100_000 + "<", "<" * 1_000_000):
        refused(assign(send_to=evil))
    assert time.process_time() - began < 20  # a watchdog: quadratic ones take hours


@pytest.mark.parametrize(
    "name", ["banner-endless_line", "ehlo-endless_reply", "end-endless_long_lines"]
)
def test_a_reply_has_an_end(name: str):
    result, stage, villain, _, _ = scripted(case(name))
    assert result.code == 162
    assert 0 < villain.octets <= MAX_READ
    assert not stage.driver.is_open


@pytest.mark.parametrize("name", ['a"; name="b.exe', "a;b.txt", "\u202etxt.exe", "ä" * 300, "a\\b"])
def test_a_file_name_is_one_name(name: str):
    stage, server = played(message="", message_text="x")
    try:
        stage.smtp.attachments.append(Attachment(data=b"x", filename=name))
    except InputError:
        return
    assert stage.smtp.send()
    read = email.message_from_bytes(server.contents[0], policy=email.policy.default)
    (part,) = read.iter_attachments()
    assert part.get_filename() == name


def test_nobody_sees_a_blind_copy():
    raw = b"Subject: x\r\nBcc: eve@x.test\r\nResent-Bcc: eve@x.test\r\n\r\nbody\r\n"
    for properties in ({"message": raw}, {"message": "", "message_text": "x"}):
        stage, server = played(bcc="eve@x.test", **properties)
        assert stage.smtp.send()
        assert b"RCPT TO:<eve@x.test>" in server.commands
        assert b"eve@" not in server.contents[0]


def test_a_password_is_nowhere():
    with SandboxServer(auth={"ann": "another one"}) as server, open_front("blocking") as front:
        smtp = front.make(**letter(server.port, user="ann", password="correct horse"))
        lines: list[str] = []
        smtp.on_pi_trail += lambda event: lines.append(event.message)
        with pytest.raises(SMTPError) as caught:
            smtp.send()
        seen = "".join(lines) + str(caught.value) + repr(smtp) + repr(server.sessions)
        for spelling in ("correct horse", "Y29ycmVjdCBob3JzZ", "636f7272656374"):
            assert spelling not in seen


def test_a_preview_runs_and_loads_nothing(tmp_path: Path):
    markup = '<script>alert(1)</script><img src="http://127.0.0.1:1/x.png">'
    frame = pd.DataFrame({"email": ["ann@x.test"], "name": [markup]})
    template = Template(subject="Hi", html="<p>{{ name }}</p>" + markup)
    merge = MailMerge(frame, template, to="email", from_="t@x.test", journal=tmp_path / "m.sqlite")
    shown = merge.preview(1)._repr_html_()
    assert 'sandbox=""' in shown
    assert "Content-Security-Policy" in shown
    assert "default-src &#x27;none&#x27;" in shown or "default-src 'none'" in shown
    assert "<script>" not in shown


def test_our_server_forgets_what_came_in_clear():
    with (
        SandboxServer(tls="starttls") as server,
        socket.create_connection((server.host, server.port)) as line,
    ):
        line.recv(4096)
        line.sendall(b"EHLO x\r\n")
        line.recv(4096)
        line.sendall(b"STARTTLS\r\nMAIL FROM:<e@x.test>\r\nRCPT TO:<f@x.test>\r\n")
        assert line.recv(4096).startswith(b"220")
        line.sendall(b"EHLO y\r\n")
        line.recv(4096)
    assert "MAIL FROM" not in str(server.sessions[-1]).partition("STARTTLS")[2]
