"""A whole class at once: thirty who joined over TLS, three strangers, faults, and the wall of it.

The page's clock is stopped and moved by hand, so a second is a second on any machine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.axe import barriers
from browser.stage import PAGE, Clock
from classroom.room.conftest import NAMES, Telnet, code_of, joined
from judges.parsers import Judges
from smtp_nb import SMTP
from smtp_nb.classroom import Classroom
from smtp_nb.errors import DeferredError, SMTPError
from smtp_nb.model.secret import encodings
from smtp_nb.widgets import WallView
from smtp_nb.widgets.latest_value import LatestMade
from smtp_nb.widgets.teaching.wall import PAUSE_S

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

SECOND = 1_000
STRANGERS = (
    "MAIL FROM:<eve@class.test>\r\nRCPT",
    "MAIL FROM: eve@class.test\r\n",
    "MAIL FROM:<eve@class.test>\r\nRCPT TO:<ann@class.test>\r\n",
)
MOUNT = """async ([script, style]) => {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    document.head.append(sheet);
    const source = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const listeners = [];
    const model = {
        get: () => undefined, off: () => {}, send: () => {},
        on: (name, listener) => listeners.push(listener),
    };
    window.deliver = (message) => listeners.forEach((listener) => listener(message, []));
    const widget = (await import(source)).default();
    widget.initialize({ model });
    widget.render({ model, el: document.getElementById("view") });
}"""


class Class:
    """The class, and the wall that is drawn of it.

    Attributes:
        room: its server.
        students: those who have joined.
        page: where the wall is.
    """

    def __init__(self, room: Classroom, page: Page, stack: ExitStack) -> None:
        self.room, self.page = room, page
        self.students = [joined(room, name) for name in NAMES]
        self.strangers = [Telnet(code_of(room)) for _ in STRANGERS]
        for line in self.strangers:
            stack.callback(line.close)
        for smtp in self.students:
            stack.callback(_leave, smtp)
        self.view = WallView(room)
        stack.callback(self.view.close)
        self.clock = Clock()
        self.feed = LatestMade(self.view._message, PAUSE_S, self.clock)
        page.set_content(PAGE)
        page.evaluate(MOUNT, [WallView._esm, WallView._css])

    def show(self) -> None:
        """Let one second pass after a change: on the feed's clock, then on the page's."""
        self.feed.touch()
        waited = self.feed.wait_s() or 0.0
        self.clock.now += waited
        self.page.evaluate("message => window.deliver(message)", self.feed.next_message())
        self.page.clock.run_for(SECOND - round(waited * SECOND))

    def send(self, students: list[SMTP]) -> list[str]:
        with ThreadPoolExecutor(len(students)) as pool:
            return list(pool.map(_sent, students))

    def places(self) -> dict[str, str]:
        """What the page says of each student."""
        tiles = self.page.locator(".smtpnb-tile").all_inner_texts()
        return {lines[0]: lines[1] for lines in (text.split("\n") for text in tiles)}


def _sent(smtp: SMTP) -> str:
    try:
        return str(smtp.send().outcome)
    except DeferredError as error:
        return str(error.reply.code if error.reply else error)
    except SMTPError as error:
        return type(error).__name__


def _leave(smtp: SMTP) -> None:
    with ExitStack() as quietly:
        quietly.push(lambda kind, *_: kind is not None and issubclass(kind, SMTPError))
        smtp.disconnect()


@pytest.fixture(scope="module")
def whole(browser: Browser) -> Iterator[Class]:
    with (
        ExitStack() as stack,
        Classroom(NAMES, code="maple-73", host="127.0.0.2", port=0) as room,
    ):
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.clock.install(time=0)
        page.clock.pause_at(1)
        yield Class(room, page, stack)
        page.close()


def test_the_wall_shows_all_thirty_three_within_a_second(whole: Class) -> None:
    assert whole.send(whole.students) == ["ACCEPTED"] * 30
    for line, said in zip(whole.strangers, STRANGERS, strict=True):
        line.say("EHLO localhost")
        line.send(said)
        for _ in range(said.count("\r\n")):
            line.reply()
    whole.show()
    places = whole.places()
    assert set(places) == {*NAMES, "stranger 1", "stranger 2", "stranger 3"}
    assert {places[name] for name in NAMES} == {"✓ delivered"}
    assert places["stranger 1"].endswith("in the middle of a line, stuck")
    assert places["stranger 2"].endswith("refused, stuck")
    expect(whole.page.get_by_role("status").first).to_have_text(re.compile("33 of 33 connected"))


def test_each_trail_is_one_students_alone(whole: Class) -> None:
    for name in NAMES:
        seen = whole.room[name]
        assert [message.subject for message in seen.messages] == [f"From {name}"]
        assert {session.user for session in seen.sessions} == {name.lower()}
        assert all(session.tls for session in seen.sessions)
    assert not whole.room["stranger 1"].messages


def test_a_fault_for_all_is_on_every_tile_within_a_second(whole: Class) -> None:
    fault = whole.room.fault("greylist")
    assert whole.send(whole.students) == ["450"] * 30
    whole.show()
    places = whole.places()
    assert {places[name] for name in NAMES} == {"✗ refused, stuck"}
    assert fault.hits == 30
    whole.room.heal()


def test_one_who_is_slow_keeps_nobody_waiting(whole: Class) -> None:
    whole.room.fault("slow", student="Kim 1", delay=600)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(_sent, whole.students[0])
        assert whole.send(whole.students[1:]) == ["ACCEPTED"] * 29
        whole.show()
        places = whole.places()
        assert not waiting.done()
        assert {places[name] for name in NAMES[1:]} == {"✓ delivered"}
        assert places["Kim 1"] != "✓ delivered"
        whole.students[0].interrupt()
        assert waiting.result() != "ACCEPTED"
    whole.room.heal()


def test_axe_finds_nothing_on_the_wall(whole: Class, judges: Judges) -> None:
    whole.show()
    whole.page.clock.resume()  # axe waits now and then
    assert barriers(whole.page, judges.axe, ".smtpnb-wall") == []


def test_no_password_and_no_address_is_in_what_is_saved(whole: Class, tmp_path: Path) -> None:
    """In the class log, and in what the notebook keeps of the wall."""
    whole.room.save(tmp_path / "a.classlog")
    saved: dict[str, Any] = {
        "log": (tmp_path / "a.classlog").read_text("utf-8"),
        "forms": "\n".join(map(str, whole.view.static_forms())),
        "state": json.dumps(whole.view.get_state(), default=str),
        "shown": whole.room._repr_html_() + repr(whole.room),
    }
    code = code_of(whole.room)
    secrets = [code.token.reveal(), *(code.password(name).reveal() for name in NAMES)]
    spelled = [spelling for secret in secrets for spelling in encodings(secret)]
    for text in saved.values():
        assert [one for one in spelled if one in text] == []
        assert [one for one in ("127.0.0.2", "kim@", "eve@", "ann@") if one in text] == []
    assert "Kim" not in saved["forms"] + saved["state"] + saved["shown"]
