"""Lesson 10: who sent this? SPF, DKIM and DMARC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from html import escape

from smtp_nb.classroom.exercises.exercise import Criterion, exercise
from smtp_nb.classroom.exercises.seen import Seen
from smtp_nb.classroom.lessons.plan import LessonPlan
from smtp_nb.classroom.net import Net
from smtp_nb.classroom.relaying.authentication import Authentication, Verdict, authenticate
from smtp_nb.classroom.relaying.findings import findings, is_spf, tags
from smtp_nb.classroom.relaying.keys import SigningKey, signing_key
from smtp_nb.classroom.zone import ServerFailure, Zone
from smtp_nb.compose.dkim import DKIM
from smtp_nb.model.display import visible
from smtp_nb.sandbox.messages.parts import read_header

OURS = "192.0.2.1"
THIEF = "198.51.100.9"
OTHERS = ("203.0.113.77", "192.0.2.200", "8.8.4.4")
LETTERS = "ABCDE"
_NO_ZONE = Criterion("a zone", 0, False, "this lesson's zone was not seen")


@dataclass(frozen=True, slots=True)
class Case:
    """A mail as its receiver has it: who brought it, and what it says.

    Attributes:
        peer: the address of the client that brought it.
        mail_from: the sender in the envelope.
        content: header and text.
    """

    peer: str
    mail_from: str
    content: bytes

    def __str__(self) -> str:
        header = read_header(self.content)
        signature = tags(header.get("DKIM-Signature"))
        signed = f"d={signature.get('d', '')}" if signature else "none"
        rows = (
            ("brought by", self.peer),
            ("envelope", self.mail_from),
            ("From", header.get("From")),
            ("Subject", header.get("Subject")),
            ("signature", signed),
        )
        return "\n".join(f"{name + ':':<11} {visible(said)}" for name, said in rows)

    def _repr_html_(self) -> str:
        return f'<pre style="border-left:3px solid #999;padding-left:1em">{escape(str(self))}</pre>'


# The zone and what there is to judge


def servers(word: str) -> Net:
    """The lesson's servers: a school, a shop, and what is broken for exercise 10.4."""
    zone = Zone(
        {
            "school.test": {"MX": "10 mx.school.test"},
            "mx.school.test": {"A": "192.0.2.40"},
            f"{word}.test": {"MX": f"10 mx.{word}.test"},
            f"mx.{word}.test": {"A": OURS},
            "shop.test": {"MX": "10 mx.shop.test", "TXT": "v=spf1 ip4:192.0.2.60 -all"},
            "mx.shop.test": {"A": "192.0.2.60"},
            "_dmarc.shop.test": {"TXT": "v=DMARC1; p=reject"},
            "list.test": {"TXT": "v=spf1 ip4:192.0.2.70 -all"},
            "crook.test": {"TXT": f"v=spf1 ip4:{THIEF} -all"},
        }
    )
    _plant_faults(zone, word)
    return Net(zone)


def _plant_faults(zone: Zone, word: str) -> None:
    """What exercise 10.4 is about: two SPF records, 11 look-ups, a misspelt policy, half a key."""
    zone[f"red-{word}.test"] = {"TXT": [f"v=spf1 ip4:{OURS} -all", "v=spf1 ip4:192.0.2.2 -all"]}
    parts = [f"p{number}.green-{word}.test" for number in range(11)]
    for number, name in enumerate(parts):
        zone[name] = {"TXT": f"v=spf1 ip4:192.0.2.{number + 1} -all"}
    includes = " ".join(f"include:{name}" for name in parts)
    zone[f"green-{word}.test"] = {"TXT": f"v=spf1 {includes} -all"}
    zone[f"_dmarc.blue-{word}.test"] = {"TXT": "v=DMARC1; p=quarantin"}
    record = _key("gold").record
    zone[f"s0._domainkey.gold-{word}.test"] = {"TXT": record}
    zone[f"s1._domainkey.gold-{word}.test"] = {"TXT": record[:200]}


def mails(word: str, net: Net) -> Sequence[Case]:
    """Five mails in an order of each student's own: A to E."""
    key = _key("shop")
    net.zone["s1._domainkey.shop.test"] = {"TXT": key.record}
    plain = (
        b"From: Shop <sales@shop.test>\r\nTo: you@school.test\r\nSubject: Your order\r\n"
        b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n\r\nIt is on its way.\r\n"
    )
    signed = DKIM("shop.test", "s1", key.private).field(plain) + plain
    listed = signed.replace(b"Subject: ", b"Subject: [friends] ", 1)
    unknown = plain.replace(b"Shop <sales@shop.test>", b"Zoe <zoe@nowhere.test>")
    cases = [
        Case("192.0.2.60", "sales@shop.test", plain),
        Case("192.0.2.40", "sales@shop.test", signed),
        Case("192.0.2.70", "friends@list.test", listed),
        Case(THIEF, "crook@crook.test", plain),
        Case("203.0.113.5", "zoe@nowhere.test", unknown),
    ]
    return [cases[number] for number in order(word)]


