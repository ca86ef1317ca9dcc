"""Diagnosis of the path to a server, step by step: what fails, in plain words, and what to do.

The steps are those of a session, run by the same flows, so what the doctor sees is what a session
would meet. Where one fails the doctor looks a little further than a session does: whether another
port answers, or whether the port wants TLS at another moment. Nothing is sent, and no password
goes where a session would not send it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from smtp_nb import ambient
from smtp_nb.errors import CertificateError, Interrupted, SMTPError, SMTPTimeout, StateError
from smtp_nb.flows.connecting.connect import greet, hear_banner, start_tls, upgrade
from smtp_nb.flows.connecting.opening import open_connection
from smtp_nb.flows.intents import Close, Flow, Open, Resolve
from smtp_nb.flows.mask import unseen
from smtp_nb.flows.session import ClientSession
from smtp_nb.flows.settings import SessionSettings
from smtp_nb.model.diagnosis import Check, Checkup, Finding
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.explain import explain
from smtp_nb.wording import worded

if TYPE_CHECKING:
    from smtp_nb.client.component import Component

SOON_DAYS = 14
_MEBIBYTE = 1 << 20
_UNREACHED = "not reached"

# What to do about errors of the connection, by their numbers.
_REMEDIES = {
    11001: "Check the spelling of the server's name; the provider's help page has the right one",
    11002: "The name server does not answer: check that this machine is on the network",
    11003: "The name server failed: check that this machine is on the network",
    10061: "No server listens on this port: use 587, or 465 with implicit TLS",
    10051: "This machine has no way there: is it on the network?",
    10065: "This machine has no way there: is it on the network?",
    10060: "Something swallows what is sent, a firewall most likely; many networks block port 25",
    201: "Something swallows what is sent, a firewall most likely; many networks block port 25",
}
_NO_ROOTS = (
    "This Python trusts no authority at all: install the system's package ca-certificates, or run"
    " Install Certificates.command of Python on macOS"
)


def examine(component: Component, patience_s: float, ports: Sequence[int]) -> Flow[Checkup]:
    """Visit the server that a component names; see `SMTP.doctor`."""
    if component.connected:
        raise StateError(
            "the doctor opens its own connection, but a session is already open",
            code=104,
            remedy="Call disconnect() first, or clone().doctor()",
        )
    return (yield from Examination(component, patience_s, ports).run())


class _Stop(Exception):
    """A step failed; those behind it make no sense."""


class Examination:
    """One visit.

    Args:
        component: whose properties are meant, and who hears of the conversation.
        patience_s: the longest wait for each word of the server.
        ports: others to try where this one does not answer.
    """

    def __init__(self, component: Component, patience_s: float, ports: Sequence[int]) -> None:
        self._component = component
        self._patience_s = patience_s
        self._ports = ports
        self._checks: list[Check] = []
        self._names: list[str] = ["Settings"]

    def run(self) -> Flow[Checkup]:
        """Go step by step until one fails, then let go of the connection."""
        component = self._component
        server = f"{component.mail_server or 'no server'}:{component.mail_port}"
        with suppress(_Stop):
            yield from self._examine()
        seen = {check.name for check in self._checks}
        left = [Check(n, Finding.UNSEEN, _UNREACHED) for n in self._names if n not in seen]
        front = self._component._front
        said = [replace(check, remedy=worded(check.remedy, front)) for check in self._checks]
        return Checkup(server, [*said, *left])

    # -- the steps ----------------------------------------------------------------------------

    def _examine(self) -> Flow[None]:
        session = self._prepare()
        mode = session.settings.start_mode
        tls = ["TLS", "Certificate"]
        early, late = (tls, []) if mode is SSLStartMode.IMPLICIT else ([], tls)
        names = ["Name", "Connection", *early, "Banner", "Greeting", *late, "Extensions", "Login"]
        self._names = ["Settings", *names]
        try:
            yield from self._step("Name", session, self._look_up(session))
            first = yield from self._connect(session)
            if mode is SSLStartMode.IMPLICIT:
                yield from self._secure(session, start_tls(session, first))
            else:
                session.protocol.receive_data(first)
            yield from self._step("Banner", session, self._hear(session))
            yield from self._step("Greeting", session, self._greet(session))
            if mode is SSLStartMode.EXPLICIT:
                yield from self._secure(session, upgrade(session))
            if mode is SSLStartMode.NONE:
                self._note_clear(session)
            self._note("Extensions", Finding.GOOD, _offers(session))
            yield from self._log_in(session)
        except Exception:
            yield from session.abort()
            raise
        yield from session.close()

    def _prepare(self) -> ClientSession:
        component = self._component
        try:
            settings = component._session_settings()
        except SMTPError as error:
            self._note_error("Settings", error)
            raise _Stop from None
        self._note("Settings", Finding.GOOD, _plan(settings))
        patient = replace(
            settings,
            timeout_s=self._limit(settings.timeout_s),
            connect_timeout_s=self._limit(settings.connect_timeout_s),
            banner_timeout_s=self._limit(settings.banner_timeout_s),
        )
        return component._client_session(patient)

    def _limit(self, seconds: float | None) -> float:
        return min(seconds or self._patience_s, self._patience_s)

    def _look_up(self, session: ClientSession) -> Flow[str]:
        settings = session.settings
        target = settings.proxy or settings
        limit = settings.connect_timeout_s
        notice = session.trail.notice(f"the addresses of {target.host} (DNS)", limit)
        found: Sequence[str] = yield Resolve(
            target.host, target.port, limit, settings.socket, notice
        )
        whose = f"the proxy {target.host}" if settings.proxy else target.host
        return f"{whose} has the address {', '.join(found)}"

    def _connect(self, session: ClientSession) -> Flow[bytes]:
        """The line; gives what came in already behind a proxy's answer."""
        early = b""

        def work() -> Flow[str]:
            nonlocal early
            early = yield from open_connection(session)
            peer = session.peer
            return f"connected to {peer.remote_address} port {peer.remote_port}" if peer else ""

        try:
            yield from self._step("Connection", session, work())
        except _Stop:
            yield from self._try_other_ports(session.settings)
            raise
        return early

    def _hear(self, session: ClientSession) -> Flow[str]:
        yield from hear_banner(session)
        return f"the server says: {session.last_reply}"

    def _greet(self, session: ClientSession) -> Flow[str]:
        yield from greet(session)
        return f"the server greets us as {session.hello}"

    def _secure(self, session: ClientSession, shake: Flow[None]) -> Flow[None]:
        """TLS, and then what the certificate says."""

        def work() -> Flow[str]:
            yield from shake
            return f"the connection is protected by {session.tls}"

        yield from self._step("TLS", session, work())
        assert session.layer is not None  # the handshake is over
        verdict = session.layer.verdict
        until = verdict.chain[0].not_valid_after_utc
        days = (until - ambient.today()).days
        text = f"{verdict.subject}, vouched for by {verdict.issuer}, until {until:%Y-%m-%d}"
        if above := len(verdict.chain) - 1:
            text += f", with {above} of those above it"
        if verdict.faults:
            text += f"; accepted although: {verdict.status}"
        is_good = days >= SOON_DAYS and not verdict.faults
        remedy = f"It expires in {days} days: its owner must renew it" if days < SOON_DAYS else ""
        self._note("Certificate", Finding.GOOD if is_good else Finding.DOUBTFUL, text, remedy)

    def _note_clear(self, session: ClientSession) -> None:
        from smtp_nb.flows.connecting.login import is_loopback

        if session.peer is not None and is_loopback(session.peer.remote_address):
            self._note("TLS", Finding.UNSEEN, "off; the server is this machine")
        else:
            is_offered = "STARTTLS" in session.extensions
            offer = "the server offers it" if is_offered else "the server does not offer it either"
            self._note(
                "TLS",
                Finding.DOUBTFUL,
                f"off, so anyone on the path can read the session; {offer}",
                "Set ssl_start_mode='explicit' on 587, or 'implicit' on 465",
            )
        self._note("Certificate", Finding.UNSEEN, "none without TLS")

    def _log_in(self, session: ClientSession) -> Flow[None]:
        settings, offered = session.settings, ", ".join(session.extensions.auth)
        if settings.credentials is None:
            words = f"; the server offers {offered}" if offered else ""
            self._note("Login", Finding.UNSEEN, f"no user is set, so there is no login{words}")
            return
        from smtp_nb.flows.connecting.login import login

        def work() -> Flow[str]:
            yield from unseen(login(session))
            return f"logged in as {settings.credentials.user}" if settings.credentials else ""

        yield from self._step("Login", session, work())

    # -- a closer look ------------------------------------------------------------------------

    def _try_other_ports(self, settings: SessionSettings) -> Flow[None]:
        """Does the server answer elsewhere? Then this port is blocked, or the wrong one."""
        if settings.proxy is not None or not self._is_silent_or_closed():
            return
        answering = []
        for port in self._ports:
            if port == settings.port:
                continue
            try:
                yield Open(settings.host, port, settings.connect_timeout_s, settings.socket)
            except Interrupted:
                raise
            except SMTPError:
                continue
            answering.append(str(port))
            yield Close(gently=False)
        last = self._checks[-1]
        words = (
            f"Port {' and '.join(answering)} answers: set mail_port={answering[0]}"
            if answering
            else f"Ports {', '.join(map(str, self._ports))} do not answer either: this network may"
            " block mail, or the server is down"
        )
        self._checks[-1] = replace(last, remedy=f"{words}. {last.remedy}")

    def _is_silent_or_closed(self) -> bool:
        return self._checks[-1].code in (201, 10060, 10061, 10013)

    def _suspect_other_mode(
        self, session: ClientSession, name: str, error: SMTPError
    ) -> Flow[None]:
        """A server that is silent may wait for TLS; one that speaks no TLS may begin in clear."""
        settings = session.settings
        is_implicit = settings.start_mode is SSLStartMode.IMPLICIT
        if name == "Banner" and not is_implicit and isinstance(error, SMTPTimeout):
            begin, how = _begin_with_tls, "with implicit TLS: set ssl_start_mode='implicit'"
        elif name == "TLS" and is_implicit and not isinstance(error, CertificateError):
            begin, how = _begin_in_clear, "in clear: set ssl_start_mode='explicit'"
        else:
            return
        if (yield from self._begins(settings, begin)):
            self._checks[-1] = replace(self._checks[-1], remedy=f"This port starts {how}")

    def _begins(
        self, settings: SessionSettings, begin: Callable[[ClientSession], Flow[None]]
    ) -> Flow[bool]:
        """Does the server begin like this, on a line of its own?"""
        component = self._component
        other = ClientSession(replace(settings, credentials=None), component, component._clock)
        try:
            yield from begin(other)
            is_so = True
        except Interrupted:
            raise
        except SMTPError as error:
            is_so = isinstance(error, CertificateError)  # it came as far as to show one
        yield from other.abort()
        return is_so

    # -- notes --------------------------------------------------------------------------------

    def _step(self, name: str, session: ClientSession, work: Flow[str]) -> Flow[None]:
        """Do one step and note how it went.

        Raises:
            _Stop: it failed.
        """
        clock = self._component._clock
        began = clock()
        try:
            text = yield from work
        except Interrupted:
            raise
        except SMTPError as error:
            self._note_failure(name, error, clock() - began)
            yield from session.abort()
            yield from self._suspect_other_mode(session, name, error)
        else:
            self._note(name, Finding.GOOD, text, seconds=clock() - began)
            return
        raise _Stop

    def _note_failure(self, name: str, error: SMTPError, seconds: float) -> None:
        if isinstance(error, CertificateError):
            self._note("TLS", Finding.GOOD, "supported by the server", seconds=seconds)
            name = "Certificate"
        self._note_error(name, error, seconds)
        if name == "Certificate" and not _has_roots():
            last = self._checks[-1]
            self._checks[-1] = replace(last, remedy=f"{_NO_ROOTS}. {last.remedy}")

    def _note_error(self, name: str, error: SMTPError, seconds: float = 0.0) -> None:
        known = _REMEDIES.get(error.code, "") if name in ("Name", "Connection") else ""
        # What the server's own code means tells more than what any refusal means.
        meant = explain(error).remedy if error.reply is not None else ""
        remedies = [
            f"{words[0].upper()}{words[1:]}" for words in (meant, known or error.remedy) if words
        ]
        remedy = ". ".join(dict.fromkeys(words.rstrip(".") for words in remedies))
        self._note(name, Finding.BAD, error.description, remedy, error.code, seconds)

    def _note(
        self,
        name: str,
        finding: Finding,
        text: str,
        remedy: str = "",
        code: int = 0,
        seconds: float = 0.0,
    ) -> None:
        self._checks.append(Check(name, finding, text, remedy, code, seconds))


