"""How a send that did not end well looks: doubt first, each recipient, four lines at most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Kernel, Seen

SEND = "%smtp send --to ann@example.org --to cy@example.org --subject x --text y"
DOUBT = "it is not known whether the message was accepted: it may have been delivered"
# Ctrl-C from where the conversation is: it comes when the client has said these words.
STOP_AT = """
import signal
desk = get_ipython().magics_manager.registry['SMTPMagics']._state
def stop(event, words={words!r}):
    if event.message.startswith(words) and event.direction == 0:
        signal.raise_signal(signal.SIGINT)
desk.smtp.on_pi_trail += stop
"""


def lines(seen: Seen) -> list[str]:
    assert seen.error is not None
    found = "\n".join(seen.error["traceback"]).splitlines()
    assert 2 <= len(found) <= 4, found
    return found


def test_doubt_is_in_the_first_line(connected: Kernel) -> None:
    connected.run("%smtp server fault drop_before_final_reply --times 1")
    first, second, third, _ = lines(connected.run(SEND))
    assert DOUBT in first
    assert "a…@example.org UNKNOWN, c…@example.org UNKNOWN" in second
    assert "Ask a recipient or check the server's log before you send it again" in third
    explained = connected.run("%smtp explain").text
    assert "it may have been delivered" in explained
    assert "ask a recipient" in explained


def test_who_got_nothing_beside_a_refused_one_is_told(connected: Kernel) -> None:
    seen = connected.run(SEND.replace("cy@", "bob@"))
    first, second, *_ = lines(seen)
    assert "1 other recipient got nothing either (NOT_SENT)" in first
    assert "a…@example.org NOT_SENT, b…@example.org REFUSED" in second
    assert "ann@" not in seen.everything
    # The next one goes well, and there is nothing in doubt.
    assert connected.run("%smtp send --to ann@example.org --subject x --text y").status == "ok"


@pytest.mark.parametrize(
    ("words", "said", "outcome"),
    [("MAIL", "nothing was delivered", "NOT_SENT"), (".", DOUBT, "UNKNOWN")],
)
def test_a_stopped_send_says_whether_it_left(
    connected: Kernel, words: str, said: str, outcome: str
) -> None:
    connected.run("%smtp server start --without CHUNKING --without PIPELINING")
    connected.run("%smtp connect --from t@school.test")
    connected.run(STOP_AT.format(words=words))
    seen = connected.run(SEND)
    first, second, *_ = lines(seen)
    assert seen.error is not None
    assert seen.error["ename"] == "KeyboardInterrupt"
    assert seen.status == "error"
    assert said in first
    assert f"a…@example.org {outcome}" in second
    if outcome == "UNKNOWN":
        assert "it may have been delivered" in connected.run("%smtp explain").text


def test_a_stopped_merge_says_how_far_it_is(connected: Kernel) -> None:
    connected.run("import pandas as pd; df = pd.DataFrame({'email': ['a@x.test', 'b@x.test']})")
    connected.run("%%smtp template t\nSubject: x\n\nHello")
    connected.run(STOP_AT.format(words="MAIL"))
    seen = connected.run("r = %smtp merge df t --send --yes 2")
    first, *_ = lines(seen)
    assert seen.error is not None
    assert seen.error["ename"] == "KeyboardInterrupt"
    assert "of 2 messages of this run are decided; run again to resume" in first


def test_a_stopped_connect_is_short_too(connected: Kernel) -> None:
    connected.run(
        "import signal, smtp_nb.client.smtp as module\n"
        "from smtp_nb.errors import Interrupted\n"
        "def stop(self):\n    raise KeyboardInterrupt from Interrupted('stopped')\n"
        "kept, module.SMTP.connect = module.SMTP.connect, stop"
    )
    try:
        assert "no message was being sent" in lines(connected.run("%smtp connect"))[0]
    finally:
        connected.run("module.SMTP.connect = kept")
