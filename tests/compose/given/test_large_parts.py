"""Large parts of an EmailMessage go out as the `email` package writes them, in little memory."""

from __future__ import annotations

import os
import tracemalloc
from email import message_from_bytes, policy
from email.generator import BytesGenerator
from email.message import EmailMessage, Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.given import large_parts
from smtp_nb.compose.given.given_message import GivenReader
from smtp_nb.compose.given.large_parts import LARGE, GivenContent, LargeText
from smtp_nb.errors import InputError


def written(message: EmailMessage | Message) -> bytes:
    """The message as the package writes it."""
    out = BytesIO()
    rules = message.policy.clone(linesep="\r\n", cte_type="7bit")
    BytesGenerator(out, policy=rules).flatten(message)
    return out.getvalue()


def body(raw: bytes) -> bytes:
    """What stands behind the header, whatever its boundary."""
    found = message_from_bytes(raw, policy=policy.SMTP).get_boundary()
    rest = raw.partition(b"\r\n\r\n")[2].rstrip(b"\r\n")
    return rest.replace(found.encode(), b"BOUNDARY") if found else rest


def with_files(*files: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@x.test", "b@x.test", "Files"
    message.set_content("See them.\n")
    for data in files:
        message.add_attachment(data, maintype="application", subtype="zip", filename="f.zip")
    return message


def test_a_large_file_is_put_back_where_it_was() -> None:
    message = with_files(os.urandom(LARGE), b"small", os.urandom(LARGE + 1))
    content = GivenReader().read(message).content
    assert isinstance(content, GivenContent)
    raw = bytes(content)
    assert body(raw) == body(written(message))
    assert content.size == len(raw)
    assert bytes(content) == raw
    assert [content.is_8bit, content.needs_smtputf8, content.bare] == [False, False, ""]
    assert repr(content) == f"<GivenContent {content.message_id}, {len(raw)} bytes>"


def test_a_message_that_is_one_large_part_is_one() -> None:
    message = MIMEApplication(os.urandom(LARGE))
    message["From"] = message["To"] = "a@x.test"
    content = GivenReader().read(message).content
    assert isinstance(content, GivenContent)
    assert body(bytes(content)) == body(written(message))


def test_the_message_itself_stays_as_it_is() -> None:
    message = with_files(os.urandom(LARGE))
    before = message.as_bytes()
    GivenReader().read(message)
    assert message.as_bytes() == before


def test_old_messages_work_too() -> None:
    message = MIMEMultipart()
    message["From"] = message["To"] = "a@x.test"
    message.attach(MIMEApplication(os.urandom(LARGE)))
    content = GivenReader().read(message).content
    assert isinstance(content, GivenContent)
    assert body(bytes(content)) == body(written(message))


@pytest.mark.parametrize("line", ["--boundary?", "From the start", "ünïcode"])
def test_large_text_is_written_as_any_other(line: str) -> None:
    message = EmailMessage()
    message["From"] = message["To"] = "a@x.test"
    text = f"{line}\n" * (LARGE // 8)
    message.set_content(text)
    content = GivenReader().read(message).content
    found = message_from_bytes(bytes(content), policy=policy.SMTP)
    assert found.get_content().replace("\r\n", "\n") == text


def test_a_nul_in_it_is_refused_as_anywhere() -> None:
    message = MIMEApplication(b"")
    message["From"] = message["To"] = "a@x.test"
    message.set_payload("A\0" * LARGE)
    with pytest.raises(InputError, match="NUL"):
        GivenReader().read(message)


@given(st.text(st.sampled_from("ab\r\n"), max_size=60), st.integers(1, 7))
def test_any_line_ends_become_crlf_however_it_is_cut(text: str, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_parts, "CHUNK", chunk)
        part = LargeText(text, len(text))
        sent = b"".join(part.chunks())
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    assert sent == unified.encode()
    assert part.size == len(sent)


def test_25_megabytes_cost_less_than_10_of_memory() -> None:
    message = with_files(os.urandom(25 * 1024 * 1024))
    tracemalloc.start()
    try:
        content = GivenReader().read(message).content
        assert sum(map(len, content.chunks())) == content.size > 33_000_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10 * 1024 * 1024
