"""What a property does not take is refused where it is put in; what is natural is taken."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.fronts import Front, letter, said
from drivers.peers import Peer
from smtp_nb import SMTP, Attachment, MessageRecipient, Outcome
from smtp_nb.client.message.message_builder import job_from
from smtp_nb.compose.draft import Addressed, Draft
from smtp_nb.errors import AddressError, InputError, SMTPError, StateError
from smtp_nb.model.address import parse_mailbox
from smtp_nb.sandbox import SandboxServer

LISTS = ("attachments", "inline_images")
NO_FILES = (5, None, b"octets", ["a.pdf"], {"a": 1}, object())


def put_in(files: Any, value: Any) -> list[Any]:
    """Every way of putting something into a list."""

    def item() -> None:
        files[0] = value

    def sliced() -> None:
        files[:1] = [value]

    def added() -> None:
        nonlocal files
        files += [value]

    return [
        lambda: files.append(value),
        lambda: files.insert(0, value),
        lambda: files.extend([value]),
        item,
        sliced,
        added,
    ]


@pytest.mark.parametrize("name", LISTS)
def test_files_are_paths_or_attachments_however_they_are_put_in(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    for value in (str(path), path, Attachment(path=path)):
        smtp = SMTP(**{name: [value]})
        files = getattr(smtp, name)
        for put in put_in(files, value):
            put()
        setattr(smtp, name, (value,))
        files = [*files, *getattr(smtp, name)]
        assert len(files) == 6
        assert {type(file) for file in files} == {Attachment}
        assert {file.filename for file in files} == {"report.pdf"}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", NO_FILES)
def test_what_is_no_file_is_refused_when_it_is_put_in(name: str, value: Any) -> None:
    smtp = SMTP(**{name: ["here.pdf"]})
    files = getattr(smtp, name)
    doors = [*put_in(files, value), lambda: setattr(smtp, name, [value])]
    for door in (*doors, lambda: SMTP(**{name: [value]})):
        with pytest.raises(InputError) as caught:
            door()
        assert "Attachment(data=" in caught.value.remedy
    assert [file.filename for file in files] == ["here.pdf"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("value", ["report.pdf", Path("report.pdf"), b"x", 5, Attachment(path="a")])
def test_one_file_in_the_place_of_a_list_is_refused(name: str, value: Any) -> None:
    smtp = SMTP()
    for door in (
        lambda: setattr(smtp, name, value),
        lambda: SMTP(**{name: value}),
        lambda: getattr(smtp, name).extend(value),
    ):
        with pytest.raises(InputError, match="is a list"):
            door()


def test_a_path_is_attached(front: Front, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_bytes(b"It is fine.")
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port), attachments=[str(path)])
        front.run(smtp.send())
        (part,) = server.messages[0].parsed.iter_attachments()
        assert part.get_filename() == "report.txt"
        assert part.get_content() == "It is fine."


# -- dates --------------------------------------------------------------------------------------

EAST = timezone(timedelta(hours=5, minutes=30))
DATES = {
    datetime(2026, 3, 1, 9, 5, 7, 123456, tzinfo=UTC): "Sun, 01 Mar 2026 09:05:07 +0000",
    datetime(2026, 3, 1, 9, 5, 7, tzinfo=EAST): "Sun, 01 Mar 2026 09:05:07 +0530",
    pd.Timestamp("2026-03-01 09:05:07", tz="Europe/Berlin"): "Sun, 01 Mar 2026 09:05:07 +0100",
}


@pytest.mark.parametrize("moment", DATES)
def test_a_datetime_is_a_date(moment: datetime) -> None:
    assert SMTP(message_date=moment).message_date == DATES[moment]


def test_a_datetime_without_a_zone_is_local_time() -> None:
    naive = datetime(2026, 3, 1, 9, 5, 7)
    assert (
        SMTP(message_date=naive).message_date == SMTP(message_date=naive.astimezone()).message_date
    )


@pytest.mark.parametrize("moment", [pd.NaT, date(2026, 3, 1), 1772355907, None, "tomorrow"])
def test_what_is_no_moment_is_no_date(moment: Any) -> None:
    with pytest.raises(InputError):
        SMTP(message_date=moment)


# -- addresses ----------------------------------------------------------------------------------

KINDS = ("send_to", "cc", "bcc")
PAIRS = {
    ("Ann", "a@x.test"): "Ann <a@x.test>",
    ("", "a@x.test"): "a@x.test",
    ("Müller, Ann", "a@x.test"): '"Müller, Ann" <a@x.test>',
    (("Ann", "a@x.test"),): "Ann <a@x.test>",
    (("Ann", "a@x.test"), "b@x.test"): "Ann <a@x.test>, b@x.test",
    ("a@x.test", "b@x.test", "c@x.test"): "a@x.test, b@x.test, c@x.test",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", PAIRS)
def test_recipients_are_pairs_of_name_and_address_too(kind: str, value: Any) -> None:
    assert getattr(SMTP(**{kind: value}), kind) == PAIRS[value]
    assert getattr(SMTP(**{kind: [value]}), kind) == PAIRS[value]


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=40))
def test_whatever_the_name_of_a_pair_holds_mail_goes_to_its_address_alone(name: str) -> None:
    smtp = SMTP(from_="me@x.test", send_to=[(name, "ann@x.test")], bcc=[(name, "ben@x.test")])
    recipients = job_from(smtp).envelope.recipients
    assert [recipient.address for recipient in recipients] == ["ann@x.test", "ben@x.test"]
    again = SMTP(send_to=smtp.send_to)
    assert [item.address for item in again.message_recipients] == ["ann@x.test"]


WRONG_PAIRS = (
    ("a@x.test", "b@x.test"),  # two addresses, or a name that looks like one
    [("Ann", "Ben <b@x.test>")],
    [("Ann", "a@x.test, b@x.test")],
    [("Ann\r\nBcc: e@x.test", "a@x.test")],
    [("Ann", "no address")],
    [("Ann", 5)],
    b"a@x.test",
    [5],
)


@pytest.mark.parametrize("name", [*KINDS, "from_", "reply_to"])
@pytest.mark.parametrize("value", WRONG_PAIRS)
def test_a_pair_that_may_mean_something_else_is_refused(name: str, value: Any) -> None:
    with pytest.raises(InputError):
        SMTP(**{name: value})


@pytest.mark.parametrize("field", ["address", "name", "options", "recipient_type"])
@pytest.mark.parametrize("value", [5, None, ["a@x.test"], b"a@x.test"])
def test_a_recipients_fields_are_texts(field: str, value: Any) -> None:
    if (field, value) == ("recipient_type", 5):
        value = 9
    recipient = MessageRecipient("a@x.test")
    with pytest.raises(InputError):
        setattr(recipient, field, value)
    with pytest.raises(InputError):
        MessageRecipient(**{field: value})


@pytest.mark.parametrize("value", [5, None, b"a@x.test", [], ["a@x.test", "b@x.test"]])
def test_the_list_of_recipients_takes_one_recipient_at_a_time(value: Any) -> None:
    with pytest.raises(InputError):
        SMTP().message_recipients.append(value)


def test_the_list_of_recipients_takes_pairs() -> None:
    smtp = SMTP()
    smtp.message_recipients.append(("Ann", "a@x.test"))
    assert smtp.send_to == "Ann <a@x.test>"


# -- one RCPT for each mailbox --------------------------------------------------------------------


def test_a_mailbox_in_to_cc_and_bcc_gets_one_rcpt_and_one_result(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(
            **letter(server.port, send_to="Ann@lab.test"),
            cc="Ann <ann@LAB.test>, ben@lab.test",
            bcc="ANN@lab.test, ben@lab.test",
        )
        receipt = front.run(smtp.send())
        assert [r.address for r in receipt.recipients] == ["Ann@lab.test", "ben@lab.test"]
        assert [r.kind.name for r in receipt.recipients] == ["TO", "CC"]
        assert sum(line.startswith("RCPT") for line in said(server)) == 2
        assert server.messages[0].parsed["Cc"] == "Ann <ann@LAB.test>, ben@lab.test"


def test_a_mailbox_is_of_the_kind_that_comes_first_in_whatever_order() -> None:
    smtp = SMTP(from_="me@x.test")
    smtp.message_recipients.extend(
        [MessageRecipient("a@x.test", "bcc"), MessageRecipient("A@x.test", "to")]
    )
    (recipient,) = job_from(smtp).envelope.recipients
    assert (recipient.address, recipient.kind.name) == ("A@x.test", "TO")


def test_other_options_are_another_wish_and_other_local_parts_another_mailbox() -> None:
    smtp = SMTP(from_="me@x.test", send_to="a@x.test, ä@x.test, Ä@x.test")
    smtp.message_recipients.append(MessageRecipient("a@x.test", "cc", options="NOTIFY=NEVER"))
    assert len(job_from(smtp).envelope.recipients) == 4


# -- the reverse path -----------------------------------------------------------------------------


def test_the_null_path_is_what_an_automatic_answer_needs(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port), return_path="<>")
        assert front.run(smtp.send()).outcome is Outcome.ACCEPTED
        assert server.messages[0].mail_from == ""
        assert any(line.startswith("MAIL FROM:<> ") for line in said(server))
        assert server.messages[0].parsed["From"] == "ann@example.test"
        assert front.make(return_path="<>").clone().return_path == "<>"


def test_a_queued_message_keeps_its_null_path(front: Front, tmp_path: Path) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port), return_path="<>")
        front.run(smtp.queue(tmp_path))
        front.run(smtp.process_queue(tmp_path))
        assert server.messages[0].mail_from == ""


def test_several_authors_have_one_sender(front: Front) -> None:
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port, from_="a@x.test, b@x.test"), sender="B <b@x.test>")
        front.run(smtp.send())
        assert server.messages[0].mail_from == "b@x.test"
        assert server.messages[0].parsed["Sender"] == "B <b@x.test>"
        smtp.sender = ""
        with pytest.raises(InputError, match="Name the sender: sender="):
            front.run(smtp.send())


# -- commands without a connection ----------------------------------------------------------------


@pytest.mark.covers("error.1117")
@pytest.mark.parametrize("line", ["MAIL FROM:<a@x.test>", "NOOP", "RSET", "VRFY ann"])
def test_a_command_needs_a_connection(front: Front, line: str) -> None:
    with Peer(lambda peer_line: peer_line.stall()) as peer:
        smtp = front.make(**letter(peer.port))
        with pytest.raises(StateError) as caught:
            front.run(smtp.send_command(line))
        assert caught.value.code == 1117
        assert "connect()" in caught.value.remedy
        assert peer.visits == 0


def test_asking_for_a_mailbox_connects_by_itself(front: Front) -> None:
    with SandboxServer(lists={"class": ["ann@x.test"]}) as server:
        smtp = front.make(**letter(server.port))
        assert front.run(smtp.expand("class"))
        assert not smtp.connected


# -- a draft --------------------------------------------------------------------------------------


def test_a_draft_is_sent_and_takes_nothing_from_the_components_message(front: Front) -> None:
    ann, ben, cy = map(parse_mailbox, ("Ann <ann@x.test>", "ben@x.test", "cy@x.test"))
    with SandboxServer() as server:
        smtp = front.make(
            **letter(server.port),
            cc="cc@example.test",
            other_headers="X-Class: 7b",
            attachments=[Attachment(data=b"x", filename="x.txt")],
            return_path="bounces@x.test",
        )
        before = repr(smtp.settings)
        draft = Draft(from_=ann, to=(ben,), subject="A draft", text="Hello")
        receipt = front.run(smtp.send(Addressed(draft, bcc=(cy, ben))))
        message = server.messages[0]
        assert [r.address for r in receipt.recipients] == ["ben@x.test", "cy@x.test"]
        assert message.mail_from == "bounces@x.test"
        assert message.subject == "A draft"
        assert "X-Class" not in message.parsed
        assert "cy@x.test" not in message.content.decode()
        assert not list(message.parsed.iter_attachments())
        assert repr(smtp.settings) == before
        assert len(smtp.attachments) == 1
        assert front.run(smtp.send(draft)), "and without blind copies"


def test_a_draft_without_recipients_is_refused(front: Front) -> None:
    draft = Draft(from_=parse_mailbox("a@x.test"))
    with pytest.raises(SMTPError) as caught:
        front.run(front.make(mail_server="127.0.0.1", send_to="b@x.test").send(draft))
    assert caught.value.code == 165


@pytest.mark.parametrize("text", ["<a@x.test", "<<>>", "< >", "<>, a@x.test"])
def test_only_two_brackets_are_the_null_path(text: str) -> None:
    with pytest.raises(AddressError):
        SMTP(return_path=text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("undisclosed-recipients:;", []),
        ("Team: a@x.test, B <b@x.test>;", ["a@x.test", "b@x.test"]),
        ("Team: a@x.test;, c@x.test", ["a@x.test", "c@x.test"]),
        ('"Team; X": a@x.test;', ["a@x.test"]),
        ("c@x.test, Team: a@x.test;", ["c@x.test", "a@x.test"]),
        ("a@[IPv6:2001:db8::1]", ["a@[IPv6:2001:db8::1]"]),
    ],
)
@pytest.mark.parametrize("name", ["send_to", "cc", "bcc"])
def test_a_group_stands_for_its_members(name: str, text: str, wanted: list[str]) -> None:
    smtp = SMTP()
    setattr(smtp, name, text)
    assert [item.address for item in smtp.message_recipients] == wanted


def test_a_group_that_is_not_ended_is_refused() -> None:
    with pytest.raises(InputError):
        SMTP(send_to="Team: a@x.test")
