"""Messages that are no lines: BODY=BINARYMIME where the server takes it, else an error."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.fronts import Front, letter, open_front, said
from smtp_nb import Outcome
from smtp_nb.errors import BinaryRefused, ExtensionError, InputError
from smtp_nb.sandbox import SandboxServer

HEAD = b"Subject: x\r\nMessage-ID: <1@x.test>\r\n\r\n"
SAYS_SO = b"Subject: x\r\nContent-Transfer-Encoding: binary\r\n\r\n"
OCTETS = bytes(range(256)) * 9 + b"\r\n.\r\n.\rQUIT\n\0end"
BARE = [(b"a\nb\r\n", "LF", 1), (b"a\rb\r\n", "CR", 1), (b"a\0b\r\n", "NUL", 1), (b"a\r", "CR", 1)]


def generous() -> SandboxServer:
    return SandboxServer(also=["BINARYMIME"])


@pytest.mark.covers("SMTP.Message")
@pytest.mark.covers("SMTP.MessageB")
@pytest.mark.parametrize("head", [HEAD, SAYS_SO], ids=["silent", "announced"])
def test_octets_of_any_kind_arrive_exactly(front: Front, head: bytes) -> None:
    raw = head + OCTETS
    with generous() as server:
        smtp = front.make(**letter(server.port), message=raw)
        assert front.run(smtp.send())
        assert server.messages[0].content == raw
        assert server.messages[0].parameters["BODY"] == "BINARYMIME"
        assert f"BDAT {len(raw)} LAST" in said(server)
        assert "DATA" not in said(server)


@pytest.mark.covers("SMTP.Message")
@pytest.mark.parametrize(("body", "name", "at"), BARE)
@pytest.mark.parametrize(
    "options",
    [{}, {"also": ["BINARYMIME"], "without": ["CHUNKING"]}],
    ids=["not offered", "without CHUNKING"],
)
def test_else_it_is_an_error_that_names_the_offset_and_the_remedy(
    front: Front, options: dict[str, Any], body: bytes, name: str, at: int
) -> None:
    with SandboxServer(**options) as server:
        smtp = front.make(**letter(server.port), message=HEAD + body)
        with front.connected(smtp):
            with pytest.raises(BinaryRefused, match=f"bare {name} at offset {len(HEAD) + at}") as e:
                front.run(smtp.send())
            assert isinstance(e.value, InputError)
            assert isinstance(e.value, ExtensionError)
            assert "CRLF" in e.value.remedy
            assert e.value.receipt.outcome is Outcome.NOT_SENT
            assert smtp.connected
            smtp.message = ""
            assert front.run(smtp.send()), "the session goes on"
        assert [line for line in said(server) if line.startswith("MAIL")] == [
            f"MAIL FROM:<ann@example.test> SIZE={server.messages[0].size}"
        ]


@pytest.mark.covers("SMTP.Message")
@pytest.mark.parametrize("head", [b"Subject: x\nBcc: eve@x.test", b"A: b\0", b"A: b\r"])
def test_a_header_is_made_of_lines_on_every_server(front: Front, head: bytes) -> None:
    with generous() as server:
        smtp = front.make(**letter(server.port), message=head + b"\r\n\r\nx\r\n")
        with pytest.raises(InputError, match=r"bare .* at offset"):
            front.run(smtp.send())
        assert len(server.sessions) == 0


def test_a_last_line_without_its_end_stays_as_it_is_if_the_header_says_binary(
    front: Front,
) -> None:
    with generous() as server:
        smtp = front.make(**letter(server.port), message=SAYS_SO + b"no end")
        assert front.run(smtp.send())
        assert server.messages[0].content == SAYS_SO + b"no end"


@pytest.mark.covers("SMTP.SetMessageStream")
@pytest.mark.parametrize("as_file", [True, False])
def test_a_stream_may_be_binary_if_its_header_says_so(front: Front, as_file: bool) -> None:
    raw = SAYS_SO + OCTETS * 1000
    with generous() as server:
        smtp = front.make(**letter(server.port))
        smtp.set_message_stream(io.BytesIO(raw) if as_file else [raw[:9], raw[9:]])
        receipt = front.run(smtp.send())
        assert server.messages[0].content == raw
        assert receipt.size == (len(raw) if as_file else -1)
        smtp.set_message_stream([HEAD, OCTETS])
        with pytest.raises(InputError, match="bare"):
            front.run(smtp.send())
    with SandboxServer() as server:
        smtp = front.make(**letter(server.port))
        smtp.set_message_stream([SAYS_SO, OCTETS])
        with pytest.raises(BinaryRefused, match="as its header says"):
            front.run(smtp.send())
        assert not server.messages


@pytest.mark.covers("SMTP.Queue")
def test_a_queue_holds_what_says_that_it_is_binary(front: Front, tmp_path: Any) -> None:
    with generous() as server:
        smtp = front.make(**letter(server.port), message=HEAD + b"a\nb\r\n")
        with pytest.raises(InputError, match="bare LF"):
            front.run(smtp.queue(tmp_path))  # nobody knows which server will take it
        assert list(tmp_path.iterdir()) == []
        smtp.message = SAYS_SO + OCTETS
        front.run(smtp.queue(tmp_path))
        assert len(front.run(smtp.process_queue(tmp_path)).sent) == 1
        assert server.messages[0].content == SAYS_SO + OCTETS


@given(body=st.lists(st.sampled_from([b"a", b"\r\n", b"\r", b"\n", b"\0", b".", b"\xff", b"Bcc:"])))
@settings(max_examples=40)
def test_whatever_the_octets_are_they_arrive_or_are_lines(body: list[bytes]) -> None:
    raw = HEAD + b"".join(body)
    with open_front("blocking") as front, generous() as server:
        smtp = front.make(**letter(server.port), message=raw)
        assert front.run(smtp.send())
        content = server.messages[0].content
    rest = raw.replace(b"\r\n", b"")
    if {13, 10, 0} & set(rest):
        assert content == raw
    else:
        assert content == raw + (b"" if raw.endswith(b"\r\n") else b"\r\n")
