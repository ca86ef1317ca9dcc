"""The order in which messages leave."""

from __future__ import annotations

import pandas as pd

from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.durations import Rate
from smtp_nb.merge.running.pace import Domains
from smtp_nb.merge.running.waiting import PendingMessage, Waiting
from smtp_nb.merge.templates.template import Compiled, Template


def waiting_for(addresses: list[str], rates: dict[str, Rate] | None = None) -> Waiting:
    rows = Rows(pd.DataFrame({"email": addresses}))
    renderer = RowRenderer(rows, Compiled(Template(subject="s", text="t {{ email }}"), "a@b.test"))
    todos = [PendingMessage(planned, planned.row) for planned in make_plan(rows, "email").sendable]
    return Waiting(todos, renderer, Domains(rates or {}))


def taken(waiting: Waiting, now: float) -> list[str]:
    """All that may leave now."""
    found = []
    while (one := waiting.next(now)) is not None:
        todo, (planned, row) = one
        assert planned is todo.planned
        assert row == {"email": planned.recipient}
        found.append(planned.recipient)
    return found


def test_rows_leave_in_their_order() -> None:
    addresses = [f"{n}@x.test" for n in range(600)]
    waiting = waiting_for(addresses)
    assert len(waiting) == 600
    assert taken(waiting, 0) == addresses
    assert len(waiting) == 0
    assert waiting.opens_at(0) is None


def test_what_did_not_leave_goes_first() -> None:
    waiting = waiting_for(["a@x.test", "b@x.test", "c@x.test"])
    first, _ = waiting.next(0)
    second, _ = waiting.next(0)
    waiting.put_back(first)
    waiting.put_back(second)
    assert len(waiting) == 3
    assert taken(waiting, 0) == ["a@x.test", "b@x.test", "c@x.test"]


def test_a_deferred_message_waits_for_its_time_while_others_leave() -> None:
    waiting = waiting_for(["a@x.test", "b@x.test"])
    todo, _ = waiting.next(0)
    waiting.try_again(todo, 30)
    assert waiting.put_off == 1
    assert taken(waiting, 10) == ["b@x.test"]
    assert waiting.opens_at(10) == 30
    assert taken(waiting, 30) == ["a@x.test"]
    assert waiting.put_off == 0


def test_a_domain_over_its_limit_lets_others_pass() -> None:
    addresses = [f"{n}@{'slow' if n % 2 else 'x'}.test" for n in range(10)]
    waiting = waiting_for(addresses, {"slow.test": Rate(2, 60)})
    fast = [address for address in addresses if "slow" not in address]
    slow = [address for address in addresses if "slow" in address]
    assert sorted(taken(waiting, 0)) == sorted(fast + slow[:2])
    assert len(waiting) == 3
    assert waiting.opens_at(0) == 60
    assert taken(waiting, 59) == []
    assert taken(waiting, 60) == slow[2:4]
    assert taken(waiting, 120) == slow[4:]


def test_a_retry_counts_for_its_domain_too() -> None:
    waiting = waiting_for(["a@slow.test", "b@slow.test"], {"*": Rate(1, 60)})
    todo, _ = waiting.next(0)
    waiting.try_again(todo, 1)
    assert taken(waiting, 10) == []
    assert taken(waiting, 60) == ["a@slow.test"]
    assert taken(waiting, 120) == ["b@slow.test"]
