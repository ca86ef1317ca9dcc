"""Zone findings: what is wrong with what domains publish about their mail."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any, NamedTuple

from smtp_nb.classroom.table import table
from smtp_nb.classroom.zone import ServerFailure, Zone
from smtp_nb.model.display import visible

MAX_LOOKUPS = 10
"""RFC 7208 section 4.6.4: more look-ups than these for one SPF check are an error."""
MIN_BITS = 1024
"""RFC 8301 section 3.2: a verifier takes no shorter RSA key."""
POLICIES = ("none", "quarantine", "reject")

# Mechanisms and modifiers of SPF that need the DNS (RFC 7208 section 4.6.4).
_ASKS = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})
_KNOWN = _ASKS | {"all", "ip4", "ip6", "exp"}


class ZoneFinding(NamedTuple):
    """Something wrong with a name of a zone; `str()` says it in a line."""

    name: str
    about: str
    text: str

    def __str__(self) -> str:
        return visible(f"{self.name}: {self.about}: {self.text}")


class Findings(list[ZoneFinding]):
    """What is wrong with a zone."""

    def __str__(self) -> str:
        return "\n".join(map(str, self)) or "nothing is wrong with SPF, DKIM, DMARC and MX"

    __repr__ = __str__

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        return table((), self) if self else f"<p>{self}</p>"


def findings(zone: Zone) -> Findings:
    """Look for the usual faults in a zone.

    Returns:
        Two SPF records, too many look-ups, `+all`, keys for DKIM that are cut, too short or
        revoked, misspelt policies of DMARC, MX hosts without an address. Nothing is changed, and
        what is asked for this is not in `zone.asked`.
    """
    asked = len(zone.asked)
    found = Findings()
    for name in zone:
        found += [ZoneFinding(name, about, text) for about, text in _of(zone, name)]
    del zone.asked[asked:]
    return found


def _of(zone: Zone, name: str) -> Iterator[tuple[str, str]]:
    records = zone[name].get("TXT", ())
    spf = [one for one in records if is_spf(one)]
    if len(spf) > 1:
        yield "SPF", f"{len(spf)} records; with more than one the result is permerror"
    for record in spf:
        yield from (("SPF", text) for text in _spf(zone, name, record))
    if "._domainkey." in name:
        for record in records:
            yield from (("DKIM", text) for text in _key(record))
    if name.startswith("_dmarc."):
        yield from (("DMARC", text) for text in _dmarc(records))
    for record in zone[name].get("MX", ()):
        yield from (("MX", text) for text in _mx(zone, record.partition(" ")[2]))


# SPF


def is_spf(record: str) -> bool:
    """True for a record of SPF (RFC 7208 section 4.5)."""
    return record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")


def _spf(zone: Zone, name: str, record: str) -> Iterator[str]:
    for term in record.lower().split()[1:]:
        word = _word(term)
        if word not in _KNOWN and "=" not in term:
            yield f"{term!r} is not a mechanism"
        elif word == "all" and term[0] not in "-~?":
            yield f"{term!r} lets every host send in the name of {name}"
        elif term.lstrip("+") in ("ip4:0.0.0.0/0", "ip6:::/0"):
            yield f"{term!r} is every address there is"
    lookups = count_lookups(zone, record)
    if lookups > MAX_LOOKUPS:
        yield f"{lookups} look-ups, and {MAX_LOOKUPS} are allowed; the result is permerror"


def count_lookups(zone: Zone, record: str, path: tuple[str, ...] = ()) -> int:
    """How often evaluating an SPF record asks the DNS at most, with all that it includes."""
    count = 0
    for term in record.lower().split()[1:]:
        word = _word(term)
        if word not in _ASKS:
            continue
        count += 1
        target = term.lstrip("+-~?")[len(word) + 1 :]
        if word in ("include", "redirect") and target in path:
            count += MAX_LOOKUPS  # a circle has no end
        elif word in ("include", "redirect") and len(path) < MAX_LOOKUPS:
            count += sum(
                count_lookups(zone, one, (*path, target))
                for one in _texts(zone, target)
                if is_spf(one)
            )
        if count > 10 * MAX_LOOKUPS:
            break
    return count


def _word(term: str) -> str:
    word = term.lstrip("+-~?")
    for mark in ":=/":
        word = word.partition(mark)[0]
    return word


def _texts(zone: Zone, name: str) -> list[str]:
    try:
        return zone.lookup(name, "TXT")
    except ServerFailure:
        return []


# DKIM, DMARC, MX


def tags(record: str) -> dict[str, str]:
    """The tags of a record of DKIM or DMARC (RFC 6376 section 3.2)."""
    pairs = (part.partition("=") for part in record.split(";") if "=" in part)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _key(record: str) -> Iterator[str]:
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    given = tags(record)
    if "p" not in given:
        yield "the record has no public key: p= is missing"
        return
    if not given["p"]:
        yield "p= is empty: the key is revoked"
        return
    if given.get("k", "rsa") != "rsa":
        return
    try:
        key = load_der_public_key(b64decode("".join(given["p"].split()), validate=True))
    except ValueError:
        yield "the public key in p= cannot be read; is it cut off?"
        return
    bits = getattr(key, "key_size", MIN_BITS)
    if bits < MIN_BITS:
        yield f"the key has {bits} bits, and {MIN_BITS} are the least that verifiers accept"


def _dmarc(records: tuple[str, ...]) -> Iterator[str]:
    ours = [one for one in records if is_dmarc(one)]
    if len(ours) != 1:
        yield f"{len(ours)} records that begin with v=DMARC1, and it takes one"
    for record in ours:
        given = tags(record)
        for tag in ("p", "sp"):
            policy = given.get(tag, "none" if tag == "sp" else "")
            if policy.lower() not in POLICIES:
                yield f"{tag}={policy} is not a policy; choose from {', '.join(POLICIES)}"


def is_dmarc(record: str) -> bool:
    """True for a record of DMARC (RFC 7489 section 6.3)."""
    return record.partition(";")[0].replace(" ", "") == "v=DMARC1"


def _mx(zone: Zone, host: str) -> Iterator[str]:
    if host == ".":
        return
    try:
        if zone.lookup(host, "CNAME"):
            yield f"{host} is an alias, and an MX may not name one (RFC 2181 section 10.3)"
        elif not zone.addresses(host):
            yield f"{host} has no address"
    except ServerFailure:
        yield f"the DNS does not answer about {host}"
