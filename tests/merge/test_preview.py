from __future__ import annotations

from collections.abc import Callable
from html import unescape

from smtp_nb.merge import MailMerge, Template

Make = Callable[..., MailMerge]
PIXEL = b"\x89PNG\r\n\x1a\n" + b"0" * 16


def test_a_preview_shows_what_would_be_sent(merge: Make) -> None:
    template = Template(subject="For {{ name }}", markdown="Dear **{{ name }}**", bcc="b@x.test")
    preview = merge(template=template).preview(2)
    assert len(preview) == 2
    assert "Dear <strong>Ann</strong>" in preview[0].html
    assert "row 0, envelope: TO a@school.test, BCC b@x.test" in str(preview[0])
    assert "Subject: For Ann" in preview[0].source
    assert "b@x.test" not in preview[0].source
    assert "Dear Bén" in str(preview)


def test_its_html_sits_behind_glass(merge: Make) -> None:
    template = Template(subject="s", html="<script>alert(1)</script><img src=http://x.test/a>")
    html = merge(template=template).preview(1)._repr_html_()
    assert '<iframe sandbox="" ' in html
    assert "<script>" not in html
    policy = unescape(html.partition('srcdoc="')[2])
    assert policy.startswith('<meta http-equiv="Content-Security-Policy" content="default-src ')


def test_images_are_inside_it(merge: Make) -> None:
    template = Template(markdown="{{ p | image }}", context={"p": PIXEL})
    (row,) = merge(template=template).preview(1)
    assert 'src="data:image/png;base64,' in row.html
    assert "cid:" not in row.html


def test_what_a_notebook_saves_names_nobody(merge: Make) -> None:
    template = Template(subject="s", markdown="write to {{ email }}", cc="boss@x.test")
    preview = merge(template=template).preview(2)
    html = preview._repr_html_() + repr(preview)
    for address in ("a@school.test", "b@school.test", "boss@x.test", "teacher@school.test"):
        assert address not in html
    assert "t…@school.test" in html


def test_a_row_without_a_message_says_why(merge: Make) -> None:
    preview = merge(template=Template(subject="{{ nmae }}<b>", text="x")).preview(1)
    assert "row 0: " in str(preview)
    assert "'nmae' is undefined" in str(preview)
    assert "<b>" not in preview._repr_html_()


def test_a_preview_touches_no_file_and_no_server(merge: Make, directory: object) -> None:
    import os

    merge(server=None).preview()
    assert os.listdir() == []


def test_a_subject_is_shown_as_its_reader_will_see_it(merge: Make) -> None:
    html = merge(template=Template(subject="Grüße, {{ name }}", text="t")).preview(1)._repr_html_()
    assert "Grüße, Ann</td>" in html
