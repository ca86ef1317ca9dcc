"""Attachments: read while they are sent, encoded once where they are shared."""

from __future__ import annotations

import gc
import os
import threading
from base64 import b64decode
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.compose.parts import IN_MEMORY, PIECE, Attachment, EncodedPart, check_cid, guess_type
from smtp_nb.errors import InjectionError, InputError


@given(st.binary(max_size=300))
def test_the_size_is_known_beforehand(data: bytes) -> None:
    part = Attachment(data=data, filename="a.bin")
    encoded = b"".join(part.chunks())
    assert len(encoded) == part.size
    assert b64decode(encoded) == data


@pytest.mark.parametrize("size", [0, 1, 57, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_a_file_is_encoded_the_same_as_its_octets(tmp_path: Path, size: int) -> None:
    path = tmp_path / "data.bin"
    path.write_bytes(os.urandom(size))
    from_path, from_data = Attachment(path=path), Attachment(data=path.read_bytes())
    encoded = b"".join(from_path.chunks())
    assert encoded == b"".join(from_data.chunks())
    assert from_path.size == from_data.size == len(encoded)
    assert max(map(len, encoded.split(b"\r\n"))) <= 76
    assert max(map(len, from_path.chunks()), default=0) <= 65536


def test_the_head_says_what_the_file_is(tmp_path: Path) -> None:
    path = tmp_path / "Übersicht, final.xlsx"
    path.write_bytes(b"x")
    head = message_from_bytes(Attachment(path=path).head("attachment"), policy=policy.SMTP)
    assert head.get_filename() == "Übersicht, final.xlsx"
    assert head.get_content_disposition() == "attachment"
    assert head.get_content_type().endswith("spreadsheetml.sheet")
    assert head.get_param("name") == "Ubersicht, final.xlsx"


def test_an_inline_image_has_its_content_id() -> None:
    part = Attachment(data=b"x", filename="logo.png", cid="logo@x.test")
    head = message_from_bytes(part.head("inline"), policy=policy.SMTP)
    assert head["Content-ID"] == "<logo@x.test>"
    assert head.get_content_disposition() == "inline"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.PNG", "image/png"),
        ("a.csv", "text/csv"),
        ("a.csv.gz", "application/gzip"),
        ("a.eml", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("a.nobody-knows", "application/octet-stream"),
        ("http://x.test/a.pdf?b", "application/octet-stream"),
    ],
)
def test_the_type_is_guessed_from_the_name(name: str, kind: str) -> None:
    assert guess_type(name) == kind


class TestRefused:
    def test_both_or_neither_of_path_and_data(self) -> None:
        with pytest.raises(InputError):
            Attachment(filename="a")
        with pytest.raises(InputError):
            Attachment(path="a", data=b"")

    def test_text_as_data(self) -> None:
        with pytest.raises(InputError, match="encode"):
            Attachment(data="/etc/passwd")  # type: ignore[arg-type]

    @pytest.mark.parametrize("field", ["filename", "content_type", "cid"])
    def test_line_breaks(self, field: str) -> None:
        with pytest.raises(InputError):
            Attachment(data=b"", **{field: "text/x\r\nBcc: e@x.test"})

    def test_a_line_break_in_the_name_of_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(InjectionError, match="file name"):
            Attachment(path=tmp_path / "a\r\nBcc: e@x.test")

    @pytest.mark.parametrize("cid", ["a b", "<a>", "a\n", "é", "a>b", "a%20b", "x" * 201])
    def test_an_unfit_cid(self, cid: str) -> None:
        with pytest.raises(InputError):
            check_cid(cid)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        part = Attachment(path=tmp_path / "gone.pdf")
        with pytest.raises(InputError, match=r"gone\.pdf") as caught:
            _ = part.size
        assert caught.value.code == 302
        with pytest.raises(InputError, match=r"gone\.pdf"):
            list(part.chunks())

    @pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
    def test_what_is_no_regular_file(self, tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
        path = tmp_path / "odd"
        make(path)
        with pytest.raises(InputError, match="not a regular file"):
            list(Attachment(path=path).chunks())


class TestEncodedPart:
    @pytest.mark.parametrize("size", [0, 1000, IN_MEMORY // 2, IN_MEMORY, 3 * IN_MEMORY])
    def test_it_gives_the_same_octets_every_time(self, size: int) -> None:
        attachment = Attachment(data=os.urandom(size), filename="a.bin")
        part = EncodedPart(attachment)
        expected = b"".join(attachment.chunks())
        assert b"".join(part.chunks()) == b"".join(part.chunks()) == expected
        assert part.size == len(expected)
        assert part.head("attachment") == attachment.head("attachment")
        assert max(map(len, part.chunks()), default=0) <= 65536

    def test_it_does_not_follow_the_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(b"first")
        part = EncodedPart(Attachment(path=path))
        path.unlink()
        assert b64decode(b"".join(part.chunks())) == b"first"

    def test_threads_share_it(self) -> None:
        data = os.urandom(2 * IN_MEMORY)
        part = EncodedPart(Attachment(data=data))
        found: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: found.append(b"".join(part.chunks()))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [b64decode(encoded) == data for encoded in found] == [True] * 4

    @pytest.mark.skipif(
        not Path("/proc/self/fd").exists(), reason="counts open files as Linux does"
    )
    def test_its_file_goes_with_it(self) -> None:
        part = EncodedPart(Attachment(data=bytes(2 * IN_MEMORY)))
        before = len(os.listdir("/proc/self/fd"))
        del part
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) == before - 1

    def test_its_repr_is_short(self) -> None:
        part = EncodedPart(Attachment(data=b"secret words", filename="a.txt"))
        assert repr(part) == "EncodedPart('a.txt', 16 bytes)"
        assert "secret" not in repr(part.attachment)


@pytest.mark.parametrize("name", ["n.txt", "n.csv", "n.md", "n.html", "n.ics"])
def test_text_in_utf8_says_so(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes("Größe\r\n".encode())
    for part in (Attachment(path=path), Attachment(data=path.read_bytes(), filename=name)):
        raw = part.head("attachment") + b"\r\n" + b"".join(part.chunks())
        found = message_from_bytes(raw, policy=policy.default)
        assert found.get_content() == "Größe\r\n"
        assert found.get_filename() == name


@pytest.mark.parametrize(
    ("filename", "kind", "data"),
    [
        ("a.txt", "", b"plain"),
        ("a.txt", "", "Größe".encode("latin-1")),
        ("a.txt", "", "Größe".encode()[:-2]),
        ("a.zip", "", "Größe".encode()),
        ("a.txt", "text/plain; charset=x-mine", "Größe".encode()),
    ],
)
def test_nothing_else_gets_a_charset(filename: str, kind: str, data: bytes) -> None:
    part = Attachment(data=data, filename=filename, content_type=kind)
    assert "utf-8" not in part.content_type


def test_a_character_beyond_ascii_is_found_wherever_it_stands() -> None:
    text = "a" * (PIECE - 1) + "ü" + "b" * 10
    assert Attachment(data=text.encode(), filename="a.txt").content_type.endswith("charset=utf-8")


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_kind_of_bytes_is_data(kind) -> None:
    part = Attachment(data=kind(b"abc"), filename="a.bin")
    assert b"".join(part.chunks()) == b"YWJj"
    assert part == Attachment(data=b"abc", filename="a.bin")
    assert part.size == 4


def test_a_file_name_that_no_line_can_hold_is_to_be_shortened() -> None:
    with pytest.raises(InputError, match="file name") as caught:
        Attachment(data=b"", filename="x" * 1200 + ".txt")
    assert caught.value.remedy == "Shorten it"


@pytest.mark.parametrize("name", ["{%", "{{", "a {% b.txt", "}} {{"])
def test_a_file_may_be_called_what_begins_no_whole_expression(name: str) -> None:
    part = Attachment(data=b"x", filename=name)
    assert part.content_type
    assert b"filename" in part.head("attachment")
