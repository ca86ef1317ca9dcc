"""Which names a certificate is for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.wire.certificates.certificates import Certificate
from smtp_nb.wire.verification.hostname import host_fault
from smtp_nb.wire.verification.verification import judge
from smtp_nb.wire.verification.verify_errors import (
    COMMON_NAME_ONLY,
    HOST_MISMATCH,
    IP_MISMATCH,
    CertificateFinding,
)
from wire import pki


@pytest.mark.parametrize(
    ("names", "host", "fault"),
    [
        (("mail.test",), "mail.test", None),
        (("mail.test",), "MAIL.Test", None),
        (("Mail.TEST",), "mail.test", None),
        (("mail.test",), "mail.test.", HOST_MISMATCH),  # the layer takes the dot off beforehand
        (("mail.test",), "amail.test", HOST_MISMATCH),
        (("mail.test",), "mail.test.evil", HOST_MISMATCH),
        (("*.example.test",), "mail.example.test", None),
        (("*.example.test",), "a.mail.example.test", HOST_MISMATCH),
        (("*.example.test",), "example.test", HOST_MISMATCH),
        (("m*.example.test",), "mail.example.test", HOST_MISMATCH),
        (("*.test",), "mail.test", HOST_MISMATCH),
        (("*",), "localhost", HOST_MISMATCH),
        (("localhost",), "localhost", None),
        (("xn--mller-kva.test",), "xn--mller-kva.test", None),
        (("mail_1.test",), "mail_1.test", None),
        (("10.0.0.1",), "10.0.0.1", None),
        (("10.0.0.1",), "10.0.0.2", IP_MISMATCH),
        (("2001:db8::1",), "2001:DB8:0::1", None),
        (("2001:db8::1",), "[2001:db8::1]", None),
        (("fe80::1",), "fe80::1%eth0", None),
        (("mail.test",), "10.0.0.1", IP_MISMATCH),
        (("10.0.0.1",), "mail.test", HOST_MISMATCH),
    ],
)
def test_alternative_names(names, host, fault):
    # The common name is mail.test throughout, and must not help.
    leaf = pki.issue("mail.test", names=names)
    assert host_fault(leaf.certificate, host) == fault


@pytest.mark.parametrize(
    ("common_name", "host", "fault"),
    [
        ("mail.test", "mail.test", COMMON_NAME_ONLY),
        ("*.example.test", "mail.example.test", COMMON_NAME_ONLY),
        ("My mail server", "mail.test", HOST_MISMATCH),
        ("*", "mail.test", HOST_MISMATCH),
        ("10.0.0.1", "10.0.0.1", COMMON_NAME_ONLY),
        ("10.0.0.1", "10.0.0.2", IP_MISMATCH),
    ],
)
def test_the_common_name_does_not_count(common_name, host, fault):
    leaf = pki.issue(common_name, names=())
    assert host_fault(leaf.certificate, host) == fault


@given(host=st.text(min_size=1))
def test_no_host_name_is_an_exception(host):
    assert host_fault(_leaf.certificate, host) in (HOST_MISMATCH, IP_MISMATCH)


_leaf = pki.issue(names=("only.this.test",))


@pytest.mark.parametrize("evil", ["ev\u202eil\x1b[2J", "a\x9b31m\u2066b"])
def test_names_in_a_certificate_are_safe_to_print(evil):
    leaf = pki.issue(evil, names=("mail.test",))
    certificate = Certificate(leaf.pem)
    verdict = judge(
        "mail.test", [leaf.certificate], [], [CertificateFinding(20, 0, leaf.certificate)]
    )
    shown = (certificate.subject, certificate.issuer, repr(certificate), str(verdict.error()))
    for text in (*shown, certificate._repr_html_(), verdict.subject, verdict.status):
        assert all(character.isprintable() or character == "\n" for character in text)
