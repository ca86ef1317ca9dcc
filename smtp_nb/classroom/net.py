"""Net: several sandboxes that hand mail to each other, and to no other server."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import TracebackType
from typing import Any, NamedTuple, Self

from smtp_nb.classroom.relaying.hop import Hop
from smtp_nb.classroom.relaying.mail import Mail, domain_of, has_bare_line_ends
from smtp_nb.classroom.relaying.notification import notification
from smtp_nb.classroom.relaying.pyspf import pyspf
from smtp_nb.classroom.relaying.receiver import MailHost, Receiver
from smtp_nb.classroom.table import table
from smtp_nb.classroom.zone import ServerFailure, Zone
from smtp_nb.errors import InputError, Unsupported
from smtp_nb.model.display import masked, visible
from smtp_nb.model.known import known_attributes
from smtp_nb.model.reply import Reply
from smtp_nb.sandbox.inline import InlineService
from smtp_nb.sandbox.options import Manner
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.wording import install

MAX_HOPS = 25
"""A message that has passed more servers goes in a circle (RFC 5321 section 6.3)."""
MAX_TRIES = 3
"""So often a server tries where it is put off; in a classroom it does not wait in between."""

_LOOP = Reply(554, ("5.4.6 Too many hops: this mail goes in a circle",))
_BARE = Reply(554, ("5.6.0 A bare CR or LF cannot be sent on (RFC 5321 section 2.3.8)",))
_NO_DOMAIN = Reply(550, ("5.1.2 There is no such domain",))
_NO_SERVER = Reply(550, ("5.4.4 No server of this net takes mail for that domain",))
_NO_DNS = Reply(451, ("4.4.3 The DNS does not answer about that domain",))


class Leg(NamedTuple):
    """One recipient of a message, on the way from one server to the next."""

    host: str
    to: str
    sender: str
    recipient: str
    reply: Reply

    def __str__(self) -> str:
        what = f"<{self.sender}> for <{self.recipient}>"
        return visible(f"{self.host} -> {self.to or 'nowhere'}: {what}: {self.reply}")


@known_attributes()
class Net:
    """Sandboxes by domain, inline, that relay between themselves only.

        >>> from smtp_nb import SMTP
        >>> from smtp_nb.classroom import Net, Zone
        >>> zone = Zone({
        ...     "school.test": {"MX": "10 mx.school.test", "TXT": "v=spf1 mx -all"},
        ...     "mx.school.test": {"A": "192.0.2.1"},
        ...     "home.test": {"MX": "10 mx.home.test"},
        ...     "mx.home.test": {"A": "192.0.2.2"},
        ... })
        >>> with Net(zone) as net:
        ...     with SMTP.from_url(net["school.test"].url, from_="ann@school.test") as smtp:
        ...         smtp.send_to = "ben@home.test"
        ...         _ = smtp.send()
        ...     print(net)
        mx.school.test -> mx.home.test: <ann@school.test> for <ben@home.test>: 250 ...

    There is a server for each host that an MX of the zone names and that has an address. It takes
    mail for the domains that prefer it. Mail for others it takes from clients of this machine with
    a sender of its own domains, and hands it to the host that the zone names. Whatever cannot be
    delivered comes back to the envelope's sender as a notification (RFC 3464). A receiver writes
    Received, Return-Path and, on mail from elsewhere, Authentication-Results; what DMARC says to
    reject is refused with 550 5.7.1.

    Args:
        zone: who takes mail for whom, and what domains publish. It may change at any time, but
            servers are made once.
        manner: of servers that are not "strict", by domain or host. A strict one sends no bare CR
            or LF on, a "careless" one sends the content on as it came, and a "lenient" one puts
            CRLF where a CR or LF stands alone.
        forward: addresses that lead to others, to one or several.

    Raises:
        InputError: the zone names no server, or an argument none of the zone's.
        Unsupported: pyspf or dkimpy is missing.

    Attributes:
        zone: as given.
        legs: what was handed on, oldest first.
    """

    zone: Zone
    legs: list[Leg]

    def __init__(
        self,
        zone: Zone,
        *,
        manner: Mapping[str, Manner] | None = None,
        forward: Mapping[str, str | Iterable[str]] | None = None,
    ) -> None:
        _check_extra()
        self.zone = zone
        self.legs = []
        self._places = _places(zone)
        self._servers: dict[str, SandboxServer] = {}
        self._gates: dict[tuple[str, str], InlineService] = {}
        self._waiting: deque[tuple[MailHost, Mail]] = deque()
        self._is_busy = False
        self._manners = {self._host(name): one for name, one in (manner or {}).items()}
        targets = {address.lower(): _targets(given) for address, given in (forward or {}).items()}
        for address in targets:
            self._host(domain_of(address))
        for host, place in self._places.items():
            place.forward = targets
            self._servers[host] = SandboxServer(
                inline=True,
                hostname=host,
                manner=self._manners.get(host, "strict"),
                door=Receiver(zone, place, self._pass_on),
            ).start()

    def __getitem__(self, name: str) -> SandboxServer:
        """The server of a domain or host.

        Raises:
            InputError: there is none.
        """
        self.settle()
        return self._servers[self._host(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(self._servers)

    def __len__(self) -> int:
        return len(self._servers)

    def _host(self, name: str) -> str:
        key = name.lower().rstrip(".")
        for host, place in self._places.items():
            if key == host or key in place.domains:
                return host
        known = [domain for place in self._places.values() for domain in sorted(place.domains)]
        close = get_close_matches(key, known, 1)
        remedy = f"Did you mean {close[0]!r}?" if close else f"There are {', '.join(known)}"
        raise InputError(f"no server of this net takes mail for {name[:80]!r}", remedy=remedy)

    def url(self, name: str, peer: str = "127.0.0.1") -> str:
        """A URL that leads to the server of a domain or host.

        Args:
            name: of the domain or host.
            peer: the address from which the client seems to come. 127.0.0.1 is one of the server's
                own people.

        Raises:
            InputError: there is no such server.
        """
        server = self[name]
        service = server._thread
        assert isinstance(service, InlineService)
        gate = self._gate(self._host(name), peer)
        return server.url.replace(f"wire={service.wire}", f"wire={gate.wire}")

    def _gate(self, host: str, peer: str) -> InlineService:
        """The door of a server for clients from one address."""
        server = self._servers[host]
        clock = server._clock
        assert clock is not None
        if (host, peer) not in self._gates:
            self._gates[host, peer] = InlineService(server._shared, clock, peer)
        return self._gates[host, peer]

    # Relaying

    def _pass_on(self, place: MailHost, mail: Mail) -> None:
        """Note what a server has to hand on; it does so once it has answered its client."""
        self._waiting.append((place, mail))
        self._servers[place.host]._shared.later(0.0, self.settle)

    def settle(self) -> None:
        """Let all mail that is on its way arrive, or come back.

        It does so by itself once a client waits for its next reply.
        """
        if self._is_busy:
            return
        self._is_busy = True
        try:
            while self._waiting:
                self._relay(*self._waiting.popleft())
        finally:
            self._is_busy = False

    def _relay(self, place: MailHost, mail: Mail) -> None:
        """Hand a message on, domain by domain."""
        failed: dict[str, Reply] = {}
        domains = dict.fromkeys(domain_of(one) for one in mail.recipients)
        for domain in domains:
            ours = {
                one: given for one, given in mail.recipients.items() if domain_of(one) == domain
            }
            failed |= self._hand_on(place, replace(mail, recipients=ours), domain)
        again = {one: reply for one, reply in failed.items() if reply.is_transient}
        if again and mail.tries + 1 < MAX_TRIES:
            left = {one: mail.recipients[one] for one in again}
            self._pass_on(place, replace(mail, recipients=left, tries=mail.tries + 1))
            failed = {one: reply for one, reply in failed.items() if one not in again}
        report = notification(mail, place.host, failed)
        if report is not None:
            self._pass_on(place, report)

    def _hand_on(self, place: MailHost, mail: Mail, domain: str) -> dict[str, Reply]:
        """Hand a message to the server of a domain. Returns what failed."""
        refusal, host = self._route(place, mail, domain)
        manner = self._manners.get(place.host, "strict")
        if manner == "strict" and has_bare_line_ends(mail.content):
            refusal = refusal or _BARE
        if refusal is None:
            gate = self._gate(host, place.address)
            hop = Hop(gate, gate.connect(), place.host, repairs=manner == "lenient")
            replies = hop.deliver(mail)
        else:
            replies = dict.fromkeys(mail.recipients, refusal)
        self.legs += [
            Leg(place.host, host, mail.sender, one, reply) for one, reply in replies.items()
        ]
        return {one: reply for one, reply in replies.items() if not reply.is_success}

    def _route(self, place: MailHost, mail: Mail, domain: str) -> tuple[Reply | None, str]:
        """Why a message cannot go on, or to which host it goes (RFC 5321 section 5.1)."""
        if mail.hops > MAX_HOPS:
            return _LOOP, ""
        try:
            hosts = [host for _, host in self.zone.mx(domain)]
            if not hosts:
                return (_NO_SERVER if self.zone.exists(domain) else _NO_DOMAIN), ""
        except ServerFailure:
            return _NO_DNS, ""
        if place.host in hosts and domain not in place.domains:
            hosts = hosts[: hosts.index(place.host)]  # a reserve gives it to those before it
        up = [one for one in hosts if one in self._servers and self._servers[one].is_running]
        return (None, up[0]) if up else (_NO_SERVER, "")

    # The whole

    def close(self) -> None:
        """Stop all servers."""
        for gate in self._gates.values():
            gate.stop()
        for server in self._servers.values():
            server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __str__(self) -> str:
        self.settle()
        return "\n".join(map(str, self.legs)) or "nothing was handed on yet"

    def __repr__(self) -> str:
        return f"<Net of {', '.join(self._servers)}: {len(self.legs)} legs>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(masked(str(self)))

    def _repr_html_(self) -> str:
        self.settle()
        rows = [
            (
                one.host,
                one.to or "nowhere",
                *map(masked, (one.sender or "<>", one.recipient)),
                one.reply,
            )
            for one in self.legs
        ]
        return table(("from", "to", "sender", "recipient", "reply"), rows)


def _check_extra() -> None:
    try:
        import dkim  # noqa: F401

        pyspf()
    except ImportError as error:
        raise Unsupported(
            "a net of servers needs dkimpy and pyspf", remedy=install("lessons")
        ) from error


def _targets(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given.lower(),) if isinstance(given, str) else tuple(one.lower() for one in given)


def _places(zone: Zone) -> dict[str, MailHost]:
    """The hosts that the MX of a zone name, with the domains whose mail ends there."""
    places: dict[str, MailHost] = {}
    for domain in zone:
        if "MX" not in zone[domain] or domain.startswith("*."):
            continue
        for number, (_, host) in enumerate(zone.mx(domain)):
            addresses = zone.addresses(host)
            if addresses:
                place = places.setdefault(host, MailHost(host, addresses[0]))
                if number == 0:
                    place.domains.add(domain)
    if not places:
        raise InputError(
            "the zone names no server for mail",
            remedy='Give a domain an MX, and its host an A: {"mx.school.test": {"A": "192.0.2.1"}}',
        )
    zone.asked.clear()
    return places
