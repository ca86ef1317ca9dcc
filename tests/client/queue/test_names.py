"""Names of queue files sort by age, whatever the clock does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from smtp_nb import SMTP, ambient
from smtp_nb.client.queue.names import new_stem


@pytest.mark.parametrize(
    "ticks",
    [[5.0] * 40, [5.0, 5.0156, 5.0156, 5.0312] * 10, [5.0, 4.0, 3.0] * 13],
    ids=["stands still", "steps", "is set back"],
)
def test_the_queue_keeps_its_order_whatever_the_clock_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ticks: list[float]
) -> None:
    clock = ambient.Ambient()
    shown = iter(ticks)
    moment = ticks[0]

    def now() -> float:
        nonlocal moment
        moment = next(shown, moment)
        return moment

    monkeypatch.setattr(clock, "now", now)
    before = ambient.replace(clock)
    try:
        smtp = SMTP(from_="ann@x.test", send_to="ben@x.test", message_text="x")
        names = [smtp.queue(tmp_path) for _ in range(20)]
    finally:
        ambient.replace(before)
    assert names == sorted(names)
    assert names == sorted(path.name for path in tmp_path.iterdir())


def test_a_lesson_names_the_same_files_each_time() -> None:
    def named() -> list[str]:
        with ambient.deterministic(seed=7):
            return [new_stem() for _ in range(5)]

    first = named()
    assert named() == first == sorted(first)


def test_threads_never_get_the_same_age() -> None:
    with ThreadPoolExecutor(4) as pool:
        stems = list(pool.map(lambda _: new_stem(), range(400)))
    assert len({stem.partition("-")[0] for stem in stems}) == 400
