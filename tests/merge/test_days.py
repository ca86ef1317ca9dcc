"""A merge over days: quotas, a time to begin at, quiet hours; on a clock that takes no time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pandas as pd
import pytest

from merge.conftest import Make
from smtp_nb import ambient
from smtp_nb.ambient import Ambient
from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, MergeJob, Progress
from smtp_nb.merge.running.moments import shown
from smtp_nb.sandbox import SandboxServer

NOON = datetime(2026, 11, 30, 12, 0).timestamp()
HOUR, DAY = 3600.0, 86400.0
Ends = Callable[..., pd.DataFrame]


class Days(Ambient):
    """A machine whose clock is that of a server, which takes no time."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.skipped = 0.0

    def monotonic(self) -> float:
        assert self.server._clock is not None  # an inline one
        return self.server._clock.now + self.skipped

    def now(self) -> float:
        return NOON + self.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass between two runs."""
        self.skipped += seconds


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(inline=True) as server:
        yield server


@pytest.fixture
def days(server: SandboxServer) -> Iterator[Days]:
    days = Days(server)
    before = ambient.replace(days)
    yield days
    ambient.replace(before)


@pytest.fixture
def frame() -> pd.DataFrame:
    addresses = [f"s{n}@{'ab'[n % 2]}.test" for n in range(12)]
    return pd.DataFrame({"name": addresses, "email": addresses, "grade": 1})


@pytest.fixture(params=["run", "arun", "start"])
def ends(request: pytest.FixtureRequest) -> Ends:
    """Runs a merge to its end in each of the three ways."""
    if request.param == "run":
        return MailMerge.run
    if request.param == "arun":
        return lambda merge, **options: asyncio.run(merge.arun(**options))
    return lambda merge, **options: merge.start(**options).wait(60)


def outcomes(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


def sent_at(results: pd.DataFrame) -> list[float]:
    """When each message left, in hours from the beginning."""
    moments = results["sent_at"].map(lambda at: round((at.timestamp() - NOON) / HOUR, 2))
    return sorted(moments)


def test_a_quota_ends_the_run_and_says_when_to_go_on(
    merge: Make, days: Days, ends: Ends, server: SandboxServer
) -> None:
    seen: list[Progress] = []
    made = merge(rate="5/day")
    results = ends(made, progress=seen.append)
    assert outcomes(results) == {"ACCEPTED": 5, "NOT_SENT": 7}
    assert days.now() == NOON
    tomorrow = shown(NOON + DAY)
    why = f"not sent: quota reached (5 in 1 day); go on at {tomorrow}"
    assert set(results["explanation"]) == {"", why}
    assert f"7 wait ({why})" in str(made.summary)
    assert str(seen[-1]) == (
        f"5 of 12: 5 ACCEPTED; the run ended early; {why}; ended early;"
        f" run again from {tomorrow} on"
    )
    assert len(server.messages) == 5


def test_a_quota_counts_over_all_runs_and_days(merge: Make, days: Days, ends: Ends) -> None:
    # A merge made anew is what another kernel has.
    assert outcomes(ends(merge(rate="5/day"))) == {"ACCEPTED": 5, "NOT_SENT": 7}
    days.sleep(HOUR)
    assert outcomes(ends(merge(rate="5/day"))) == {"ACCEPTED": 5, "NOT_SENT": 7}
    assert outcomes(ends(merge(rate="7/day"))) == {"ACCEPTED": 7, "NOT_SENT": 5}
    days.sleep(23 * HOUR)
    results = ends(merge(rate="5/day"))
    assert outcomes(results) == {"ACCEPTED": 10, "NOT_SENT": 2}
    days.sleep(HOUR / 2)
    assert outcomes(ends(merge(rate="5/day"))) == {"ACCEPTED": 10, "NOT_SENT": 2}
    days.sleep(HOUR / 2)  # the two of yesterday, an hour later, count no more
    assert outcomes(ends(merge(rate="5/day"))) == {"ACCEPTED": 12}


@pytest.mark.parametrize("connections", [1, 3])
def test_a_run_that_shall_waits_for_its_quota(
    merge: Make, days: Days, ends: Ends, connections: int
) -> None:
    seen: list[Progress] = []
    results = ends(
        merge(),
        rate="5/day",
        wait_for_quota=True,
        connections=connections,
        progress=seen.append,
    )
    assert outcomes(results) == {"ACCEPTED": 12}
    assert sent_at(results) == [0.0] * 5 + [24.0] * 5 + [48.0] * 2
    notes = {one.note for one in seen if one.waits_until}
    assert f"waiting until {shown(NOON + DAY)}: quota reached (5 in 1 day)" in notes
    assert "waiting until 12:00: quota reached (5 in 1 day)" in notes


def test_a_short_wait_for_a_quota_is_waited_for(merge: Make, days: Days, frame: Any) -> None:
    merge(frame=frame[:5]).run(rate="5/h")
    days.sleep(HOUR - 200)
    results = merge().run(rate="5/h")
    assert outcomes(results) == {"ACCEPTED": 10, "NOT_SENT": 2}
    assert sent_at(results.dropna(subset="sent_at")) == [0.0] * 5 + [1.0] * 5


def test_a_quota_of_a_domain_lets_others_pass_and_counts_over_runs(
    merge: Make, days: Days, ends: Ends
) -> None:
    rates = {"a.test": "2/day"}
    results = ends(merge(), domain_rates=rates)
    assert outcomes(results) == {"ACCEPTED": 8, "NOT_SENT": 4}
    assert set(results[results["outcome"] == "NOT_SENT"]["explanation"]) == {
        f"not sent: quota reached (2 in 1 day) to a.test; go on at {shown(NOON + DAY)}"
    }
    assert outcomes(ends(merge(), domain_rates=rates)) == {"ACCEPTED": 8, "NOT_SENT": 4}
    days.sleep(DAY)
    assert outcomes(ends(merge(), domain_rates=rates)) == {"ACCEPTED": 10, "NOT_SENT": 2}


def test_what_never_left_does_not_count(merge: Make, days: Days) -> None:
    with SandboxServer(inline=True, without=["CHUNKING", "PIPELINING"]) as slow:
        days.server = slow
        slow.inject("close", stage="RCPT", after=3, times=1)
        results = merge(server=slow.url).run(rate="5/day")
        assert outcomes(results) == {"ACCEPTED": 5, "NOT_SENT": 7}
        assert results["attempts"].sum() > 5


def test_a_trial_counts_for_no_quota(merge: Make, days: Days) -> None:
    merge().run(rate="5/day", redirect_to="me@school.test")
    assert outcomes(merge().run(rate="5/day"))["ACCEPTED"] == 5


DAILY = "5.4.5 Daily user sending limit exceeded"


def test_the_servers_quota_says_when_to_go_on(
    merge: Make, days: Days, ends: Ends, server: SandboxServer
) -> None:
    server.inject("reply", stage="RCPT", code=550, text=DAILY, after=3)
    made = merge(window=1)
    results = ends(made)
    assert outcomes(results) == {"ACCEPTED": 3, "DEFERRED": 1, "NOT_SENT": 8}
    when = f"run the merge again then, and the rest is sent (from {shown(NOON + DAY)} on)"
    assert results["explanation"].str.endswith(when).sum() == 8
    assert when in str(made.summary)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        (DAILY, 24),
        ("5.7.1 Domain x.test has exceeded the max emails per hour (9/9 (100%)) allowed", 1),
        ("5.4.5 Daily sending quota exceeded, try again in 3 hours", 3),
    ],
)
def test_the_same_option_waits_for_the_servers_quota(
    merge: Make, days: Days, ends: Ends, server: SandboxServer, text: str, hours: int
) -> None:
    server.inject("reply", stage="RCPT", code=550, text=text, after=3, times=1)
    results = ends(merge(window=1), wait_for_quota=True)
    assert outcomes(results) == {"ACCEPTED": 12}
    assert sent_at(results) == [0.0] * 3 + [hours] * 9


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("12:30", 0.5),
        ("08:00", 20),
        ("2026-12-01 08:00", 20),
        (datetime(2026, 12, 1, 8), 20),
        (datetime(2026, 12, 1, 8).astimezone(), 20),
        (pd.Timestamp("2026-12-02 12:00"), 48),
        (pd.Timestamp(NOON + HOUR, unit="s", tz="UTC"), 1),
        (datetime(2026, 11, 30, 11, 59, 30), 0),
    ],
)
def test_a_job_starts_at_its_time(merge: Make, days: Days, at: object, hours: float) -> None:
    seen: list[Progress] = []
    results = merge().start(at, progress=seen.append).wait(60)
    assert outcomes(results) == {"ACCEPTED": 12}
    assert set(sent_at(results)) == {hours}
    words = f"starts at {shown(NOON + hours * HOUR)}" if hours >= 12 else "starts at 1"
    assert any(one.note.startswith(words) for one in seen) == (hours > 0)


@pytest.mark.parametrize(
    "at", ["2026-11-30 11:00", datetime(2020, 1, 1), pd.Timestamp("2026-11-30T11:58")]
)
def test_a_time_that_is_past_is_refused(merge: Make, days: Days, at: object) -> None:
    with pytest.raises(InputError, match=r"at='.*' is past: it was .*, and it is .* now"):
        merge().start(at)
    assert outcomes(merge().run()) == {"ACCEPTED": 12}


@pytest.mark.parametrize("at", ["", "soon", "25:00", "2026-12-01", 8, pd.NaT, "2026-13-01 08:00"])
def test_what_is_no_time_is_refused(merge: Make, days: Days, at: object) -> None:
    with pytest.raises(InputError, match=r"at=.* is not a time\. Give a datetime"):
        merge().start(at)


def test_a_job_may_be_cancelled_and_paused_before_its_time(
    merge: Make, server: SandboxServer
) -> None:
    with SandboxServer() as real:  # whose jobs wait in earnest
        seen: list[Progress] = []
        made = merge(server=real.url)
        job = made.start(datetime.now().astimezone() + pd.Timedelta("3 h"), progress=seen.append)
        assert "scheduled" in repr(job)
        assert seen[-1].note.startswith("starts at ")
        job.pause()
        assert "paused" in repr(job)
        job.resume()
        job.cancel()
        assert outcomes(job.wait(60)) == {"NOT_SENT": 12}
        assert seen[-1].ended == "cancelled; run again to resume"
        assert not real.messages
        assert isinstance(made.start(), MergeJob)


def test_quiet_hours_end_a_run_in_the_foreground(merge: Make, days: Days) -> None:
    seen: list[Progress] = []
    results = merge().run(quiet_hours="11:00-13:30", progress=seen.append)
    assert outcomes(results) == {"NOT_SENT": 12}
    why = f"not sent: quiet hours (11:00-13:30); go on at {shown(NOON + 1.5 * HOUR)}"
    assert set(results["explanation"]) == {why}
    assert seen[-1].said == f"the run ended early; {why}"


@pytest.mark.parametrize(
    ("way", "option"),
    [("start", {}), ("run", {"wait_for_quota": True}), ("start", {"wait_for_quota": True})],
)
def test_a_job_waits_for_quiet_hours_to_end(
    merge: Make, days: Days, way: str, option: dict[str, bool]
) -> None:
    found = getattr(merge(), way)(quiet_hours="11:00-13:30", **option)
    results = found.wait(60) if isinstance(found, MergeJob) else found
    assert outcomes(results) == {"ACCEPTED": 12}
    assert set(sent_at(results)) == {1.5}


def test_quiet_hours_begin_in_the_middle_of_a_run(merge: Make, days: Days) -> None:
    results = merge().start(rate="1/10min", quiet_hours=("12:45", "23:00"), window=1).wait(60)
    hours = sent_at(results)
    assert hours == [0, 0.17, 0.33, 0.5, 0.67, 11, 11.17, 11.33, 11.5, 11.67, 11.83, 12]


def test_a_quota_that_opens_in_quiet_hours_is_told_with_their_end(merge: Make, days: Days) -> None:
    results = merge().start(rate="5/h", quiet_hours="12:30-17:00").wait(60)
    assert outcomes(results) == {"ACCEPTED": 5, "NOT_SENT": 7}
    assert any(shown(NOON + 5 * HOUR) in text for text in results["explanation"])


def test_a_deadline_counts_from_the_start(merge: Make, days: Days) -> None:
    results = merge().start("08:00", deadline="30 min", rate="1/10min", window=1).wait(60)
    assert outcomes(results) == {"ACCEPTED": 3, "NOT_SENT": 9}
