"""Paths and parameters of MAIL and RCPT, through the machine that reads them."""

from __future__ import annotations

import pytest

from protocol.server.talk import Talk, greeted, login_service
from smtp_nb.protocol.server.policy import EXTENSIONS


@pytest.mark.parametrize(
    ("argument", "hint"),
    [
        ("FROM <a@x.test>", "with a colon"),
        ("FROM: <a@x.test>", "no space at the colon"),
        ("FROM:a@x.test", "with angle brackets"),
        ("FROM:<a@x.test>,<b@x.test>", "one address in each command"),
        ("TO:<a@x.test>", "FROM:<address>"),
    ],
)
def test_a_path_that_is_none_is_told_what_is_wrong_with_it(argument, hint):
    (line,) = greeted().say(f"MAIL {argument}\r\n".encode())
    assert line.startswith("501 5.5.4 Syntax: FROM:<address>")
    assert hint in line


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("SIZE=1000", 250),
        ("SIZE=1001", 552),
        ("SIZE=", 501),
        ("SIZE", 501),
        ("SIZE=12x", 501),
        ("SIZE=123456789012345678901", 501),
        ("SIZE=1 SIZE=2", 501),
        ("BODY=7BIT", 250),
        ("BODY=8BITMIME SIZE=3", 250),
        ("BODY=BINARYMIME", 501),
        ("SMTPUTF8", 250),
        ("SMTPUTF8=1", 501),
        ("RET=HDRS ENVID=QQ+2B1", 250),
        ("RET=ALL", 501),
        ("ENVID=a+3", 501),
        ("ENVID=a=b", 501),
        ("ENVID=+0D+0A", 501),
        ("NOTIFY=NEVER", 555),
        ("XCLIENT=1", 555),
    ],
)
def test_parameters_of_mail(parameters, code):
    assert greeted().codes(f"MAIL FROM:<a@x.test> {parameters}\r\n".encode()) == [code]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("NOTIFY=NEVER", 250),
        ("NOTIFY=SUCCESS,FAILURE,DELAY", 250),
        ("NOTIFY=success,delay ORCPT=rfc822;b@x.test", 250),
        ("NOTIFY=NEVER,DELAY", 501),
        ("NOTIFY=SOMETIMES", 501),
        ("NOTIFY", 501),
        ("ORCPT=rfc822", 501),
        ("ORCPT=rfc822;a+2Bb@x.test", 250),
        ("ORCPT=rfc822;a+0Ab@x.test", 501),
        ("SIZE=3", 555),
    ],
)
def test_parameters_of_rcpt(parameters, code):
    talk = greeted()
    talk.say(b"MAIL FROM:<a@x.test>\r\n")
    assert talk.codes(f"RCPT TO:<b@x.test> {parameters}\r\n".encode()) == [code]


def test_parameters_are_kept_with_xtext_decoded():
    talk = greeted()
    talk.say(b"MAIL FROM:<a@x.test> ENVID=a+2Bb RET=FULL\r\n")
    talk.say(b"RCPT TO:<b@x.test> ORCPT=rfc822;q+2Br@x.test NOTIFY=NEVER\r\nDATA\r\nx\r\n.\r\n")
    message = talk.messages[0]
    assert message.parameters == {"ENVID": "a+b", "RET": "FULL"}
    assert message.recipients == [("b@x.test", {"ORCPT": "rfc822;q+r@x.test", "NOTIFY": "NEVER"})]


@pytest.mark.parametrize(
    ("extension", "parameter"),
    [
        ("SIZE", "SIZE=1"),
        ("8BITMIME", "BODY=8BITMIME"),
        ("SMTPUTF8", "SMTPUTF8"),
        ("DSN", "RET=HDRS"),
        ("AUTH", "AUTH=<>"),
    ],
)
def test_a_parameter_needs_its_extension(extension, parameter):
    line = f"MAIL FROM:<a@x.test> {parameter}\r\n".encode()
    assert greeted(service=login_service()).codes(line) == [250]
    left = tuple(name for name in EXTENSIONS if name != extension)
    assert greeted(service=login_service(extensions=left)).codes(line) == [555]
    talk = Talk()
    talk.say(b"HELO x\r\n")
    assert talk.codes(line) == [555]


def test_a_binary_message_needs_its_extension_and_comes_in_chunks():
    line = b"MAIL FROM:<a@x.test> BODY=BINARYMIME\r\n"
    assert greeted().codes(line) == [501]
    talk = greeted(service=login_service(extensions=(*EXTENSIONS, "BINARYMIME")))
    assert talk.codes(line + b"RCPT TO:<b@x.test>\r\nDATA\r\n") == [250, 250, 503]
    assert talk.codes(b"BDAT 4 LAST\r\na\n\0b") == [250]
    assert talk.messages[0].content == b"a\n\0b"


@pytest.mark.parametrize(
    "path",
    [
        "<a@x.test>",
        "<A.b+c@x.test>",
        '<"a b"@x.test>',
        r'<"a\"b>"@x.test>',
        "<a@[192.0.2.1]>",
        "<a@[IPv6:::1]>",
    ],
)
def test_paths_that_the_grammar_allows(path):
    talk = greeted()
    assert talk.codes(f"MAIL FROM:{path}\r\nRCPT TO:{path}\r\n".encode()) == [250, 250]


@pytest.mark.parametrize(
    "path",
    [
        "a@x.test",
        "<a@x.test",
        "<a>",
        "<a@>",
        "<@x.test>",
        "<a b@x.test>",
        " <a@x.test>",
        "<a@x.test>x",
        "<a@x.test><b@x.test>",
        "<Ann <a@x.test>>",
        "<a@b@x.test>",
        "<@relay.test:a@x.test>",
        "<a@-x.test>",
        "<a..b@x.test>",
    ],
)
def test_paths_that_the_grammar_does_not_allow(path):
    talk = greeted()
    assert talk.codes(f"MAIL FROM:{path}\r\n".encode()) == [501]
    talk.say(b"MAIL FROM:<>\r\n")
    assert talk.codes(f"RCPT TO:{path}\r\n".encode()) == [501]


def test_the_null_path_sends_and_postmaster_receives():
    talk = greeted()
    assert talk.codes(b"MAIL FROM:<>\r\nRCPT TO:<>\r\nRCPT TO:<Postmaster>\r\n") == [250, 501, 250]
    assert talk.codes(b"RSET\r\nMAIL FROM:<postmaster>\r\n") == [250, 501]


def test_an_address_beyond_ascii_needs_smtputf8():
    sender, recipient = "MAIL FROM:<jürgen@x.test>".encode(), "RCPT TO:<zoë@x.test>".encode()
    talk = greeted()
    assert talk.codes(sender + b"\r\n") == [553]
    assert talk.codes(b"MAIL FROM:<a@x.test>\r\n" + recipient + b"\r\n") == [250, 553]
    assert talk.codes(b"RSET\r\n" + sender + b" SMTPUTF8\r\n" + recipient + b"\r\n") == [250] * 3
