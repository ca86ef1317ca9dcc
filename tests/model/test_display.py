"""Promises of smtp_nb.model.display."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.model.display import masked, visible


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("RCPT TO:<ann@example.org>", "RCPT TO:<a…@example.org>"),
        ("RCPT TO:<ann+tag.x@example.org> NOTIFY=NEVER", "RCPT TO:<a…@example.org> NOTIFY=NEVER"),
        ('RCPT TO:<"a b"@example.org>', "RCPT TO:<a…@example.org>"),
        ('RCPT TO:<"x@y"@example.org>', "RCPT TO:<x…@example.org>"),
        ("RCPT TO:<ärger@exämple.org>", "RCPT TO:<ä…@exämple.org>"),
        ("RCPT TO:<ann@[127.0.0.1]>", "RCPT TO:<a…@[127.0.0.1]>"),
        ("550 5.1.1 ann@example.org: no such user", "550 5.1.1 a…@example.org: no such user"),
        ("VRFY smith", "VRFY s…"),
        ("MAIL FROM:<> SIZE=10", "MAIL FROM:<> SIZE=10"),
        ("250-SIZE 1000", "250-SIZE 1000"),
    ],
)
def test_saved_forms_mask_addresses(line: str, shown: str) -> None:
    assert masked(line) == shown


@given(st.from_regex(r"[a-z][a-z0-9.+-]{0,60}@[a-z]{1,20}\\.test", fullmatch=True))
def test_no_local_part_survives(address: str) -> None:
    local, _, domain = address.partition("@")
    assert masked(f"RCPT TO:<{address}> x") == f"RCPT TO:<{local[0]}…@{domain}> x"


@given(st.text())
def test_what_is_visible_prints_as_it_is(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    assert "\n" not in shown
    assert "\u202e" not in shown


def test_a_long_hostile_line_costs_no_quadratic_time() -> None:
    # Each would take minutes if the search were quadratic in its length.
    for line in ("a" * 200_000, '"' * 200_000, "a@" * 100_000, '"a' * 100_000):
        assert masked(line)
