"""The ladder diagram: what stands in it, and that it is safe, still and readable."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from smtp_nb import Trail
from smtp_nb.errors import InputError
from smtp_nb.model.enums import TrailDirection as D
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.ladder import MOST_RUNGS, Ladder, ReplyVerdict

SVG = "{http://www.w3.org/2000/svg}"
TALK = [
    PITrailEvent(D.INFO, "Remote host connection complete", 0.0),
    PITrailEvent(D.SERVER, "220 mx.test", 0.1),
    PITrailEvent(D.CLIENT, "EHLO me.test", 0.1),
    PITrailEvent(D.SERVER, "250-mx.test", 0.2, final=False),
    PITrailEvent(D.SERVER, "250-PIPELINING", 0.2, final=False),
    PITrailEvent(D.SERVER, "250 SIZE", 0.2),
    PITrailEvent(D.CLIENT, "MAIL FROM:<ann@x.test>", 0.3, tls=True, group=1),
    PITrailEvent(D.CLIENT, "RCPT TO:<ben@x.test>", 0.3, tls=True, group=1),
    PITrailEvent(D.SERVER, "250 ok", 0.4, tls=True),
    PITrailEvent(D.SERVER, "550 5.1.1 no such user", 0.4, tls=True),
    PITrailEvent(D.SERVER, "451 4.7.1 try later", 5.4, tls=True),
]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_rung_is_what_crossed_in_one_go() -> None:
    ladder = Ladder(TALK)
    assert [len(rung.lines) for rung in ladder.rungs] == [1, 1, 1, 3, 2, 1, 1, 1]
    assert ladder.rungs[3].label == "250-mx.test +2 lines"
    assert [rung.verdict for rung in ladder.rungs[-3:]] == [
        ReplyVerdict.YES,
        ReplyVerdict.NO,
        ReplyVerdict.NOT_NOW,
    ]


def test_every_arrow_has_a_title_with_its_lines_and_what_they_mean() -> None:
    root = ElementTree.fromstring(Ladder(TALK).svg)
    titles = [group.findtext(f"{SVG}title") or "" for group in root.iter(f"{SVG}g")]
    assert len(titles) == 8
    assert "250-PIPELINING" in titles[3]
    assert "mailbox does not exist" in titles[6]
    assert root.findtext(f"{SVG}title") == "SMTP conversation in 8 steps"


def test_a_refusal_is_told_by_a_word_and_by_dashes() -> None:
    svg = Ladder(TALK).svg
    assert "550 5.1.1 no such user (no)" in texts(svg)
    assert "451 4.7.1 try later (not now)" in texts(svg)
    assert svg.count("stroke-dasharray") == 2


def test_the_commands_of_a_group_stand_over_one_arrow() -> None:
    svg = Ladder(TALK).svg
    assert "MAIL FROM:<a…@x.test>" in texts(svg)
    assert "RCPT TO:<b…@x.test>" in texts(svg)
    assert svg.count('stroke-width="3"') == 1


def test_addresses_are_masked_unless_they_are_asked_for() -> None:
    ladder = Ladder(TALK)
    forms = (ladder.svg, str(ladder), ladder.mermaid, ladder._repr_html_(), repr(ladder))
    assert not any("ann@" in form for form in forms)
    assert "ann@x.test" in Ladder(TALK, show_addresses=True).svg


def test_the_same_lines_make_the_same_picture_and_no_ids() -> None:
    assert Ladder(TALK).svg == Ladder(list(TALK)).svg
    assert " id=" not in Ladder(TALK).svg


@pytest.mark.parametrize("scale", ["steps", "time"])
def test_rungs_stand_in_order_and_never_on_top_of_each_other(scale: str) -> None:
    svg = Ladder(TALK, scale).svg  # type: ignore[arg-type]  # a parameter is any text
    times = re.findall(r'y="(\d+)" text-anchor="end" fill="currentColor" fill-opacity', svg)
    ys = [int(y) for y in times]
    assert len(ys) == 8
    assert all(below - above >= 34 for above, below in itertools.pairwise(ys))


def test_a_long_wait_is_long_on_the_scale_of_time() -> None:
    def gaps(scale: str) -> list[int]:
        svg = Ladder(TALK, scale).svg  # type: ignore[arg-type]  # a parameter is any text
        found = re.findall(r'y="(\d+)" text-anchor="end" fill="currentColor" fill-opacity', svg)
        ys = [int(y) for y in found]
        return [below - above for above, below in itertools.pairwise(ys)]

    assert gaps("time")[-1] > 3 * gaps("steps")[-1]


def test_a_hostile_line_stays_text() -> None:
    evil = 'x"><script>alert(1)</script>\x1b[2J\u202e'
    ladder = Ladder([PITrailEvent(D.SERVER, f"220 {evil}"), PITrailEvent(D.INFO, evil)])
    assert "<script" not in ladder.svg
    for form in (ladder.svg, str(ladder), ladder.mermaid):
        assert "\x1b" not in form
        assert "\u202e" not in form
    ElementTree.fromstring(ladder.svg)


def test_a_second_session_on_one_trail_is_marked() -> None:
    again = [*TALK, PITrailEvent(D.SERVER, "220 mx.test", 0.1)]
    assert "a new session" in texts(Ladder(again).svg)
    assert "a new session" not in texts(Ladder(TALK).svg)


def test_a_long_conversation_is_cut_with_a_count() -> None:
    many = [PITrailEvent(D.CLIENT, f"NOOP {n}", n / 10) for n in range(MOST_RUNGS + 7)]
    assert "… 7 more steps" in texts(Ladder(many).svg)


def test_nothing_was_said_yet() -> None:
    assert str(Trail().ladder()) == "no conversation yet"
    ElementTree.fromstring(Trail().ladder().svg)


def test_an_unknown_scale_is_refused_with_the_two_there_are() -> None:
    with pytest.raises(InputError, match="steps") as caught:
        Trail().ladder("log")  # type: ignore[arg-type]  # that is the point
    assert "time" in caught.value.remedy


def test_a_ladder_is_taken_out_as_a_file_and_as_mermaid(tmp_path: Path) -> None:
    ladder = Ladder(TALK)
    ladder.save(str(tmp_path / "talk.svg"))
    assert (tmp_path / "talk.svg").read_text(encoding="utf-8") == ladder.svg
    lines = ladder.mermaid.splitlines()
    assert lines[0] == "sequenceDiagram"
    assert "    Client->>Server: EHLO me.test" in lines
    assert "    Server-->>Client: 550 5.1.1 no such user" in lines


def test_without_its_tags_each_step_still_begins_a_line() -> None:
    """JupyterLab strips them from a notebook that it does not trust."""
    root = ElementTree.fromstring(Ladder(TALK)._repr_html_())
    assert root.tag == "pre"
    lines = "".join(root.itertext()).splitlines()
    heads = [line for line in lines if line.startswith(("Client, in", "Server, in"))]
    spoken = [rung for rung in Ladder(TALK).rungs if rung.direction is not D.INFO]
    assert len(heads) == len(spoken)
