"""Sandboxes that hand mail to each other: where it goes, what is written on it, what comes back."""

from __future__ import annotations

import builtins
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pandas as pd
import pytest

from smtp_nb import DKIM, SMTP
from smtp_nb.classroom import Net, Terminal, Zone, signing_key
from smtp_nb.classroom.lessons.breaking_it import BODIES, SEQUENCES
from smtp_nb.classroom.net import MAX_HOPS
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.sandbox import Message

RECORDS: dict[str, Any] = {
    "school.test": {"MX": "10 mx.school.test", "TXT": "v=spf1 mx -all"},
    "mx.school.test": {"A": "192.0.2.1"},
    "_dmarc.school.test": {"TXT": "v=DMARC1; p=reject"},
    "home.test": {"MX": ["20 mx.spare.test", "10 mx.home.test"]},
    "mx.home.test": {"A": "192.0.2.2"},
    "spare.test": {"MX": "10 mx.spare.test"},
    "mx.spare.test": {"A": "192.0.2.3"},
    "island.test": {"A": "192.0.2.9"},
    "null.test": {"MX": "0 ."},
    "down.test": "SERVFAIL",
}
EVE = "198.51.100.9"


def net(**more: Any) -> Net:
    return Net(Zone(RECORDS), **more)


def send(net: Net, to: str, sender: str = "ann@school.test", **more: Any) -> None:
    with SMTP.from_url(net[sender.rpartition("@")[2]].url, from_=sender, send_to=to) as smtp:
        for name, value in ({"subject": "Hello", "message_text": "Hi"} | more).items():
            setattr(smtp, name, value)
        smtp.send()
    net.settle()


def by_hand(net: Net, name: str, text: str, peer: str = "127.0.0.1") -> list[int]:
    with Terminal(net.url(name, peer)) as terminal:
        terminal.dialogue(text)
        codes = [one.reply.code for one in terminal.session.exchanges if one.reply]
    net.settle()
    return codes


def report_of(message: Message) -> list[EmailMessage]:
    """The groups of fields in a notification."""
    (status,) = [
        part
        for part in message_from_bytes(message.content).walk()
        if part.get_content_type() == "message/delivery-status"
    ]
    return status.get_payload()  # type: ignore[return-value]


# Where it goes


def test_mail_goes_to_the_preferred_host_of_its_domain() -> None:
    with net() as both:
        send(both, "ben@home.test, cy@spare.test, ann@school.test")
        assert [one.to for one in both.legs] == ["mx.home.test", "mx.spare.test"]
        (arrived,) = both["home.test"].messages
        assert (arrived.mail_from, arrived.rcpt_tos) == ("ann@school.test", ("ben@home.test",))
        trace = [one.name for one in arrived.root.fields[:4]]
        assert trace == ["Return-Path", "Authentication-Results", "Received", "Received"]
        assert "spf=pass" in str(arrived)
        assert "dmarc=pass" in str(arrived)
        assert both["home.test"].sessions[-1].peer.startswith("192.0.2.1:")
        own = both["school.test"].messages[0]
        assert own.root.fields[0].name == "Return-Path"
        assert "Authentication-Results" not in str(own)


def test_a_spare_host_takes_it_and_gives_it_on() -> None:
    with net() as both:
        both["home.test"].stop()
        send(both, "ben@home.test")
        assert [(one.host, one.to) for one in both.legs[:1]] == [
            ("mx.school.test", "mx.spare.test")
        ]
        assert both.legs[1].to == ""  # it has nobody to give it to


def test_a_server_relays_for_its_own_people_only() -> None:
    text = """
        EHLO me.test
        MAIL FROM:<{sender}>
        RCPT TO:<ben@home.test>
        QUIT
    """
    with net() as both:
        own = by_hand(both, "school.test", text.format(sender="ann@school.test"))
        foreign = by_hand(both, "school.test", text.format(sender="ann@home.test"))
        stranger = by_hand(both, "school.test", text.format(sender="ann@school.test"), EVE)
        spare = by_hand(both, "spare.test", text.format(sender="ann@school.test"), EVE)
    assert own == [220, 250, 250, 250, 221]
    assert foreign == stranger == [220, 250, 250, 550, 221]
    assert spare == own


def test_addresses_lead_to_others_and_spf_breaks_on_the_way() -> None:
    forward = {"ann@home.test": ["ann@home.test", "ann@spare.test"]}
    key = signing_key(1024)
    with net(forward=forward) as both:
        both.zone["s1._domainkey.school.test"] = {"TXT": key.record}
        send(both, "ann@home.test", dkim=DKIM("school.test", "s1", key.private))
        first, second = both["home.test"].messages[0], both["spare.test"].messages[0]
        assert "spf=pass" in str(first)
        assert "spf=fail smtp.mailfrom=school.test; dkim=pass" in str(second)
        assert "dmarc=pass" in str(second)
        send(both, "ann@home.test")
        assert both.legs[-2].reply.enhanced_code == "5.7.1"  # not signed: DMARC says to reject it


