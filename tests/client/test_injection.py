"""Data never becomes a command, a parameter or a header field.

Whatever is given in whatever place: either it is refused with an `InputError` before a connection
is made, or the most gullible of servers sees exactly the commands of one message, with each
argument in its place, and no header field that nobody set.
"""

from __future__ import annotations

import contextlib
import email
import email.header
import email.policy
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from play.lenient_server import Gullible
from play.stage import Jobs, ScriptedStage
from smtp_nb import MessageRecipient
from smtp_nb.compose.parts import Attachment
from smtp_nb.errors import InputError
from smtp_nb.model.address import Mailbox
from smtp_nb.model.envelope import DeliveryJob, Envelope, Recipient

EVIL = [
    "\r\nRCPT TO:<evil@x.test>",
    "\nRCPT TO:<evil@x.test>",
    "\rRCPT TO:<evil@x.test>",
    "\r\n\r\nRCPT TO:<evil@x.test>\r\n.\r\n",
    "\r\nBcc: evil@x.test",
    "\r\n\tBcc: evil@x.test",
    "\n\nbody",
    "\r\n.\r\nMAIL FROM:<evil@x.test>\r\n",
    "\0",
    "\x01",
    "\x08",
    "\x1b[2J",
    "\t",
    "\x7f",
    "\x85",
    "\x0b",
    "\x0c",
    "\x1c",
    "\u2028",
    "\u2029",
    "\u760d\u760a",
    "\u010d\u010aRCPT TO:<evil@x.test>",
    "\u560a",
    "\ud800",
    " XCLIENT ADDR=1.2.3.4",
    "> SIZE=1",
    "> AUTH=<evil@x.test",
    ">,<evil@x.test>",
    "<evil@x.test>",
    '"',
    "\\",
    "=?utf-8?q?=0D=0ABcc:_evil@x.test?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAeC50ZXN0?=",
    " ",
    ",",
    ";",
    ":",
    "(evil@x.test)",
    "@x.test",
    "%0d%0a",
]
hostile = st.builds(
    lambda before, evil, after: before + evil + after,
    st.text("abcÄ\u4e2d .", max_size=5),
    st.sampled_from(EVIL),
    st.one_of(st.text("abc", max_size=3), st.sampled_from(EVIL), st.text(max_size=5)),
)


def every_evil(test: Callable[..., Any]) -> Callable[..., Any]:
    """Each of them once for certain."""
    for evil in EVIL:
        test = example(text=f"a{evil}b")(test)
    return test


# -- where it can be given --------------------------------------------------------------------

# Takes the component and a text; sets one thing.
Place = Callable[[Any, str], object]

ADDRESS_SHAPES = (
    "{}", "{}@x.test", '"{}"@x.test', "x@{}", "x@[{}]", "{} <x@x.test>", '"{}" <x@x.test>',
    "x@x.test, {}", "<{}>", "<{}@x.test>", "x@x.test{}",
)  # fmt: skip
# All of them pass through one parser, so that not each has to be tried in every shape.
SHAPES = {
    "from_": ADDRESS_SHAPES,
    "send_to": ADDRESS_SHAPES,
    **dict.fromkeys(
        ("cc", "bcc", "reply_to", "return_path", "read_receipt_to", "delivery_notification_to"),
        ("{}", "{}@x.test", "{} <x@x.test>", "x@x.test, {}"),
    ),
}
LINE_PROPERTIES = ("subject", "message_date", "message_id")


def attribute(name: str, shape: str = "{}") -> Place:
    return lambda smtp, text: setattr(smtp, name, shape.replace("{}", text))


def setting(name: str) -> Place:
    def place(smtp: Any, text: str) -> None:
        smtp.settings[name] = text

    return place


def recipient(**fields: str) -> Place:
    def place(smtp: Any, text: str) -> None:
        filled = {name: shape.replace("{}", text) for name, shape in fields.items()}
        smtp.message_recipients.append(MessageRecipient(**{"address": "x@x.test"} | filled))

    return place


def attached(**fields: str) -> Place:
    def place(smtp: Any, text: str) -> None:
        filled = {name: shape.replace("{}", text) for name, shape in fields.items()}
        smtp.attachments.append(Attachment(data=b"octets", **filled))

    return place


def changed_in_place(smtp: Any, text: str) -> None:
    smtp.message_recipients[0].address = text


def renamed_in_place(smtp: Any, text: str) -> None:
    smtp.message_recipients[0].name = text


def rerouted_in_place(smtp: Any, text: str) -> None:
    smtp.message_recipients[0].options = text


