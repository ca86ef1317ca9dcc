"""The order in which messages leave."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.planning.plan import make_plan
from smtp_nb.merge.planning.renderer import RowRenderer
from smtp_nb.merge.rows.rows import Rows
from smtp_nb.merge.running.durations import Rate
from smtp_nb.merge.running.rates import Domains
from smtp_nb.merge.running.waiting import PendingMessage, Waiting
from smtp_nb.merge.templates.template import Compiled, Template


def waiting_for(
    addresses: list[str], rates: dict[str, Rate] | None = None, **parts: str
) -> Waiting:
    rows = Rows(pd.DataFrame({"email": addresses}))
    template = Template(subject="s", text="t {{ email }}", **parts)
    renderer = RowRenderer(rows, Compiled(template, "a@b.test"))
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
    assert waiting.opens_at(10).at == 30
    assert taken(waiting, 30) == ["a@x.test"]
    assert waiting.put_off == 0


def test_a_domain_over_its_limit_lets_others_pass() -> None:
    addresses = [f"{n}@{'slow' if n % 2 else 'x'}.test" for n in range(10)]
    waiting = waiting_for(addresses, {"slow.test": Rate(2, 60)})
    fast = [address for address in addresses if "slow" not in address]
    slow = [address for address in addresses if "slow" in address]
    assert sorted(taken(waiting, 0)) == sorted(fast + slow[:2])
    assert len(waiting) == 3
    assert waiting.opens_at(0).at == 60
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


def test_each_domain_of_a_message_counts() -> None:
    addresses = [f"{n}@x.test" for n in range(4)]
    waiting = waiting_for(addresses, {"copy.test": Rate(1, 60)}, cc="boss@copy.test")
    assert taken(waiting, 0) == addresses[:1]
    assert waiting.opens_at(0).at == 60
    assert taken(waiting, 60) == addresses[1:2]
    assert taken(waiting, 120) == addresses[2:3]


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.sampled_from(["", "z@a.test"]))
def test_no_domain_gets_more_than_its_limit_and_nobody_is_forgotten(
    domains: list[str], cc: str
) -> None:
    addresses = [f"{n}@{domain}.test" for n, domain in enumerate(domains)]
    rates = {"a.test": Rate(1, 60), "b.test": Rate(2, 45), "c.test": Rate(1, 10)}
    waiting, now, found = waiting_for(addresses, rates, cc=cc, bcc="{{ email }}"), 0.0, []
    sent: dict[str, list[float]] = {}
    while (opens := waiting.opens_at(now)) is not None:
        now = max(now, opens.at)
        for address in taken(waiting, now):
            found.append(address)
            for domain in {address.partition("@")[2], cc.partition("@")[2]} - {""}:
                sent.setdefault(domain, []).append(now)
    assert sorted(found) == sorted(addresses)
    assert len(waiting) == 0
    for domain, rate in rates.items():
        times = sent.get(domain, [])
        for end in times:
            assert sum(end - rate.period_s < at <= end for at in times) <= rate.messages


def test_one_that_was_held_for_two_domains_waits_for_the_later() -> None:
    waiting = waiting_for(["0@a.test", "1@b.test", "2@a.test"], {"*": Rate(1, 60)}, cc="z@b.test")
    assert taken(waiting, 0) == ["0@a.test"]
    assert taken(waiting, 60) == ["1@b.test"]
    assert taken(waiting, 120) == ["2@a.test"]
