"""Delivery over one connection after the other, on a virtual clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from play.stage import Jobs, ScriptedStage, job
from smtp_nb.errors import ConnectionClosed, DeferredError, SMTPError
from smtp_nb.flows.delivering.reconnecting import Pause

HELLO = "S: 220 mx.test\nC: EHLO client.test\nS: 250 mx.test\n"
BYE = "C: QUIT\nS: 221 bye\n-- close\n"


def message(name: str, end: str = "S: 250 2.0.0 ok") -> str:
    return (
        f"C: MAIL FROM:<ann@client.test>\nS: 250 ok\nC: RCPT TO:<{name}@server.test>\nS: 250 ok\n"
        f"C: DATA\nS: 354 go on\nC...\n{end}\n"
    )


class Source(Jobs):
    """Gives what its plan says: names are messages, a `Pause` is a pause.

    Attributes:
        failures: the errors it was told of.
        forgiving: how many of them it goes on after.
    """

    def __init__(self, *plan: str | Pause, forgiving: int = 0) -> None:
        super().__init__()
        self.plan = list(plan)
        self.forgiving = forgiving
        self.failures: list[SMTPError] = []

    def pause(self) -> Pause | None:
        if not self.plan:
            return None
        return self.plan.pop(0) if isinstance(self.plan[0], Pause) else Pause()

    def next_jobs(self, most: int) -> Sequence[Any]:
        if not self.plan or isinstance(self.plan[0], Pause):
            return ()
        self.waiting = [job(f"{self.plan.pop(0)}@server.test")]
        return super().next_jobs(most)

    def broke(self, error: SMTPError) -> bool:
        self.failures.append(error)
        return len(self.failures) <= self.forgiving


def played(text: str, source: Source, connected: bool = False) -> ScriptedStage:
    """Deliver against a dialogue that has to be played to its end."""
    stage = ScriptedStage(text, {})
    if connected:
        stage.call("connect")
    ((flow, _),) = stage.smtp._deliver_all([source])
    try:
        stage.driver.run(flow, source)
    finally:
        stage.finished = stage.is_finished()
    assert stage.finished
    return stage


def test_a_short_pause_keeps_the_connection() -> None:
    source = Source("a", Pause(20.0), "b")
    stage = played(HELLO + message("a") + message("b") + BYE, source)
    assert stage.driver.now == 20
    assert stage.driver.opened == 1
    assert not stage.smtp.connected


def test_a_long_pause_gives_the_servers_place_back() -> None:
    stage = played(
        HELLO + message("a") + BYE + HELLO + message("b") + BYE,
        Source("a", Pause(31.0), Pause(3600.0), "b"),
    )
    assert stage.driver.now == 3600  # asked again once it had hung up
    assert stage.driver.opened == 2


def test_a_source_may_want_another_connection() -> None:
    stage = played(
        HELLO + message("a") + BYE + HELLO + message("b") + BYE,
        Source("a", Pause(hang_up=True), "b"),
    )
    assert stage.driver.now == 0


def test_a_pause_before_the_first_message_opens_nothing() -> None:
    stage = played(HELLO + message("a") + BYE, Source(Pause(100.0), "a"))
    assert stage.driver.opened == 1
    assert stage.driver.now == 100


def test_a_server_that_hung_up_during_a_pause_is_called_again() -> None:
    text = HELLO + message("a") + "-- close\n" + HELLO + message("b") + BYE
    stage = played(text, Source("a", Pause(20.0), "b"))
    assert "-- the server hung up while we were idle; connecting again" in stage.lines()


def test_a_session_that_was_open_stays_open() -> None:
    stage = played(HELLO + message("a"), Source("a"), connected=True)
    assert stage.smtp.connected


def test_a_failure_that_is_forgiven_leads_to_another_connection() -> None:
    source = Source("a", "b", "c", forgiving=1)
    broken = message("b", "-- close")
    stage = played(HELLO + message("a") + broken + HELLO + message("c") + BYE, source)
    assert [str(receipt.outcome) for _, receipt in source.given] == [
        "ACCEPTED", "UNKNOWN", "ACCEPTED",
    ]  # fmt: skip
    assert [type(error) for error in source.failures] == [ConnectionClosed]
    assert stage.driver.opened == 2


def test_a_failure_that_is_not_forgiven_is_raised() -> None:
    source = Source("a", "b")
    with pytest.raises(ConnectionClosed):
        played(HELLO + message("a", "-- close"), source)
    assert source.plan == ["b"]


def test_a_connection_that_does_not_come_about_is_a_failure_too() -> None:
    source = Source("a", forgiving=1)
    played("S: 421 too busy\n-- close\n" + HELLO + message("a") + BYE, source)
    assert [type(error) for error in source.failures] == [DeferredError]


def test_nothing_to_send_connects_to_nobody() -> None:
    assert played("", Source()).driver.opened == 0