def test_a_circle_ends() -> None:
    with net(forward={"a@home.test": "b@spare.test", "b@spare.test": "a@home.test"}) as both:
        both.zone["_dmarc.school.test"] = {}
        send(both, "a@home.test")
        assert MAX_HOPS <= len(both.legs) <= MAX_HOPS + 3
        assert both.legs[-2].reply.enhanced_code == "5.4.6"
        assert both.legs[-1].recipient == "ann@school.test"


# What comes back


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        ("x@nowhere.test", "5.1.2"),
        ("x@island.test", "5.4.4"),
        ("x@null.test", "5.4.4"),
        ("x@down.test", "4.4.3"),
        ("x@example.org", "5.1.2"),
        ("refused@home.test", "5.1.1"),
    ],
)
def test_what_cannot_be_delivered_comes_back(recipient: str, status: str) -> None:
    with net() as both:
        both["home.test"].inject("refuse", recipient="refused@*")
        send(both, f"{recipient}, ben@home.test")
        (returned,) = [one for one in both["school.test"].messages if one.mail_from == ""]
        assert returned.rcpt_tos == ("ann@school.test",)
        assert returned.root.fields[0].text == "<>"
        about, group = report_of(returned)
        assert about["Reporting-MTA"] == "dns; mx.school.test"
        assert group["Final-Recipient"] == f"rfc822; {recipient}"
        assert (group["Action"], group["Status"]) == ("failed", status)
        assert len(both["home.test"].messages) == 1


def test_a_bounce_can_be_read_by_a_merge(tmp_path: Any) -> None:
    from smtp_nb.merge import MailMerge, Template

    people = pd.DataFrame({"email": ["x@nowhere.test", "ben@home.test"]})
    with net() as both:
        merge = MailMerge(
            people, Template(subject="Hi", text="Hello"), to="email", from_="ann@school.test",
            server=both["school.test"].url, journal=tmp_path / "j.sqlite"
        )  # fmt: skip
        merge.run()
        both.settle()
        reports = [one.content for one in both["school.test"].messages if one.mail_from == ""]
        found = merge.bounces(reports)
    assert found[["row", "recipient", "bounce", "code"]].values.tolist() == [
        [0, "x@nowhere.test", "hard", "5.1.2"]
    ]


def test_dsn_parameters_are_kept_and_obeyed() -> None:
    with net() as both:
        by_hand(
            both, "school.test",
            """
            EHLO me.test
            MAIL FROM:<ann@school.test> RET=HDRS ENVID=batch+2B7
            RCPT TO:<x@nowhere.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;x+2By@nowhere.test
            RCPT TO:<y@nowhere.test> NOTIFY=NEVER
            RCPT TO:<ben@home.test> NOTIFY=SUCCESS ORCPT=rfc822;ben+2Bx@home.test
            DATA
            Subject: Hello

            Hi
            .
            QUIT
            """,
        )  # fmt: skip
        returned = both["school.test"].messages[-1]
        about, group = report_of(returned)
        assert about["Original-Envelope-Id"] == "batch+7"
        assert group["Original-Recipient"] == "rfc822;x+y@nowhere.test"
        (arrived,) = both["home.test"].messages
        assert arrived.parameters["ENVID"] == "batch+7"
        assert arrived.rcpt_parameters[0]["ORCPT"] == "rfc822;ben+x@home.test"


def test_a_notification_is_never_returned() -> None:
    with net() as both:
        both["school.test"].inject("refuse", sender="")
        send(both, "x@nowhere.test")
        assert both.legs[-1].sender == ""
        assert not both.legs[-1].reply.is_success
        assert len(both.legs) == 2


def test_whoever_is_put_off_tries_again() -> None:
    with net() as both:
        both["home.test"].inject("greylist")
        send(both, "ben@home.test")
        assert [one.reply.code for one in both.legs] == [450, 250]
        both["home.test"].inject("421", stage="MAIL")
        send(both, "ben@home.test")
        assert [one.reply.code for one in both.legs[2:]] == [421, 421, 421, 250]


@pytest.mark.parametrize("fault", ["close", "drop_before_final_reply"])
def test_a_lost_connection_is_no_error_of_the_net(fault: str) -> None:
    with net() as both:
        both["home.test"].inject(fault)
        send(both, "ben@home.test")
        assert both.legs[0].reply.enhanced_code == "4.4.2"


def test_what_the_next_server_cannot_carry_comes_back() -> None:
    with net() as both:
        send(both, "zoë@home.test", subject="Grüße")
        assert both["home.test"].messages[0].rcpt_tos == ("zoë@home.test",)
        assert both["home.test"].messages[0].parameters["BODY"] == "8BITMIME"
        service = both["home.test"]._shared.service
        kept = tuple(one for one in service.extensions if one not in ("SMTPUTF8", "DSN"))
        object.__setattr__(service, "extensions", kept)
        send(both, "zoë@home.test")
        assert both.legs[1].reply.enhanced_code == "5.6.7"
        returned = both["school.test"].messages[-1]
        assert "Final-Recipient: utf-8; zoë@home.test" in str(returned)
        assert "message/global-delivery-status" in str(returned)


# Who sent it


