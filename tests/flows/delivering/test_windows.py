"""A server that leaves in the middle of a window: what it did not look at is not in doubt."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from play.stage import DRIVERS, Jobs, ScriptedStage, SocketStage, stage
from smtp_nb.errors import ConnectionClosed, LinkError
from smtp_nb.model.envelope import DeliveryJob

HELLO = "S: 220 mx.test\nC: EHLO client.test\nS: 250-mx.test\nS: 250-PIPELINING\nS: 250 CHUNKING\n"
OK = "S: 250 2.1.0 ok\n"
QUEUED = "S: 250 2.0.0 Ok: queued as 4F2\n"
NO = "S: 550 5.1.1 no such user\n"
ABCD = [f"{name}@server.test" for name in "abcd"]


def message(name: str, reset: bool = True) -> str:
    envelope = f"C: MAIL FROM:<ann@client.test>\nC: RCPT TO:<{name}@server.test>\n"
    return "C: RSET\n" * reset + envelope + "C: BDAT 28 LAST\nC<28>\n"


# One message by itself, since a window begins at one and doubles; then two together.
ALONE = HELLO + message("a", reset=False) + OK + OK + QUEUED
TOGETHER = ALONE + message("b", reset=False) + message("c")

SHUT = "S: 421 4.3.2 shutting down\n"
FULL = "S: 554 Too many nonmail commands\n"
OUT = "S: 503 5.5.1 no sender yet\n"
A, D, R, N, U = "ACCEPTED", "DEFERRED", "REFUSED", "NOT_SENT", "UNKNOWN"
ENDS = {
    # What the server says to the two, and what became of each.
    "421 to the first": (SHUT + "-- close", D, N),
    "421 to RSET": (OK + OK + QUEUED + SHUT + "-- close", A, N),
    "421 to MAIL": (OK + OK + QUEUED + OK + SHUT + "-- close", A, D),
    "421 to RCPT": (OK + OK + QUEUED + OK + OK + SHUT + "-- close", A, D),
    "421 to all that follow": (SHUT + OUT + OUT + OK + SHUT + OUT + OUT, D, D),
    "421 and a no to the rest": (SHUT + OUT + OUT + "-- close", D, N),
    "421 to the end": (OK + OK + QUEUED + OK + OK + OK + SHUT + "-- close", A, D),
    "421 and a reset of the line": (SHUT + "-- reset", D, N),
    "no to RSET": (OK + OK + QUEUED + FULL + "-- close", A, N),
    # Whoever says more, or goes without a word, leaves doubt.
    "421 and more": (SHUT + OK + "-- close", D, U),
    "421 and a yes to the next": (SHUT + OUT + OUT + OK + OK + "-- close", D, U),
    "421 and all is well": (SHUT + OUT + OUT + OK + OK + OK + QUEUED, D, A),
    "421 and noise": (SHUT + "S: hello\n-- close", D, U),
    "421 and silence": (SHUT + "-- silence", D, U),
    "no to RSET and more": (OK + OK + QUEUED + FULL + OK + "-- close", A, U),
    "no to RSET and silence": (OK + OK + QUEUED + FULL + "-- silence", A, U),
    "no to RCPT": (OK + NO + NO + OK + OK + "-- close", R, U),
    "no word": (OK + OK + QUEUED + OK + "-- close", A, U),
}


@pytest.mark.parametrize("driver", DRIVERS)
@pytest.mark.parametrize(("said", "first", "second"), ENDS.values(), ids=ENDS)
def test_what_the_server_did_not_look_at_is_not_in_doubt(
    driver: str, said: str, first: str, second: str
) -> None:
    driver = "scripted" if "silence" in said else driver  # only there time passes by itself
    with stage(driver, TOGETHER + said, {"pipelining": "auto"}) as played:
        jobs = Jobs(*ABCD)
        with pytest.raises(LinkError):
            played.call("deliver", jobs)
        assert not played.smtp.connected
    assert [str(receipt.outcome) for _, receipt in jobs.given] == [A, first, second]
    assert [waiting.tag for waiting in jobs.waiting] == ["d@server.test"]


def test_who_was_not_looked_at_reads_why() -> None:
    said, *_ = ENDS["no to RSET"]
    played = ScriptedStage(TOGETHER + said, {"pipelining": "auto"})
    jobs = Jobs(*ABCD)
    with pytest.raises(ConnectionClosed, match="Too many nonmail commands"):
        played.call("deliver", jobs)
    (result,) = jobs.given[-1][1].recipients
    assert result.text.startswith("not sent: ")
    assert "Too many nonmail commands" in result.text


SILENT = TOGETHER + "-- close\n"
ONE_BY_ONE = (
    HELLO
    + "C: MAIL FROM:<ann@client.test>\n" + OK
    + "C: RCPT TO:<d@server.test>\n" + OK
    + "C: BDAT 28 LAST\nC<28>\n" + QUEUED
    + "C: QUIT\nS: 221 bye\n"
)  # fmt: skip


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_server_that_goes_behind_its_first_message_is_asked_before_the_next(driver: str) -> None:
    """What was written whole is in doubt once; then the envelope shows whether it is there."""
    with stage(driver, SILENT + ONE_BY_ONE, {"pipelining": "auto"}) as played:
        jobs = Jobs(*ABCD)
        with pytest.raises(LinkError) as caught:
            played.call("deliver", jobs)
        assert caught.value.fell_back
        played.call("deliver", jobs)
        assert played.is_finished()
    assert [str(receipt.outcome) for _, receipt in jobs.given] == [A, U, U, A]
    assert (
        "-- the server hung up after its first message; from now on one command at a time"
        in played.lines()
    )


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_server_that_has_gone_already_leaves_no_doubt(driver: str) -> None:
    class Late(Jobs):
        def next_jobs(self, most: int) -> Sequence[DeliveryJob]:
            if self.given and isinstance(played, SocketStage):
                played.server.wait_until_idle()
            return super().next_jobs(most)

    with stage(driver, ALONE + "-- close\n", {"pipelining": "auto"}) as played:
        jobs = Late(*ABCD)
        with pytest.raises(ConnectionClosed, match="hung up after the last message"):
            played.call("deliver", jobs)
    assert [str(receipt.outcome) for _, receipt in jobs.given] == [A, N, N]
    assert "-- the server hung up after the last message" in played.lines()
