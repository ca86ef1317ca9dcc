"""Logins: no password in clear unless it was asked for, and none shown whatever a server does.

The conversations themselves are in the table of scenarios; here is what must not happen in them.
"""

from __future__ import annotations

import base64
import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from play.stage import ScriptedStage, Stage, dialogue, stage
from smtp_nb.drivers.scripted import DialogueError
from smtp_nb.errors import (
    AuthenticationError,
    ClearTextRefused,
    ExtensionError,
    FirewallError,
    SMTPError,
)
from smtp_nb.flows.intents import Peer, Write
from smtp_nb.flows.mask import Mask
from smtp_nb.model.reply import Reply
from smtp_nb.model.secret import HIDDEN, Secret, encodings
from smtp_nb.protocol.commands import auth, auth_answer

ALICE = {"user": "alice", "password": "wonderland"}
FAR = Peer("203.0.113.5", 587, "192.0.2.1", 50000)
NEAR = Peer("127.0.0.1", 25, "127.0.0.1", 50000)
GREETING = "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 AUTH {}\n"
PLAIN_LINE = "C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\n"


def played(text: str, peer: Peer = NEAR, **properties: Any) -> ScriptedStage:
    return ScriptedStage(text, ALICE | properties, peer=peer)


# -- in clear ---------------------------------------------------------------------------------


@pytest.mark.parametrize("offered", ["PLAIN", "LOGIN", "PLAIN LOGIN"])
@pytest.mark.parametrize("mechanism", ["user_password", "sasl_plain", "login", "auto"])
def test_no_password_crosses_a_wire_in_clear(offered, mechanism):
    on_stage = played(GREETING.format(offered), FAR, auth_mechanism=mechanism)
    is_offered = {"sasl_plain": "PLAIN", "login": "LOGIN"}.get(mechanism, "") in offered
    with pytest.raises(ClearTextRefused if is_offered else ExtensionError) as caught:
        on_stage.call("connect")
    assert on_stage.heard == b"EHLO client.test\r\n"
    assert not caught.value.connection_survives


@pytest.mark.parametrize(
    ("mechanism", "offered"),
    [
        ("ntlm", "NTLM"),
        ("xoauth2", "XOAUTH2"),
        ("oauthbearer", "OAUTHBEARER"),
        ("auto", "NTLM PLAIN XOAUTH2"),
        ("auto", "OAUTHBEARER LOGIN"),
        ("scram_sha_256", "SCRAM-SHA-256"),
        ("external", "EXTERNAL"),
    ],
)
def test_nor_does_a_token_an_answer_to_ntlm_or_an_identity(mechanism, offered):
    """An authorization identity may be a token that was meant for another mechanism."""
    token = {"AuthorizationIdentity": "Bearer ya29.x"}
    on_stage = played(GREETING.format(offered), FAR, auth_mechanism=mechanism, **token)
    with pytest.raises(ClearTextRefused, match="secret in clear"):
        on_stage.call("connect")
    assert on_stage.heard == b"EHLO client.test\r\n"


@pytest.mark.parametrize("left", ["PLAIN", "LOGIN", "NTLM", "XOAUTH2 PLAIN LOGIN"])
def test_a_list_from_which_the_strong_were_taken_gets_nothing(left):
    """The downgrade of the mechanism: AUTO took SCRAM before, and takes nothing weaker now."""
    strong = played(GREETING.format(f"SCRAM-SHA-256 {left}"), FAR, auth_mechanism="auto")
    with pytest.raises(DialogueError, match="AUTH SCRAM-SHA-256"):
        strong.call("connect")
    stripped = played(GREETING.format(left), FAR, auth_mechanism="auto")
    with pytest.raises(ClearTextRefused):
        stripped.call("connect")
    assert b"AUTH" not in stripped.heard


@pytest.mark.parametrize("name", ["SCRAM-SHA-256 PLAIN", "CRAM-MD5 PLAIN", "DIGEST-MD5 LOGIN"])
def test_after_a_refusal_nothing_weaker_is_tried(name):
    on_stage = played(GREETING.format(name) + "C* AUTH\nS: 535 no\n", auth_mechanism="auto")
    with pytest.raises(AuthenticationError):
        on_stage.call("connect")
    assert on_stage.heard.count(b"AUTH ") == 1


def test_a_digest_may_cross_a_wire_in_clear():
    on_stage = played(dialogue("login_cram_md5"), FAR, auth_mechanism="auto")
    assert on_stage.call("send")


def test_the_user_may_mean_it():
    on_stage = played(dialogue("login_plain"), FAR, AllowClearTextAuth=True)
    assert on_stage.call("send")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::1%lo"])
def test_this_machine_is_no_wire(address):
    on_stage = played(dialogue("login_plain"), Peer(address, 25, "127.0.0.1", 50000))
    assert on_stage.call("send")


@pytest.mark.parametrize(
    "address",
    [
        "128.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "::2",
        "fe80::1%eth0",
        "::ffff:127.0.0.1",
        "",
    ],
)
def test_every_other_address_is_one(address):
    on_stage = played(GREETING.format("PLAIN"), Peer(address, 25))
    with pytest.raises(ClearTextRefused):
        on_stage.call("connect")
    assert on_stage.heard == b"EHLO client.test\r\n"