SPOOFED = """
    EHLO crook.test
    MAIL FROM:<{sender}>
    RCPT TO:<ben@home.test>
    DATA
    From: boss@school.test
    Authentication-Results: mx.home.test; dmarc=pass
    Subject: Pay

    Now
    .
    QUIT
"""


def test_a_forged_author_is_refused_as_his_domain_asks() -> None:
    with net() as both:
        codes = by_hand(both, "home.test", SPOOFED.format(sender="x@crook.test"), EVE)
        assert codes[-2:] == [550, 221]
        both.zone["_dmarc.school.test"] = {"TXT": "v=DMARC1; p=quarantine"}
        codes = by_hand(both, "home.test", SPOOFED.format(sender="x@crook.test"), EVE)
        assert codes[-2:] == [250, 221]
        (arrived,) = both["home.test"].messages
        assert "dmarc=fail (p=quarantine)" in str(arrived)
        assert "dmarc=pass" not in str(arrived)  # what he wrote himself is gone


# Two mails out of one


@pytest.mark.parametrize("sequence", SEQUENCES, ids=ascii)
@pytest.mark.parametrize(
    ("front", "back", "smuggled"),
    [
        ("strict", "strict", ()),
        ("strict", "lenient", ()),
        ("careless", "strict", ()),
        ("careless", "lenient", (b"\n.\n", b"\r\n.\n", b"\n.\r\n")),
        ("lenient", "strict", (b"\r.\r", b"\r.\r\n")),
        ("lenient", "lenient", (b"\r.\r", b"\r.\r\n")),
    ],
)
def test_mail_is_smuggled_where_the_ends_do_not_agree(
    front: Any, back: Any, smuggled: tuple[bytes, ...], sequence: bytes
) -> None:
    manner = {"school.test": front, "home.test": back}
    end = b"\n" if b"\n" in sequence.replace(b"\r\n", b"") else b"\r"
    inside = (b"MAIL FROM:<boss@school.test>", b"RCPT TO:<ben@home.test>", b"DATA", b"", b"Two")
    with net(manner=manner) as both:
        both.zone["_dmarc.school.test"] = {}
        with Terminal(both["school.test"]) as terminal:
            terminal.dialogue(
                "EHLO me.test\nMAIL FROM:<ann@school.test>\nRCPT TO:<ben@home.test>\nDATA"
            )
            terminal.send(b"Subject: one\r\n\r\nHello" + sequence + end.join(inside) + b"\r\n.\r\n")
            terminal.read()
        both.settle()
        (seen, *_), talks = both["school.test"].sessions, both["home.test"].sessions
        mails = [one.mail_from for one in both["home.test"].messages]
    is_one = sum(one.command == "MAIL" for one in seen.exchanges) == 1
    came_inside = is_one and mails == ["ann@school.test", "boss@school.test"]
    assert came_inside is (sequence in smuggled), (mails, is_one)
    assert len(talks) <= 2


@pytest.mark.parametrize("manner", ["strict", "careless", "lenient"])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_honest_mail_passes_all_manners(manner: Any, body: bytes) -> None:
    content = b"From: ann@school.test\r\n\r\n" + body
    with net(manner={"school.test": manner, "home.test": manner}) as both:
        with SMTP.from_url(both["school.test"].url, from_="ann@school.test") as smtp:
            smtp.send_to, smtp.message = "ben@home.test", content
            smtp.send()
        both.settle()
        (arrived,) = both["home.test"].messages
    assert arrived.content.rstrip(b"\r\n").endswith(body.rstrip(b"\r\n"))


# The net itself


def test_it_is_shown_as_a_table() -> None:
    with net() as both:
        assert str(both) == "nothing was handed on yet"
        send(both, "ben@home.test, x@nowhere.test")
        assert "mx.school.test -> nowhere" in str(both)
        assert both._repr_html_().count("<tr>") == 4
        assert repr(both).startswith("<Net of mx.school.test, mx.home.test, mx.spare.test")
        assert list(both) == ["mx.school.test", "mx.home.test", "mx.spare.test"]
        assert len(both) == 3


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"manner": {"scool.test": "strict"}}, "scool.test"),
        ({"manner": {"school.test": "kind"}}, "kind"),
        ({"forward": {"ann@nowhere.test": "ben@home.test"}}, "nowhere.test"),
    ],
)
def test_a_wrong_argument_is_an_error(more: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        net(**more)


def test_a_zone_without_servers_and_a_name_without_one_are_errors() -> None:
    with pytest.raises(InputError, match="names no server"):
        Net(Zone({"x.test": {"MX": "10 mx.x.test"}}))
    with net() as both, pytest.raises(InputError, match="no server") as caught:
        both["shool.test"]
    assert "school.test" in caught.value.remedy


def test_a_net_without_the_extra_says_so(monkeypatch: Any) -> None:
    whole = builtins.__import__

    def without(wanted: str, *rest: Any, **more: Any) -> Any:
        if wanted == "spf":
            raise ImportError(wanted)
        return whole(wanted, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Unsupported) as caught:
        net()
    assert "smtp_nb[lessons]" in caught.value.remedy
