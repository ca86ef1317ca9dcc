"""What the client makes of each fault of the table, on every front."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from drivers.fronts import NAMES, open_front
from smtp_nb.errors import SMTPError
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox import FAULTS, SandboxServer

NOTHING: Mapping[str, Any] = MappingProxyType({})
DATA = {"without": ("CHUNKING",)}
LOGIN = {"tls": "starttls", "auth": {"alice": "secret"}}
SCRAM = {"auth": {"alice": "secret"}, "mechanisms": ("SCRAM-SHA-256",)}


class Case(NamedTuple):
    """A fault, and what comes of one message to two recipients.

    Attributes:
        ends: the outcome, or the error's class and the outcome in its receipt, if it has one.
        words: in the error.
        stored: messages that the server has.
        seconds: on the virtual clock.
        server, given: arguments of the server, and of the fault.
    """

    ends: str
    words: str = ""
    stored: int = 0
    seconds: float = 0.0
    server: Mapping[str, Any] = NOTHING
    given: Mapping[str, Any] = NOTHING


CASES: dict[str, list[Case]] = {
    "refuse": [Case("PARTIAL b@x.test", stored=1, given={"recipient": "b@x.test"})],
    "greylist": [Case("DeferredError DEFERRED", "Greylisted")],
    "reply": [Case("DeferredError DEFERRED", "4.3.0")],
    "421": [Case("DeferredError NOT_SENT", "Service shutting down")],
    "slow": [Case("ACCEPTED", stored=1, seconds=3.5)],
    # 0.5 + 1 + … + 3.5: the greeting, EHLO, MAIL, two RCPT, BDAT and QUIT
    "tarpit": [
        Case("ACCEPTED", stored=1, seconds=14.0),
        Case("SMTPTimeout NOT_SENT", "the reply to EHLO", seconds=90.0, given={"growth": 30}),
        Case("SMTPTimeout UNKNOWN", "may have been delivered", seconds=60.0, server=DATA,
             given={"growth": 35, "stage": "END", "delay": 30}),
    ],
    "dribble": [
        Case("ACCEPTED", stored=1, seconds=3.9, given={"gap": 0.1, "stage": "GREETING"}),
    ],
    "wrong_order": [
        Case("ACCEPTED", stored=1),
        Case("LinkError NOT_SENT", "answered MAIL with 354, which is not valid", server=DATA),
        # The server refuses b; by the order of the replies it is c (RFC 2920 section 3.2).
        Case("PARTIAL c@x.test", stored=1, server={"refuse": "b@x.test"},
             given={"stage": "RCPT", "times": 1}),
    ],
    "keyword": [
        Case("ExtensionError NOT_SENT", "does not offer STARTTLS", server={"tls": "starttls"}),
        Case("ACCEPTED", stored=1, server={"tls": "starttls"},
             given={"keyword": "-CHUNKING", "in_clear": False}),
        Case("ACCEPTED", stored=1, server={"tls": "implicit"}),
        Case("RefusedError REFUSED", "502", server=DATA, given={"keyword": "+CHUNKING"}),
        Case("ExtensionError NOT_SENT", "the server accepts 10", given={"keyword": "+SIZE 10"}),
        Case("ACCEPTED", stored=1, given={"keyword": "+X-NEW 1 2"}),
    ],
    "hang_after_354": [
        Case("SMTPTimeout UNKNOWN", "may have been delivered", seconds=60.0, server=DATA),
        Case("ACCEPTED", stored=1),
    ],
    "close": [Case("ConnectionClosed UNKNOWN", "")],
    "wrong_proof": [Case("AuthenticationError NOT_SENT", server=SCRAM, given={"after": 1})],
    "bad_challenge": [Case("AuthenticationError NOT_SENT", server=LOGIN)],
    "starttls_injection": [Case("PlaintextInjected NOT_SENT", server=LOGIN)],
    "drop_before_final_reply": [
        Case("ConnectionClosed UNKNOWN", "may have been delivered"),
        Case("ConnectionClosed UNKNOWN", "may have been delivered", stored=1,
             given={"stored": True}),
    ],
    "drop_after_final_reply": [Case("ACCEPTED", stored=1)],
}  # fmt: skip
EVERY = [(name, at) for name, cases in CASES.items() for at in range(len(cases))]


def test_every_fault_of_the_table_has_its_case() -> None:
    assert set(CASES) == set(FAULTS)


def sent(server: SandboxServer, front: str, trail: Trail | None = None) -> tuple[str, str]:
    """How it ends, and in what words."""
    with open_front(front) as here:
        smtp = here.SMTP.from_url(
            server.url, from_="ann@x.test", send_to="b@x.test, c@x.test", timeout=60
        )
        smtp.config("StopOnToErrors=False")
        smtp.on_pi_trail = trail
        smtp.auth_mechanism = (
            "scram_sha_256" if "SCRAM" in str(server._shared.service) else "user_password"
        )
        try:
            receipt = here.run(smtp.send())
            refused = [one.address for one in receipt.recipients if one.outcome != "ACCEPTED"]
            return " ".join([receipt.outcome.value, *refused]), ""
        except SMTPError as error:
            receipt = error.receipt
            outcome = f" {receipt.outcome.value}" if receipt is not None else ""
            return f"{type(error).__name__}{outcome}", str(error)


@pytest.mark.parametrize("front", NAMES)
@pytest.mark.parametrize(("name", "at"), EVERY)
def test_what_comes_of_a_message(name: str, at: int, front: str) -> None:
    case = CASES[name][at]
    with SandboxServer(inline=True, **case.server) as server:
        server.inject(name, **case.given)
        ends, words = sent(server, front)
        assert (ends, len(server.messages)) == (case.ends, case.stored)
        assert case.words in words
        assert round(server.clock(), 2) == case.seconds
