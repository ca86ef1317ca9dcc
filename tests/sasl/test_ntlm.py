"""NTLM through pyspnego: the version that was asked for, and servers that send nonsense."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spnego._ntlm_raw.messages import Authenticate, Challenge, NegotiateFlags

from smtp_nb import sasl
from smtp_nb.errors import AuthenticationError, Unsupported
from smtp_nb.model.secret import Secret
from smtp_nb.sasl import pyspnego
from smtp_nb.sasl.ntlm import ntlm

LINE = sasl.ConnectionFacts("mx.test", 587)
FLAGS = (
    NegotiateFlags.unicode
    | NegotiateFlags.ntlm
    | NegotiateFlags.extended_session_security
    | NegotiateFlags.request_target
    | NegotiateFlags.target_type_server
)
CHALLENGE = Challenge(FLAGS, b"12345678", target_name="MX").pack()


def credentials(is_v2=False, user="alice"):
    return sasl.Credentials(user, Secret("wonderland"), uses_ntlm_v2=is_v2)


def answered(challenge=CHALLENGE, **who):
    exchange = ntlm(credentials(**who), LINE)
    assert next(exchange).startswith(b"NTLMSSP\0\1\0\0\0")
    return exchange.send(challenge)


@pytest.mark.covers("IPPort.UseNTLMv2")
@pytest.mark.parametrize(("is_v2", "is_long"), [(False, False), (True, True)])
@pytest.mark.parametrize("level", ["", "0", "1", "3", "5"])
def test_the_version_is_the_logins_own(monkeypatch, is_v2, is_long, level):
    """An answer in version 1 has 24 octets; the environment, which all share, has no say."""
    monkeypatch.setenv("LM_COMPAT_LEVEL", level) if level else None
    said = Authenticate.unpack(answered(is_v2=is_v2))
    assert (len(said.nt_challenge_response) > 24) is is_long


@pytest.mark.parametrize(("user", "domain"), [("alice", None), ("SCHOOL\\alice", "SCHOOL")])
def test_a_domain_stands_in_the_user(user, domain):
    said = Authenticate.unpack(answered(user=user))
    assert (said.user_name, said.domain_name or None) == ("alice", domain)


@pytest.mark.parametrize("cut", [0, 1, 8, 12, 30, 47])
def test_half_a_challenge_is_refused(cut):
    with pytest.raises(AuthenticationError, match="NTLM"):
        answered(CHALLENGE[:cut])


@given(st.binary(max_size=80), st.integers(0, len(CHALLENGE)))
def test_nonsense_is_refused_or_answered_and_no_other_exception(noise, at):
    for challenge in (noise, CHALLENGE[:at] + noise + CHALLENGE[at:]):
        try:
            answered(challenge)
        except AuthenticationError as error:
            assert "wonderland" not in str(error)  # noqa: PT017 - an answer is as good


def test_the_octets_of_our_logins_are_in_no_log(caplog):
    logger = logging.getLogger("spnego._ntlm")
    with caplog.at_level(logging.DEBUG):
        logger.debug("of others")
        answered()
        logger.debug("of others")
    assert caplog.messages == ["of others"] * 2


def test_without_pyspnego_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "spnego", None)
    with pytest.raises(Unsupported, match=r"smtp_nb\[ntlm\]"):
        next(ntlm(credentials(), LINE))


def test_a_pyspnego_of_another_shape_is_refused(monkeypatch):
    class Other:
        pass

    monkeypatch.setattr(pyspnego, "attempt", lambda what, work: Other())
    with pytest.raises(Unsupported, match="version"):
        next(ntlm(credentials(), LINE))
