"""How long is waited for what, on a clock that costs no time."""

from __future__ import annotations

import pytest

from play.stage import ScriptedStage, dialogue
from smtp_nb.errors import SMTPTimeout
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import ConnectionStatusEvent
from smtp_nb.wording import Front

NAMES = ("one_command_at_a_time", "grouped", "chunked_grouped", "partial_ungrouped", "login_login")
PROPERTIES = {
    "send_to": "bob@server.test",
    "user": "",
    "password": "wonderland",
}


def silences(name: str) -> list[tuple[str, list[str]]]:
    """The dialogue cut off in front of each thing that the server says, and what was said last."""
    lines = [line for line in dialogue(name).splitlines() if not line.startswith("#")]
    found, is_ours = [], True
    for place, line in enumerate(lines):
        if line.startswith("S") and is_ours:
            found.append(("\n".join([*lines[:place], "-- silence"]), lines[:place]))
        is_ours = not line.startswith("S")
    return found


RUNS = [
    pytest.param(name, text, before, id=f"{name}-{len(before)}")
    for name in NAMES
    for text, before in silences(name)
]


def play(name: str, text: str, **properties: object) -> tuple[ScriptedStage, object]:
    """Send one message; gives the stage, and the error or receipt."""
    fitting = dict(PROPERTIES)
    if name.startswith("partial"):
        fitting |= {"send_to": "bob@server.test, eve@server.test, cat@server.test"}
        fitting |= {"StopOnToErrors": False}
    if name.startswith("login"):
        fitting["user"] = "alice"
    played = ScriptedStage(text, fitting | properties)
    try:
        return played, played.call("send")
    except SMTPTimeout as error:
        return played, error


@pytest.mark.parametrize(("name", "text", "before"), RUNS)
def test_an_explicit_timeout_holds_everywhere(name, text, before):
    played, found = play(name, text, timeout=3)
    assert played.driver.now == 3
    if before and before[-1] == "C: QUIT":
        assert found  # the message is safe, whatever becomes of the goodbye
        return
    assert isinstance(found, SMTPTimeout)
    assert found.code == 201
    assert not found.connection_survives
    assert played.driver.was_aborted
    is_out = bool(before) and before[-1] in ("C...", "C<28>")
    assert {result.outcome for result in found.receipt.recipients} >= (
        {"UNKNOWN"} if is_out else {"NOT_SENT"}
    )


@pytest.mark.parametrize(("name", "text", "before"), RUNS)
def test_by_default_patience_is_that_of_the_rfc(name, text, before):
    """RFC 5321 section 4.5.3.2: 300 seconds for the greeting, 600 for the end of the data."""
    played, _ = play(name, text)
    last = before[-1] if before else ""
    wanted = {"": 300, "C...": 600, "C: QUIT": 5}.get(last, 60)
    # A whole message in one write: the replies to its envelope come first, and come soon.
    assert played.driver.now == wanted


def test_the_error_and_the_trail_say_what_is_waited_for():
    texts = [text for text, _ in silences("login_login")]
    words = [play("login_login", text)[1] for text in texts[:-1]]
    assert [error.description.partition("waiting for ")[2] for error in words] == [
        "the banner of 127.0.0.1 port 25",
        "the reply to EHLO",
        "the reply to AUTH",
        "the reply to the login",
        "the reply to the login",
        "the reply to MAIL",
        "the reply to RCPT",
        "the reply to DATA",
        "the reply to the end of the message",
    ]
    played, _ = play("grouped", silences("grouped")[3][0])
    assert "-- waiting for the server to accept the message" in played.lines()


def test_zero_waits_for_ever():
    text = dialogue("final_slow").replace("-- wait 599", "-- wait 99999")
    played, found = play("final_slow", text, timeout=0)
    assert found
    assert played.driver.now == 99999


def test_a_slow_server_that_keeps_talking_is_no_silent_one():
    text = dialogue("one_command_at_a_time").replace("S: 250", "-- wait 50\nS: 250")
    text = text.replace("S: 220", "-- wait 290\nS: 220").replace("S: 354", "-- wait 59\nS: 354")
    played, found = play("one_command_at_a_time", text)
    assert found
    assert played.driver.now == 290 + 4 * 50 + 59


