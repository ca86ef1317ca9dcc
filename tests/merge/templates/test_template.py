from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.compose.message import compose
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InputError, MissingError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.template import Compiled, RenderedRow, Template
from smtp_nb.model.address import CONTROLS, parse_mailbox

HEADERS = {"Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"}
HEADERS |= {"Content-Transfer-Encoding"}
TO = (parse_mailbox("ann@school.test"),)


def letter(template: Template, **row: object) -> RenderedRow:
    return Compiled(template, "teacher@school.test").letter(dict(row), TO, "<1@school.test>")


def message(template: Template, **row: object) -> EmailMessage:
    raw = bytes(compose(letter(template, **row).draft))
    return message_from_bytes(raw, policy=policy.default)


@given(st.text())
@example("x\r\nBcc: evil@x.test")
@example("x\nATTACHMENT: /etc/hostname")
@example("=?utf-8?q?=0ABcc:_evil@x.test?=")
@example("\u2028Bcc: evil@x.test")
def test_a_cell_never_breaks_out_of_a_header(cell: str) -> None:
    template = Template(subject="For {{ x }}!", text="t", headers={"X-Note": "{{ x }}"})
    if CONTROLS.search(cell):
        with pytest.raises(RowError) as caught:
            message(template, x=cell)
        assert caught.value.column == "x"
        return
    found = message(template, x=cell)
    assert set(found.keys()) - {"X-Note"} == HEADERS
    assert len(found.keys()) <= len(HEADERS) + 1
    assert " ".join(found["Subject"].split()) == " ".join(f"For {cell}!".split())


def test_every_part_of_a_message_can_differ() -> None:
    template = Template(
        subject="{{ a }}1",
        text="{{ a }}2",
        html="<p>{{ a }}3</p>",
        headers={"X-A": "{{ a }}4"},
        from_="{{ a }} <f{{ n }}@x.test>",
        reply_to="r{{ n }}@x.test",
        cc="{{ cc }}",
        bcc="b{{ n }}@x.test",
        list_unsubscribe=["https://x.test/{{ n }}", "mailto:u@x.test"],
    )
    made = letter(template, a="<ä>", n=5, cc="one@x.test, two@x.test")
    draft = made.draft
    assert (draft.subject, draft.text, draft.html) == ("<ä>1", "<ä>2", "<p>&lt;ä&gt;3</p>")
    assert str(draft.authors[0]) == '"<ä>" <f5@x.test>'
    assert [str(box) for box in draft.reply_to] == ["r5@x.test"]
    assert [str(box) for box in draft.cc] == ["one@x.test", "two@x.test"]
    assert [str(box) for box in made.bcc] == ["b5@x.test"]
    assert dict(draft.headers) == {
        "X-A": "<ä>4",
        "List-Unsubscribe": "<https://x.test/5>, <mailto:u@x.test>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_markdown_gives_both_bodies() -> None:
    draft = letter(Template(markdown="Dear *{{ n }}*"), n="<b>").draft
    assert (draft.text, draft.html) == ("Dear <b>\n", "<p>Dear <em>&lt;b&gt;</em></p>\n")


def test_values_from_the_context_are_there_and_a_column_comes_first() -> None:
    template = Template(subject="{{ a }} {{ b }}", context={"a": "common", "b": "common"})
    assert letter(template, b="row").draft.subject == "common row"


def test_a_column_that_is_no_name_is_found_in_the_row() -> None:
    template = Template(subject="{{ row['First name'] }}")
    made = Compiled(template, "t@x.test").letter({"First name": "Ann"}, TO, "<1@x.test>")
    assert made.draft.subject == "Ann"


def test_attachments_are_fixed_or_of_the_row(tmp_path: Any) -> None:
    (tmp_path / "own.txt").write_text("own")
    template = Template(
        text="t",
        attachments=[Attachment(data=b"x", filename="all.bin"), "{{ file }}"],
        attachment_root=tmp_path,
    )
    names = [part.get_filename() for part in message(template, file="own.txt").iter_attachments()]
    assert names == ["all.bin", "own.txt"]
    assert len(letter(template, file="").draft.attachments) == 1


def test_an_inline_image_travels_with_the_message() -> None:
    pixel = b"\x89PNG\r\n\x1a\n" + b"0" * 16
    found = message(Template(markdown="{{ p | image }}", context={"p": pixel}))
    html = found.get_body(("html",))
    images = [part for part in found.walk() if part.get_content_type() == "image/png"]
    assert html is not None
    assert images[0]["Content-ID"].strip("<>") in html.get_content()
    assert images[0].get_content() == pixel


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"markdown": "x", "html": "y"}, "makes both bodies"),
        ({"subject": "two\nlines"}, "control character"),
        ({"headers": {"X-A": "two\r\nlines"}}, "control character"),
        ({"subject": "{{ x"}, "subject, line 1"),
        ({"text": "a\n{% endif %}"}, "text, line 2"),
        ({"cc": "nobody"}, "not an e-mail address"),
        ({"attachments": "one.pdf"}, "one path"),
    ],
)
def test_a_wrong_template_is_refused_at_once(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Template(**wrong)


def test_a_message_needs_one_sender() -> None:
    with pytest.raises(MissingError) as caught:
        Compiled(Template(text="x")).letter({}, TO, "<1@x.test>")
    assert caught.value.code == 164
    with pytest.raises(RowError, match="more than one address"):
        letter(Template(from_="a@x.test, b@x.test"))


def test_a_half_message_id_gets_the_senders_domain() -> None:
    made = Compiled(Template(text="x"), "t@school.test").letter({}, TO, "half")
    assert made.draft.message_id == "<half@school.test>"


def test_the_digest_follows_what_is_written() -> None:
    base = Template(subject="a", text="b", context={"x": 1})
    assert base.digest("t@x.test") == Template(subject="a", text="b", context={"x": 1}).digest(
        "t@x.test"
    )
    others = [
        Template(subject="a2", text="b", context={"x": 1}),
        Template(subject="a", text="b", context={"x": 2}),
        Template(subject="a", text="b", context={"x": 1}, attachments=["f.pdf"]),
        Template(subject="a", text="b", context={"x": 1}, headers={"X": "y"}),
    ]
    found = {template.digest("t@x.test") for template in [base, *others]} | {
        base.digest("u@x.test")
    }
    assert len(found) == 6


def test_only_columns_that_are_named_are_wanted() -> None:
    template = Template(
        subject="{{ a }}", markdown="{{ b }}", cc="{{ c }}", attachments=["{{ d }}"]
    )
    assert Compiled(template).names == {"a", "b", "c", "d"}
