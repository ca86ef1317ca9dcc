"""Promises of smtp_nb.model.trail.trail."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.display import visible
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.static import group_marks, whole_replies
from smtp_nb.model.trail.trail import Trail

C, S, I = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO  # noqa: E741


def filled(*lines: tuple[TrailDirection, str]) -> Trail:
    trail = Trail()
    for direction, message in lines:
        trail(PITrailEvent(direction, message))
    return trail


def test_text_reads_like_swaks() -> None:
    trail = filled((I, "Trying 127.0.0.1"), (S, "220 hello"), (C, "EHLO me"), (S, "550 5.1.1 no"))
    trail(PITrailEvent(C, "QUIT", tls=True))
    trail(PITrailEvent(S, "221 bye", tls=True))
    trail(PITrailEvent(S, "421 4.3.2 later", tls=True))
    assert str(trail).splitlines() == [
        "=== Trying 127.0.0.1",
        "<-  220 hello",
        " -> EHLO me",
        "<** 550 5.1.1 no",
        " ~> QUIT",
        "<~  221 bye",
        "<~* 421 4.3.2 later",
    ]


def test_it_is_a_sequence_of_the_events_it_was_given() -> None:
    events = [PITrailEvent(C, f"NOOP {n}") for n in range(5)]
    trail = Trail()
    for event in events:
        trail(event)
    assert list(trail) == events
    assert trail[1] is events[1]
    assert trail[-2:] == events[-2:]
    assert len(trail) == 5


def test_old_lines_are_forgotten_and_counted() -> None:
    trail = Trail(maxlen=3)
    for n in range(10):
        trail(PITrailEvent(C, str(n)))
    assert [event.message for event in trail] == ["7", "8", "9"]
    assert trail.dropped == 7
    trail.clear()
    assert (len(trail), trail.dropped) == (0, 0)


def test_it_takes_lines_from_many_threads_while_it_is_read() -> None:
    trail = Trail(maxlen=100)

    def write() -> None:
        for _ in range(2_000):
            trail(PITrailEvent(C, "NOOP"))

    threads = [Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert len(list(trail)) <= 100
        str(trail)
    assert trail.dropped == 4 * 2_000 - 100


def test_round_trips_are_waits_not_replies() -> None:
    trail = filled(
        (S, "220 hi"),
        (C, "EHLO me"), (S, "250-a"), (S, "250 b"),
        (C, "MAIL FROM:<>"), (C, "RCPT TO:<a@b>"), (I, "a remark"), (S, "250 ok"), (S, "550 no"),
    )  # fmt: skip
    assert trail.tally.round_trips == 2
    assert trail.tally.refusals == 1


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


def tags_of(html: str) -> Tags:
    parser = Tags()
    parser.feed(html)
    return parser


HOSTILE = [
    "220 <img src=x onerror=alert(1)>",
    "220 </table></details><script>alert(1)</script>",
    "250 <style>body{display:none}</style>",
    '250 "><iframe srcdoc=x>',
    "250 \x1b[31mred\x1b[0m \u202egnirts",
]


@pytest.mark.parametrize("line", HOSTILE)
def test_html_of_a_hostile_line_is_inert(line: str) -> None:
    html = filled((S, line))._repr_html_()
    tags = tags_of(html)
    assert tags.seen <= {"details", "summary", "table", "thead", "tbody", "tr", "th", "td"} | {
        "code",
        "bdi",
        "strong",
        "p",
    } | {"pre", "svg", "title", "desc", "g", "path", "rect", "text"}
    drawn = {"d", "fill", "fill-opacity", "font-style", "font-weight", "height", "role"} | {
        *("stroke", "stroke-dasharray", "stroke-opacity", "stroke-width", "text-anchor"),
        *("viewbox", "width", "x", "y"),
    }
    assert tags.attributes <= {"open", "scope", "style", "colspan"} | drawn
    assert "\x1b" not in html
    assert "\u202e" not in html


@given(st.text())
def test_no_text_adds_a_tag_or_a_control(text: str) -> None:
    html = filled((S, text))._repr_html_()
    assert html.count("<code>") == html.count("</code>") == 1
    assert tags_of(html).seen == tags_of(filled((S, "x"))._repr_html_()).seen | (
        {"strong"} if re.match(r"[45]\d\d", text) else set()
    )
    assert visible(html) == html.replace("\n", "\\n")  # a title of the drawing has lines


def test_html_says_who_spoke_in_words() -> None:
    html = filled((C, "NOOP"), (S, "250 ok"), (I, "note"))._repr_html_()
    assert re.findall(r">(Client|Server|Note)</td>", html) == ["Client", "Server", "Note"]


def test_a_long_trail_shows_fifty_rows_and_counts_the_rest() -> None:
    trail = filled(*[(C, f"NOOP {n}") for n in range(1_234)])
    html = trail._repr_html_()
    assert html.count("<code>") == 50
    assert "… 1,184 more" in html
    assert "<details><summary>" in html  # closed: the reader opens it


def test_a_reply_of_several_lines_is_one_row() -> None:
    trail = filled((C, "EHLO me"))
    for n in range(20):
        trail(PITrailEvent(S, f"250-KEYWORD{n}", final=False))
    trail(PITrailEvent(S, "250 LAST"))
    trail(PITrailEvent(C, "QUIT"))
    html = trail._repr_html_()
    assert html.count("<tr>") == 1 + 3
    assert "20 more lines</summary>" in html
    assert "250 LAST" in html
    assert "more</td>" not in html


def test_a_reply_that_breaks_off_is_shown_too() -> None:
    trail = Trail()
    trail(PITrailEvent(S, "250-half", final=False))
    trail(PITrailEvent(I, "the connection was lost"))
    assert [len(reply) for reply in whole_replies(trail)] == [1, 1]
    trail(PITrailEvent(S, "250-half", final=False))
    assert [len(reply) for reply in whole_replies(trail)] == [1, 1, 1]


def test_what_a_notebook_saves_is_masked_and_str_is_the_truth() -> None:
    trail = filled((C, "RCPT TO:<recipient@example.org>"))

    class Printer:
        out = ""

        def text(self, text: str) -> None:
            self.out += text

    printer = Printer()
    trail._repr_pretty_(printer, False)
    assert "recipient@" not in printer.out + trail._repr_html_()
    assert "recipient@example.org" in str(trail)


def test_lines_of_one_write_stand_in_one_bracket() -> None:
    groups = [0, 1, 1, 1, 0, 2, 3, 3]
    events = [PITrailEvent(C, "x", group=group) for group in groups]
    assert group_marks(events) == ["", "┌ ", "│ ", "└ ", "", "", "┌ ", "└ "]
