"""Promises of smtp_nb.protocol.following."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb import SMTP, Trail
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.protocol.client import TRANSITIONS, ClientState
from smtp_nb.protocol.following import StateFollower, allowed_in
from smtp_nb.sandbox import SandboxServer

C, S, I = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO  # noqa: E741
STATES = st.sampled_from(ClientState)

CONVERSATION = [
    (S, "220 mx", ClientState.GREETED),
    (C, "EHLO me", ClientState.READY),
    (S, "250 AUTH PLAIN", ClientState.READY),
    (C, "STARTTLS", ClientState.GREETED),
    (S, "220 go ahead", ClientState.GREETED),
    (I, "SSL handshake complete", ClientState.GREETED),
    (C, "EHLO me", ClientState.READY),
    (S, "250 AUTH PLAIN", ClientState.READY),
    (C, "AUTH LOGIN", ClientState.AUTH),
    (S, "334 VXNlcm5hbWU6", ClientState.AUTH),
    (C, "<hidden>", ClientState.AUTH),
    (S, "235 2.7.0 ok", ClientState.READY),
    (C, "MAIL FROM:<a@b.test>", ClientState.MAIL),
    (C, "RCPT TO:<c@b.test>", ClientState.RCPT),
    (S, "250 ok", ClientState.RCPT),
    (S, "250 ok", ClientState.RCPT),
    (C, "DATA", ClientState.DATA),
    (S, "354 go on", ClientState.DATA),
    (C, ".", ClientState.READY),
    (S, "250 queued", ClientState.READY),
    (C, "QUIT", ClientState.CLOSED),
    (S, "221 bye", ClientState.CLOSED),
]


def test_it_is_in_the_state_of_the_table_after_every_line() -> None:
    follower = StateFollower()
    for direction, text, state in CONVERSATION:
        assert follower.take(PITrailEvent(direction, text)) is state, text


@pytest.mark.parametrize("without", [(), ("CHUNKING",), ("PIPELINING", "CHUNKING")], ids=str)
def test_it_follows_what_our_client_says(without: tuple[str, ...]) -> None:
    trail = Trail()
    with SandboxServer("starttls", {"ann": "x"}, without=without) as server:
        smtp = SMTP.from_url(server.url_for("ann"), from_="a@b.test", send_to="c@d.test")
        smtp.on_pi_trail += trail
        smtp.message_text = "x"
        smtp.send()
    follower = StateFollower()
    states = [follower.take(event) for event in trail]
    for event, before in zip(trail[1:], states, strict=False):
        if event.direction is C:
            verb = event.message.split()[0]
            assert (verb in allowed_in(before)) or before is ClientState.AUTH
    assert states[-1] is ClientState.CLOSED


def test_the_end_of_a_refused_content_leads_back_to_the_recipients() -> None:
    follower = StateFollower()
    for direction, text, _ in CONVERSATION[:19]:
        follower.take(PITrailEvent(direction, text))
    assert follower.take(PITrailEvent(S, "554 5.7.1 no")) is ClientState.RCPT


def test_421_ends_a_session() -> None:
    assert StateFollower().take(PITrailEvent(S, "421 4.3.2 later")) is ClientState.CLOSED


@given(STATES)
def test_what_is_allowed_is_what_the_table_says(state: ClientState) -> None:
    shown = {"END": ".", "BDAT LAST": "BDAT"}
    expected = {shown.get(verb, verb) for verb, (fits, _) in TRANSITIONS.items() if state in fits}
    assert set(allowed_in(state)) == expected


@given(st.lists(st.tuples(st.sampled_from([C, S, I]), st.text(), st.booleans())))
def test_lines_of_strangers_never_raise(lines: list[tuple[TrailDirection, str, bool]]) -> None:
    follower = StateFollower()
    for direction, text, final in lines:
        assert isinstance(follower.take(PITrailEvent(direction, text, final=final)), ClientState)
