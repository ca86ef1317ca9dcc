"""Authentication of a message: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

SPF looks at the envelope and the address of the client, DKIM at the content, and DMARC asks whether
one of the two speaks for the domain in From. Look-ups go to a `Zone`.
"""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from smtp_nb.classroom.relaying.findings import POLICIES, is_dmarc, tags
from smtp_nb.classroom.relaying.pipeline import MARKS, Pipeline
from smtp_nb.classroom.relaying.pyspf import pyspf
from smtp_nb.classroom.table import table
from smtp_nb.classroom.zone import ServerFailure, Zone
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.address import parse_mailbox
from smtp_nb.model.display import visible
from smtp_nb.model.known import known_attributes
from smtp_nb.sandbox.messages.parts import read_header
from smtp_nb.wording import install

MAX_SIGNATURES = 5
"""So many signatures of a message are looked at; each costs a look-up and a computation."""

_SILENT = logging.getLogger("smtp_nb.classroom.dkim")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False
# pyspf has one resolver for the whole process.
_ONE_AT_A_TIME = threading.Lock()


class Verdict(NamedTuple):
    """One result, for one domain.

    Attributes:
        result: as in Authentication-Results: "pass", "fail", "none", "softfail", "neutral",
            "policy", "temperror" or "permerror".
        domain: whose it is; empty if there is none.
        reason: why, in a few words.
        is_aligned: the domain is that of From, as DMARC wants it.
    """

    result: str
    domain: str = ""
    reason: str = ""
    is_aligned: bool = False

    @property
    def counts(self) -> bool:
        """True if it speaks for the domain in From."""
        return self.result == "pass" and self.is_aligned


@known_attributes()
@dataclass(frozen=True, slots=True, repr=False)
class Authentication:
    """What a receiver found out about who sent a message.

    Attributes:
        spf: about the domain of the envelope's sender.
        dkim: one for each signature; one with "none" if there is no signature.
        dmarc: about the domain in From.
        policy: what the domain in From asks for if DMARC fails: "none", "quarantine" or "reject";
            empty without a record.
    """

    spf: Verdict
    dkim: tuple[Verdict, ...]
    dmarc: Verdict
    policy: str

    def field(self, host: str) -> str:
        """The field Authentication-Results (RFC 8601) of the server `host`, on one line."""
        parts = [f"spf={self.spf.result} smtp.mailfrom={self.spf.domain or '<>'}"]
        parts += [
            f"dkim={one.result}" + (f" header.d={one.domain}" if one.domain else "")
            for one in self.dkim
        ]
        asked = f" (p={self.policy})" if self.policy else ""
        parts.append(f"dmarc={self.dmarc.result}{asked} header.from={self.dmarc.domain or 'none'}")
        return f"Authentication-Results: {host}; {'; '.join(parts)}"

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """Check, what it looked at, result and reason, one row for each."""
        yield "SPF", f"envelope: {self.spf.domain or '<>'}", self.spf.result, self._why(self.spf)
        for one in self.dkim:
            yield "DKIM", f"d={one.domain or '(no signature)'}", one.result, self._why(one)
        asked = f"; the domain asks for p={self.policy}" if self.policy else ""
        dmarc = self.dmarc
        yield "DMARC", f"From: {dmarc.domain or '?'}", dmarc.result, dmarc.reason + asked

    def _why(self, one: Verdict) -> str:
        aligned = "aligned with From" if one.is_aligned else "not aligned with From"
        return "; ".join(filter(None, (one.reason, aligned if one.result == "pass" else "")))

    def picture(self) -> Pipeline:
        """Which check looked at which part of the mail, as a picture."""
        best = next((one for one in self.dkim if one.counts), self.dkim[0])
        return Pipeline(
            (
                (
                    f"envelope: {self.spf.domain or '<>'}",
                    "SPF: may this address send?",
                    self.spf.result,
                    self.spf.is_aligned,
                ),
                (
                    f"signature: {best.domain or 'none'}",
                    "DKIM: is it unchanged?",
                    best.result,
                    best.is_aligned,
                ),
            ),
            self.dmarc.domain,
            self.dmarc.result,
        )

    def __str__(self) -> str:
        rows = self.rows()
        return "\n".join(
            visible(f"{name:<5} {result:<9} {about}" + (f" ({why})" if why else ""))
            for name, about, result, why in rows
        )

    def __repr__(self) -> str:
        dkim = ",".join(one.result for one in self.dkim)
        return f"<Authentication spf={self.spf.result} dkim={dkim} dmarc={self.dmarc.result}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        rows = [
            (name, about, f"{MARKS.get(result, '–')} {result}", why)
            for name, about, result, why in self.rows()
        ]
        return table(("check", "looks at", "result", "why"), rows)


