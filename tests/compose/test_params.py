"""MIME parameters: a file's name is one parameter, whatever is in it."""

from __future__ import annotations

from email import message_from_string, policy
from email.utils import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.compose.params import ascii_filename, check_content_type, parameter
from smtp_nb.errors import InjectionError, InputError

names = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=300
).filter(lambda name: unquote(name) == name == name.strip())  # as the standard library reads it


@given(names)
@example('a"b;c.pdf')
@example("back\\slash.pdf")
@example("\u202efdp.exe")
@example("=?utf-8?q?x?=.pdf")
@example("x" * 300 + ".pdf")
@example("é" * 300 + ".pdf")
@example("100%.pdf")
@example("it's.pdf")
@example("utf-8''x.pdf")
def test_a_file_name_reads_back(name: str) -> None:
    tokens = parameter("filename", name, "The file name")
    assert all(token.isascii() and len(token) <= 998 for token in tokens)
    field = "Content-Disposition: attachment; " + ";\r\n ".join(tokens) + "\r\n\r\n"
    for rules in (policy.SMTP, policy.compat32):
        message = message_from_string(field, policy=rules)
        assert message.keys() == ["Content-Disposition"]
        assert message.get_filename() == name


@pytest.mark.parametrize("control", ["\r\n", "\n", "\r", "\0", "\t", "\x85", "\u2028"])
def test_a_control_character_in_a_file_name_is_refused(control: str) -> None:
    with pytest.raises(InjectionError, match="file name"):
        parameter("filename", f"a{control}b.pdf", "The file name")


def test_a_lone_surrogate_in_a_file_name_is_refused() -> None:
    with pytest.raises(InputError, match="file name"):
        parameter("filename", "a\udcff.pdf", "The file name")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("résumé.pdf", "resume.pdf"),
        ("报告.pdf", "__.pdf"),
        ('a"b\\c.pdf', "a_b_c.pdf"),
        ("=?x?=.pdf", "__x?=.pdf"),
        ("\u202efdp.exe", "_fdp.exe"),
    ],
)
def test_old_readers_get_a_plain_name(name: str, plain: str) -> None:
    assert ascii_filename(name) == plain


@given(names)
def test_the_plain_name_needs_no_quoting(name: str) -> None:
    plain = ascii_filename(name)
    assert plain.isascii()
    assert plain.isprintable()
    assert not set('"\\') & set(plain)


@pytest.mark.parametrize(
    "value",
    [
        "application/pdf",
        "text/csv; charset=utf-8",
        'text/x; a="b c; \\" d"; e=f',
        "application/vnd.oasis.opendocument.text",
    ],
)
def test_a_content_type_is_taken_as_it_stands(value: str) -> None:
    assert check_content_type(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        "pdf",
        "text/",
        "/x",
        "text/x y",
        "text/x;",
        "text/x; a",
        'text/x; a="',
        'text/x; a="\\',
        "text/x\r\nBcc: e@x.test",
        "text/é",
        "text/x; name=a.txt",
        'text/x; NAME*0="a"',
        "text/" + "x" * 200,
        "multipart/mixed",
        "Message/RFC822",
        "text/x; " + "a=b; " * 10_000,
    ],
)
def test_what_is_no_content_type_of_an_attachment_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        check_content_type(value)