def material(word: str, net: Net | None) -> Mapping[str, Sequence[Case]]:
    """What the student works with."""
    return {"mails": mails(word, net) if net else ()}


def order(word: str) -> list[int]:
    """In which order a student has the five mails."""
    digest = sha256(f"mails:{word}".encode()).digest()
    return sorted(range(len(LETTERS)), key=lambda number: digest[number])


@lru_cache(2)
def _key(name: str) -> SigningKey:
    """A key for this process: making one takes a while."""
    return signing_key()


# 10.1


@exercise(
    "10.1",
    "publish SPF for your domain",
    4,
    hints=(
        "your domain is your word and .test; give it a TXT record that begins with v=spf1",
        "ip4: and an address lets that address send; the last term says what about all others",
        "the last term has a sign before it: a plus lets every address in, a minus none",
    ),
)
def publish(seen: Seen) -> Iterator[Criterion]:
    """SPF for the student's domain, evaluated and not compared as text."""
    if seen.net is None:
        yield _NO_ZONE
        return
    zone, domain = seen.net.zone, f"{seen.nonce}.test"
    records = [one for one in zone.get(domain, {}).get("TXT", ()) if is_spf(one)]
    yield Criterion(
        f"one SPF record at {domain}", 1, len(records) == 1, f"there are {len(records)}"
    )
    ours = _spf(zone, domain, OURS)
    yield Criterion(f"{OURS} passes", 1, ours == "pass", f"the result is {ours}")
    thief = _spf(zone, domain, THIEF)
    yield Criterion(f"{THIEF} fails", 1, thief == "fail", f"the result is {thief}")
    passing = [one for one in OTHERS if _spf(zone, domain, one) == "pass"]
    yield Criterion(
        "no other address passes",
        1,
        ours == "pass" and not passing,
        f"{passing[0]} passes too" if passing else "no address passes yet",
    )


def _spf(zone: Zone, domain: str, peer: str) -> str:
    mail = f"From: me@{domain}\r\n\r\n".encode()
    return authenticate(zone, mail, mail_from=f"me@{domain}", peer=peer).spf.result


# 10.2


@exercise(
    "10.2",
    "sign a mail of your domain",
    5,
    takes="signed",
    hints=(
        "signing_key() makes a key; its record goes into the zone, its private half signs",
        "the record stands at selector._domainkey.domain, with the selector of the signature",
        "DKIM(domain, selector, key.private).field(mail) is a field that goes before the mail",
    ),
)
def sign(seen: Seen, signed: object) -> Iterator[Criterion]:
    """A signature that holds what it should hold, and no more."""
    if seen.net is None:
        yield _NO_ZONE
        return
    domain, zone = f"{seen.nonce}.test", seen.net.zone
    given = signed if isinstance(signed, bytes) else b""
    verdict = _dkim(zone, given, domain)
    right = verdict is not None and verdict.result == "pass"
    seen_instead = "signed= is not the bytes of a mail" if not given else _said(verdict)
    yield Criterion(f"a valid signature of {domain}", 2, right, seen_instead)
    header, blank, body = given.partition(b"\r\n\r\n")
    changed = header + blank + _other_letter(body)
    yield Criterion(
        "one changed letter breaks it", 1, right and not _holds(zone, changed, domain),
        "the text can be changed, and the signature still holds" if right else "no signature yet",
    )  # fmt: skip
    spaced = header + blank + body.replace(b" ", b"  ", 1)
    spaced_holds = right and b" " in body and _holds(zone, spaced, domain)
    yield Criterion(
        "two spaces in place of one do not", 1, spaced_holds,
        "the text needs a space, and the signature has to be relaxed about it",
    )  # fmt: skip
    longer = given + b"PS: send money\r\n"
    signature = tags(read_header(given).get("DKIM-Signature"))
    yield Criterion(
        "nothing can be added", 1,
        right and not _holds(zone, longer, domain) and "l" not in signature,
        "l= leaves the end of the text open" if "l" in signature else "no signature yet",
    )  # fmt: skip


def _dkim(zone: Zone, mail: bytes, domain: str) -> Verdict | None:
    """The verdict on the signature of a domain, as lenient about l= as many receivers are."""
    found = authenticate(zone, mail, mail_from="", peer=OURS, hello="mx.test").dkim
    ours = [one for one in found if one.domain == domain]
    verdict = ours[0] if ours else found[0]
    if verdict.domain != domain:
        return verdict._replace(result="none") if verdict.result == "pass" else verdict
    return verdict._replace(result="pass") if verdict.result == "policy" else verdict