def test_the_name_of_the_server_does_not_make_it_this_machine():
    """What counts is the address that answered: DNS may call anything localhost."""
    on_stage = played(GREETING.format("PLAIN"), FAR, mail_server="localhost")
    with pytest.raises(ClearTextRefused):
        on_stage.call("connect")


def test_a_proxy_on_this_machine_is_not_the_server():
    text = (
        "C: CONNECT far.test:587 HTTP/1.1\nC: Host: far.test:587\nC: \n"
        "S! HTTP/1.1 200 Connection established\\r\\n\\r\\n\n" + GREETING.format("PLAIN")
    )
    on_stage = played(text, NEAR, mail_server="far.test", mail_port=587)
    on_stage.smtp.firewall.firewall_type = "tunnel"
    on_stage.smtp.firewall.host = "127.0.0.1"
    with pytest.raises(ClearTextRefused):
        on_stage.call("connect")
    assert on_stage.heard.endswith(b"\r\n\r\nEHLO client.test\r\n")
    assert b"AUTH" not in on_stage.heard


def test_a_proxy_to_this_machine_is_not_trusted_either():
    """127.0.0.1 as the proxy sees it is the proxy's own machine."""
    text = (
        "C: CONNECT 127.0.0.1:25 HTTP/1.1\nC: Host: 127.0.0.1:25\nC: \n"
        "S! HTTP/1.1 200 ok\\r\\n\\r\\n\n" + GREETING.format("PLAIN")
    )
    on_stage = played(text, NEAR)
    on_stage.smtp.firewall.firewall_type = "tunnel"
    on_stage.smtp.firewall.host = "127.0.0.1"
    with pytest.raises(ClearTextRefused):
        on_stage.call("connect")


# -- what servers echo ------------------------------------------------------------------------

SECRET = "Pa$$w0rd/äöü?~"
TOKEN = base64.b64encode(f"\0alice\0{SECRET}".encode()).decode()
SPELLINGS = sorted(x for x in encodings(SECRET) if x.isprintable())


def everything_shown(on_stage: Stage, error: SMTPError | None) -> str:
    """All that a user could see, keep or save."""
    smtp = on_stage.smtp
    shown = [*map(repr, on_stage.trail), *map(repr, on_stage.errors), smtp.last_reply, repr(smtp)]
    shown += [repr(smtp.settings), smtp.config("Password"), repr(smtp.password)]
    if error:
        shown += [str(error), repr(error), error.description, str(error.reply), repr(error.reply)]
        shown += [repr(error.receipt), *traceback.format_exception(error)]
    return "\n".join(shown)


def assert_hidden(shown: str) -> None:
    for spelling in encodings(SECRET):
        assert spelling not in shown
        assert spelling.lower() not in shown.lower()
    assert TOKEN[10:-2] not in shown
    assert "Pa$$w0rd" not in shown  # nor the part of it that every spelling leaves alone


def connected(text: str, **properties: Any) -> str:
    """Connect in front of such a server; gives everything that was shown."""
    on_stage = played(text, password=SECRET, **properties)
    try:
        on_stage.call("connect")
    except SMTPError as error:
        return everything_shown(on_stage, error)
    try:
        on_stage.call("send")
    except SMTPError as error:
        return everything_shown(on_stage, error)
    return everything_shown(on_stage, None)


AUTH_LINE = f"C: AUTH PLAIN {TOKEN}\n"
HEAD = GREETING.format("PLAIN LOGIN")
MAIL = "C: MAIL FROM:<ann@client.test>\n"
ECHOES = {
    "a refusal": HEAD + AUTH_LINE + "S: 535 5.7.8 not {}\n",
    "a refusal of several lines": HEAD + AUTH_LINE + "S: 535-5.7.8 you said\nS: 535 5.7.8 {}!\n",
    "a challenge": HEAD + AUTH_LINE + "S: 334 {}\nC: *\nS: 501 {}\n",
    "a cancelled login": HEAD + AUTH_LINE + "S: 334 bW9yZQ==\nC: *\nS: 535 {}\n",
    "no reply at all": HEAD + AUTH_LINE + "S: {}\n",
    "half a reply": HEAD + AUTH_LINE + "S: 535-x\nS: 250 {}\n",
    "a bare line feed": HEAD + AUTH_LINE + "S! 535 \nS: {}\n",
    "a reply too many": HEAD + AUTH_LINE + "S: 235 ok\nS: 250 {}\n",
    "a 421 too many": HEAD + AUTH_LINE + "S: 235 ok\nS: 421 {}\n",
    "the welcome": HEAD + AUTH_LINE + "S: 235 welcome {}\n" + MAIL + "S: 550 5.7.1 no\n",
    "MAIL": HEAD + AUTH_LINE + "S: 235 ok\n" + MAIL + "S: 550 {}\n",
    "a wrong code": HEAD + AUTH_LINE + "S: 235 ok\n" + MAIL + "S: 334 {}\n",
}  # fmt: skip


