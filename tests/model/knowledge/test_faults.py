"""Promises of smtp_nb.model.knowledge.faults: faults below SMTP, in everybody's words."""

from __future__ import annotations

import pytest
import socks

from smtp_nb.errors import CODES, WINSOCK, error_classes
from smtp_nb.model.explain import Explanation, explain
from smtp_nb.model.knowledge.faults import FaultRow, fault_in, faults
from smtp_nb.wire.tls import openssl_errors
from smtp_nb.wire.verification.verify_errors import FAULTS

VAGUE = explain("nothing at all").meaning
OF_PYSOCKS = [
    f"{code:#04x}: {words}"
    for table in (socks.SOCKS5_ERRORS, socks.SOCKS4_ERRORS)
    for code, words in table.items()
]


@pytest.mark.parametrize("row", faults(), ids=lambda row: row.name)
def test_a_fault_is_found_by_its_example_and_well_written(row: FaultRow) -> None:
    assert explain(row.example).meaning == row.entry.meaning
    entry = row.entry
    assert entry.meaning[0].isupper()
    assert not entry.meaning.endswith(".")
    assert entry.cause.endswith(".")
    assert not entry.remedy.endswith(".")
    assert entry.remedy[:1] == entry.remedy[:1].lower()
    assert entry.source
    assert len(Explanation(0, "", *entry).short) <= 190


@pytest.mark.parametrize("number", FAULTS)
def test_our_own_words_for_a_certificate_s_fault_are_explained(number: int) -> None:
    assert fault_in(FAULTS[number].words) is not None, FAULTS[number].words


@pytest.mark.parametrize("reason", [reason for reason, *_ in openssl_errors._REASONS])
def test_openssl_s_reasons_are_explained(reason: str) -> None:
    assert fault_in(f"the TLS handshake failed: {reason}") is not None


@pytest.mark.parametrize("words", OF_PYSOCKS)
def test_the_replies_of_socks_proxies_are_explained(words: str) -> None:
    found = fault_in(f"the proxy refused: {words}")
    assert found is not None
    assert "SOCKS" in found.source or "RFC 1928" in found.source


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407, 500, 501, 502, 503, 504])
def test_a_proxy_s_status_is_not_taken_for_a_reply_of_smtp(status: int) -> None:
    for line in (f"HTTP/1.1 {status} x", f"the proxy answered {status} x"):
        assert explain(line).source.startswith("RFC 9110")


@pytest.mark.parametrize(
    "reply", ["451 4.3.0 timed out", "421 connection refused", "554 5.7.1 HTTP/1.1 407"]
)
def test_a_reply_stays_a_reply_whatever_its_words(reply: str) -> None:
    assert explain(reply).code == int(reply[:3])


@pytest.mark.parametrize("name", error_classes())
def test_every_class_of_error_is_explained_by_its_name(name: str) -> None:
    found = explain(name)
    assert found.meaning != VAGUE
    assert found.cause.endswith(".")


@pytest.mark.parametrize("number", [*CODES, *WINSOCK])
def test_every_number_of_an_error_is_explained(number: int) -> None:
    words = CODES[number][1] if number in CODES else WINSOCK[number][1]
    assert explain(f"[{number}]").meaning.lower() == words.lower()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)", "check"),
        ("535 5.7.8", "User or password"),
        ("UNKNOWN", "not known"),
        ("10061", "Connection refused"),
        ("211", "reports its state"),
        ("SMTPTimeout", "timed out"),
    ],
)
def test_what_people_paste_is_explained(text: str, words: str) -> None:
    assert words in explain(text).meaning
