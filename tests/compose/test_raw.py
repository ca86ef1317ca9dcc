"""Messages composed by others: sent as they are, or not at all."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.raw import CRLF_REMEDY, raw_content
from smtp_nb.errors import InputError

RAW = b"From: a@x.test\r\nMessage-ID: <1@x.test>\r\n\r\n.leading\r\nbody\r\n"


class TestRawContent:
    def test_it_is_not_touched(self) -> None:
        content = raw_content(RAW)
        assert bytes(content) == b"".join(content.chunks()) == RAW
        assert content.size == len(RAW)
        assert content.message_id == "<1@x.test>"
        assert not content.is_8bit
        assert not content.needs_smtputf8

    def test_its_last_line_is_ended(self) -> None:
        assert bytes(raw_content("Subject: x\r\n\r\nbody")) == b"Subject: x\r\n\r\nbody\r\n"
        assert bytes(raw_content(b"")) == b"\r\n"

    @pytest.mark.parametrize(
        ("data", "name", "offset"),
        [
            (b"a\nb", "LF", 1),
            (b"\n", "LF", 0),
            (b"a\r\nb\rc\r\n", "CR", 4),
            (b"a\r\r\n", "CR", 1),
            (b"a\r\n\n", "LF", 3),
            (b"a\r", "CR", 1),
            (b"a\0\r\n", "NUL", 1),
            (b"x\r\n\n.\n\r\n", "LF", 3),
            (b"x\r\n.\r\r\n", "CR", 4),
        ],
    )
    def test_a_bare_line_end_is_refused_and_its_place_named(
        self, data: bytes, name: str, offset: int
    ) -> None:
        with pytest.raises(InputError, match=f"bare {name} at offset {offset}\\. ") as caught:
            raw_content(data)
        assert "CRLF" in caught.value.remedy

    @pytest.mark.parametrize(
        "text", ["a\nb", "Subject: x\r\n\r\na\nb\rc\r\r\n", "a\r\r\nb\0", "a\rb\n"]
    )
    def test_the_remedy_leads_into_no_second_error(self, text: str) -> None:
        with pytest.raises(InputError) as caught:
            raw_content(text)
        assert CRLF_REMEDY in caught.value.remedy
        mended = eval(CRLF_REMEDY, {"re": re, "text": text.replace("\0", "")})
        assert bytes(raw_content(mended)).rstrip() == mended.rstrip().encode()

    @pytest.mark.covers("SMTP.Message")
    @pytest.mark.parametrize(
        ("data", "offset"),
        [
            (b"Subject: x\r\n\r\n" + b"y" * 999 + b"\r\n", 14),
            (b"Subject: " + b"x" * 990 + b"\r\n\r\n", 0),
            (b"A: b\r\n\r\n" + b"y" * 998 + b"\r\n" + b"z" * 999, 1008),
        ],
    )
    def test_a_line_that_servers_need_not_take_is_remarked_upon(
        self, data: bytes, offset: int
    ) -> None:
        content = raw_content(data)
        assert f"at offset {offset} has more than 998 bytes" in content.remark
        assert bytes(content).startswith(data)
        assert raw_content(data.replace(b"yyy", b"y").replace(b"xxx", b"x")[:900]).remark == ""

    def test_octets_that_are_no_lines_may_be_long(self) -> None:
        head = b"Content-Transfer-Encoding: binary\r\n\r\n"
        content = raw_content(head + b"x" * 5000)
        assert content.bare
        assert not content.remark

    @given(st.lists(st.sampled_from([b"a", b"\r\n", b"\r", b"\n", b"\0", b".", b"Bcc: x"])))
    def test_nothing_that_passes_can_smuggle(self, pieces: list[bytes]) -> None:
        data = b"".join(pieces)
        try:
            sent = bytes(raw_content(data))
        except InputError:
            rest = data.replace(b"\r\n", b"")
            assert b"\r" in rest or b"\n" in rest or b"\0" in rest
            return
        rest = sent.replace(b"\r\n", b"")
        assert not {13, 10, 0} & set(rest)

    @pytest.mark.parametrize(
        "blind",
        [
            b"Bcc: e@x.test\r\n",
            b"BCC: e@x.test,\r\n\tf@x.test,\r\n g@x.test\r\n",
            b"Resent-Bcc : e@x.test\r\n",
            b"bcc:\r\n e@x.test\r\n",
            b"Bcc: e@x.test\r\nBcc: f@x.test\r\n",
        ],
    )
    @pytest.mark.parametrize("before", [b"", b"A: b\r\n c\r\n"])
    def test_blind_copies_are_taken_out(self, blind: bytes, before: bytes) -> None:
        rest = b"To: a@x.test\r\n\r\nBcc: in the body\r\n"
        assert bytes(raw_content(before + blind + rest)) == before + rest

    def test_they_are_taken_out_of_a_message_without_a_body(self) -> None:
        assert bytes(raw_content(b"A: b\r\nBcc: e@x.test")) == b"A: b\r\n"

    def test_what_only_resembles_them_stays(self) -> None:
        data = b"X-Bcc: a\r\nBccx: b\r\nA: c\r\n Bcc: d\r\n\r\n"
        assert bytes(raw_content(data)) == data

    def test_octets_above_127_are_announced(self) -> None:
        body = raw_content("Subject: x\r\n\r\né\r\n")
        head = raw_content("Subject: é\r\n\r\nx\r\n")
        assert (body.is_8bit, body.needs_smtputf8) == (True, False)
        assert (head.is_8bit, head.needs_smtputf8) == (True, True)

    def test_a_lone_surrogate_is_refused(self) -> None:
        with pytest.raises(InputError, match="offset 0"):
            raw_content("\ud800")

    def test_no_piece_is_above_64_kib(self) -> None:
        content = raw_content(b"x" * 70 + b"\r\n" * 100_000)
        assert max(map(len, content.chunks())) <= 65536

    def test_the_repr_does_not_show_the_content(self) -> None:
        assert repr(raw_content(RAW)) == f"<RawContent <1@x.test>, {len(RAW)} bytes>"