@pytest.mark.parametrize("text", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("spelling", [*SPELLINGS, TOKEN, f"AUTH PLAIN {TOKEN}"], ids=ascii)
def test_a_secret_that_the_server_echoes_is_shown_nowhere(text, spelling):
    assert_hidden(connected(text.replace("{}", spelling)))


@pytest.mark.parametrize("length", range(8, len(TOKEN)))
def test_a_login_that_the_server_cuts_off_in_its_echo_is_hidden(length):
    """Servers show the first octets of a line that they did not understand."""
    shown = connected(HEAD + AUTH_LINE + f"S: 500 what is AUTH PLAIN {TOKEN[:length]}\n")
    assert TOKEN[:length] not in shown


def test_a_secret_in_other_letters_is_hidden():
    for echo in (SECRET.upper(), TOKEN.upper(), TOKEN.lower()):
        shown = connected(HEAD + AUTH_LINE + f"S: 500 WHAT IS {echo}\n")
        assert echo not in shown


def test_the_answers_of_a_login_in_steps_are_hidden():
    answer = base64.b64encode(SECRET.encode()).decode()
    text = HEAD.replace("PLAIN ", "") + (
        f"C: AUTH LOGIN\nS: 334\nC: YWxpY2U=\nS: 334\nC: {answer}\nS: 535 5.7.8 {answer}\n"
    )
    assert_hidden(connected(text))


def test_a_short_password_is_hidden_where_it_was_sent():
    token = base64.b64encode(b"\0alice\0abc").decode()
    on_stage = played(HEAD + f"C: AUTH PLAIN {token}\nS: 535 bad {token}\n", password="abc")
    with pytest.raises(AuthenticationError) as caught:
        on_stage.call("connect")
    assert token not in everything_shown(on_stage, caught.value)


def test_the_words_around_a_secret_stay():
    shown = connected(HEAD + AUTH_LINE + f"S: 535 5.7.8 not {SECRET} here\n")
    assert f"535 5.7.8 not {HIDDEN} here" in shown


def test_what_leaves_is_not_in_the_repr_of_an_intent():
    assert "wonderland" not in repr(Write(b"AUTH PLAIN wonderland"))


@pytest.mark.parametrize("driver", ["blocking", "asyncio"])
def test_a_login_leaves_no_trace_on_sockets_either(driver):
    text = HEAD + AUTH_LINE + f"S: 535 5.7.8 not {SECRET}\n"
    with stage(driver, text, ALICE | {"password": SECRET}) as on_stage:
        with pytest.raises(AuthenticationError) as caught:
            on_stage.call("send")
        assert TOKEN.encode() in on_stage.heard
        assert_hidden(everything_shown(on_stage, caught.value))


@pytest.mark.parametrize(
    "answer",
    ["HTTP/1.1 407 no {}", "HTTP/1.1 403 {} is not allowed", "what is {}?", "\\0{}"],
)
@pytest.mark.parametrize("echo", [SECRET, base64.b64encode(f"ann:{SECRET}".encode()).decode()])
def test_a_proxy_that_echoes_its_password_shows_it_nowhere(answer, echo):
    head = "C: CONNECT far.test:587 HTTP/1.1\nC: Host: far.test:587\nC* Proxy-Auth\nC: \n"
    said = answer.replace("{}", echo.encode("unicode_escape").decode())
    played = ScriptedStage(
        f"{head}S! {said}\\r\\n\\r\\n\n", {"mail_server": "far.test", "mail_port": 587}
    )
    firewall = played.smtp.firewall
    firewall.firewall_type, firewall.host = "tunnel", "127.0.0.1"
    firewall.user, firewall.password = "ann", SECRET
    with pytest.raises(FirewallError) as caught:
        played.call("connect")
    assert_hidden(everything_shown(played, caught.value))
    assert echo not in str(caught.value)


# -- the mask by itself -----------------------------------------------------------------------

secrets = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=4, max_size=30)
around = st.text("abc <>:=", max_size=10)


@given(secrets, around, around, st.data())
def test_no_spelling_of_any_secret_gets_through(secret, before, after, data):
    spelling = data.draw(st.sampled_from(sorted(encodings(secret))))
    masked = Mask(Secret(secret)).text(before + spelling + after)
    assert spelling not in masked


@given(st.binary(min_size=6, max_size=40), st.data())
def test_no_part_of_what_was_sent_gets_through(answer, data):
    mask = Mask()
    mask.learn(auth_answer(answer))
    sent = base64.b64encode(answer).decode().rstrip("=")
    begin = data.draw(st.integers(0, len(sent) - 8))
    part = sent[begin : data.draw(st.integers(begin + 8, len(sent)))]
    assert part not in mask.text(f"500 what is {part}")


def test_only_what_a_login_hid_is_looked_for():
    mask = Mask()
    mask.learn(auth("LOGIN", None))
    reply = Reply(500, ("AUTH LOGIN is not for you",))
    assert mask(reply) is reply


def test_a_session_without_a_login_changes_nothing():
    reply = Reply(250, ("wonderland",))
    assert Mask()(reply) is reply