def _holds(zone: Zone, mail: bytes, domain: str) -> bool:
    verdict = _dkim(zone, mail, domain)
    return verdict is not None and verdict.result == "pass"


def _said(verdict: Verdict | None) -> str:
    if verdict is None or verdict.result == "none":
        return (
            f"no signature of it; there is one of {verdict.domain}"
            if (verdict and verdict.domain)
            else "the mail has no signature"
        )
    return f"the result is {verdict.result}: {verdict.reason}"


def _other_letter(body: bytes) -> bytes:
    for at, octet in enumerate(body):
        if chr(octet).isalpha():
            return body[:at] + (b"x" if octet != ord("x") else b"y") + body[at + 1 :]
    return body + b"x"


# 10.3


@exercise(
    "10.3",
    "judge five mails",
    5,
    takes="verdicts",
    hints=(
        "SPF asks whether the address may send for the domain of the envelope; it never reads From",
        "DKIM: was anything changed after the signature? It does not ask who brought the mail",
        "DMARC passes if one of the two passes for the domain in From; without a record: none",
    ),
)
def judge(seen: Seen, verdicts: object) -> Iterator[Criterion]:
    """Three results for each mail, as a receiver finds them."""
    given: Mapping[object, object] = verdicts if isinstance(verdicts, Mapping) else {}
    for letter, case in zip(LETTERS, seen.material.get("mails", ()), strict=False):
        if not isinstance(case, Case) or seen.net is None:
            continue
        found = authenticate(seen.net.zone, case.content, mail_from=case.mail_from, peer=case.peer)
        answer = given.get(letter)
        words = [str(one).lower() for one in answer] if isinstance(answer, Sequence) else []
        yield Criterion(f"mail {letter}", 1, words == _results(found), _wrong(words, found))


def _results(found: Authentication) -> list[str]:
    return [found.spf.result, found.dkim[0].result, found.dmarc.result]


def _wrong(words: Sequence[str], found: Authentication) -> str:
    if len(words) != 3:
        return "three words are asked for: SPF, DKIM, DMARC"
    pairs = zip(("SPF", "DKIM", "DMARC"), words, _results(found), strict=True)
    return f"look again at {', '.join(name for name, said, truth in pairs if said != truth)}"


# 10.4


@exercise(
    "10.4",
    "mend four domains",
    4,
    hints=(
        "findings(lesson.zone) says what is wrong, and where",
        "a domain has one SPF record; what two say can be said in one",
        "instead of an include for each address, one record can name addresses itself",
        "the key of gold stands whole under another selector",
    ),
)
def mend(seen: Seen) -> Iterator[Criterion]:
    """Each domain does again what it was meant to do."""
    if seen.net is None:
        yield _NO_ZONE
        return
    zone, word = seen.net.zone, seen.nonce
    red, green = f"red-{word}.test", f"green-{word}.test"
    yield _mended_spf(zone, red, [OURS, "192.0.2.2"])
    yield _mended_spf(zone, green, [f"192.0.2.{number + 1}" for number in range(11)])
    blue = [tags(one).get("p") for one in _texts(zone, f"_dmarc.blue-{word}.test")]
    yield Criterion(
        f"blue-{word}.test asks for quarantine", 1, blue == ["quarantine"], f"p= is {blue}"
    )
    whole = [tags(one).get("p") for one in _texts(zone, f"s0._domainkey.gold-{word}.test")]
    ours = [tags(one).get("p") for one in _texts(zone, f"s1._domainkey.gold-{word}.test")]
    good = bool(ours) and ours == whole and not _faults(zone, f"s1._domainkey.gold-{word}.test")
    yield Criterion(f"gold-{word}.test has a whole key at s1", 1, good, "the key is not whole")


def _mended_spf(zone: Zone, domain: str, senders: Sequence[str]) -> Criterion:
    refused = [one for one in senders if _spf(zone, domain, one) != "pass"]
    taken = [one for one in (THIEF, *OTHERS) if _spf(zone, domain, one) == "pass"]
    instead = ""
    if refused:
        instead = f"{refused[0]} gets {_spf(zone, domain, refused[0])}"
    elif taken:
        instead = f"{taken[0]} passes too"
    return Criterion(f"SPF of {domain} works", 1, not (refused or taken), instead)


def _texts(zone: Zone, name: str) -> list[str]:
    try:
        return zone.lookup(name, "TXT")
    except ServerFailure:
        return []


def _faults(zone: Zone, name: str) -> list[str]:
    return [one.text for one in findings(zone) if one.name == name]


PLAN = LessonPlan(
    10,
    "Who sent this?",
    "You know what SPF, DKIM and DMARC each prove, and what none of them does.",
    40,
    (publish, sign, judge, mend),
    net=servers,
    material=material,
)