PLACES: dict[str, Place] = {
    **{
        f"{name} = {shape}": attribute(name, shape)
        for name, shapes in SHAPES.items()
        for shape in shapes
    },
    **{name: attribute(name) for name in LINE_PROPERTIES},
    "message_id in brackets": attribute("message_id", "<{}>"),
    "Hello": setting("Hello"),
    "Hello with a domain": lambda smtp, text: setting("Hello")(smtp, f"{text}.test"),
    "Charset": setting("Charset"),
    "user": attribute("user"),
    "password": attribute("password"),
    "AuthorizationIdentity": setting("AuthorizationIdentity"),
    "mail_server": attribute("mail_server"),
    "a recipient's address": recipient(address="{}"),
    "a recipient's local part": recipient(address="{}@x.test"),
    "a recipient's name": recipient(name="{}"),
    "a recipient's options": recipient(options="{}"),
    "a recipient's NOTIFY": recipient(options="NOTIFY={}"),
    "a recipient's ORCPT": recipient(options="NOTIFY=NEVER ORCPT=rfc822;{}"),
    "a recipient's address, in place": changed_in_place,
    "a recipient's name, in place": renamed_in_place,
    "a recipient's options, in place": rerouted_in_place,
    "a file's name": attached(filename="{}"),
    "a file's ending": attached(filename="x.{}"),
    "a file's type": attached(content_type="{}"),
    "a file's subtype": attached(content_type="text/{}"),
    "a file's cid": attached(cid="{}", filename="x"),
    "other_headers": attribute("other_headers", "X-Test: {}"),
    "message_text": attribute("message_text"),
    "message_html": attribute("message_html"),
    "message_markdown": attribute("message_markdown"),
}  # fmt: skip
# No reader decodes a Message-ID, and who writes a field by hand has encoded it.
UNREAD = ("Message-ID", "X-Test")
SEVERAL_LINES = ("message_text", "message_html", "message_markdown", "other_headers")


# -- what may come of it ----------------------------------------------------------------------

PATH = rb'<(?:"(?:[^"\\]|\\.)*"|[^\s"<>@]+)@[^\s<>@]+>'
PARAMETERS = rb"(?: (?:SIZE=\d+|BODY=8BITMIME|SMTPUTF8))*"
OPTIONS = rb"(?: [A-Z0-9-]+=[!-<>-~]+)*"
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
GRAMMAR = {
    b"EHLO": re.compile(rb"EHLO (?:[A-Za-z0-9.-]+|\[[A-Za-z0-9.:]+\])\Z"),
    b"AUTH": re.compile(rb"AUTH PLAIN [A-Za-z0-9+/]+=*\Z"),
    b"MAIL": re.compile(rb"MAIL FROM:" + PATH + PARAMETERS + rb"\Z"),
    b"RCPT": re.compile(rb"RCPT TO:" + PATH + OPTIONS + rb"\Z"),
    b"DATA": re.compile(rb"DATA\Z"),
    b"QUIT": re.compile(rb"QUIT\Z"),
}
FIELDS = {
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "mime-version",
    "content-type", "content-transfer-encoding", "disposition-notification-to",
    "return-receipt-to", "x-test",
}  # fmt: skip


def on_stage() -> tuple[ScriptedStage, Gullible]:
    """A component with a letter that is ready to go, in front of the gullible server."""
    composed = {"message": "", "subject": "Test", "message_text": "one\n.two\n"}
    played = ScriptedStage("", composed | {"password": "wonderland"})
    played.driver.player = server = Gullible()
    return played, server


def assert_untouched(played: ScriptedStage) -> None:
    assert played.heard == b""
    assert played.driver.opened == 0


def assert_one_message(played: ScriptedStage, server: Gullible) -> None:
    """Exactly the commands of one message, and no header field that nobody set."""
    assert_one_envelope(played, server)
    (content,) = server.contents
    assert_clean(content)
    # RFC 6531: header fields in UTF-8 only where both sides have agreed on it.
    assert content.isascii() or any(b" SMTPUTF8" in line for line in server.commands)


def assert_one_envelope(played: ScriptedStage, server: Gullible) -> None:
    """Exactly the commands of one message, each as the grammar has it."""
    verbs = [line.split(b" ")[0] for line in server.commands]
    for line, verb in zip(server.commands, verbs, strict=True):
        assert GRAMMAR[verb].match(line), line
    login = [b"AUTH"] if b"AUTH" in verbs else []
    boxes = [item.mailbox for item in played.smtp.message_recipients]
    assert verbs == [b"EHLO", *login, b"MAIL", *[b"RCPT"] * len(boxes), b"DATA", b"QUIT"]
    said = [line for line in server.commands if line.startswith(b"RCPT")]
    for box, line in zip(boxes, said, strict=True):
        assert line.startswith(f"RCPT TO:<{box.address}>".encode())


