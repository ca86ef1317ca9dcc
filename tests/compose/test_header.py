"""The header that the properties make: names, order, and what is refused."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.header import check_date, check_message_id
from smtp_nb.compose.message import compose
from smtp_nb.errors import InjectionError, InputError, MissingError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.enums import Importance, Priority, Sensitivity

ANN, BOB = parse_mailbox("Ann <ann@x.test>"), parse_mailbox("bob@y.test")
DRAFT = Draft(from_=ANN, date="", message_id="", text="x")


def headers(draft: Draft) -> dict[str, str]:
    found = compose(draft).headers
    assert len(found) == len(dict(found))
    return dict(found)


def test_every_property_makes_its_header() -> None:
    found = headers(
        replace(
            DRAFT,
            sender=BOB,
            reply_to=(BOB, ANN),
            to=(ANN, BOB),
            cc=(BOB,),
            subject="S",
            importance=Importance.HIGH,
            priority=Priority.NON_URGENT,
            sensitivity=Sensitivity.COMPANY_CONFIDENTIAL,
            read_receipt_to=ANN,
            delivery_notification_to=BOB,
            headers=(("X-Course", "5é"), ("References", "<a@b> <c@d>")),
        )
    )
    assert found == {
        "From": "Ann <ann@x.test>",
        "Sender": "bob@y.test",
        "Reply-To": "bob@y.test, Ann <ann@x.test>",
        "To": "Ann <ann@x.test>, bob@y.test",
        "Cc": "bob@y.test",
        "Subject": "S",
        "Importance": "high",
        "Priority": "non-urgent",
        "Sensitivity": "Company-Confidential",
        "Disposition-Notification-To": "Ann <ann@x.test>",
        "Return-Receipt-To": "bob@y.test",
        "X-Course": "=?utf-8?b?NcOp?=",
        "References": "<a@b> <c@d>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "7bit",
    }


def test_what_is_not_set_makes_none() -> None:
    assert set(headers(DRAFT)) == {
        "From",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    }


@pytest.mark.parametrize(
    ("property", "values"),
    [
        (
            "importance",
            {Importance.HIGH: "high", Importance.NORMAL: "normal", Importance.LOW: "low"},
        ),
        (
            "priority",
            {
                Priority.NORMAL: "normal",
                Priority.URGENT: "urgent",
                Priority.NON_URGENT: "non-urgent",
            },
        ),
        (
            "sensitivity",
            {
                Sensitivity.PERSONAL: "Personal",
                Sensitivity.PRIVATE: "Private",
                Sensitivity.COMPANY_CONFIDENTIAL: "Company-Confidential",
            },
        ),
    ],
)
def test_every_degree_has_its_word(property: str, values: dict[int, str]) -> None:
    for value, word in values.items():
        found = headers(replace(DRAFT, **{property: value}))  # type: ignore[arg-type]
        assert found[property.capitalize()] == word


class TestAuthors:
    def test_there_is_one(self) -> None:
        with pytest.raises(MissingError) as caught:
            compose(replace(DRAFT, from_=(), message_id="*"))
        assert caught.value.code == 164

    def test_several_need_a_sender(self) -> None:
        with pytest.raises(InputError, match="sender"):
            compose(replace(DRAFT, from_=(ANN, BOB)))
        found = headers(replace(DRAFT, from_=(ANN, BOB), sender=BOB))
        assert found["From"] == "Ann <ann@x.test>, bob@y.test"


class TestMessageId:
    @pytest.mark.parametrize(("algorithm", "digits"), [("MD5", 32), ("sha1", 40), ("SHA256", 64)])
    def test_a_random_one_stands_at_the_authors_domain(self, algorithm: str, digits: int) -> None:
        draft = replace(DRAFT, message_id="*", message_id_algorithm=algorithm)
        one, other = compose(draft), compose(draft)
        assert re.fullmatch(rf"<[0-9a-f]{{{digits}}}@x\.test>", one.message_id)
        assert dict(one.headers)["Message-ID"] == one.message_id != other.message_id

    def test_an_unknown_algorithm_is_refused(self) -> None:
        with pytest.raises(InputError, match="MD5, SHA1, SHA256"):
            compose(replace(DRAFT, message_id="*", message_id_algorithm="CRC"))

    @pytest.mark.parametrize("text", ["<a.b@x.test>", "a.b@x.test", "<1$%@[127.0.0.1]>"])
    def test_a_given_one_stands(self, text: str) -> None:
        composed = compose(replace(DRAFT, message_id=text))
        assert composed.message_id == "<" + text.strip("<>") + ">"
        assert dict(composed.headers)["Message-ID"] == composed.message_id

    @pytest.mark.parametrize(
        "text",
        [
            "<a>",
            "<a b@x>",
            "<a@x",
            "a@x>",
            "<<a@x>>",
            "<a@x> <b@x>",
            "<é@x>",
            "<a@" + "x" * 900 + ">",
        ],
    )
    def test_what_is_none_is_refused(self, text: str) -> None:
        with pytest.raises(InputError):
            check_message_id(text)

    def test_a_line_break_in_it_is_refused(self) -> None:
        with pytest.raises(InjectionError):
            check_message_id("<a@x.test>\r\nBcc: e@x.test")


class TestDate:
    @pytest.mark.parametrize(
        "text",
        [
            "Fri, 01 Mar 2024 21:24:52 +0100",
            "1 Mar 2024 21:24 GMT",
            "Fri, 1 Mar 96 21:24:52 EST",
            "Fri, 01 Mar 2024 21:24:52 +0100 (CET)",
        ],
    )
    def test_dates_of_rfc_5322_stand(self, text: str) -> None:
        assert check_date(text) == text

    @pytest.mark.parametrize("text", ["now", "2024-03-01", "Fri, 01 Mar 2024 21:24:52", "*"])
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(InputError):
            check_date(text)


class TestExtraHeaders:
    @pytest.mark.parametrize("name", ["Date", "FROM", "to", "Cc", "Subject", "Reply-To", "Sender"])
    def test_they_do_not_double_a_property(self, name: str) -> None:
        with pytest.raises(InputError, match="property"):
            compose(replace(DRAFT, headers=((name, "x"),)))

    def test_they_do_not_double_one_that_is_set(self) -> None:
        extra = (("importance", "low"),)
        assert headers(replace(DRAFT, headers=extra))["importance"] == "low"
        with pytest.raises(InputError, match="importance"):
            compose(replace(DRAFT, importance=Importance.HIGH, headers=extra))

    def test_they_replace_it_where_that_is_said(self) -> None:
        found = headers(
            replace(
                DRAFT,
                subject="old",
                headers=(("SUBJECT", "new"),),
                replacing=frozenset({"subject"}),
            )
        )
        assert found["SUBJECT"] == "new"
        assert "Subject" not in found

    @pytest.mark.parametrize(
        "name",
        ["MIME-Version", "Content-Type", "content-transfer-encoding", "Return-Path", "Message-Id"],
    )
    def test_some_are_never_given_by_hand(self, name: str) -> None:
        draft = replace(DRAFT, headers=((name, "x"),), replacing=frozenset({name.lower()}))
        with pytest.raises(InputError, match="cannot be given directly"):
            compose(draft)

    @pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\nBcc", "Xé", " X"])
    def test_a_name_is_checked(self, name: str) -> None:
        with pytest.raises(InputError):
            compose(replace(DRAFT, headers=((name, "x"),)))

    def test_one_may_stand_twice(self) -> None:
        composed = compose(replace(DRAFT, headers=(("X-Tag", "a"), ("X-Tag", "b"))))
        assert [value for name, value in composed.headers if name == "X-Tag"] == ["a", "b"]

    def test_one_click_unsubscription_is_not_encoded(self) -> None:
        url = "<https://x.test/u?" + "k" * 90 + ">"
        extra = (
            ("List-Unsubscribe", f"<mailto:u@x.test>, {url}"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
        found = headers(replace(DRAFT, headers=extra))
        assert found["List-Unsubscribe"] == f"<mailto:u@x.test>, {url}"
        assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_settings_reach_every_header() -> None:
    draft = replace(DRAFT, subject="é" * 60, to=(ANN,) * 20, charset="iso-8859-1")
    assert b"Subject: =?iso-8859-1?b?" in compose(draft).head
    assert b"charset=iso-8859-1" in compose(replace(draft, charset="latin1")).head
    one_line = compose(replace(draft, fold_headers=False)).head
    assert one_line.count(b"\r\n") == len(compose(draft).headers)
    short = compose(replace(draft, max_header_length=40, charset="utf-8")).head
    assert max(map(len, short.split(b"\r\n"))) <= 76
