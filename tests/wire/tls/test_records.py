"""Records are told one by one, however the octets are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.wire.tls.records import RecordLog, dh_bits

STREAM = (
    b"\x16\x03\x01\x00\x03abc"
    b"\x14\x03\x03\x00\x01\x01"
    b"\x17\x03\x03\x00\x00"
    b"\x15\x03\x03\x00\x02\x01\x00"
    b"\x63\x09\x09\x00\x01x"
)
TOLD = [
    "sent: handshake, TLS 1.0, 3 bytes",
    "sent: change cipher spec, TLS 1.2, 1 bytes",
    "sent: application data, TLS 1.2, 0 bytes",
    "sent: alert, TLS 1.2, 2 bytes",
    "sent: kind 99, 0x909, 1 bytes",
]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 1000])
def test_each_record_is_told_once(size):
    log = RecordLog("sent")
    pieces = [STREAM[start : start + size] for start in range(0, len(STREAM), size)]
    assert [line for piece in pieces for line in log.feed(piece)] == TOLD


@given(octets=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=5))
def test_any_octets_are_told_alike_whole_and_cut(octets, cuts):
    whole = list(RecordLog("received").feed(octets))
    log, ends = RecordLog("received"), sorted({0, *cuts, len(octets)})
    pieces = [octets[a:b] for a, b in pairwise(ends)]
    assert [line for piece in pieces for line in log.feed(piece)] == whole


@given(octets=st.binary(max_size=300))
def test_noise_has_no_prime_or_some_number_of_bits(octets):
    assert dh_bits(octets) >= 0


def test_a_prime_is_found_across_records():
    message = b"\x0c\x00\x00\x06" + b"\x00\x02\x80\x01" + b"\x00\x00"
    whole = b"\x02\x00\x00\x01x" + message
    split = b"".join(
        b"\x16\x03\x03" + len(part).to_bytes(2) + part for part in (whole[:7], whole[7:])
    )
    assert dh_bits(split + b"\x14\x03\x03\x00\x01\x01") == 16
    assert dh_bits(split[:20]) <= 16
    assert dh_bits(b"") == 0
