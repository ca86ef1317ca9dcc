"""Zone: the DNS of a classroom, in a dict.

A resolver asks no other server: what a domain publishes is written, broken and mended in a cell.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any, NamedTuple

from smtp_nb.classroom.table import table
from smtp_nb.errors import InputError
from smtp_nb.model.display import visible
from smtp_nb.model.known import known_attributes

TYPES = ("MX", "A", "AAAA", "TXT", "CNAME", "PTR")
FAILURES = ("NXDOMAIN", "SERVFAIL")
MAX_ALIASES = 8
"""So many CNAMEs are followed, one after the other."""
MAX_STRING = 255
"""Bytes of one string of a TXT record (RFC 1035 section 3.3)."""

_ADDRESSES = {"A": ipaddress.IPv4Address, "AAAA": ipaddress.IPv6Address}


class ServerFailure(OSError):
    """The DNS could not answer (SERVFAIL); the query may be repeated later."""


class Lookup(NamedTuple):
    """One question that the zone was asked, and how many records it found."""

    name: str
    kind: str
    found: int


@known_attributes()
class Zone(MutableMapping[str, Mapping[str, tuple[str, ...]]]):
    """A DNS in a dict.

        >>> from smtp_nb.classroom import Zone
        >>> zone = Zone({
        ...     "school.test": {"MX": "10 mx.school.test", "TXT": "v=spf1 mx -all"},
        ...     "mx.school.test": {"A": "192.0.2.1"},
        ...     "*.guest.test": {"A": "192.0.2.7"},
        ...     "down.test": "SERVFAIL",
        ... })
        >>> zone.lookup("school.test", "MX")
        ['10 mx.school.test']
        >>> zone.lookup("any.guest.test", "A"), zone.lookup("nobody.test", "A")
        (['192.0.2.7'], [])

    A name has records by type: MX, A, AAAA, TXT, CNAME or PTR, each a text or several. A name
    `*.…` stands for all names below that do not exist (RFC 4592). "SERVFAIL" in place of records
    makes questions about a name fail, "NXDOMAIN" says that there is no such name. Assigning
    (`zone["school.test"] = {…}`) publishes, `del` withdraws.

    Args:
        records: names and their records.

    Raises:
        InputError: a name or a record is malformed; nothing of it is published.

    Attributes:
        asked: what was asked, oldest first.
    """

    asked: list[Lookup]

    def __init__(self, records: Mapping[str, Any] | None = None) -> None:
        self.asked = []
        self._names: dict[str, Mapping[str, tuple[str, ...]] | str] = {}
        for name, given in (records or {}).items():
            self[name] = given

    # As a dict

    def __setitem__(self, name: str, given: Any) -> None:
        key = _name(name)
        if isinstance(given, str):
            if given not in FAILURES:
                raise InputError(
                    f"the records of {key} are {given[:40]!r}",
                    remedy='Give a dict such as {"TXT": "…"}, or "SERVFAIL" or "NXDOMAIN"',
                )
            self._names[key] = given
            return
        if not isinstance(given, Mapping):
            raise InputError(
                f"the records of {key} are a {type(given).__name__}",
                remedy='Give a dict such as {"MX": "10 mx.school.test"}',
            )
        records = {str(kind).upper(): _records(key, str(kind), one) for kind, one in given.items()}
        if "CNAME" in records and len(records) > 1:
            raise InputError(
                f"{key} is an alias (CNAME) and has other records too",
                remedy="An alias has nothing else (RFC 2181 section 10.1)",
            )
        self._names[key] = MappingProxyType(records)

    def __getitem__(self, name: str) -> Mapping[str, tuple[str, ...]]:
        found = self._names[_key(name)]
        return MappingProxyType({}) if isinstance(found, str) else found

    def __delitem__(self, name: str) -> None:
        del self._names[_key(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def copy(self) -> Zone:
        """A zone of its own with the same records."""
        return Zone(self._names)

    # As a resolver

    def lookup(self, name: str, kind: str) -> list[str]:
        """Look a name up.

        Args:
            name: in any case, with or without the last dot.
            kind: MX, A, AAAA, TXT, CNAME or PTR.

        Returns:
            The records as text; nothing if there is no such name, or none of this type.

        Raises:
            ServerFailure: the zone says SERVFAIL there, or an alias leads in a circle.
        """
        key, kind, seen = _key(name), kind.upper(), 0
        while True:
            node = self._node(key)
            records = () if isinstance(node, str) else node.get(kind, ())
            alias = () if isinstance(node, str) or kind == "CNAME" else node.get("CNAME", ())
            if not alias:
                break
            key, seen = _key(alias[0]), seen + 1
            if seen > MAX_ALIASES:
                self.asked.append(Lookup(_key(name), kind, 0))
                raise ServerFailure(f"{_key(name)} is an alias of an alias without end")
        self.asked.append(Lookup(_key(name), kind, len(records)))
        if node == "SERVFAIL":
            raise ServerFailure(f"the DNS did not answer about {key} (SERVFAIL)")
        return list(records)

    def exists(self, name: str) -> bool:
        """True if there is such a name, whatever its records."""
        return self._node(_key(name)) != "NXDOMAIN"

    def _node(self, key: str) -> Mapping[str, tuple[str, ...]] | str:
        """What a name has; a wildcard stands in for names below the closest that exists."""
        if (found := self._names.get(key)) is not None:
            return found
        if self._has_below(key):
            return {}
        _, _, above = key.partition(".")
        while above:
            if (found := self._names.get(f"*.{above}")) is not None:
                return found
            if self._names.get(above) == "SERVFAIL":
                return "SERVFAIL"
            if above in self._names or self._has_below(above):
                break
            _, _, above = above.partition(".")
        return "NXDOMAIN"

    def _has_below(self, key: str) -> bool:
        """True if a name ends in this one, which then exists too (RFC 8020)."""
        return any(name.endswith(f".{key}") and not name.startswith("*.") for name in self._names)

    def mx(self, domain: str) -> list[tuple[int, str]]:
        """The hosts that take mail for a domain, the preferred first (RFC 5321 section 5.1).

        Without MX the domain's own address counts. A null MX (RFC 7505) is an empty list.

        Raises:
            ServerFailure: as `lookup`.
        """
        found = [record.split(" ") for record in self.lookup(domain, "MX")]
        hosts = sorted((int(preference), host.rstrip(".")) for preference, host in found)
        if not hosts and self.addresses(domain):
            return [(0, _key(domain))]
        return [(preference, host) for preference, host in hosts if host]

    def addresses(self, host: str) -> list[str]:
        """The addresses of a host, IPv4 first.

        Raises:
            ServerFailure: as `lookup`.
        """
        return self.lookup(host, "A") + self.lookup(host, "AAAA")

    def query(self, name: bytes | str, timeout: float = 5) -> bytes | None:
        """The first TXT record of a name, as `dnsfunc` of dkimpy wants it; None for none.

        Raises:
            ServerFailure: as `lookup`.
        """
        text = name.decode("utf-8", "replace") if isinstance(name, bytes) else name
        found = self.lookup(text, "TXT")
        return found[0].encode() if found else None

    def spf(
        self, name: str, qtype: str, strict: object = True, timeout: float = 20
    ) -> list[tuple[tuple[str, str], Any]]:
        """The answer to a question of pyspf: `spf.DNSLookup = zone.spf`.

        Raises:
            spf.TempError: the zone says SERVFAIL.
        """
        if qtype not in TYPES:
            return []
        try:
            found = self.lookup(name, qtype)
        except ServerFailure as error:
            import spf

            raise spf.TempError(f"DNS {error}") from error
        return [((name, qtype), _for_pyspf(qtype, record)) for record in found]

    # Shown

    def rows(self) -> list[tuple[str, str, str]]:
        """Name, type and record, one row for each record."""
        rows: list[tuple[str, str, str]] = []
        for name, node in self._names.items():
            if isinstance(node, str):
                rows.append((name, "", node))
            else:
                rows += [(name, kind, one) for kind, found in node.items() for one in found]
        return rows

    def __repr__(self) -> str:
        lines = [f"{name} {kind} {_short(record)}" for name, kind, record in self.rows()]
        return "\n".join(map(visible, lines)) or "<Zone without records>"

    def _repr_html_(self) -> str:
        rows = [(name, kind, _short(record)) for name, kind, record in self.rows()]
        return table(("name", "type", "record"), rows)


def _short(record: str) -> str:
    return record if len(record) <= 120 else f"{record[:60]}… ({len(record)} characters)"


def _key(name: str) -> str:
    return name.rstrip(".").lower()


def _name(name: object) -> str:
    key = _key(name) if isinstance(name, str) else ""
    labels = key.split(".")
    if not key or len(key) > 253 or not all(0 < len(one) < 64 and _is_label(one) for one in labels):
        raise InputError(
            f"{str(name)[:60]!a} is not a name of the DNS",
            remedy="Use labels of letters, digits, '-' and '_', such as mx.school.test",
        )
    return key


def _is_label(label: str) -> bool:
    return all(letter.isalnum() or letter in "-_*/" for letter in label) and label.isascii()


def _records(name: str, kind: str, given: object) -> tuple[str, ...]:
    """The records of one type, checked."""
    kind = kind.upper()
    if kind not in TYPES:
        raise InputError(f"{name} has a record {kind[:20]!a}", remedy=f"Use {', '.join(TYPES)}")
    several = given if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    records = tuple(_record(name, kind, one) for one in several)
    if kind == "CNAME" and len(records) != 1:
        raise InputError(f"{name} has {len(records)} CNAME records", remedy="Give one")
    return records


def _record(name: str, kind: str, given: object) -> str:
    if kind == "MX":
        return _mx(name, given)
    if kind == "TXT" and isinstance(given, str) and given.isprintable():
        return given
    if kind in _ADDRESSES and isinstance(given, str):
        try:
            return str(_ADDRESSES[kind](given))
        except ValueError:
            pass
    elif kind in ("CNAME", "PTR") and isinstance(given, str):
        return _name(given)
    raise InputError(
        f"{name} has a malformed {kind} record, {str(given)[:40]!a}", remedy=_EXAMPLES[kind]
    )


def _mx(name: str, given: object) -> str:
    """A preference and a host; the host alone has preference 10."""
    words: list[object] = []
    if isinstance(given, str):
        words += given.split()
    elif isinstance(given, tuple | list) and len(given) == 2:
        words += given
    preference, host = (["10", *words] if len(words) == 1 else [*words, "", ""])[:2]
    if len(words) > 2 or not str(preference).isdecimal() or int(str(preference)) > 65535:
        raise InputError(
            f"{name} has a malformed MX record, {str(given)[:40]!a}", remedy=_EXAMPLES["MX"]
        )
    return f"{int(str(preference))} {'.' if host == '.' else _name(host)}"


_EXAMPLES = {
    "MX": 'Write "10 mx.school.test": a preference and a host',
    "A": 'Write an IPv4 address such as "192.0.2.1"',
    "AAAA": 'Write an IPv6 address such as "2001:db8::1"',
    "TXT": "Write printable text",
    "CNAME": "Write the name that it is an alias of",
    "PTR": "Write a host name",
}


def _for_pyspf(kind: str, record: str) -> Any:
    if kind == "MX":
        preference, _, host = record.partition(" ")
        return int(preference), host
    if kind == "TXT":
        octets = record.encode()
        return [octets[at : at + MAX_STRING] for at in range(0, len(octets), MAX_STRING)] or [b""]
    return record