def authenticate(
    zone: Zone, content: bytes, *, mail_from: str, peer: str, hello: str = ""
) -> Authentication:
    """Find out who sent a message, as a receiver does.

        >>> from smtp_nb.classroom import Zone, authenticate
        >>> zone = Zone({
        ...     "school.test": {"TXT": "v=spf1 ip4:192.0.2.1 -all"},
        ...     "_dmarc.school.test": {"TXT": "v=DMARC1; p=reject"},
        ... })
        >>> mail = b"From: ann@school.test\\r\\n\\r\\nHello"
        >>> print(authenticate(zone, mail, mail_from="ann@school.test", peer="192.0.2.1"))
        SPF   pass      envelope: school.test (sender SPF authorized; aligned with From)
        DKIM  none      d=(no signature)
        DMARC pass      From: school.test (SPF is aligned; the domain asks for p=reject)

    Args:
        content: the message as it was received.
        mail_from: the sender in the envelope; empty for a notification.
        peer: the address of the client that delivered it.
        hello: the name that it gave in EHLO, which counts where `mail_from` is empty.

    Raises:
        Unsupported: pyspf or dkimpy is missing.
        InputError: `peer` is not an address.
    """
    author = _author(content)
    policy, record, trouble = _policy(zone, author)
    strict = {name: record.get(name, "r").lower() == "s" for name in ("aspf", "adkim")}
    found = _spf(zone, mail_from, peer, hello)
    spf = found._replace(is_aligned=_aligned(found.domain, author, strict["aspf"]))
    dkim = tuple(
        one._replace(is_aligned=_aligned(one.domain, author, strict["adkim"]))
        for one in _dkim(zone, content)
    )
    return Authentication(spf, dkim, _dmarc(author, trouble, policy, spf, dkim), policy)


# SPF


def _spf(zone: Zone, mail_from: str, peer: str, hello: str) -> Verdict:
    try:
        spf = pyspf()
    except ImportError as error:
        raise Unsupported("SPF needs pyspf", remedy=install("lessons")) from error
    # RFC 7208 section 2.4: a notification has no sender, so the name in EHLO stands in.
    sender = mail_from or f"postmaster@{hello}"
    domain = sender.rpartition("@")[2].lower()
    try:
        ipaddress.ip_address(peer)
    except ValueError as error:
        raise InputError(
            f"peer={peer[:60]!a} is not an address", remedy='Use one such as "192.0.2.1"'
        ) from error
    with _ONE_AT_A_TIME:
        before, spf.DNSLookup = spf.DNSLookup, zone.spf
        try:
            result, _, why = spf.query(peer, sender, hello or domain).check()
        finally:
            spf.DNSLookup = before
    return Verdict(result, domain, why)


# DKIM


def _dkim(zone: Zone, content: bytes) -> Iterator[Verdict]:
    try:
        import dkim
    except ImportError as error:
        raise Unsupported("DKIM needs dkimpy", remedy=install("lessons")) from error
    count = sum(one.name.lower() == "dkim-signature" for one in read_header(content).fields)
    if not count:
        yield Verdict("none")
    for number in range(min(count, MAX_SIGNATURES)):
        try:
            checker = dkim.DKIM(content, logger=_SILENT)
            is_good = checker.verify(number, dnsfunc=zone.query)
            domain = checker.domain.decode("ascii", "replace").lower()
            yield _of_signature(is_good, domain, checker.signature_fields)
        except ServerFailure as error:
            yield Verdict("temperror", reason=str(error))
        # Strangers' signatures: dkimpy raises whatever its parts do.
        except Exception as error:
            domain = (getattr(checker, "domain", None) or b"").decode("ascii", "replace").lower()
            broken = isinstance(error, dkim.ValidationError) and "mismatch" in str(error)
            yield Verdict(
                "fail" if broken else "permerror",
                domain,
                "the body was changed" if broken else str(error)[:100],
            )


def _of_signature(is_good: bool, domain: str, fields: dict[bytes, bytes]) -> Verdict:
    if not is_good:
        return Verdict("fail", domain, "a signed field was changed, or the key is another")
    # RFC 6376 section 8.2: anyone may have added what follows the counted bytes.
    if b"l" in fields:
        return Verdict("policy", domain, "l= leaves the end of the body unsigned")
    return Verdict("pass", domain, "signature and body fit the key")


# DMARC


def _author(content: bytes) -> str:
    """The domain in From; empty if there is not exactly one field with one address."""
    values = [one.text for one in read_header(content).fields if one.name.lower() == "from"]
    if len(values) != 1:
        return ""
    try:
        return parse_mailbox(values[0].rpartition("<")[2].rstrip("> ")).domain.lower()
    except (InputError, ValueError):
        return ""


def organizational(domain: str) -> str:
    """The domain that was registered: here the last two labels.

    A real receiver looks it up in a list of public suffixes (RFC 7489 section 3.2).
    """
    return ".".join(domain.split(".")[-2:])


def _aligned(domain: str, author: str, is_strict: bool) -> bool:
    if not (domain and author):
        return False
    return domain == author or (not is_strict and organizational(domain) == organizational(author))


def _policy(zone: Zone, author: str) -> tuple[str, dict[str, str], str]:
    """What the author's domain asks for, its record, and a temporary trouble."""
    for domain in dict.fromkeys((author, organizational(author))) if author else ():
        try:
            records = [one for one in zone.lookup(f"_dmarc.{domain}", "TXT") if is_dmarc(one)]
        except ServerFailure as error:
            return "", {}, str(error)
        if len(records) == 1:
            given = tags(records[0])
            policy = given.get("p", "").lower()
            if domain != author:
                policy = given.get("sp", policy).lower()
            return (policy, given, "") if policy in POLICIES else ("", {}, "")
    return "", {}, ""


def _dmarc(
    author: str, trouble: str, policy: str, spf: Verdict, dkim: tuple[Verdict, ...]
) -> Verdict:
    if not author:
        return Verdict("permerror", "", "there is not exactly one author in From")
    if trouble:
        return Verdict("temperror", author, trouble)
    if not policy:
        return Verdict("none", author, "the domain in From publishes no policy")
    ways = ["SPF"] * spf.counts + ["DKIM"] * any(one.counts for one in dkim)
    if ways:
        verb = "is" if len(ways) == 1 else "are"
        return Verdict("pass", author, f"{' and '.join(ways)} {verb} aligned")
    return Verdict("fail", author, "neither SPF nor DKIM speaks for the domain in From")
