"""The pictures of the documentation, taken of every view in JupyterLab, in the light theme.

They are written to build/screenshots/docs; what the pages show is a copy of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from browser.lab import SCREENSHOTS, Lab, Notebook

DOCS = Path(__file__).parents[2] / "docs"
TAKEN = SCREENSHOTS / "docs"
START = """%load_ext smtp_nb
import os, tempfile; os.chdir(tempfile.mkdtemp())
%smtp server start --tls starttls --auth teacher --refuse left@school.test
%smtp connect --from teacher@school.test"""
ROWS = """import pandas as pd
names = ["Ann", "Ben", "Chloé", "David", "Eve", "Farid", "Gül", "Hugo"]
df = pd.DataFrame({"name": names * 9, "points": [n % 41 for n in range(72)]})
df["email"] = [f"{name.lower()[:3]}{n}@school.test" for n, name in enumerate(df["name"])]
df.loc[[3, 40], "email"] = ["left@school.test", "gone.school.test"]
df["email"] = df["email"].str.replace("é", "e").str.replace("ü", "u")"""
TEMPLATE = """%%smtp template result
Subject: Your result, {{ name }}

Dear {{ name }},

you have **{{ points }}** points.

Your teacher"""
SLOW = "%smtp server fault refuse --to ben*"
MERGE = "job = %smtp merge df result --send --yes 71 --skip-invalid --background --rate 4/s"
WALL = """import socket
from smtp_nb.classroom import Classroom
from smtp_nb.classroom.room.join_code import parse
from smtp_nb.classroom.room.joining import meet
room = Classroom(["Ann", "Ben", "Chloé", "David", "Eve", "Farid", "Gül", "Hugo"],
                 code="maple-73", host="127.0.0.2")
code = parse(room.join_line.removeprefix("%smtp join "))
joined = [meet(code, name) for name in ("Ann", "Ben", "Chloé", "David", "Farid")]
for smtp in joined:
    smtp.connect()
for smtp in joined[:2]:
    smtp.from_, smtp.send_to, smtp.subject = "me@class.test", "teacher@class.test", "Hello"
    smtp.send()
line = socket.create_connection((code.host, code.port))
for said in (b"", b"EHLO localhost\\r\\n", b"MAIL FROM: eve@class.test\\r\\n"):
    line.sendall(said)
    _ = line.recv(999)
room"""
QUIZ = """from smtp_nb.classroom import Quiz, Terminal
from smtp_nb.sandbox import SandboxServer
inline = SandboxServer(inline=True).start()
with Terminal(inline) as terminal:
    _ = terminal.dialogue("EHLO me.test\\nMAIL FROM:<ann@school.test>")
Quiz(terminal.session, at=["EHLO", "MAIL"])"""
TALK = """%%smtp talk --name ann
EHLO me.test
RCPT TO:<ben@school.test>
QUIT"""
LESSON = """import smtp_nb
lesson = smtp_nb.lesson(1, student="ann")
lesson.check("1.1")"""
CELLS = {
    "start": START,
    "send": "%%smtp send --to ann@school.test --subject Hello --markdown\nGood **morning**",
    "ladder": "%smtp ladder",
    "rows": ROWS,
    "template": TEMPLATE,
    "dry-run": "%smtp merge df result",
    "preview": "%smtp preview df result --rows 1",
    "doctor": "%smtp doctor",
    "sends": "%smtp send --to head@school.test --subject Minutes --text Hello --attach-var df",
    "slow": SLOW,
    "merge": MERGE,
    "inbox": "%smtp server inbox",
    "explanations": "%smtp explain tls",
    "bytes": "%smtp server sessions 1 --bytes",
    "quiz": QUIZ,
    "wall": WALL,
    "talk": TALK,
    "score": LESSON,
    "end": "job.cancel(); room.stop(); line.close()",
}
PLACE = {name: place for place, name in enumerate(CELLS)}


@pytest.fixture(scope="module")
def notebook(lab: Lab) -> Iterator[Notebook]:
    opened = lab.open_notebook(CELLS.values())
    opened.page.set_viewport_size({"width": 1000, "height": 1000})
    opened.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    opened.page.evaluate(
        "window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' })"
    )
    for name in ("start", "send", "rows", "template", "sends"):
        opened.run(PLACE[name])
    TAKEN.mkdir(parents=True, exist_ok=True)
    yield opened
    opened.run(PLACE["end"])
    assert opened.foreign == []
    assert opened.errors == []
    opened.page.close()


def merging(view: Locator) -> None:
    """Some of its rows have failed, most are still to come."""
    expect(view.locator(".smtpnb-missed")).to_contain_text("ben9@school.test", timeout=20_000)
    expect(view.locator(".smtpnb-so-far svg")).to_be_visible()


def opened_letter(view: Locator) -> None:
    view.get_by_role("button", name="Minutes").click()
    expect(view.locator(".smtpnb-letter")).to_contain_text("df.csv")
    view.locator("summary", has_text="Headers").click()


def marked_bytes(view: Locator) -> None:
    view.locator(".smtpnb-row").first.wait_for()


READY: dict[str, Callable[[Locator], None]] = {
    "merge": merging,
    "inbox": opened_letter,
    "bytes": marked_bytes,
    "wall": lambda view: expect(view.locator(".smtpnb-tile")).to_have_count(9),
    "quiz": lambda view: expect(view.locator(".smtpnb-choices").first).to_be_visible(),
    "explanations": lambda view: expect(view.locator("tbody tr").first).to_be_visible(),
}
VIEWS = [
    name for name in CELLS if name not in ("start", "rows", "template", "sends", "slow", "end")
]
# Those of the tests that work with these views.
OTHERS = {"trail", "trail-explained", "results", "composer", "stepper", "stepper-client", "attack"}


@pytest.mark.browser
@pytest.mark.long
@pytest.mark.parametrize("name", VIEWS)
def test_a_picture_is_taken(notebook: Notebook, name: str) -> None:
    if name == "merge":
        notebook.run(PLACE["slow"])
    notebook.run(PLACE[name])
    view = notebook.output_area(PLACE[name])
    expect(view).not_to_be_empty()
    READY.get(name, lambda view: None)(view)
    picture = TAKEN / f"{name}.png"
    view.screenshot(path=picture)
    assert picture.stat().st_size > 4_000


def test_every_picture_in_the_docs_is_taken_by_a_test_and_has_words() -> None:
    shown = {path.stem for path in (DOCS / "images").glob("*.png")}
    assert shown == {*VIEWS, *OTHERS}
    pages = "".join(path.read_text("utf-8") for path in DOCS.rglob("*.md"))
    for name in sorted(shown):
        words = re.findall(rf"!\[([^\]]*)\]\(\S*images/{name}\.png\)", pages)
        assert words, name
        assert min(map(len, words)) > 20, name
