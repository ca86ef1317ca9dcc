"""Promises of smtp_nb.merge.results.throughput."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.results.throughput import MOST_BARS, Throughput, ThroughputLog, throughput_of


@given(
    st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 50)), max_size=80),
    st.floats(0, 1e6),
)
def test_no_message_is_lost_however_long_it_takes(
    steps: list[tuple[float, int]], began: float
) -> None:
    log, now, done = ThroughputLog(began), began, 0
    for pause, messages in steps:
        now, done = now + pause, done + messages
        log.note(now, done)
    found = log.throughput
    assert len(found.rates) <= MOST_BARS
    assert round(sum(found.rates) * found.step_s) == done == found.messages


def test_what_comes_back_is_not_done() -> None:
    log = ThroughputLog(0.0)
    log.note(0.05, 5)
    log.note(0.25, 3)
    assert log.throughput.rates == (50.0, 0.0, 0.0)
    assert log.throughput.messages == 3


def test_only_the_last_run_counts() -> None:
    found = throughput_of([*range(10), *range(10_000, 10_005)])
    assert (found.messages, found.seconds) == (5, 4.0)
    assert str(found) == "5 messages in 4.0 s, 1.2 a second"
    assert throughput_of([]) == Throughput()
    assert str(throughput_of([])) == ""


def test_a_plot_names_its_axes_and_fetches_nothing() -> None:
    plot = throughput_of(n / 40 for n in range(4_000)).plot
    tree = ElementTree.fromstring(plot)
    texts = [each.text for each in tree.iter("text")]
    assert texts == ["40 a second at most", "0 s", "1 min 42 s"]
    assert "4,000 messages in 1 min 40 s, 40 a second" in tree.attrib["aria-label"]
    assert "http" not in plot
    assert throughput_of([0.0, 0.1]).plot == ""
