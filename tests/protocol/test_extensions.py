"""What a server offers is read from its reply to EHLO, and from nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.extensions import NO_EXTENSIONS, parse_ehlo


def offered(*lines: str):
    return parse_ehlo(Reply(250, ("mx.test greets you", *lines)))


def test_keywords_are_known_in_any_case():
    found = offered("PIPELINING", "8bitmime", "Chunking")
    assert "PIPELINING" in found
    assert "8BITMIME" in found
    assert "CHUNKING" in found
    assert "DSN" not in found


def test_the_first_line_is_the_name_and_offers_nothing():
    found = parse_ehlo(Reply(250, ("PIPELINING", "DSN")))
    assert found.domain == "PIPELINING"
    assert "PIPELINING" not in found


def test_parameters_are_kept_as_they_stood():
    assert offered("LIMITS RCPTMAX=20 MAILMAX=5").keywords["LIMITS"] == "RCPTMAX=20 MAILMAX=5"


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (("AUTH PLAIN LOGIN",), {"PLAIN", "LOGIN"}),
        (("auth plain cram-md5",), {"PLAIN", "CRAM-MD5"}),
        (("AUTH=PLAIN LOGIN",), {"PLAIN", "LOGIN"}),
        (("AUTH PLAIN", "AUTH=LOGIN"), {"PLAIN", "LOGIN"}),
        (("AUTH",), set()),
        ((), set()),
    ],
)
def test_mechanisms_are_read_from_every_form_of_auth(lines, names):
    assert offered(*lines).auth == names


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("SIZE 1000", 1000),
        ("size 1000", 1000),
        ("SIZE", 0),
        ("SIZE 0", 0),
        ("SIZE many", 0),
        ("SIZE -5", 0),
        ("SIZE " + "9" * 21, 0),
        ("SIZE ²", 0),
        ("SIZE 10 20", 0),
    ],
)
def test_a_size_that_is_no_number_is_no_limit(line, limit):
    assert offered(line).size_limit == limit


@pytest.mark.parametrize("line", ["", "   ", "-PIPELINING", "<script>", "PIPE_LINING x", "é", "\\"])
def test_a_line_that_is_no_keyword_is_passed_over(line):
    found = offered(line, "DSN")
    assert set(found.keywords) == {"DSN"}


def test_without_ehlo_nothing_is_offered():
    assert not NO_EXTENSIONS.keywords
    assert NO_EXTENSIONS.auth == frozenset()
    assert NO_EXTENSIONS.size_limit == 0


@given(st.lists(st.text(max_size=30), min_size=1, max_size=6))
def test_no_reply_is_too_strange_to_be_read(lines):
    found = parse_ehlo(Reply(250, tuple(lines)))
    assert found.size_limit >= 0
    assert all(name == name.upper() for name in (*found.keywords, *found.auth))
