"""Mirror of a server: what the client's bytes mean there, as far as the protocol's rules tell.

It is the server's own machine (`protocol.server`), fed with what was sent and answered with what
the real server replied. So what the state allows is asked of the table that decides it, and no
second table can tell another story.
"""

from __future__ import annotations

from collections.abc import Generator
from copy import deepcopy
from dataclasses import replace
from typing import Any, NoReturn

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.extensions import parse_ehlo
from smtp_nb.protocol.server.auth import Mechanism
from smtp_nb.protocol.server.command_table import RULES
from smtp_nb.protocol.server.policy import (
    END,
    EXTENSIONS,
    GREETING,
    ON_REQUEST,
    Service,
)
from smtp_nb.protocol.server.server import ServerProtocol
from smtp_nb.protocol.server.states import ServerState
from smtp_nb.sasl.server.server import USUAL

EXAMPLES = {
    "EHLO": "EHLO me.test",
    "HELO": "HELO me.test",
    "MAIL": "MAIL FROM:<ann@school.test>",
    "SEND": "SEND FROM:<ann@school.test>",
    "SOML": "SOML FROM:<ann@school.test>",
    "SAML": "SAML FROM:<ann@school.test>",
    "RCPT": "RCPT TO:<ben@school.test>",
    "DATA": "DATA",
    "BDAT": "BDAT 0 LAST",
    "RSET": "RSET",
    "NOOP": "NOOP",
    "VRFY": "VRFY ann",
    "EXPN": "EXPN class",
    "HELP": "HELP",
    "QUIT": "QUIT",
    "STARTTLS": "STARTTLS",
    "AUTH": f"AUTH {USUAL[0]}",
}
"""A line for each command, as it may be typed."""

# Replies that are about the moment, and not about this argument.
_OUT_OF_ORDER = frozenset({500, 502, 503, 504, 530, 538, 554})
_NOW = Reply(500)
_HERE = {
    ServerState.LOGIN: ("*",),
    ServerState.DATA: (".",),
    ServerState.CHUNK: (),
    ServerState.HANDSHAKE: ("TLS",),
    ServerState.CLOSED: (),
}
"""What may come where no command may."""
_NAMES = {
    ServerState.LOGIN: "login",
    ServerState.DATA: "data",
    ServerState.CHUNK: "data",
    ServerState.HANDSHAKE: "tls",
    ServerState.CLOSED: "closed",
}


class _AnyLogin(Generator[bytes, bytes, str | None]):
    """A login that goes on for as long as the real server asks."""

    def send(self, value: bytes) -> bytes:
        return b""

    def throw(self, *thrown: Any) -> NoReturn:  # what a generator takes here is of many forms
        raise thrown[0]


def _any_login(name: str, certificate: str) -> Mechanism:
    return _AnyLogin()


UNKNOWN_SERVICE = Service("server", EXTENSIONS, mechanisms=USUAL)
"""A server that has not said yet what it offers."""


class Mirror:
    """One conversation, as the server understands it.

    Args:
        service: what the server offers, if that is known; else its reply to EHLO tells.
        tls: the conversation begins inside TLS.
    """

    def __init__(self, service: Service | None, *, tls: bool = False) -> None:
        self._learns = service is None
        known = replace(
            service or UNKNOWN_SERVICE,
            begin_login=_any_login,
            response_fault=UNKNOWN_SERVICE.response_fault,
            new_id=str,
        )
        self._machine = ServerProtocol(known, tls=tls)
        self._owed = self._machine.next_request()
        self._is_upgraded = False

    # What passes

    def sent(self, octets: bytes) -> None:
        """The client has said something."""
        self._machine.receive_data(octets)
        self._look()

    def heard(self, reply: Reply) -> None:
        """The server has replied."""
        machine, request = self._machine, self._owed
        if request is None:
            if reply.code == 421:
                machine.state = ServerState.CLOSED
            return
        if request.stage == "AUTH" and reply.code != 334:
            request.effect = None
            machine.user = "someone" if reply.code == 235 else machine.user
        machine.answer(reply)
        machine.data_to_send()
        if request.stage == "EHLO" and reply.is_success and self._learns:
            self._learn(reply)
        self._owed = None
        self._look()

    def secured(self) -> None:
        """TLS is established after STARTTLS."""
        self._machine.secured()
        self._is_upgraded = True

    def closed(self) -> None:
        """The connection has ended."""
        self._machine.state, self._owed = ServerState.CLOSED, None

    def _look(self) -> None:
        self._owed = self._owed or self._machine.next_request()

    def _learn(self, reply: Reply) -> None:
        offer = parse_ehlo(reply)
        known = (*EXTENSIONS, *ON_REQUEST)
        self._machine.service = replace(
            self._machine.service,
            extensions=tuple(name for name in known if name in offer),
            mechanisms=tuple(sorted(offer.auth)),
        )

    # What it means

    @property
    def is_owed(self) -> bool:
        """True while a reply of the server is due."""
        return self._owed is not None

    @property
    def takes_content(self) -> bool:
        """True if what comes next is content and no command."""
        return self._machine.state in (ServerState.DATA, ServerState.CHUNK)

    @property
    def takes_response(self) -> bool:
        """True if what comes next answers a challenge."""
        return self._machine.state is ServerState.LOGIN

    @property
    def takes_handshake(self) -> bool:
        """True if what comes next is the TLS handshake."""
        return self._machine.state is ServerState.HANDSHAKE

    @property
    def message_size(self) -> int | None:
        """The bytes of a message that is whole and has no reply yet, stuffed dots taken off."""
        if self._owed is None or self._owed.stage != END or self._owed.transaction is None:
            return None
        return self._owed.transaction.size

    @property
    def is_midway(self) -> bool:
        """True if something was begun that needs no reply before it is ended."""
        return self._machine.is_midway

    @property
    def waiting(self) -> str:
        """What the server waits for, in words."""
        return self._machine.waiting

    @property
    def legal(self) -> tuple[str, ...]:
        """What may come now: commands, or `.` in content, `*` in a login, `TLS`, or nothing."""
        state = self._machine.state
        if state in _HERE:
            return _HERE[state]
        return tuple(verb for verb in RULES if self._allows(verb))

    def _allows(self, verb: str) -> bool:
        machine = deepcopy(self._machine, {id(self._machine.service): self._machine.service})
        if self._owed is not None:
            machine.answer(None if self._owed.stage == GREETING else _NOW)
        while machine.next_request() is not None:
            machine.answer(_NOW)
        line = EXAMPLES[verb]
        if verb == "AUTH":
            line = f"AUTH {next(iter(machine.service.mechanisms), USUAL[0])}"
        start = b"\r\n" if machine.is_midway else b""
        machine.receive_data(start + line.encode() + b"\r\n")
        if start and machine.next_request() is not None:
            machine.answer(_NOW)
        request = machine.next_request()
        return request is not None and request.reply.code not in _OUT_OF_ORDER

    @property
    def state(self) -> str:
        """The state as a person sees it. `tls` lasts from the 220 to STARTTLS until EHLO is said
        again.
        """
        machine = self._machine
        if machine.state in _NAMES:
            return _NAMES[machine.state]
        if not machine.hello:
            return "tls" if self._is_upgraded else "connected"
        legal = [verb for verb in ("RCPT", "DATA", "BDAT") if self._allows(verb)]
        if "RCPT" in legal:
            return "rcpt" if len(legal) > 1 else "mail"
        return "data" if legal else "greeted"