def test_the_goodbye_is_not_waited_for_long():
    played, found = play("grouped", dialogue("grouped").replace("S: 221 bye", "-- silence"))
    assert found
    assert played.driver.now == 5


def test_the_reply_to_a_last_chunk_gets_the_patience_of_the_end():
    text = dialogue("bdat_close").replace("-- close", "-- silence")
    played, found = play("bdat_close", text)
    assert isinstance(found, SMTPTimeout)
    assert played.driver.now == 600


def remarks(played: ScriptedStage) -> list[tuple[float, str]]:
    """When it was said in the trail that something is waited for, and what."""
    return [
        (event.seconds, event.message)
        for event in played.trail
        if event.direction is TrailDirection.INFO and event.message.startswith("waiting for ")
    ]


@pytest.mark.parametrize(("name", "text", "before"), RUNS)
def test_nothing_is_waited_for_longer_than_2_s_without_saying_so(name, text, before):
    played, _ = play(name, text)
    limit = {"": 300, "C...": 600, "C: QUIT": 5}
    last = before[-1] if before else ""
    said = [(when, words) for when, words in remarks(played) if ", up to " in words]
    assert len(said) == 1
    when, words = said[0]
    assert when == 2
    assert f", up to {limit.get(last, 60)} s" in words


def test_a_server_that_drips_is_spoken_of_once():
    drip = "\n".join(["-- wait 1", "S! 2", "-- wait 1.5", "S! 20", "-- wait 9", "S!  mx\\r\\n"])
    played, _ = play("grouped", dialogue("grouped").replace("S: 220 mx.test ESMTP", drip))
    assert [when for when, words in remarks(played) if "banner" in words] == [2]


@pytest.mark.parametrize(
    ("properties", "hint"),
    [
        ({"mail_port": 465}, "Port 465 is for TLS from the first byte"),
        ({"mail_port": 2500}, "A server that expects TLS from the first byte stays just as silent"),
    ],
)
def test_a_silent_banner_names_tls_in_the_trail_the_status_and_the_remedy(properties, hint):
    played = ScriptedStage("-- silence", properties)
    told: list[ConnectionStatusEvent] = []
    played.smtp.on_connection_status += told.append
    with pytest.raises(SMTPTimeout) as caught:
        played.call("connect")
    port = properties["mail_port"]
    text = f"waiting for the banner of 127.0.0.1 port {port}, up to 300 s; {hint}"
    assert remarks(played) == [(2, text)]
    assert text in [event.connection_event for event in told if event.is_waiting]
    assert "ssl_start_mode='implicit'" in caught.value.remedy


def test_port_465_without_tls_is_remarked_upon_at_once():
    played = ScriptedStage("-- silence", {"mail_port": 465, "timeout": 1})
    with pytest.raises(SMTPTimeout):
        played.call("connect")
    found = [event for event in played.trail if "none was asked for" in event.message]
    assert [event.seconds for event in found] == [0]


def test_a_slow_connection_is_spoken_of():
    played = ScriptedStage(
        dialogue("grouped"), {"mail_server": "mx.test"}, addresses={"192.0.2.1": 5.0}
    )
    played.call("connect")
    assert "waiting for the connection to mx.test port 25, up to 60 s" in [
        words for _, words in remarks(played)
    ]


@pytest.mark.parametrize(
    ("pipelining", "is_named"), [("auto", True), ("message", True), ("off", False)]
)
def test_a_server_that_eats_a_group_is_met_with_the_switch_that_helps(pipelining, is_named):
    text = dialogue("grouped").partition("S: 250 OK")[0]
    group, _, rest = text.partition("C: MAIL")
    if pipelining == "off":
        eaten = f"{group}C* MAIL FROM\n-- silence"
    else:
        eaten = f"{group}C: MAIL{rest.partition('S: ')[0]}S: 250 ok\n-- silence"
    _, error = play("grouped", eaten, pipelining=pipelining)
    assert isinstance(error, SMTPTimeout)
    assert ("pipelining='off'" in error.remedy) is is_named


def test_a_url_s_errors_speak_of_urls():
    played = ScriptedStage("-- silence", {})
    smtp = played.smtp
    smtp._front = Front.URL
    with pytest.raises(SMTPTimeout) as caught:
        played.call("connect")
    assert "try smtps:// or ?tls=implicit in the URL" in str(caught.value)
    assert "ssl_start_mode" not in str(caught.value)
