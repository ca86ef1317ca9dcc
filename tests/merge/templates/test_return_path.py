"""Promises of `return_path=`: bounces go where they are told, and no cell decides where."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template
from smtp_nb.merge.templates.return_path import ReturnPathPart, token_of
from smtp_nb.model.address import MAX_LOCAL, parse_mailbox
from smtp_nb.sandbox import SandboxServer

TEMPLATE = Template(subject="s", text="t")
VERP = "bounces+{{ key }}@school.test"


def merge(*addresses: str, template: Template = TEMPLATE, **changes: Any) -> MailMerge:
    frame = pd.DataFrame(
        {"email": addresses, "unit": ["a b@x.test, c", *["x"] * 9][: len(addresses)]}
    )
    arguments: dict[str, Any] = {"to": "email", "from_": "Teacher <t@school.test>"} | changes
    return MailMerge(frame, template, **arguments)


@pytest.mark.parametrize("without", [(), ("DSN",)])
def test_return_path_envid_and_message_id_hold_one_token(without: tuple[str, ...]) -> None:
    with SandboxServer(without=without) as server:
        merge("a@x.test", "b@x.test", return_path=VERP, server=server.url).run(progress=None)
    tokens = set()
    for message in server.messages:
        token = str(message.parsed["Message-ID"])[1:].partition("@")[0]
        tokens.add(token)
        assert message.mail_from == f"bounces+{token}@school.test"
        assert message.parameters.get("ENVID") == (None if without else token)
        assert message.parsed["From"] == "Teacher <t@school.test>"
    assert len(tokens) == 2


def test_the_token_is_the_same_at_every_attempt() -> None:
    with SandboxServer() as server:
        server.inject("reply", stage="END", code=451, text="4.3.0 later", after=0, times=1)
        made = merge("a@x.test", return_path=VERP, server=server.url, patience=0)
        first = made.run(progress=None)["message_id"][0]
        again = merge("a@x.test", return_path=VERP, server=server.url)
        assert again.run(progress=None)["message_id"][0] == first
    assert [m.mail_from for m in server.messages] == [f"bounces+{first[1:33]}@school.test"]


def test_without_one_bounces_go_to_the_sender() -> None:
    with SandboxServer() as server:
        merge("a@x.test", server=server.url).run(progress=None)
        fixed = merge("a@x.test", server=server.url, name="two", return_path="Box <b@school.test>")
        fixed.run(progress=None)
        own = Template(subject="s", text="t", return_path="c@school.test")
        merge("a@x.test", template=own, return_path="b@school.test", server=server.url,
              name="three").run(progress=None)  # fmt: skip
    assert [m.mail_from for m in server.messages] == [
        "t@school.test",
        "b@school.test",
        "c@school.test",
    ]


def test_another_return_path_is_no_change_of_the_message() -> None:
    with SandboxServer() as server:
        merge("a@x.test", server=server.url).run(progress=None)
        made = merge("a@x.test", "b@x.test", server=server.url, return_path=VERP)
        assert made.standing.changed == {}
        made.run(progress=None)
    assert len(server.messages) == 2


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ("a@x.test, b@x.test", "more than one address"),
        ("{{ key", "return_path"),
        ("nobody", "not an e-mail address"),
        ("<>", "not an e-mail address"),
    ],
)
def test_a_wrong_one_is_refused_at_once(wrong: str, text: str) -> None:
    with pytest.raises(InputError, match=text):
        merge("a@x.test", return_path=wrong)
    with pytest.raises(InputError, match=text):
        Template(subject="s", text="t", return_path=wrong)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("b+{{ unit }}@school.test", "not allowed"),
        ("{{ 'x' * 33 }}{{ key }}@school.test", "longer than 64 bytes"),
        ("b@{{ key }}@school.test", "not"),
        ("{{ nothing }}@school.test", "nothing"),
    ],
)
def test_a_row_that_makes_a_wrong_one_is_an_error_before_anything_leaves(
    template: str, text: str
) -> None:
    (problem,) = merge("a@x.test", return_path=template).check().itertuples()
    assert (problem.severity, problem.column) == ("error", "return_path") or text == "nothing"
    assert text in problem.message


def test_key_is_the_token_whatever_a_column_is_called() -> None:
    frame = pd.DataFrame({"email": ["a@x.test"], "key": ["x@evil.test"]})
    made = MailMerge(frame, TEMPLATE, to="email", from_="t@x.test", key="key", return_path=VERP)
    (shown,) = made.preview()
    assert shown.message is not None
    assert (
        shown.message.outgoing.mail_from.address
        == f"bounces+{token_of('x@evil.test', '')}@school.test"
    )


PART = ReturnPathPart(VERP)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.text("0123456789abcdef", max_size=32))
def test_no_key_leaves_its_place(key: str, salt: str) -> None:
    box = PART.render({"key": key}, token_of(key, salt))
    assert box is not None
    assert parse_mailbox(box.address) == box
    assert box.domain == "school.test"
    assert len(box.local.encode()) <= MAX_LOCAL
    assert box.local == f"bounces+{token_of(key, salt)}"
