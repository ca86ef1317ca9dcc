from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge.rows.problem import RowError
from smtp_nb.merge.templates.addressing import AddressPart
from smtp_nb.merge.templates.environment import environment
from smtp_nb.model.address import CONTROLS, Mailbox


def rendered(source: str, **values: object) -> tuple[Mailbox, ...]:
    return AddressPart("cc", source).render({**environment(html=False).globals, **values})


@given(st.text())
@example("Evil <evil@x.test>,")
@example('a@evil.test, "')
@example("Müller, Zoë")
def test_a_name_is_a_name_whatever_it_holds(name: str) -> None:
    try:
        found = rendered("{{ name }} <{{ mail }}>, fix@x.test", name=name, mail="ann@x.test")
    except RowError:
        assert CONTROLS.search(name)
        return
    assert found == (Mailbox("ann", "x.test", name), Mailbox("fix", "x.test"))


@given(st.text())
@example("ben@evil.test, ann")
@example("evil@x.test>, <ann")
def test_a_local_part_cannot_become_another_address(local: str) -> None:
    try:
        found = rendered("{{ local }}@school.test", local=local)
    except RowError:
        return
    assert [box.domain for box in found] == ["school.test"]
    assert found[0].local == local.strip(" ")  # blanks around an address mean nothing


@pytest.mark.parametrize("mail", ["a@x.test, b@x.test", "a@x.test\r\nBcc: b@x.test", "", "a"])
def test_an_address_in_brackets_is_one_address(mail: str) -> None:
    with pytest.raises(RowError):
        rendered("Boss <{{ mail }}>", mail=mail)


def test_an_expression_alone_takes_a_list() -> None:
    found = rendered("{{ parents }}", parents='a@x.test; "B, C" <b@x.test>')
    assert [str(box) for box in found] == ["a@x.test", '"B, C" <b@x.test>']


@pytest.mark.parametrize("made", [list, tuple])
def test_an_expression_alone_takes_a_list_of_addresses(made: type) -> None:
    found = rendered("{{ parents }}", parents=made(["a@x.test", '"B, C" <b@x.test>']))
    assert [str(box) for box in found] == ["a@x.test", '"B, C" <b@x.test>']


@pytest.mark.parametrize("entry", ["a@x.test, b@x.test", "nobody", "", None, 3, ["a@x.test"]])
def test_an_entry_of_a_list_is_one_address(entry: object) -> None:
    with pytest.raises(RowError) as caught:
        rendered("{{ parents }}", parents=["c@x.test", entry])
    assert caught.value.column == "cc"


@pytest.mark.parametrize("nothing", ["", [], ()])
def test_an_empty_list_is_no_address(nothing: object) -> None:
    assert rendered("{{ parents }}", parents=nothing) == ()


def test_an_error_shows_the_cell_and_not_what_stood_for_it() -> None:
    with pytest.raises(RowError, match="'Boss nobody'") as caught:
        rendered("Boss {{ x }}", x="nobody")
    assert caught.value.column == "cc"


def test_a_constant_that_is_wrong_is_found_at_once() -> None:
    with pytest.raises(InputError):
        AddressPart("cc", "no address")
