"""The wall of a class in JupyterLab, in a real Chromium: thirty students and three strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from browser.axe import barriers
from browser.lab import Lab, Notebook
from judges.parsers import Judges

pytestmark = pytest.mark.browser

ROOM = """%load_ext smtp_nb
from smtp_nb.classroom import Classroom
room = Classroom([f"Kim {n}" for n in range(1, 31)], code="maple-73", host="127.0.0.2")
room"""
CLASS = """import socket
from smtp_nb.classroom.room.join_code import parse
from smtp_nb.classroom.room.joining import meet

code = parse(room.join_line.removeprefix("%smtp join "))
joined = []
for n in range(1, 31):
    smtp = meet(code, f"Kim {n}")
    smtp.connect()
    joined.append(smtp)
for smtp in joined[:10]:
    smtp.from_, smtp.send_to = "kim@class.test", "teacher@class.test"
    smtp.subject, smtp.message_text = "Hello", "Hello"
    smtp.send()
strangers = []
for said in (b"MAIL FROM:<eve@class.test>\\r\\nRCPT", b"MAIL FROM: eve@class.test\\r\\n",
             b"MAIL FROM:<eve@class.test>\\r\\nRCPT TO:<a@class.test>\\r\\nDATA\\r\\nHi\\r\\n"):
    line = socket.create_connection((code.host, code.port))
    line.recv(999)
    for piece in (b"EHLO localhost\\r\\n", *said.splitlines(keepends=True)):
        line.sendall(piece)
        if piece.endswith(b"\\r\\n") and not piece.startswith(b"Hi"):
            line.recv(999)
    strangers.append(line)
