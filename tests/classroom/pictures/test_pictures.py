"""Drawings for lessons: the same in words, well-formed, and harmless whatever they show."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from smtp_nb import SMTP
from smtp_nb.classroom.pictures import chart, handover, timeline
from smtp_nb.classroom.pictures.drawing import Drawing
from smtp_nb.errors import SMTPError
from smtp_nb.sandbox import SandboxServer


def tried_twice() -> Drawing:
    with SandboxServer(inline=True, refuse=["lu@x.test"]) as server:
        server.inject("greylist", recipient="ben@x.test")
        for _ in range(2):
            for recipient in ("ben@x.test", "lu@x.test", "ann@x.test"):
                smtp = SMTP.from_url(server.url, from_="a@x.test", send_to=recipient)
                try:
                    smtp.send()
                except SMTPError:
                    server.sleep(300)
        return timeline(server.sessions, show_addresses=True)


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "timeline": tried_twice,
    "timeline of nothing": lambda: timeline([]),
    "chart": lambda: chart({"<b>": [(1, 2), (3, 4)], "c": [(0, 0)]}, "n & m", "t"),
    "chart of nothing": lambda: chart({}, "n", "t"),
    "handover": handover,
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_says_in_words_what_it_shows(name: str) -> None:
    drawing, again = DRAWINGS[name](), DRAWINGS[name]()
    root = ElementTree.fromstring(drawing.svg)
    assert root.find("title") is not None
    assert root.findtext("desc") == drawing.words
    assert drawing.words in repr(drawing) or not drawing.words
    assert " id=" not in drawing.svg
    assert (drawing.svg, repr(drawing)) == (again.svg, repr(again))


def test_a_timeline_tells_not_now_from_no() -> None:
    assert tried_twice().words.splitlines() == [
        "ben@x.test: 0 min 450 not now, 10 min 250 yes",
        "lu@x.test: 5 min 550 no, 10 min 550 no",
        "ann@x.test: 10 min 250 yes, 15 min 250 yes",
    ]
