"""Promises of smtp_nb.model.trail.lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.lines import WireLines
from smtp_nb.model.trail.trail import Trail

texts = st.sampled_from(
    ["220 mx.test", "235 2.7.0 ok", "250-one", "250 two", "250", "550-no", "550 5.1.1 no", "MAIL"]
)
said = st.builds(
    WireLines,
    st.sampled_from(TrailDirection),
    st.lists(texts, min_size=1, max_size=5),
    st.sampled_from([0.5, 1.0, 2.0]),
    st.booleans(),
    st.none() | st.just([1, 1, 2, 2, 3]),
    st.integers(1, 2),
)


def everything(trail: Trail) -> object:
    tally = trail.tally
    return trail.snapshot(), trail.lines(), len(trail), trail.dropped, tally, str(tally), str(trail)


@given(st.lists(said | st.lists(said, min_size=1, max_size=2).map(lambda s: [*s[0], *s[-1]])),
       st.integers(1, 9))  # fmt: skip
def test_lines_taken_together_are_remembered_as_lines_taken_one_by_one(parts, maxlen) -> None:
    together, one_by_one = (Trail(maxlen, now=lambda: 100.0) for _ in range(2))
    for trail in (together, one_by_one):
        trail.user = "ann"
    for part in parts:
        together.take_all(part)
        for event in part:
            one_by_one(event)
    assert everything(together) == everything(one_by_one)


def test_a_line_is_an_event_in_every_way_that_it_is_looked_at() -> None:
    lines = WireLines(TrailDirection.SERVER, ["250-a", "250 b"], 1.5, True, None, 2)
    whole = [
        PITrailEvent(TrailDirection.SERVER, "250-a", 1.5, True, 0, False, 2),
        PITrailEvent(TrailDirection.SERVER, "250 b", 1.5, True, 0, True, 2),
    ]
    assert list(lines) == lines[:] == [lines[0], lines[-1]] == whole
    groups = WireLines(TrailDirection.CLIENT, ["RSET", "QUIT"], 0.0, False, [3, 3])
    assert [(line.group, line.final) for line in groups] == [(3, True), (3, True)]


def test_lines_that_nobody_reads_are_never_made(monkeypatch) -> None:
    made = []
    event = WireLines._event
    monkeypatch.setattr(WireLines, "_event", lambda *a: made.append(a) or event(*a))
    trail = Trail(maxlen=2)
    for _ in range(100):
        trail.take_all(WireLines(TrailDirection.CLIENT, ["NOOP", "NOOP"], 0.0, False))
    assert made == []
    assert len(trail) == len(list(trail)) == len(made) == 2
