"""`mail_options`: parameters of MAIL, checked against what the server offers before MAIL."""

from __future__ import annotations

import pytest

from drivers.fronts import letter
from play.stage import ScriptedStage
from smtp_nb import SMTP
from smtp_nb.errors import ExtensionError, InputError
from smtp_nb.model.mail_options import MAIL_OPTIONS, mail_options
from smtp_nb.sandbox import SandboxServer

OFFER = "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250 {offer}\n"
SENT = (
    "C: MAIL FROM:<ann@client.test> {option}\nS: 250 ok\nC: RCPT TO:<bob@server.test>\nS: 250 ok\n"
    "C: DATA\nS: 354 go on\nC...\nS: 250 queued\nC: QUIT\nS: 221 bye\n"
)
IN_CLEAR = [name for name in MAIL_OPTIONS if name != "REQUIRETLS"]


@pytest.mark.parametrize("name", IN_CLEAR)
def test_an_option_goes_with_mail_where_it_is_offered(name):
    option = MAIL_OPTIONS[name]
    text = OFFER.format(offer=option.extension) + SENT.format(option=option.example)
    played = ScriptedStage(text, {"mail_options": option.example})
    assert played.call("send")
    assert played.is_finished()


@pytest.mark.parametrize("name", MAIL_OPTIONS)
def test_an_option_that_is_not_offered_is_an_error_before_mail(name):
    text = OFFER.format(offer="HELP") + "C: QUIT\nS: 221 bye\n"
    played = ScriptedStage(text, {"mail_options": MAIL_OPTIONS[name].example})
    with pytest.raises(ExtensionError, match=f"{name} was requested"):
        played.call("send")
    assert b"MAIL" not in played.heard


def test_requiretls_needs_tls():
    text = OFFER.format(offer="REQUIRETLS") + "C: QUIT\nS: 221 bye\n"
    played = ScriptedStage(text, {"mail_options": "REQUIRETLS"})
    with pytest.raises(ExtensionError, match="without TLS"):
        played.call("send")
    assert b"MAIL" not in played.heard


def test_a_mapping_says_the_same_and_encodes_the_envelope_id():
    assert mail_options({"ret": "FULL", "ENVID": "a+b=c d", "REQUIRETLS": True}) == (
        "RET=FULL ENVID=a+2Bb+3Dc+20d REQUIRETLS"
    )


@pytest.mark.parametrize(
    "wrong", [{"ENVID": "ü"}, {"ENVID": ""}, {"RET": "FULL SIZE=1"}, {"BY": "\u0661;R"}, {"X": 1}]
)
def test_a_mapping_is_checked(wrong):
    with pytest.raises(InputError):
        mail_options(wrong)


def test_the_sandbox_gets_them():
    with SandboxServer() as server:
        smtp = SMTP(**letter(server.port), mail_options={"RET": "HDRS", "ENVID": "QQ 1"})
        assert smtp.send()
        assert "RET=HDRS ENVID=QQ+201" in str(server.sessions[0])
