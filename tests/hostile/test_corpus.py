"""Servers and proxies that misbehave, on every driver: the outcome, the error and the limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from drivers.fronts import NAMES, Front, open_front
from drivers.peers import Peer
from hostile.corpus import CASES, Case
from hostile.misbehaving_server import Villain
from hostile.misdeeds import MAX_READ
from hostile.runner import Result, component, habit_of, result_of, scripted, villain_of

# Markup of a server is text; what moves a terminal's cursor or turns text round is shown as such.
UNSAFE_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
# Who waits on a real line really waits, so these play together; a drip has its meaning from time.
QUICK = [case for case in CASES if case.is_for_sockets and (case.twice or not case.seconds)]
LOST = {1120, 10053, 10054}
WAITING = [case for case in CASES if case.seconds and not case.twice and "drip" not in case.name]


@pytest.fixture(scope="module", params=NAMES)
def front(request: pytest.FixtureRequest) -> Iterator[Front]:
    with open_front(request.param) as opened:
        yield opened


def test_the_corpus_is_large_and_no_case_is_there_twice():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) > 1000


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_misdeed_has_its_outcome_and_its_limits(case: Case):
    result, stage, villain, trail, error = scripted(case)
    assert result == (case.error, case.code, case.outcome), error
    assert stage.driver.now == case.seconds
    assert villain.octets <= MAX_READ
    assert not stage.driver.is_open
    assert not stage.smtp.connected
    check_contents(case, villain.contents)
    for text in (str(trail), repr(trail), trail._repr_html_(), str(error)):
        assert not UNSAFE_TEXT.search(text)
    assert "<script" not in trail._repr_html_()
    assert "<img" not in trail._repr_html_()


def check_contents(case: Case, contents: list[bytes]) -> None:
    """What is said to be sent was received, and what is said not to be sent was not."""
    if case.outcome.startswith("ACCEPTED"):
        assert len(contents) == 1 + case.twice
    if case.outcome.startswith("NOT_SENT"):
        assert contents == []


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_each_misdeed_on_a_real_line(front: Front, case: Case):
    villain = villain_of(case)
    with Peer(habit_of(villain)) as peer:
        smtp = component(front, case, peer.port)
        result, error = result_of(smtp, front.run, case.twice, lambda: be_idle(smtp, villain))
    assert expected(case, result) == result, error
    assert villain.octets <= MAX_READ
    check_contents(case, villain.contents)


def expected(case: Case, result: Result) -> Result:
    """What is right on a real line. A connection that is lost there is found out when we read or
    when we write, and while or after it came about; the error differs, and the outcome does not."""
    if case.code in LOST and result.code in LOST:
        return Result(result.error, result.code, case.outcome)
    return Result(case.error, case.code, case.outcome)


def be_idle(smtp: Any, villain: Villain) -> None:
    """Until the villain has done what it does, and so long that the connection has to be probed."""
    assert villain.at_rest.wait(30)
    clock = smtp._clock
    smtp._clock = smtp._session.clock = lambda: clock() + 40


def test_silence_on_real_lines():
    """All of them at once, because each really waits."""
    with ThreadPoolExecutor(len(WAITING)) as pool:
        assert [wrong for wrong in pool.map(_wait, WAITING) if wrong] == []


def _wait(case: Case) -> str:
    """What went wrong, if anything."""
    villain = villain_of(case)
    with open_front("blocking") as front, Peer(habit_of(villain)) as peer:
        smtp = component(front, case, peer.port)
        smtp.timeout = 3
        result, error = result_of(smtp, front.run, False, None)
    return "" if result == expected(case, result) else f"{case.name}: {error}"
