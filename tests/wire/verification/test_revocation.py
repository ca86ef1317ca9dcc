"""A revocation list answers only if it is the right one, and no answer is not 'no'."""

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from smtp_nb.wire.verification import revocation
from smtp_nb.wire.verification.revocation import (
    NoAnswer,
    RevocationLists,
    Revoked,
    distribution_points,
    is_vouched_for,
    links,
    look_up,
    read_list,
)
from smtp_nb.wire.verification.verify_errors import (
    CA_REVOCATION_UNKNOWN,
    LEAF_REVOCATION_UNKNOWN,
    ROOT_REVOCATION_UNKNOWN,
    CertificateFault,
)
from wire import pki

HERE, THERE = "http://lists.test/a.crl", "http://lists.test/b.crl"


def chain_of(issued):
    return [issued.certificate, *issued.chain]


@pytest.fixture(scope="module")
def leaf():
    return pki.issue(issuer=pki.intermediate(), extra=pki.points(HERE))


@pytest.fixture
def link(leaf):
    return next(links(chain_of(leaf)))


def asked(link, revocations, addresses=(HERE,), now=pki.NOW):
    look_up(link, read_list(pki.octets(revocations)), addresses, now)


def partition(*, names=(), users=False, cas=False, indirect=False, reasons=None, attributes=False):
    """The extension by which a list says which part of the whole it is."""
    found = [x509.UniformResourceIdentifier(name) for name in names] or None
    return x509.IssuingDistributionPoint(found, None, users, cas, reasons, indirect, attributes)


def test_a_certificate_that_is_not_in_the_list_was_not_revoked(link):
    other = pki.issue(issuer=pki.intermediate())
    asked(link, pki.revocations(pki.intermediate(), other))


def test_one_that_is_in_it_was_revoked_with_date_and_reason(link, leaf):
    with pytest.raises(Revoked, match=r"on \d{4}-\d\d-\d\d \(keyCompromise\)"):
        asked(link, pki.revocations(pki.intermediate(), leaf))


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_a_list_may_be_der_or_pem(link, encoding):
    revocations = pki.revocations(pki.intermediate())
    look_up(link, read_list(pki.octets(revocations, encoding)), (HERE,), pki.NOW)


