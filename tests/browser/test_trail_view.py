"""The live trail on a page of its own, in a real Chromium: what it draws, and how much of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browser.lab import SCREENSHOTS
from browser.stage import messages_of, mount
from smtp_nb.model.enums import TrailDirection
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.trail.trail import Trail
from smtp_nb.widgets.content_lines import ContentLine

pytestmark = pytest.mark.browser

C, S, I = TrailDirection.CLIENT, TrailDirection.SERVER, TrailDirection.INFO  # noqa: E741
NOON = 1_800_000_000.0
KEYWORDS = ("PIPELINING", "SIZE 1000", "8BITMIME", "AUTH PLAIN", "XWONDER")


def a_session() -> list[PITrailEvent]:
    offers = [PITrailEvent(S, f"250-{word}", 0.2, final=False) for word in KEYWORDS]
    return [
        PITrailEvent(I, "Remote host connection complete"),
        PITrailEvent(S, "220 mx.school.test ESMTP", 0.1),
        PITrailEvent(C, "EHLO me", 0.1),
        PITrailEvent(S, "250-mx.school.test", 0.2, final=False),
        *offers,
        PITrailEvent(S, "250 HELP", 0.2),
        PITrailEvent(C, "AUTH PLAIN <hidden>", 0.3),
        PITrailEvent(S, "235 2.7.0 ok", 0.4),
        PITrailEvent(C, "MAIL FROM:<a@school.test>", 0.5, group=1),
        PITrailEvent(C, "RCPT TO:<b@school.test>", 0.5, group=1),
        PITrailEvent(C, "RCPT TO:<left@school.test>", 0.5, group=1),
        PITrailEvent(S, "250 2.1.0 ok", 0.6),
        PITrailEvent(S, "250 2.1.5 ok", 0.6),
        PITrailEvent(S, "550 5.1.1 no such mailbox", 0.6),
        PITrailEvent(C, "DATA", 0.7),
        PITrailEvent(S, "354 go on", 0.8),
        PITrailEvent(C, ".", 0.9),
        PITrailEvent(S, "451 4.3.0 try later", 1.0),
    ]


@dataclass
class Stage:
    """A page with a trail.

    Attributes:
        errors: what the browser's console called an error.
    """

    page: Page
    errors: list[str] = field(default_factory=list)

    def show(self, events: list[PITrailEvent], user: str = "") -> None:
        trail = Trail(now=lambda: NOON)
        trail.user = user
        mount(self.page, messages_of(events, trail))

    def rows(self, words: str = "") -> Locator:
        return self.page.locator(".smtpnb-list .smtpnb-row").filter(has_text=words)

    @property
    def box(self) -> Locator:
        return self.page.locator(".smtpnb-box")

    @property
    def detail(self) -> Locator:
        return self.page.locator(".smtpnb-detail")

    def place(self, shown: Locator) -> dict[str, Any]:
        found = shown.bounding_box()
        assert found is not None
        return dict(found)


@pytest.fixture
def stage(browser: Browser) -> Iterator[Stage]:
    stage = Stage(browser.new_page(viewport={"width": 900, "height": 600}))
    stage.page.on("pageerror", lambda error: stage.errors.append(str(error)))
    yield stage
    assert stage.errors == []
    stage.page.close()


def test_the_head_of_a_session_names_server_user_and_start(stage: Stage) -> None:
    stage.show(a_session(), user="ann")
    stage.box.press("Home")
    head = stage.rows("Session 1")
    expect(head).to_be_visible()
    expect(head).to_contain_text("mx.school.test · logged in as ann")
    year = stage.page.evaluate("seconds => new Date(seconds * 1000).getFullYear()", NOON)
    expect(head).to_contain_text(str(year))


@pytest.mark.parametrize(
    ("line", "word"),
    [("235 2.7.0", "yes"), ("354 go", "go on"), ("451 4.3.0", "not now"), ("550 5.1.1", "no")],
)
def test_a_reply_has_its_verdict_in_words(stage: Stage, line: str, word: str) -> None:
    stage.show(a_session())
    expect(stage.rows(line).locator(".smtpnb-verdict")).to_have_text(word)


def test_the_explanation_opens_below_its_line_and_pushes_the_others_down(stage: Stage) -> None:
    stage.show(a_session(), user="ann")
    line, after = stage.rows("550 5.1.1"), stage.rows("354 go")
    line.click()
    expect(stage.detail).to_contain_text("The mailbox does not exist there")
    row, detail, below = map(stage.place, (line, stage.detail, after))
    assert detail["y"] == pytest.approx(row["y"] + row["height"], abs=1)
    assert below["y"] == pytest.approx(detail["y"] + detail["height"] + 20, abs=1)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    stage.page.locator(".smtpnb-trail").screenshot(path=SCREENSHOTS / "trail-explained.png")
    line.click()
    expect(stage.detail).to_be_hidden()


def test_rows_stay_in_place_while_an_explanation_scrolls_past(stage: Stage) -> None:
    events = [PITrailEvent(C, f"NOOP {n}", n / 10) for n in range(200)]
    stage.show(events)
    stage.box.press("Home")
    stage.rows("NOOP 0").wait_for()
    for top in (0, 100, 300, 2_000, 3_000):
        stage.box.evaluate("(box, top) => { box.scrollTop = top; }", top)
        stage.page.evaluate("() => new Promise(requestAnimationFrame)")
        # Each row on the page stands where its number says, below the explanation of the first.
        places = stage.page.evaluate(
            """() => {
                const start = document.querySelector(".smtpnb-spacer").getBoundingClientRect().top;
                return [...document.querySelectorAll(".smtpnb-list [data-index]")].map(row =>
                    [+row.dataset.index, row.getBoundingClientRect().top - start]);
            }"""
        )
        height = places[-1][1] - places[-1][0] * 20
        assert height > 40
        assert [y for n, y in places if n > 1] == [n * 20 + height for n, _ in places if n > 1]


def test_scrolling_draws_in_the_elements_that_are_there_and_then_puts_them_in_order(
    stage: Stage,
) -> None:
    events = [PITrailEvent(S if n % 2 else C, f"250 {n}", n / 10) for n in range(400)]
    stage.show(events)
    stage.box.press("Home")
    stage.rows("250 0").wait_for()
    made = """async () => {
        const box = document.querySelector(".smtpnb-box");
        let made = 0;
        new MutationObserver((all) => { for (const one of all) made += one.addedNodes.length; })
            .observe(box, { childList: true, subtree: true });
        for (let k = 1; k <= 50; k++) {
            box.scrollTop = 60 * k;
            await new Promise(requestAnimationFrame);
        }
        return made;
    }"""
    assert stage.page.evaluate(made) < 30  # of 150 rows that came into sight
    in_order = """() => {
        const rows = [...document.querySelectorAll(".smtpnb-list .smtpnb-row")];
        const places = rows.map(row => +row.dataset.index);
        const words = rows.map(row => row.querySelector("bdi")?.textContent);
        return places.every((place, k) => place === places[0] + k)
            && words.every((word, k) => word === `250 ${places[k] - 1}`);
    }"""
    stage.page.wait_for_function(in_order)


def test_each_keyword_of_ehlo_has_its_meaning_and_strangers_say_so(stage: Stage) -> None:
    stage.show(a_session())
    stage.rows("250-mx").click()
    meanings = {
        "PIPELINING": "several commands at once",
        "SIZE": "how large a message may be",
        "8BITMIME": "bytes above 127",
        "AUTH": "can log in",
        "HELP": "explains its commands",
        "XWONDER": "Nothing that the table knows",
    }
    for word, meaning in meanings.items():
        line = stage.detail.locator("dt", has_text=word).first
        expect(line.locator("+ dd")).to_contain_text(meaning)


@pytest.mark.parametrize(
    ("line", "allowed", "refused"),
    [
        ("235 2.7.0", "MAIL", "DATA"),
        ("250 2.1.0", "DATA", "MAIL"),
        ("354 go", "a lone dot", "RCPT"),
        ("220 mx", "EHLO", "MAIL"),
    ],
)
def test_what_may_come_next_is_said_in_words(
    stage: Stage, line: str, allowed: str, refused: str
) -> None:
    stage.show(a_session())
    stage.rows(line).click()
    summary = stage.detail.locator("summary")
    expect(summary).to_contain_text("What may come next")
    expect(summary).to_contain_text(allowed)
    expect(summary).not_to_contain_text(refused)
    summary.click()
    expect(stage.detail.locator(".smtpnb-next dd").first).to_be_visible()


def test_line_ends_and_dots_are_shown_on_demand(stage: Stage) -> None:
    *before, dot, last = a_session()
    message = [
        ContentLine(C, "Subject: Dots", 0.8),
        ContentLine(C, ".profile is a file", 0.8, is_stuffed=True),
    ]
    stage.show([*before, *message, dot, last])
    marks = stage.page.locator(".smtpnb-end, .smtpnb-dot")
    expect(stage.rows(".profile").locator("bdi")).to_have_text(".profile is a file")
    expect(marks).to_have_count(0)
    toggle = stage.page.get_by_role("button", name="As sent")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(stage.rows("354 go").locator(".smtpnb-end")).to_have_text("CR LF")
    expect(stage.rows("Remote host").locator(".smtpnb-end")).to_have_count(0)
    expect(stage.rows(".profile")).to_contain_text("C: ..profile is a file")
    expect(stage.rows("Subject").locator(".smtpnb-dot")).to_have_count(0)
    expect(stage.page.locator("bdi .smtpnb-dot")).to_have_text(".")  # the one that ends the message
    stage.page.locator(".smtpnb-trail").screenshot(path=SCREENSHOTS / "trail-as-sent.png")
    stage.rows(".profile").click()
    expect(stage.detail).to_contain_text("DATA sends one more before it")


@pytest.mark.parametrize("width", [900, 600, 400])
def test_totals_and_lanes_fit(stage: Stage, width: int) -> None:
    stage.page.set_viewport_size({"width": width, "height": 600})
    stage.show(a_session())
    for part in (".smtpnb-sum", ".smtpnb-controls"):
        place = stage.place(stage.page.locator(part))
        assert place["x"] + place["width"] <= width
        clipped = "part => part.scrollWidth > part.clientWidth + 1"
        assert not stage.page.locator(part).evaluate(clipped)
    client = stage.place(stage.rows("DATA").locator(".smtpnb-client"))
    server = stage.place(stage.rows("354 go").locator(".smtpnb-server"))
    is_stacked = server["x"] < client["x"] + client["width"]
    assert is_stacked == (width <= 600)


@pytest.mark.long
def test_a_hundred_thousand_lines_need_few_messages_and_few_elements(stage: Stage) -> None:
    events = [
        PITrailEvent(S if n % 2 else C, f"{'250 ok' if n % 2 else 'NOOP'} {n}", n / 1000)
        for n in range(100_000)
    ]
    messages = messages_of(events)
    assert len(messages) <= 50
    mount(stage.page, messages)
    expect(stage.rows("250 ok 99999")).to_be_visible()
    elements = "() => document.querySelectorAll('.smtpnb-trail *').length"
    most = 0
    for part in range(11):
        stage.box.evaluate("(box, part) => { box.scrollTop = box.scrollHeight * part }", part / 10)
        stage.page.evaluate("() => new Promise(requestAnimationFrame)")
        most = max(most, stage.page.evaluate(elements))
    assert most < 300
    assert stage.rows().count() < 40
