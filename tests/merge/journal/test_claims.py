"""Claims, budgets and states that workers of a run share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import sqlalchemy

from servers.postgresql import PostgreSQL
from smtp_nb.errors import JournalError
from smtp_nb.merge.journal.claim_board import ClaimBoard
from smtp_nb.merge.journal.claims import Budget, ClaimJournal, RunState
from smtp_nb.merge.journal.journal import Journal
from smtp_nb.merge.journal.schema import Attempt, Result, SkippedRow
from smtp_nb.merge.journal.url import JournalURL, place_of
from smtp_nb.model.outcome import Outcome

pytestmark = pytest.mark.real

COUNT = 6


@pytest.fixture
def place(postgresql: PostgreSQL) -> JournalURL:
    found = place_of(postgresql.database(), "results")
    assert isinstance(found, JournalURL)
    return found


@pytest.fixture
def board(place: JournalURL) -> Iterator[ClaimBoard]:
    with Journal(place) as journal:
        journal.register(f"k{number}" for number in range(COUNT))
        board = ClaimBoard(journal)
        board.publish(COUNT, {})
        yield board


@pytest.fixture
def workers(place: JournalURL, board: ClaimBoard) -> Iterator[list[ClaimJournal]]:
    """Two, for whom message n + 1 and row n are at place n."""
    places = {number + 1: number for number in range(COUNT)}
    rows = {number: number for number in range(COUNT)}
    with ExitStack() as stack:
        made = [ClaimJournal(place, 0.0, board.mark, places, rows) for _ in range(2)]
        yield [stack.enter_context(one) for one in made]


def intent(message: int) -> Attempt:
    return Attempt(message, f"s{message}@x.test", f"s{message}@x.test", 0, f"<{message}@x.test>")


def settled(message: int, outcome: str) -> Result:
    return Result(outcome, 250, "", "Ok", "", 0.1, 1, message, f"s{message}@x.test")


def claimed(worker: ClaimJournal, most: int) -> list[int]:
    return [claim.place for claim in worker.claim(most)]


def test_nobody_claims_what_another_one_looks_at(
    board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    first, second = workers
    with first.window(), second.window():
        assert claimed(first, 2) == [0, 1]
        assert claimed(second, 3) == [2, 3, 4]
        assert claimed(first, 9) == [5]  # and not its own again
        first.record_attempts([intent(1), intent(6)], [SkippedRow("INVALID", "why", 1)])
    with first.window():
        assert claimed(first, 9) == [2, 3, 4]  # the second one took none of them
    assert board.counts().waiting == 3
    assert board.counts().outcomes == {Outcome.INVALID: 1}


def test_a_window_that_fails_takes_nothing(board: ClaimBoard, workers: list[ClaimJournal]) -> None:
    first, second = workers

    def fail() -> None:
        with first.window():
            claimed(first, 2)
            first.record_attempts([intent(1), intent(1)])

    with pytest.raises(JournalError):
        fail()
    assert board.counts().waiting == COUNT
    with second.window() as (token, _):
        assert claimed(second, 1) == [0]
        second.record_attempts([intent(1)])
    assert second.has_taken(token)


def test_a_message_that_is_given_back_comes_first_when_its_time_has_come(
    board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    first, second = workers
    with first.window():
        claimed(first, 3)
        first.record_attempts([intent(1), intent(2), intent(3)])
    first.settle([settled(1, "ACCEPTED"), settled(2, "DEFERRED"), settled(3, "NOT_SENT")])
    assert board.counts().outcomes.total() == 0
    first.flush()
    assert board.counts().outcomes.total() == 3
    later = first.clock() + 3600
    first.reopen(2, later, 1, 5.0)
    first.reopen(3, 0.0, 0, 0.0)
    assert board.counts()[1:] == (5, 1)
    with second.window():
        assert claimed(second, 9) == [2, 3, 4, 5]
        assert [one[1:] for one in second.known([3])] == [("<3@x.test>", "s3@x.test", "NOT_SENT")]
    second.reopen(2, second.clock() - 1, 1, 5.0)
    with second.window():
        assert second.claim(1) == [(1, 1, 5.0, False)]


def test_a_budget_is_taken_once_whoever_asks(workers: list[ClaimJournal]) -> None:
    first, second = workers
    budget = Budget("*all*", 10, 3600.0)
    spent = first.spend(budget, 7)
    assert spent is not None
    assert spent.messages == 7
    assert taken(second, budget, 7) == 3
    assert second.spend(budget, 1) is None
    assert second.opens_at(budget, second.clock()) > second.clock() + 3000
    assert first.give_back(spent, 2).messages == 5
    assert second.opens_at(budget, 1.0) == 1.0
    assert taken(second, budget, 7) == 2
    assert taken(second, Budget("x.test", 1, 60.0), 7) == 1


def test_what_was_taken_counts_from_its_arrival(
    board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    first, second = workers
    budget = Budget("*all*", 10, 100.0)
    spent = first.spend(budget, 7)
    assert spent is not None
    now = first.clock()
    first.count_from(now + 50, [first.give_back(spent, 1)])
    assert taken(second, budget, 9) == 4
    assert second.opens_at(budget, now) == pytest.approx(now + 100, abs=5.0)  # the second one's
    # The period of a claim is over, and it is forgotten, when its messages arrive at last.
    board.publish(0, {})
    first.count_from(now, [spent])
    assert taken(second, budget, 9) == 3


def taken(worker: ClaimJournal, budget: Budget, most: int) -> int:
    spent = worker.spend(budget, most)
    return 0 if spent is None else spent.messages


def test_workers_hear_how_the_run_stands(
    place: JournalURL, board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    assert workers[0].orders().state is RunState.RUNNING
    board.tell(RunState.PAUSED)
    assert workers[0].orders().state is RunState.PAUSED
    workers[1].explain_rest("no more today")
    assert board.ending == ""
    workers[1].end()
    assert board.ending == "no more today"
    assert workers[0].orders().state is RunState.ENDED
    assert board.has_workers()
    for worker in workers:
        worker.close()
    with Journal(place) as journal:
        journal.store.wait_for_others()  # the server takes a moment to notice
    assert not board.has_workers()


def test_a_busy_server_is_left_alone_by_all_until_the_latest_moment_that_it_named(
    place: JournalURL, workers: list[ClaimJournal]
) -> None:
    assert workers[0].orders().busy_until == 0.0
    for until in (900.0, 1700000000.25, 99.5):
        workers[1].hold_off(until)
    assert workers[0].orders().busy_until == 1700000000.25
    with Journal(place) as journal:
        ClaimBoard(journal).publish(COUNT, {})
        assert journal.facts["busy until"] == "0"


def test_workers_of_an_earlier_run_are_cancelled(
    place: JournalURL, workers: list[ClaimJournal]
) -> None:
    with Journal(place) as journal:
        ClaimBoard(journal).publish(COUNT, {})
        assert workers[0].orders().state is RunState.CANCELLED
        with pytest.raises(JournalError, match="another run"), workers[0].window():
            workers[0].record_attempts([intent(1)])


def test_a_journal_in_a_file_has_no_claims() -> None:
    with Journal(None) as journal, pytest.raises(JournalError, match="not in a database"):
        ClaimBoard(journal)


def test_a_window_is_a_few_statements_whatever_its_size(workers: list[ClaimJournal]) -> None:
    """What ended, how the run stands, claims, attempts: one transaction, seven statements."""

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    statements: list[str] = []
    first, _ = workers
    counts = []
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    try:
        for numbers in ([1], [2, 3], [4, 5, 6]):
            statements.clear()
            with first.window():
                claimed(first, len(numbers))
                digests = [("digest", number) for number in numbers]
                first.record_attempts([intent(number) for number in numbers], [], digests)
            first.settle([settled(number, "ACCEPTED") for number in numbers])
            counts.append(len(statements))
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)
    assert counts == [5, 7, 7]


def test_what_was_settled_is_written_with_the_next_window_or_before_the_end(
    board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    first, _ = workers
    for number in (1, 2):
        with first.window():
            claimed(first, 1)
            first.record_attempts([intent(number)])
        first.settle([settled(number, "ACCEPTED")])
        assert board.counts().outcomes.total() == number - 1
        in_doubt = [one for one in first.deliveries() if one.outcome is None]
        assert len(in_doubt) == 1  # a window, as before it was settled

    def fail() -> None:
        with first.window():
            claimed(first, 1)
            first.reopen(3, 0.0, 0, 0.0)  # a message that could not be rendered
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert board.counts().outcomes.total() == 1
    first.close()
    assert board.counts().outcomes.total() == 2


def test_what_is_claimed_and_not_used_is_there_for_others(
    board: ClaimBoard, workers: list[ClaimJournal]
) -> None:
    first, second = workers
    with first.window():
        assert claimed(first, 3) == [0, 1, 2]
        first.record_attempts([intent(2)])
    assert board.counts().waiting == COUNT - 1
    with second.window():
        assert claimed(second, 9) == [0, 2, 3, 4, 5]


def test_no_plan_of_a_worker_reads_a_table_that_has_an_index(workers: list[ClaimJournal]) -> None:
    first, _ = workers
    with first.window(), first.store.writing() as sql:
        for name in ("enable_seqscan", "jit"):
            assert sql.execute(f"SHOW {name}").fetchall() == [("off",)]
        plan = sql.execute("EXPLAIN SELECT 1 FROM delivery WHERE message = ANY(?)", ([1, 2],))
        assert not any("Seq Scan" in line for (line,) in plan)
