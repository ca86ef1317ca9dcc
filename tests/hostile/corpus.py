"""The corpus: every misdeed at every stage, and what has to come of it.

Two tables make most of it. `DEEDS` are what servers do in place of an answer, with the error that
is right for it wherever it happens. `STAGES` are where: what is known of the message by then, and
how long a client waits there. Their product is a case each; `EXCEPTIONS` are the places where the
right thing is another one. What belongs to one place only is in `places`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hostile.local_misdeeds import (
    BEHIND,
    BEHIND_AT,
    BEHIND_EXCEPTIONS,
    BETWEEN,
    BODY,
    CHALLENGES,
    GROUPED,
    HANDSHAKE,
    LONG,
    PROXY,
    WRONG_CODES,
)
from hostile.misbehaving_server import Deed
from hostile.misdeeds import DEEDS, M, Misdeed, says
from hostile.stages import EXCEPTIONS, EXPLICIT, GROUPS, IMPLICIT, LOGIN, STAGES, Stage
from smtp_nb.errors import SMTPError


@dataclass(frozen=True)
class Case:
    """One server with one misdeed, and what has to come of it.

    Attributes:
        outcome: of the recipients, in order.
        seconds: what the clock says in the end.
        twice: a second message follows after a pause, and the outcome is its.
        is_for_sockets: it means the same on a real line.
    """

    name: str
    trigger: str
    deed: Deed
    error: type[SMTPError] | None
    code: int
    outcome: str
    seconds: float = 0
    offers: tuple[bytes, ...] = ()
    tls: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    twice: bool = False
    is_for_sockets: bool = True


def _product() -> Iterator[Case]:
    for stage in STAGES:
        for misdeed in DEEDS:
            yield _case(stage, misdeed)


def _case(stage: Stage, misdeed: Misdeed) -> Case:
    usual = stage.instead.get(misdeed.verdict, misdeed.verdict)
    verdict = EXCEPTIONS.get((stage.name, misdeed.name), usual)
    return Case(
        f"{stage.name}-{misdeed.name}",
        stage.trigger,
        misdeed.deed,
        verdict.error,
        verdict.code,
        verdict.outcome or stage.outcome,
        stage.patience_s if verdict.waits else 0,
        stage.offers,
        stage.tls,
        stage.properties,
    )


def _wrong_codes() -> Iterator[Case]:
    stages = {stage.name: stage for stage in STAGES}
    for name, codes, verdict in WRONG_CODES:
        for code in codes:
            outcome = verdict.outcome.replace("%s", code.decode())
            deed = says(code + b" 2.0.0 well\r\n")
            misdeed = Misdeed(f"says_{code.decode()}", deed, replace(verdict, outcome=outcome))
            yield _case(stages[name], misdeed)


def _behind() -> Iterator[Case]:
    stages = {stage.name: stage for stage in STAGES}
    for name, instead in BEHIND_AT:
        for misdeed in BEHIND:
            usual = instead.get(misdeed.verdict, misdeed.verdict)
            verdict = BEHIND_EXCEPTIONS.get((name, misdeed.name), usual)
            stage = replace(stages[name], instead={})
            yield _case(stage, replace(misdeed, verdict=verdict))


def _more() -> Iterator[Case]:
    base = Stage("", "")
    for name, deed, verdict in BODY:
        stage = replace(base, name="body", trigger="body", properties=LONG)
        # A real line that is closed while we write is reset, and nothing it said is heard.
        yield replace(_case(stage, M(name, deed, verdict)), is_for_sockets=name != "half_early")
    for name, deed, verdict in BETWEEN:
        stage = replace(base, name="between", trigger="between")
        yield replace(_case(stage, M(name, deed, verdict)), twice=True, seconds=75)
    for name, deed, verdict in HANDSHAKE:
        stage = Stage("handshake", "handshake", offers=(b"STARTTLS",), properties=EXPLICIT)
        yield _case(stage, M(name, deed, verdict))
        yield _case(Stage("implicit", "octets", properties=IMPLICIT), M(name, deed, verdict))
    for name, deed, verdict in CHALLENGES:
        cram = LOGIN | {"auth_mechanism": "cram_md5"}
        stage = Stage("challenge", "AUTH", offers=(b"AUTH CRAM-MD5",), properties=cram)
        yield _case(stage, M(name, deed, verdict))
    for name, trigger, deed, verdict in GROUPED:
        stage = Stage("group", trigger, patience_s=60, offers=GROUPS)
        yield _case(stage, M(name, deed, verdict))
    for name, kind, deed, verdict in PROXY:
        firewall = {"FirewallType": kind, "FirewallHost": "127.0.0.1"}
        yield _case(Stage(f"proxy_{kind}", "octets", properties=firewall), M(name, deed, verdict))


CASES: list[Case] = [*_product(), *_wrong_codes(), *_behind(), *_more()]
