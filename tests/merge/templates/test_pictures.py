"""Pictures that the HTML names travel with the message, or the row is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smtp_nb.compose.parts import Attachment
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.preview import PreviewedRow

PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 16


@pytest.fixture(autouse=True)
def pictures(directory: Path) -> None:
    (directory / "sub folder").mkdir()
    for name in ("logo.png", "sub folder/my logo.png", "ann.png"):
        (directory / name).write_bytes(PIXEL + name.encode())
    (directory / "notes.txt").write_text("no picture")
    (directory.parent / "outside.png").write_bytes(PIXEL)


def merge(**template: Any) -> MailMerge:
    frame = pd.DataFrame({"to": ["a@x.test", "b@x.test"], "name": ["ann", "ann"]})
    return MailMerge(frame, Template(subject="{{ name }}", **template), to="to", from_="t@x.test")


def shown(**template: Any) -> PreviewedRow:
    (row,) = merge(**template).preview(1)
    return row


@pytest.mark.parametrize(
    "body",
    [
        {"markdown": "![logo](logo.png)"},
        {"markdown": "![logo](<sub folder/my logo.png>)"},
        {"markdown": "{% if true %}![logo](logo.png){% endif %}"},
        {"markdown": "![of {{ name }}]({{ name }}.png)"},
        {"html": '<p><img src="logo.png"></p>'},
        {"html": "<IMG alt='x' SRC = './logo.png' width=3>"},
        {"html": "<img src=logo.png>"},
        {"html": '<img src="{{ name }}.png">'},
        {"html": '<img src="sub%20folder/my%20logo.png">'},
    ],
)
def test_a_local_picture_travels_inside_the_message(body: dict[str, str]) -> None:
    row = shown(**body)
    assert row.message is not None
    (part,) = row.message.letter.draft.inline
    assert f'"cid:{part.cid}"' in (row.message.letter.draft.html or "")
    assert '"data:image/png;base64,' in row.html


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<img src="logo.png" srcset="logo2.png 2x">', "logo2.png"),
        ('<td background="logo.png">x</td>', "logo.png"),
        ("<p style=\"background: url('logo.png')\">x</p>", "logo.png"),
        ('<a href="www.school.test">x</a>', "www.school.test"),
        ('<a class=b href="{{ name }}.html">x</a>', "ann.html"),
    ],
)
def test_what_readers_cannot_reach_is_a_warning(html: str, name: str) -> None:
    (problem,) = merge(html=f"x {html}").check().itertuples()
    assert (problem.severity, problem.column) == ("warning", "html")
    assert repr(name) in problem.message


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://school.test">x</a>',
        '<a href="mailto:t@x.test">x</a> <a href="#below">x</a>',
        '<p style="background: url(https://school.test/a.png)">x</p>',
        '<a href="{{ \'https://x.test/?a=1&b=2\' }}">x</a> <p style="background-color: red">x</p>',
    ],
)
def test_what_readers_can_reach_is_none(html: str) -> None:
    assert merge(html=f"x {html}").check()["message"].tolist() == []


@pytest.mark.parametrize("what", ["html", "markdown"])
def test_an_error_of_a_picture_names_it_and_its_part(what: str) -> None:
    body = {"html": '<img src="notes.txt">', "markdown": "![a](notes.txt)"}[what]
    (problem,) = merge(**{what: body}).check().itertuples()
    assert (problem.column, problem.message) == (
        what, "'notes.txt': the image is neither PNG, JPEG, GIF nor WebP",
    )  # fmt: skip


def test_a_picture_is_encoded_once_for_all_rows() -> None:
    rows = merge(markdown="![logo](logo.png) ![again](logo.png)").preview(2)
    (first,), (second,) = [row.message.letter.draft.inline for row in rows]  # type: ignore[union-attr]
    assert first is second


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"markdown": "![logo](gone.png)"}, "the file 'gone.png'"),
        ({"html": '<img src="gone.png">'}, "the file 'gone.png'"),
        ({"html": '<img src="../outside.png">'}, "outside of"),
        ({"html": '<img src="/etc/hostname">'}, "outside of"),
        ({"html": '<img src="file:///etc/hostname">'}, "does not exist"),
        ({"html": '<img src="notes.txt">'}, "neither PNG"),
        ({"html": '<img src="">'}, "no source"),
        ({"html": '<img src="C:\\logo.png">'}, "does not exist"),
        ({"html": '<img src="cid:nothere">'}, "content id 'nothere'"),
        ({"html": "<div style=\"background: url('cid:nothere')\">"}, "content id 'nothere'"),
        ({"markdown": "![logo](cid:nothere)"}, "content id 'nothere'"),
    ],
)
def test_a_picture_that_nobody_would_see_is_an_error(body: dict[str, str], words: str) -> None:
    problems = merge(**body).check()
    assert problems["severity"].tolist() == ["error"]
    assert words in problems["message"][0]


@pytest.mark.parametrize("source", ["https://x.test/a.png", "//x.test/a.png", "data:image/png,x"])
def test_pictures_elsewhere_are_left_there(source: str) -> None:
    html = f'<p>(cid:words)</p><img src="{source}">'
    row = shown(html=html)
    assert row.html == html


def test_an_attachment_with_a_content_id_is_shown_in_its_place() -> None:
    logo = Attachment(data=PIXEL, filename="logo.png", cid="logo")
    row = shown(html='<img src="cid:logo">', attachments=[logo])
    assert row.message is not None
    assert [part.cid for part in row.message.letter.draft.inline] == ["logo"]
    assert row.message.letter.draft.attachments == ()


class Drawing:
    """A figure that counts how often it is drawn."""

    drawn = 0

    def savefig(self, file: Any, format: str) -> None:
        Drawing.drawn += 1
        file.write(PIXEL)


def test_an_expression_is_drawn_once_for_both_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the text beside the HTML brings no picture of its own that nothing shows."""
    monkeypatch.setattr(Drawing, "drawn", 0)
    row = shown(markdown='{{ draw() | image(alt="Marks") }}', functions={"draw": Drawing})
    assert row.message is not None
    draft = row.message.letter.draft
    assert (draft.text or "").strip() == "[Marks]"
    assert len(draft.inline) == 1
    assert Drawing.drawn == 1
