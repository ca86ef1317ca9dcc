"""Header fields that the user wrote out."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default

import pytest

from smtp_nb.compose.draft import Draft
from smtp_nb.compose.message import compose
from smtp_nb.compose.other_headers import given_fields
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InjectionError, InputError
from smtp_nb.model.address import parse_mailbox

ANN = parse_mailbox("ann@client.test")


def composed(other: str, **parts) -> bytes:
    return bytes(compose(Draft(**{"from_": ANN, "other_headers": other, **parts})))


@pytest.mark.covers("SMTP.OtherHeaders")
def test_they_stand_behind_the_computed_fields_as_written():
    octets = composed("X-A:  b\nX-Long: one\n\ttwo", subject="Hello", text="Text")
    assert b"Subject: Hello\r\nMessage-ID: " in octets
    assert b">\r\nX-A:  b\r\nX-Long: one\r\n\ttwo\r\nMIME-Version: 1.0\r\n" in octets


@pytest.mark.covers("SMTP.OtherHeaders")
def test_a_leading_empty_line_replaces_the_whole_header():
    octets = composed("\r\nSubject: Mine\r\nMessage-ID: <mine@x.test>\r\n", text="a\nb")
    assert octets == b"Subject: Mine\r\nMessage-ID: <mine@x.test>\r\n\r\na\r\nb\r\n"


def test_the_receipt_knows_the_message_id_of_a_replaced_header():
    draft = Draft(from_=ANN, other_headers="\nMessage-ID: <mine@x.test>", text="")
    assert compose(draft).message_id == "<mine@x.test>"


@pytest.mark.covers("SMTP.OtherHeaders")
def test_mime_fields_make_the_text_the_body_as_it_stands():
    tree = "--b\nContent-Type: text/html\n\n<p>a</p>\n--b--\n"
    octets = composed("MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b", text=tree)
    parsed = message_from_bytes(octets, policy=default)
    (part,) = parsed.iter_parts()
    assert part.get_content_type() == "text/html"
    assert octets.count(b"MIME-Version") == 1


def test_a_value_beyond_ascii_is_encoded():
    octets = composed("X-Name: Jürgen", text="")
    assert octets.isascii()
    assert message_from_bytes(octets, policy=default)["X-Name"] == "Jürgen"


HTML = "<p>Grüße</p>"


@pytest.mark.covers("SMTP.OtherHeaders", "SMTP.MessageText")
@pytest.mark.parametrize(
    "other",
    [
        "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8",
        "Content-Type: text/html; charset=utf-8",
        "Content-Type: text/html",
        'Content-Type: text/html;\r\n charset="iso-8859-1"',
        "content-type: text/html; charset=UTF-8\r\nX-A: b",
        "\r\nFrom: ann@client.test\r\nContent-Type: text/html; charset=utf-8",
    ],
)
def test_a_given_content_type_completes_composing(other):
    octets = composed(other, text=HTML)
    assert octets.isascii()
    parsed = message_from_bytes(octets, policy=default)
    assert parsed.get_content_type() == "text/html"
    assert parsed.get_content().strip() == HTML
    assert parsed.get_all("MIME-Version") == ["1.0"]
    assert len(parsed.get_all("Content-Transfer-Encoding")) == 1


def test_with_an_encoding_the_text_stands_as_it_is():
    other = "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable"
    octets = composed(other, text="Gr=C3=BC=C3=9Fe")
    parsed = message_from_bytes(octets, policy=default)
    assert parsed.get_content().strip() == "Grüße"
    assert parsed["MIME-Version"] == "1.0"
    with pytest.raises(InputError, match="cannot be sent unchanged"):
        composed(other, text="Grüße")


def test_a_charset_that_cannot_hold_the_text_is_refused():
    with pytest.raises(InputError, match="us-ascii"):
        composed("Content-Type: text/html; charset=us-ascii", text="Grüße")
    with pytest.raises(InputError, match="charset"):
        composed("Content-Type: text/html; charset=utf-16", text="Grüße")


def test_other_fields_of_mime_leave_composing_alone():
    octets = composed("MIME-Version: 1.0\nContent-Language: de", text="Grüße", html=HTML)
    parsed = message_from_bytes(octets, policy=default)
    assert parsed.get_all("MIME-Version") == ["1.0"]
    assert parsed["Content-Language"] == "de"
    assert parsed.get_body(("html",)).get_content().strip() == HTML


def test_a_sender_among_them_serves_several_authors():
    two = (ANN, parse_mailbox("bob@x.test"))
    with pytest.raises(InputError, match="several authors") as caught:
        composed("X-A: b", from_=two, text="")
    assert "sender=" in caught.value.remedy
    octets = composed("Sender: Bob <bob@x.test>", from_=two, text="")
    assert b"\r\nSender: Bob <bob@x.test>\r\n" in octets


@pytest.mark.parametrize(
    "wrong",
    [
        "no colon",
        " X-A: begins with a space",
        "X-A: b\n\nbody",
        "X-A: b\n \nX-B: c",
        "X A: b",
        ": nothing",
        "Bcc: eve@x.test",
        "\nResent-Bcc: eve@x.test",
        "X-A: b\rBcc: eve@x.test",
        "X-A: b\0c",
        "X-A: " + "x" * 1000,
        "X-A: b\u2028Bcc: eve@x.test",
    ],
)
def test_what_is_no_header_field_is_refused(wrong):
    with pytest.raises(InputError):
        given_fields(wrong)


@pytest.mark.parametrize("name", ["Subject", "subject", "From", "Date", "Message-ID"])
def test_a_field_that_a_property_makes_is_not_given_twice(name):
    with pytest.raises(InputError, match="already"):
        composed(f"{name}: x", subject="Hello")


def test_no_part_of_ours_fits_beside_a_body_of_theirs():
    with pytest.raises(InputError, match="no place"):
        composed("Content-Type: text/x", text="a", attachments=(Attachment(data=b"x"),))


@pytest.mark.parametrize("text", ["ü", "a\rb", "a\0b", "x" * 999])
def test_a_body_that_cannot_go_out_as_it_stands_is_refused(text):
    with pytest.raises(InputError, match="cannot be sent unchanged"):
        composed("\nSubject: x", text=text)


def test_a_control_character_is_an_injection():
    with pytest.raises(InjectionError):
        given_fields("X-A: a\x0bb")
