"""The faults that have a name, and copies of them with other values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Any

from smtp_nb.errors import InputError
from smtp_nb.protocol.server.command_table import RULES
from smtp_nb.protocol.server.policy import END, GREETING, UNKNOWN
from smtp_nb.sandbox.faults.fault import ANY, Fault

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("refuse", "RCPT", 550, "5.1.1 No such mailbox here"),
        Fault("greylist", "RCPT", 450, "4.7.1 Greylisted, try again later", once_each=True),
        Fault("reply", "RCPT", 451, "4.3.0 Try again later"),
        Fault("421", ANY, 421, "4.3.2 Service shutting down"),
        Fault("slow", delay=0.5),
        Fault("tarpit", growth=0.5),
        Fault("dribble", gap=0.01),
        Fault("wrong_order", is_late=True),
        Fault("keyword", "EHLO", keyword="-STARTTLS", in_clear=True),
        Fault("hang_after_354", "DATA", hangs=True),
        Fault("close", "RCPT", cut="before"),
        Fault("wrong_proof", "AUTH", is_forged=True, after=1),
        Fault("bad_challenge", "AUTH", 334, "what?"),
        Fault("starttls_injection", "STARTTLS", tail="250 2.0.0 Injected in clear\r\n"),
        Fault("drop_before_final_reply", END, cut="before"),
        Fault("drop_after_final_reply", END, cut="after"),
    )
}
"""The faults by name. `reply` sends any reply at any stage; `close` ends the connection without
one. `wrong_proof` spoils the last message of SCRAM and DIGEST-MD5 servers; with `after=0` it is
their first challenge. `hang_after_354` needs a client that says DATA: one that has CHUNKING does
not."""

_KEYWORD = re.compile(r"[+-][A-Za-z0-9][A-Za-z0-9-]*(?: [!-~]+)*\Z")
_COUNTERS = frozenset({"name", "hits", "_met", "_passed", "_delayed"})
_ARGUMENTS = tuple(one.name for one in fields(Fault) if one.name not in _COUNTERS)


def make(name: str, arguments: dict[str, Any]) -> Fault:
    """A fault by name, with its own values where they are given.

    Raises:
        InputError: the fault is unknown, or it does not take one of the arguments.
    """
    if name not in FAULTS:
        raise InputError(f"unknown fault {name!r}", remedy=_nearest(name, FAULTS))
    for argument in arguments:
        if argument not in _ARGUMENTS:
            raise InputError(
                f"a fault takes no argument {argument!r}", remedy=_nearest(argument, _ARGUMENTS)
            )
    given = dict(arguments)
    if not isinstance(recipient := given.get("recipient", ANY), str):
        given["recipient"] = tuple(recipient)
    if isinstance(given.get("code"), int):
        given.setdefault("text", _TEXTS.get(given["code"] // 100, ""))
    fault = replace(FAULTS[name], **given, hits=0, _met=set(), _passed=0, _delayed={})
    fault.stage = fault.stage.upper()
    _check(fault)
    return fault


# What a reply says that was given a code only.
_TEXTS = {2: "2.0.0 Ok", 3: "Go ahead", 4: "4.3.0 Try again later", 5: "5.0.0 Refused"}
STAGES = tuple(sorted({ANY, GREETING, END, UNKNOWN, *RULES}))
_ENVELOPE = frozenset({ANY, END, "MAIL", "SEND", "SOML", "SAML", "RCPT", "DATA", "BDAT"})
_NAMED = _ENVELOPE - {"DATA", "BDAT"} | {"VRFY", "EXPN"}


def _check(fault: Fault) -> None:
    stage = fault.stage
    if stage not in STAGES:
        raise InputError(f"stage={stage!r} is unknown", remedy=_nearest(stage, STAGES))
    for name, value, known in (
        ("sender", fault.sender, _ENVELOPE),
        ("recipient", fault.recipient, _NAMED),
    ):
        if value != ANY and stage not in known:
            raise InputError(
                f"at {stage} no {name} is known yet, so this fault would never strike",
                remedy="Say user=, hello=, peer= or session= for whom it is",
            )
    if fault.code and not 200 <= fault.code <= 599:
        raise InputError(f"{fault.code} is not a reply code", remedy="Choose from 200 to 599")
    if fault.keyword and not (_KEYWORD.match(fault.keyword) and stage == "EHLO"):
        raise InputError(
            f"keyword={fault.keyword!r} at {stage} changes nothing",
            remedy='Write "+NAME" or "-NAME", at EHLO',
        )
    if fault.cut not in ("", "before", "after"):
        raise InputError(f"cut={fault.cut!r} is unknown", remedy='Use "before" or "after"')


def _nearest(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(word, names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"Choose from {', '.join(names)}"