def _has_roots() -> bool:
    from smtp_nb.wire.tls.roots import has_roots  # brings the whole of TLS

    return has_roots()


def _begin_with_tls(session: ClientSession) -> Flow[None]:
    early = yield from open_connection(session)
    yield from start_tls(session, early)


def _begin_in_clear(session: ClientSession) -> Flow[None]:
    session.protocol.receive_data((yield from open_connection(session)))
    yield from hear_banner(session)


def _plan(settings: SessionSettings) -> str:
    """What is about to be tried, in words."""
    modes = {
        SSLStartMode.NONE: "without TLS",
        SSLStartMode.EXPLICIT: "with STARTTLS",
        SSLStartMode.IMPLICIT: "with implicit TLS",
    }
    through = f" through the proxy {settings.proxy.host}" if settings.proxy else ""
    who = f", as {settings.credentials.user}" if settings.credentials else ""
    return f"{settings.host} port {settings.port}{through}, {modes[settings.start_mode]}{who}"


def _offers(session: ClientSession) -> str:
    """What the server can do, in words."""
    extensions = session.extensions
    names = ", ".join(extensions.keywords) or "none"
    limit = (
        f"; messages up to {extensions.size_limit // _MEBIBYTE} MiB"
        if extensions.size_limit
        else ""
    )
    return f"it offers {names}{limit}"