WEEK = 7 * pki.DAY
NO_ANSWERS = {
    "expired": ({"since": -WEEK, "until": -pki.DAY}, "expired"),
    "of the future": ({"since": pki.DAY, "until": WEEK}, "future"),
    "wrong key": ({"key": pki.root().key}, "signature"),
    "a part for others by name": (
        {"extensions": [(partition(names=[THERE]), True)]},
        "does not cover it",
    ),
    "a part for authorities": ({"extensions": [(partition(cas=True), True)]}, "does not cover"),
    "for attributes": ({"extensions": [(partition(attributes=True), True)]}, "does not cover"),
    "indirect": ({"extensions": [(partition(indirect=True), True)]}, "does not cover"),
    "for some reasons": (
        {"extensions": [(partition(reasons=frozenset([x509.ReasonFlags.superseded])), True)]},
        "does not cover",
    ),
    "delta": ({"extensions": [(x509.DeltaCRLIndicator(3), True)]}, "unknown kind"),
    "an unknown kind": (
        {
            "extensions": [
                (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0"), True)
            ]
        },
        "unknown kind",
    ),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_whatever_is_not_exactly_right_is_no_answer(link, leaf, name):
    changes, words = NO_ANSWERS[name]
    for revoked in ((), (leaf,)):
        with pytest.raises(NoAnswer, match=words):
            asked(link, pki.revocations(pki.intermediate(), *revoked, **changes))


@pytest.mark.parametrize(
    "part", [partition(names=[HERE]), partition(users=True), partition(names=[THERE, HERE])]
)
def test_the_part_that_tells_of_the_certificate_answers(link, leaf, part):
    asked(link, pki.revocations(pki.intermediate(), extensions=[(part, True)]))
    with pytest.raises(Revoked):
        asked(link, pki.revocations(pki.intermediate(), leaf, extensions=[(part, True)]))


def test_a_part_for_users_does_not_tell_of_an_authority(leaf):
    authority = list(links(chain_of(leaf)))[1]
    with pytest.raises(NoAnswer):
        asked(authority, pki.revocations(pki.root(), extensions=[(partition(users=True), True)]))
    asked(authority, pki.revocations(pki.root(), extensions=[(partition(cas=True), True)]))


def test_the_list_of_another_authority_is_no_answer(link):
    with pytest.raises(NoAnswer, match="another authority"):
        asked(link, pki.revocations(pki.root()))


def test_an_issuer_that_may_not_sign_lists_is_no_answer():
    usage = x509.KeyUsage(True, False, False, False, False, True, False, False, False)
    authority = pki.issue("No lists", pki.root(), ca=True, extra=usage)
    issued = pki.issue(issuer=authority)
    with pytest.raises(NoAnswer, match="may not sign"):
        asked(next(links(chain_of(issued))), pki.revocations(authority))


def test_without_the_issuer_there_is_no_answer(leaf):
    with pytest.raises(NoAnswer, match="missing"):
        asked(next(links([leaf.certificate])), pki.revocations(pki.intermediate()))


@pytest.mark.parametrize(
    "octets", [b"", b"<html>", b"-----BEGIN X509 CRL-----\nAAAA\n", b"\x30\x80"]
)
def test_what_is_no_list_is_no_answer(octets):
    with pytest.raises(NoAnswer, match="something else"):
        read_list(octets)


_WHOLE = pki.octets(pki.revocations(pki.intermediate(), pki.issue(), pki.issue()))
_LINK = next(links(chain_of(pki.issue(issuer=pki.intermediate()))))


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(place=st.integers(0, len(_WHOLE) - 1), octet=st.integers(0, 255))
def test_a_damaged_list_is_no_answer_and_nothing_else(place, octet):
    damaged = bytearray(_WHOLE)
    damaged[place] = octet
    if bytes(damaged) != _WHOLE:
        with pytest.raises(NoAnswer):
            look_up(_LINK, read_list(bytes(damaged)), (HERE,), pki.NOW)


# -- where the lists lie ------------------------------------------------------------------------


def points_of(extension, depth=0):
    issued = pki.issue(issuer=pki.intermediate(), extra=extension)
    return distribution_points(list(links(chain_of(issued)))[depth])


def test_each_point_must_answer_and_any_of_its_addresses_may():
    points = x509.CRLDistributionPoints([pki.point(HERE, THERE), pki.point(THERE)])
    assert points_of(points) == [(HERE, THERE), (THERE,)]


def test_addresses_that_are_not_http_are_passed_over():
    points = x509.CRLDistributionPoints([pki.point("ldap://x/y", "HTTP://lists.test/", HERE)])
    assert points_of(points) == [("HTTP://lists.test/", HERE)]


@pytest.mark.parametrize(
    "point",
    [
        pki.point("ldap://x/y"),
        pki.point("https://lists.test/a.crl"),
        pki.point(HERE, reasons=frozenset([x509.ReasonFlags.key_compromise])),
        pki.point(HERE, crl_issuer=[x509.DirectoryName(pki.name("Other"))]),
    ],
)
def test_points_that_cannot_be_asked_are_no_answer(point):
    with pytest.raises(NoAnswer):
        points_of(x509.CRLDistributionPoints([point]))


def test_an_extension_without_points_is_no_answer():
    with pytest.raises(NoAnswer, match="names no"):
        points_of(x509.CRLDistributionPoints([]))


def test_a_certificate_without_points_is_no_answer_unless_it_is_the_root():
    for depth in (0, 1):
        with pytest.raises(NoAnswer, match="names no"):
            points_of(None, depth)
    assert points_of(None, 2) == []


def test_each_certificate_has_its_place_in_the_chain(leaf):
    server, authority, root = links(chain_of(leaf))
    assert [link.unknown for link in (server, authority, root)] == [
        LEAF_REVOCATION_UNKNOWN,
        CA_REVOCATION_UNKNOWN,
        ROOT_REVOCATION_UNKNOWN,
    ]
    assert server.issuer is authority.certificate
    assert root.issuer is root.certificate
    (alone,) = links([pki.issue().certificate])
    assert (alone.unknown, alone.is_anchor) == (LEAF_REVOCATION_UNKNOWN, False)


@pytest.mark.parametrize(
    ("errno", "is_asked"),
    [(10, True), (62, True), (26, True), (18, False), (20, False), (47, False)],
)
def test_only_who_is_vouched_for_is_asked(errno, is_asked):
    """Else any server could make us fetch any address."""
    assert is_vouched_for([CertificateFault(errno, 0, "")]) is is_asked
    assert is_vouched_for([])
    assert not is_vouched_for([CertificateFault(999, 0, "")])


# -- lists that are kept ------------------------------------------------------------------------


def test_lists_are_kept_up_to_a_size(monkeypatch):
    monkeypatch.setattr(revocation, "MOST_KEPT", 100)
    lists, one = RevocationLists(), pki.revocations(pki.root())
    for number in range(5):
        lists.keep(f"{HERE}?{number}", 40, one)
    assert [lists.get(f"{HERE}?{number}") is not None for number in range(5)] == [
        *(False,) * 3,
        *(True,) * 2,
    ]
    lists.keep(HERE, 1000, one)
    assert lists.get(HERE) is one


def test_a_list_that_is_kept_counts_only_until_it_ends(link):
    later = pki.NOW + datetime.timedelta(days=2)
    with pytest.raises(NoAnswer, match="expired"):
        asked(link, pki.revocations(pki.intermediate()), now=later)