def assert_clean(content: bytes) -> None:
    """Header fields that somebody set, one each, and lines as SMTP wants them."""
    assert not BARE.search(content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    header = content.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", header)
    names = re.findall(rb"^([^\s:]+):", header + b"\r\n", re.MULTILINE)
    found = [name.decode("ascii").lower() for name in names]
    assert set(found) <= FIELDS
    assert len(found) == len(set(found))
    for field, value in email.message_from_bytes(content).items():
        if field not in UNREAD:
            assert_says_no_line_break(field, value)


def assert_says_no_line_break(field: str, value: str) -> None:
    """Nor does it once a mail reader has decoded the encoded words."""
    decoded = str(email.header.make_header(email.header.decode_header(value)))
    assert not re.search("[\r\n\0]", re.sub(r"\r\n[ \t]", " ", decoded)), field


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@every_evil
@given(text=hostile)
@settings(max_examples=10)
def test_it_is_refused_before_a_connection_or_stays_in_its_place(place, text):
    played, server = on_stage()
    try:
        place(played.smtp, text)
        played.call("send")
    except InputError:
        assert_untouched(played)
    else:
        assert_one_message(played, server)


LINE_BREAKS = [evil for evil in EVIL if re.search("[\r\n\0]", evil)]
UNICODE_BREAKS = ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c"]
SECRETS = ("password", "AuthorizationIdentity")


@pytest.mark.parametrize("name", [name for name in PLACES if name not in SEVERAL_LINES])
def test_a_line_break_outside_of_a_body_is_always_refused(name):
    for evil in LINE_BREAKS if name in SECRETS else LINE_BREAKS + UNICODE_BREAKS:
        played, _ = on_stage()
        played.set("user", "alice")
        with pytest.raises(InputError):
            place_and_send(played, PLACES[name], f"a{evil}b")
        assert_untouched(played)


def place_and_send(played: ScriptedStage, place: Place, text: str) -> None:
    place(played.smtp, text)
    played.call("send")


@pytest.mark.parametrize("shape", ["Subject: x\r\n\r\n{}\r\n", "Subject: {}\r\n\r\nx\r\n"])
@every_evil
@given(text=hostile)
@settings(max_examples=30)
def test_a_raw_message_stays_content(shape, text):
    played, server = on_stage()
    try:
        attribute("message", shape)(played.smtp, text)
        played.call("send")
    except InputError:
        # Whether a body may be binary is for the server to say; nobody asks it about a header.
        assert all(line.startswith((b"EHLO", b"QUIT")) for line in server.commands)
        return
    assert_one_envelope(played, server)
    (content,) = server.contents
    assert not BARE.search(content)
    parsed = email.message_from_bytes(content, policy=email.policy.compat32)
    assert parsed["bcc"] is None


# -- commands of the user's -------------------------------------------------------------------


@pytest.mark.parametrize("method", ["verify", "expand"])
@every_evil
@given(text=hostile)
@settings(max_examples=40)
def test_an_argument_stays_one_argument(method, text):
    played, server = on_stage()
    try:
        played.call(method, text)
    except InputError:
        assert_untouched(played)
        return
    verb = {"verify": b"VRFY", "expand": b"EXPN"}[method]
    line = verb + b" " + text.encode() + (b"" if text.isascii() else b" SMTPUTF8")
    assert server.commands == [b"EHLO client.test", line, b"QUIT"]
    assert re.fullmatch(rb'(?:"(?:[^"\\]|\\.)*"|[^\s"])+', text.encode())


@every_evil
@given(text=hostile)
@settings(max_examples=40)
def test_a_command_stays_one_line(text):
    played, server = on_stage()
    played.call("connect")
    try:
        played.call("send_command", f"XCMD {text}")
    except InputError:
        assert server.commands == [b"EHLO client.test"]
        return
    assert server.commands == [b"EHLO client.test", f"XCMD {text}".rstrip(" ").encode()]


@pytest.mark.parametrize("text", ["", " ", "DATA", "data", "BDAT 5", "bdat 5 last", "STARTTLS",
                                  "AUTH PLAIN AGEAYg==", " auth login", "QUIT"])  # fmt: skip
def test_a_command_that_a_single_line_cannot_finish_is_refused(text):
    played, _ = on_stage()
    with pytest.raises(InputError) as caught:
        played.call("send_command", text)
    assert "AGEAYg" not in str(caught.value)
    assert_untouched(played)


# -- the guard behind the parsers -------------------------------------------------------------


@given(text=hostile)
@settings(max_examples=40)
def test_a_mailbox_that_passed_no_parser_is_stopped_by_the_guard(text):
    """Mailboxes can be made by hand; then the guard of the commands is all there is."""
    played, server = on_stage()
    job = DeliveryJob(
        Envelope(Mailbox("ann", "client.test"), (Recipient(Mailbox(text, "x.test")),)),
        Jobs("x@x.test").waiting[0].content,
    )
    jobs = Jobs()
    jobs.waiting = [job]
    with contextlib.suppress(InputError):
        played.call("deliver", jobs)
    ((_, receipt),) = jobs.given
    sent = [line for line in server.commands if line.startswith(b"RCPT")]
    assert sent in ([], [f"RCPT TO:<{text}@x.test>".encode("utf-8", "replace")])
    assert bool(receipt) is bool(sent)


def test_values_that_are_only_strange_get_through():
    played, server = on_stage()
    played.smtp.from_ = '"Ann, \\"the\\" <Boss>" <ann@client.test>'
    played.smtp.subject = "=?utf-8?q?not_encoded?= \u760d 中文"
    played.smtp.send_to = '"bob <evil@x.test>"@server.test, jörg@straße.de'
    assert played.call("send")
    assert_one_message(played, server)
    parsed = email.message_from_bytes(server.contents[0], policy=email.policy.default)
    assert parsed["from"].addresses[0].display_name == 'Ann, "the" <Boss>'
    assert parsed["subject"] == "=?utf-8?q?not_encoded?= \u760d 中文"
