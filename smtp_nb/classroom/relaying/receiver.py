"""Receiver: what one server of a `Net` takes and from whom, and what it writes on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import format_datetime

from smtp_nb.classroom.relaying.authentication import Authentication, authenticate
from smtp_nb.classroom.relaying.mail import Mail, domain_of, mail_of
from smtp_nb.classroom.zone import ServerFailure, Zone
from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import END, Request
from smtp_nb.sandbox.door import Door
from smtp_nb.sandbox.messages.mailbox import Message
from smtp_nb.sandbox.names import is_loopback
from smtp_nb.sandbox.session import Session

_RESULTS = rb"(?im)^authentication-results:[ \t]*%s[ \t;][^\r\n]*(?:\r\n[ \t][^\r\n]*)*(?:\r\n|\Z)"


@dataclass(slots=True)
class MailHost:
    """Where a server stands.

    Attributes:
        host: its name.
        address: from which it calls others.
        domains: whose mail ends here.
        forward: addresses that lead to others.
    """

    host: str
    address: str
    domains: set[str] = field(default_factory=set)
    forward: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def is_local(self, address: str) -> bool:
        """True if the mail for an address ends here, or is forwarded from here."""
        return domain_of(address) in self.domains


class Receiver(Door):
    """Takes mail for its own domains from anyone, and for other domains from its own users only.

    Its own people are clients on this machine that name a sender of one of its domains.
    """

    def __init__(
        self, zone: Zone, place: MailHost, pass_on: Callable[[MailHost, Mail], None]
    ) -> None:
        self._zone = zone
        self._place = place
        self._pass_on = pass_on
        self._found: dict[int, Authentication] = {}

    def refusal(self, session: Session, request: Request) -> Reply | None:
        """What this server refuses although the protocol allows it."""
        transaction = request.transaction
        if transaction is None or request.reply.code >= 400:
            return None
        if request.stage == "RCPT":
            return self._relaying(session, transaction.sender, request.address)
        if request.stage == END and not self._is_ours(session, transaction.sender):
            return self._authenticated(session, transaction.sender, transaction.content)
        return None

    def _relaying(self, session: Session, sender: str, recipient: str) -> Reply | None:
        if self._place.is_local(recipient) or self._is_ours(session, sender):
            return None
        if self._is_backup(recipient):
            return None
        known = ", ".join(sorted(self._place.domains))
        return Reply(550, (f"5.7.1 Relaying denied: this server takes mail for {known}",))

    def _is_ours(self, session: Session, sender: str) -> bool:
        peer = _address(session)
        own = is_loopback(peer) and self._place.is_local(sender)
        return own or peer == self._place.address

    def _is_backup(self, recipient: str) -> bool:
        try:
            hosts = self._zone.mx(domain_of(recipient))
        except ServerFailure:
            return False
        return self._place.host in (host for _, host in hosts)

    def _authenticated(self, session: Session, sender: str, content: bytes) -> Reply | None:
        found = authenticate(
            self._zone, content, mail_from=sender, peer=_address(session), hello=session.hello
        )
        self._found[session.number] = found
        # A notification has no author whose domain would have to speak for it.
        if sender and found.dmarc.result == "fail" and found.policy == "reject":
            domain = found.dmarc.domain
            return Reply(550, (f"5.7.1 DMARC: {domain} asks to reject this; {found.dmarc.reason}",))
        return None

    def kept(self, session: Session, message: Message) -> Message:
        """The message with trace fields (RFC 5321 section 4.4); what is not for here goes on."""
        found = self._found.pop(session.number, None)
        passed = replace(message, content=self._received(session, message) + message.content)
        going = mail_of(passed)
        self._go_on(going)
        here = [one for one in message.rcpt_tos if self._is_final(one)]
        if not here:
            return passed
        head = f"Return-Path: <{message.mail_from}>\r\n".encode()
        if found is not None:
            head += f"{found.field(self._place.host)}\r\n".encode()
        return replace(passed, content=head + self._without_forgeries(passed.content))

    def _is_final(self, address: str) -> bool:
        targets = self._place.forward.get(address.lower())
        return self._place.is_local(address) and (targets is None or address.lower() in targets)

    def _go_on(self, mail: Mail) -> None:
        """What is for other servers, and where it is forwarded from here."""
        going: dict[str, Mapping[str, str]] = {}
        for address, given in mail.recipients.items():
            if not self._place.is_local(address):
                going[address] = given
                continue
            targets = self._place.forward.get(address.lower(), ())
            going |= {one: given for one in targets if one != address.lower()}
        if going:
            self._pass_on(self._place, replace(mail, recipients=going))

    def _received(self, session: Session, message: Message) -> bytes:
        peer = _address(session)
        protocol = "UTF8SMTP" if "SMTPUTF8" in message.parameters else "ESMTP"
        single = f"\r\n  for <{message.rcpt_tos[0]}>" if len(message.rcpt_tos) == 1 else ""
        return (
            f"Received: from {session.hello or 'unknown'} ([{peer}])\r\n"
            f"  by {self._place.host} with {protocol} id {message.queue_id}{single};\r\n"
            f"  {format_datetime(message.received_at)}\r\n"
        ).encode()

    def _without_forgeries(self, content: bytes) -> bytes:
        """RFC 8601 section 5: results that claim to be this server's and are not are removed."""
        header, blank, body = content.partition(b"\r\n\r\n")
        pattern = _RESULTS % re.escape(self._place.host.encode())
        return re.sub(pattern, b"", header + b"\r\n")[:-2] + blank + body


def _address(session: Session) -> str:
    return session.peer.rpartition(":")[0]