poll = room.ask("Who speaks first?", ["the client", "the server"], "the server")
joined[0].send_to, joined[0].subject = "quiz@class.test", "2"
_ = joined[0].send()"""
LAST = "room.stop(); [line.close() for line in strangers]; room['Kim 1']"
WALL, BUSY, END = 0, 1, 2


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Iterator[Notebook]:
    opened = lab.open_notebook([ROOM, CLASS, LAST])
    opened.run(WALL)
    opened.run(BUSY)
    opened.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    yield opened
    opened.run(END)
    assert opened.foreign == []
    assert opened.errors == []
    opened.page.close()


def wall(notebook: Notebook) -> Locator:
    return notebook.output_area(WALL).locator(".smtpnb-wall")


def test_the_wall_shows_all_and_those_first_who_are_stuck(notebook: Notebook) -> None:
    shown = wall(notebook)
    tiles = shown.locator(".smtpnb-tile")
    expect(tiles).to_have_count(33)
    expect(shown.get_by_role("status").first).to_have_text(
        re.compile("33 of 33 connected, [23] stuck")
    )
    notebook.screenshot("wall")


def tile(notebook: Notebook, name: str) -> Locator:
    return (
        wall(notebook)
        .locator(".smtpnb-tile button")
        .filter(has=notebook.page.get_by_text(name, exact=True))
    )


def test_a_click_opens_the_live_trail_of_that_student(notebook: Notebook) -> None:
    shown = wall(notebook)
    tile(notebook, "Kim 7").click()
    expect(tile(notebook, "Kim 7")).to_have_attribute("aria-pressed", "true")
    expect(shown.locator(".smtpnb-whose")).to_have_text("Trail of Kim 7")
    lines = shown.locator(".smtpnb-trail .smtpnb-row")
    expect(lines.filter(has_text="MAIL FROM:<kim@class.test>")).to_be_visible()
    expect(shown.locator(".smtpnb-trail .smtpnb-begins")).to_have_count(0)
    notebook.screenshot("wall-trail")


def test_the_keyboard_walks_from_tile_to_tile_and_keeps_its_place(notebook: Notebook) -> None:
    tile(notebook, "Kim 2").focus()
    tile(notebook, "Kim 2").press("ArrowRight")
    expect(tile(notebook, "Kim 3")).to_be_focused()
    wall(notebook).get_by_role("button", name="Pause").click()
    expect(wall(notebook).get_by_role("status").first).to_contain_text("paused")
    tile(notebook, "Kim 3").focus()
    wall(notebook).get_by_role("button", name="Resume").dispatch_event("click")
    expect(wall(notebook).get_by_role("status").first).not_to_contain_text("paused")
    expect(tile(notebook, "Kim 3")).to_be_focused()


def test_a_fault_for_one_student_is_chosen_and_healed(notebook: Notebook) -> None:
    shown = wall(notebook)
    shown.get_by_label("What goes wrong").select_option("greylist")
    shown.get_by_label("For whom").select_option("Kim 3")
    shown.get_by_role("button", name="Inject fault").click()
    expect(shown.locator(".smtpnb-faults")).to_contain_text("for user kim 3")
    shown.get_by_role("button", name="Heal all").click()
    expect(shown.locator(".smtpnb-faults")).to_be_hidden()


def test_the_teacher_tells_all_and_takes_the_wall_home(notebook: Notebook) -> None:
    wall = notebook.output_area(WALL).locator(".smtpnb-wall")
    field = wall.get_by_label("A message to all students")
    field.fill("five minutes left")
    field.press("Enter")
    expect(wall.locator(".smtpnb-said")).to_contain_text("sessions will hear it")
    expect(field).to_have_value("")
    for name, file, word in (
        ("CSV", "maple-73.csv", "Kim 30"),
        ("Class log", "maple-73.classlog", '"kind"'),
    ):
        with notebook.page.expect_download() as started:
            wall.get_by_role("button", name=name).click()
        assert started.value.suggested_filename == file
        assert word in started.value.path().read_text("utf-8")


def test_the_projector_shows_no_name_and_no_address(notebook: Notebook) -> None:
    shown = wall(notebook)
    shown.get_by_role("button", name="Projector").click()
    expect(shown.locator(".smtpnb-name").filter(has_text="student 7")).to_have_count(1)
    expect(shown).not_to_contain_text("Kim")
    expect(shown.locator(".smtpnb-trail")).to_contain_text("k…@class.test")
    expect(shown.locator(".smtpnb-trail")).not_to_contain_text("kim@")
    notebook.screenshot("wall-projector")
    shown.get_by_role("button", name="Projector").click()
    expect(shown.locator(".smtpnb-name").filter(has_text="Kim 7")).to_have_count(1)


def test_a_saved_notebook_has_the_wall_without_names(notebook: Notebook) -> None:
    (output,) = notebook.outputs(WALL)
    text = str(output["data"])
    assert "student 7" in text
    assert "Kim" not in text
    assert "kim@" not in text
    assert "%smtp join" not in text


@pytest.mark.parametrize("width", [1280, 400])
def test_the_wall_is_clean_for_axe_and_stays_in_its_cell(
    notebook: Notebook, judges: Judges, width: int
) -> None:
    notebook.page.set_viewport_size({"width": width, "height": 1000})
    assert barriers(notebook.page, judges.axe, ".smtpnb-wall") == []
    outside = wall(notebook).evaluate(
        """root => [...root.querySelectorAll("*")]
            .filter(each => each.checkVisibility())
            .filter(each => !each.closest(".smtpnb-unseen, .smtpnb-box, pre"))
            .filter(each => each.getBoundingClientRect().right
                > root.getBoundingClientRect().right + 1)
            .map(each => each.className)"""
    )
    assert outside == []
    notebook.screenshot(f"wall-{width}")


def test_forced_colours_and_the_dark_keep_the_signs(notebook: Notebook) -> None:
    notebook.page.emulate_media(forced_colors="active")
    notebook.page.set_viewport_size({"width": 1200, "height": 1000})
    expect(tile(notebook, "stranger 1")).to_contain_text("in the middle of a line, stuck")
    notebook.screenshot("wall-forced")
    notebook.page.emulate_media(forced_colors="none")


def test_reset_asks_again_and_then_empties_the_wall(notebook: Notebook) -> None:
    shown = wall(notebook)
    shown.get_by_role("button", name="Reset").click()
    shown.get_by_role("button", name="Really reset?").click()
    expect(shown.locator(".smtpnb-tile")).to_have_count(30)
    expect(shown.get_by_role("status").first).to_contain_text("0 of 30 connected")
