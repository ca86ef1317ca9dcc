from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.environment import environment
from smtp_nb.merge.templates.unsubscribe import UnsubscribePart


def headers(*sources: str, **values: object) -> list[tuple[str, str]]:
    return UnsubscribePart(sources).render({**environment(html=False).globals, **values})


def test_an_https_address_works_with_one_click() -> None:
    found = headers("https://x.test/leave?who={{ mail | urlencode }}", mail="a+b@x.test")
    assert found == [
        ("List-Unsubscribe", "<https://x.test/leave?who=a%2Bb%40x.test>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def test_mailto_alone_has_no_click() -> None:
    assert headers("mailto:leave@x.test") == [("List-Unsubscribe", "<mailto:leave@x.test>")]


def test_both_stand_in_one_header() -> None:
    found = dict(headers("https://x.test/l", "mailto:leave@x.test"))
    assert found["List-Unsubscribe"] == "<https://x.test/l>, <mailto:leave@x.test>"


def test_no_address_is_no_header() -> None:
    assert headers("") == headers() == headers("{{ x }}", x="") == []


@given(st.text(min_size=1))
def test_a_cell_cannot_add_a_second_address_or_header(cell: str) -> None:
    try:
        found = headers("https://x.test/{{ cell }}", cell=cell)
    except RowError:
        return
    value = dict(found)["List-Unsubscribe"]
    assert value == f"<https://x.test/{cell}>"
    assert not set(cell) & set("<>, \r\n\0")


@pytest.mark.parametrize("cell", ["javascript:x", "http:", "ftp://x.test", "x y"])
def test_what_is_no_address_is_refused(cell: str) -> None:
    with pytest.raises(RowError, match="is not an unsubscribe address"):
        headers("{{ cell }}", cell=cell)
