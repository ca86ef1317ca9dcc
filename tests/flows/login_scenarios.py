"""The table of scenarios for logins. What is random in them is fixed by a fixture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flows.scenarios import GOOD, LOST
from flows.scenarios import Scenario as S
from smtp_nb.errors import AuthenticationError, ExtensionError, MalformedReply, SMTPTimeout

NONCE = "fyko+d2lbbFgONRv9qkxdawL"
"""Ours, in every login: that of RFC 5802 section 5."""


def giving(*tokens: str) -> Callable[[bool], str]:
    """A source that gives the first token, and the last one when it has to renew it."""
    return lambda renew: tokens[-1 if renew else 0]


def bearer(mechanism: str, *tokens: str) -> dict[str, Any]:
    return {"user": "alice", "auth_mechanism": mechanism, "token_source": giving(*tokens)}


ALICE = {"user": "alice", "password": "wonderland"}
CRAM = ALICE | {"auth_mechanism": "cram_md5"}
LOGINS = [
    S("login_plain", GOOD, properties=ALICE, trail=("C: AUTH PLAIN <hidden>",)),
    S("login_login", GOOD, properties=ALICE, trail=("C: AUTH LOGIN", "C: <hidden>", "C: <hidden>")),
    S("login_cram_md5", GOOD, properties=CRAM, trail=("C: AUTH CRAM-MD5", "C: <hidden>")),
    S("login_cram_md5", GOOD, properties=ALICE | {"auth_mechanism": "auto"}, variant="auto"),
    S("login_refused", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_deferred", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_hung_up", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_not_offered", LOST, ExtensionError, 161, properties=ALICE),
    S("login_unknown", LOST, ExtensionError, 161, properties=ALICE),
    S("login_nonsense", LOST, AuthenticationError, 161, properties=CRAM, trail=("C: *",)),
    S("login_nonsense_octets", LOST, AuthenticationError, 161, properties=CRAM),
    S("login_empty_challenge", LOST, AuthenticationError, 161, properties=CRAM),
    S("login_asked_on", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_endless", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_too_early", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_silence", LOST, SMTPTimeout, 201, properties=ALICE, seconds=60),
    S("login_initial_refused", GOOD, properties=ALICE),
    S("login_initial_refused_for_good", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_initial_ignored", GOOD, properties=ALICE),
    S("login_initial_ignored_for_ever", LOST, AuthenticationError, 161, properties=ALICE),
    S("login_challenge_too_long", LOST, MalformedReply, 162, properties=CRAM),
    S("login_challenge_of_many_lines", LOST, AuthenticationError, 161, properties=CRAM),
    S("login_external", GOOD, properties={"auth_mechanism": "external"}, trail=(
        "C: AUTH EXTERNAL <hidden>",)),
]  # fmt: skip

RENEWING = "-- the server refused the token; asking the token source for a new one"
TOKENS = [
    S("login_xoauth2", GOOD, properties=bearer("xoauth2", "fresh"),
      trail=("C: AUTH XOAUTH2 <hidden>",)),
    S("login_xoauth2", GOOD, properties=bearer("auto", "Bearer fresh"), variant="auto"),
    S("login_xoauth2", GOOD, variant="as_in_the_reference", properties={
        "user": "alice", "auth_mechanism": "xoauth2", "AuthorizationIdentity": "Bearer fresh"}),
    S("login_oauthbearer", GOOD, properties=bearer("oauthbearer", "fresh")),
    S("login_oauthbearer_refused", LOST, AuthenticationError, 161,
      properties=bearer("oauthbearer", "stale"), trail=(RENEWING,)),
    S("login_token_renewed", GOOD, properties=bearer("xoauth2", "stale", "fresh"),
      trail=("C: AUTH XOAUTH2 <hidden>", "C: ", "S: 535 5.7.8 expired", RENEWING,
             "C: AUTH XOAUTH2 <hidden>")),
    S("login_token_renewed_in_vain", LOST, AuthenticationError, 161,
      properties=bearer("xoauth2", "stale", "fresh")),
    S("login_token_hung_up", LOST, AuthenticationError, 161,
      properties=bearer("xoauth2", "stale", "fresh")),
    S("login_token_deferred", LOST, AuthenticationError, 161,
      properties=bearer("xoauth2", "stale", "fresh")),
    S("login_token_long", GOOD, properties=bearer("xoauth2", "x" * 600),
      trail=("C: AUTH XOAUTH2", "C: <hidden>")),
]  # fmt: skip

USER = {"user": "user", "password": "pencil", "auth_mechanism": "scram_sha_1"}


def refused(name: str) -> S:
    return S(name, LOST, AuthenticationError, 161, properties=USER)


SCRAM = [
    S("login_scram", GOOD, properties=USER, trail=("C: AUTH SCRAM-SHA-1 <hidden>", "C: <hidden>")),
    S("login_scram", GOOD, properties=USER | {"auth_mechanism": "auto"}, variant="auto"),
    refused("login_scram_impostor"),
    refused("login_scram_impostor_agrees"),
    refused("login_scram_agrees_at_once"),
    refused("login_scram_refused"),
    refused("login_scram_refused_plainly"),
    refused("login_scram_endless_work"),
    refused("login_scram_too_little_work"),
    refused("login_scram_replayed"),
    refused("login_scram_ignored"),
    refused("login_cancelled"),
]

DIGEST = [
    S(f"login_digest{fault}", LOST, AuthenticationError, 161,
      properties=USER | {"auth_mechanism": "sasl_digest_md5"})
    for fault in ("_impostor", "_impostor_agrees", "_malformed", "_layer", "_endless")
] + [
    S("login_digest", GOOD, properties=USER | {"auth_mechanism": "sasl_digest_md5"},
      trail=("C: AUTH DIGEST-MD5", "C: <hidden>", "C: ")),
    S("login_digest", GOOD, properties=USER | {"auth_mechanism": "auto"}, variant="auto"),
]  # fmt: skip

LOGIN_SCENARIOS = [*LOGINS, *TOKENS, *SCRAM, *DIGEST]
