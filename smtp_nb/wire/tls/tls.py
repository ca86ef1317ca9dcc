"""TLS as a filter on octets: no socket, no waiting, no clock.

OpenSSL runs between two buffers in memory. The caller carries octets from the wire to `receive`
and from `outgoing` or `send` to the wire. One engine so serves both fronts, proxies and tests.

The law of this layer: *the decision comes before the answer.* OpenSSL is told to go on whatever is
wrong with the server's certificate, and writes down every fault; but what it would answer stays in
its buffer. The caller gets `HandshakeStep.DECIDE`, takes its time (a handler may be asked, a
revocation list fetched), and only `accept()` lets our flight out. A server that is not accepted
never sees our certificate, and no octet of SMTP. This holds for TLS 1.2, where the handshake is
half done then, and for TLS 1.3, where it is all but over.

    layer = TLSLayer(settings, host)
    while (step := layer.handshake()) is not Step.DONE:
        if step is Step.DECIDE:
            if not layer.is_acceptable: raise layer.verdict.error()
            layer.accept()
        else:
            write(layer.outgoing())
            layer.receive(read())
    write(layer.outgoing())
    early = layer.receive(b"")      # what came in one packet with the end of the handshake
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from cryptography import x509
from OpenSSL import SSL

from smtp_nb.errors import CertificateError, ConnectionClosed, StateError, TLSError
from smtp_nb.model.address import ascii_domain
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wire.certificates.x509_text import UNREADABLE, require_readable
from smtp_nb.wire.settings import TLSSettings
from smtp_nb.wire.tls.bindings import channel_binding
from smtp_nb.wire.tls.contexts import Witness, context_for
from smtp_nb.wire.tls.keylog import append_keys
from smtp_nb.wire.tls.libssl import is_resumed
from smtp_nb.wire.tls.negotiated import negotiated, require_offered
from smtp_nb.wire.tls.openssl_errors import PLAIN, raise_for
from smtp_nb.wire.tls.records import RecordLog
from smtp_nb.wire.tls.sessions import SessionSlot
from smtp_nb.wire.verification.hostname import is_ip_address
from smtp_nb.wire.verification.verification import CertificateVerdict, acceptable, is_meant, judge
from smtp_nb.wire.verification.verify_errors import CertificateFinding

__all__ = ["HandshakeStep", "TLSLayer", "TLSSettings"]

RECORD = 16 * 1024  # RFC 8446 section 5.1: the most that a record carries
PIECE = 64 * 1024  # larger ones only cost copies
MAX_HANDSHAKE = 128 * 1024  # what is looked at of it; OpenSSL has its own limits
Chain = list[x509.Certificate]
SEALED_PIECE = PIECE + 4 * 64  # header, padding and tag of four records


class HandshakeStep(Enum):
    """What a handshake wants next."""

    READ = "more octets from the server"
    DECIDE = "a decision on the server's certificate"
    DONE = "nothing: the connection is protected"


class TLSLayer:
    """The client's side of one TLS connection.

    Args:
        settings: what to trust and what to offer.
        host: name or IP address that the certificate must be for.
        session_slot: where the session is kept, if sessions are to be resumed.

    Attributes:
        is_resumed: the handshake went on from a session that was kept.

    Raises:
        InputError: the settings' files cannot be read or used.
        Unsupported: the installed OpenSSL cannot do what was asked for.
        AddressError: the host is no name that TLS could ask for.
    """

    def __init__(
        self,
        settings: TLSSettings,
        host: str,
        session_slot: SessionSlot | None = None,
    ) -> None:
        self._settings = settings
        self._host = host if host.isascii() else ascii_domain(host)
        prepared = context_for(settings)
        self._witness = Witness(steps=list(prepared.remarks))
        self._connection = SSL.Connection(prepared.context, None)
        self._connection.set_app_data(self._witness)
        self._connection.set_connect_state()
        if not is_ip_address(self._host):  # RFC 6066 section 3 allows names only
            self._connection.set_tlsext_host_name(self._host.rstrip(".").encode("ascii"))
        self._session_slot = session_slot
        self._kept = session_slot.take(prepared.context) if session_slot else None
        if self._kept:
            self._connection.set_session(self._kept.session)
        self.is_resumed = False
        self._received = b""
        self._sent_log, self._received_log = RecordLog("sent"), RecordLog("received")
        self._step = HandshakeStep.READ
        self._judged: CertificateVerdict | None = None
        self._verdict: CertificateVerdict | None = None
        self._failure: SSL.Error | None = None
        self.is_closed = False
        """True once the server has said that it will send no more (close_notify)."""

    # -- handshake ------------------------------------------------------------------------------

    def handshake(self) -> HandshakeStep:
        """Go on with the handshake as far as the octets reach.

        Raises:
            TLSError: it failed, or (282) the server showed no certificate.
            CertificateError: the certificate cannot even be parsed.
            InputError: the file for keys cannot be written.
        """
        if self._step is HandshakeStep.READ:
            self._step = self._advance()
        return self._step

    def _advance(self) -> HandshakeStep:
        is_complete = self._shake_hands()
        self._write_keys()
        has_seen = self._witness.has_seen_certificate
        if self._judged is None and (has_seen or is_complete):
            self._judged = self._verdict = self._judge() if has_seen else self._recalled()
            return HandshakeStep.DECIDE
        if not is_complete:
            return HandshakeStep.READ
        require_offered(self.info, self._settings.offer)
        return HandshakeStep.DONE

    def _write_keys(self) -> None:
        keys, self._witness.keys = self._witness.keys, []
        if keys:
            append_keys(self._settings.key_log_file, keys)

    def _recalled(self) -> CertificateVerdict:
        """The verdict on the server whose session goes on; else it has shown no certificate."""
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        kept = self._kept
        if not kept or leaf != kept.verdict.chain[0] or not is_resumed(self._connection):
            raise TLSError("the server showed no certificate", code=282)
        self.is_resumed = True
        return kept.verdict

    def _shake_hands(self) -> bool:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise_for(error, "the TLS handshake failed", 276)
        return True

    def _judge(self) -> CertificateVerdict:
        try:
            chain, verified, findings = self._shown()
        except UNREADABLE as error:
            raise CertificateError(
                f"the certificate of {self._host} cannot be read: {error}",
                remedy="The server's owner has to get another one",
            ) from error
        offer = self._settings.offer
        is_new = self._connection.get_protocol_version() >= SSL.TLS1_3_VERSION
        signatures = offer.new_signatures if is_new else offer.old_signatures
        return judge(self._host, chain, verified, findings, self._settings.pins, signatures)

    def _shown(self) -> tuple[Chain, Chain, list[CertificateFinding]]:
        """The chain as sent, the chain as OpenSSL built it, and its faults, all readable."""
        chain = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        verified = self._connection.get_verified_chain(as_cryptography=True) or []
        findings = [
            CertificateFinding(errno, depth, certificate.to_cryptography())
            for errno, depth, certificate in self._witness.findings
        ]
        require_readable(chain[0], wholly=True)
        for certificate in (*verified, *(finding.certificate for finding in findings)):
            require_readable(certificate, wholly=False)
        return chain, verified, findings

    @property
    def verdict(self) -> CertificateVerdict:
        """The server's certificate and its faults.

        Raises:
            StateError: the handshake has not come so far.
        """
        if self._verdict is None:
            raise StateError("the server has not shown its certificate yet")
        return self._verdict

    @property
    def wants_revocation(self) -> bool:
        """True if revocation lists are to be asked before the decision."""
        return self._settings.checks_revocation and not is_meant(self.verdict, self._settings)

    @property
    def is_acceptable(self) -> bool:
        """The decision by pin, accepted certificate and flags, before a handler has its say."""
        return acceptable(self.verdict, self._settings)

    def add_findings(self, findings: Iterable[CertificateFinding]) -> None:
        """Add to the verdict what was found out while the decision is open."""
        self._verdict = self.verdict.with_findings(findings)

    def accept(self) -> None:
        """Take the server for the right one: our flight may leave.

        To refuse, raise `verdict.error()` and drop the connection; nothing needs to be told here.
        """
        if self._step is not HandshakeStep.DECIDE:
            raise StateError("there is no certificate to decide on")
        self._step = HandshakeStep.READ

    # -- octets ---------------------------------------------------------------------------------

    def outgoing(self) -> bytes:
        """What has to go to the server now; empty while the certificate is undecided."""
        if self._step is HandshakeStep.DECIDE:
            return b""
        return b"".join(self._sealed())

    def receive(self, raw: bytes) -> bytes:
        """Take octets from the wire and give what they say; empty during the handshake.

        Look at `outgoing` afterwards: TLS 1.3 may have to answer.

        Raises:
            TLSError: 284 a record was forged or broken; 281 the server wants our certificate.
        """
        if raw:
            self._connection.bio_write(raw)
            self._log(self._received_log, raw)
        if self._step is not HandshakeStep.DONE:
            self._received = (self._received + raw)[:MAX_HANDSHAKE]
            return b""
        if self.is_closed:
            return b""
        opened = self._opened()
        if opened:
            self._keep_session()
        return opened

    def _keep_session(self) -> None:
        """Once the server has spoken: TLS 1.3 sends the session after the handshake."""
        session_slot, self._session_slot = self._session_slot, None
        if session_slot and self._judged:
            session_slot.keep(self._connection, self._judged)

    def send(self, data: bytes | bytearray | memoryview) -> bytes:
        """Seal `data`; the result has to go to the server.

        Raises:
            StateError: the handshake is not over.
            TLSError: 283 the record could not be sealed.
        """
        if self._step is not HandshakeStep.DONE:
            raise StateError("the TLS handshake is not over")
        data = memoryview(data)  # and so no password in a verbose traceback
        if len(data) <= PIECE:
            self._seal(data)
            return self.outgoing()
        return b"".join(self._in_pieces(data))

    def close(self) -> bytes:
        """Say that we send no more (close_notify); the result has to go to the server."""
        if self._step is not HandshakeStep.DONE:
            return b""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return b""  # the connection is broken already, so there is nobody to tell
        return self.outgoing()

    def eof(self) -> None:
        """The wire has ended. All is well if the server had said so inside TLS.

        Raises:
            ConnectionClosed: it had not, so the end may have been cut off by somebody else.
        """
        if self._step is not HandshakeStep.DONE:
            raise ConnectionClosed(
                "the server closed the connection in the middle of the TLS handshake", remedy=PLAIN
            )
        if not self.is_closed:
            raise ConnectionClosed("the line ended without the server's goodbye (close_notify)")

    def _in_pieces(self, data: memoryview) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE):
            self._seal(data[start : start + PIECE])
            yield from self._sealed()

    def _seal(self, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[self._connection.send(piece) :]
        except SSL.Error as error:
            raise_for(error, "a record could not be sealed", 283)

    def _sealed(self) -> Iterator[bytes]:
        try:
            while True:
                piece = self._connection.bio_read(SEALED_PIECE)
                self._log(self._sent_log, piece)
                yield piece
        except SSL.WantReadError:
            return

    def _opened(self) -> bytes:
        pieces = []
        try:
            if self._failure is not None:
                raise self._failure
            while True:
                pieces.append(self._connection.recv(RECORD))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.is_closed = True
        except SSL.Error as error:
            if not pieces:
                raise_for(error, "a record could not be opened", 284)
            # What came before it is good: the reply that decides about a message, perhaps.
            self._failure = error
        return b"".join(pieces)

    def _log(self, log: RecordLog, octets: bytes) -> None:
        if self._settings.logs_records:
            for line in log.feed(octets):
                self._witness.note(line)

    # -- what was agreed on ---------------------------------------------------------------------

    @property
    def info(self) -> TLSInfo:
        """Version, cipher, exchange of keys, and how strong they are."""
        return negotiated(self._connection, self.verdict.chain[0], self._received)

    def channel_binding(self, kind: str) -> bytes | None:
        """What ties a login to this very connection, by its registered name; None if there is none.

        `tls-unique` (RFC 5929, up to TLS 1.2), `tls-exporter` (RFC 9266) and
        `tls-server-end-point` (RFC 5929) are known.

        Raises:
            StateError: the handshake is not over.
        """
        if self._step is not HandshakeStep.DONE:
            raise StateError("the TLS handshake is not over")
        return channel_binding(kind, self._connection, self.verdict.chain[0], self.is_resumed)

    def take_steps(self) -> list[str]:
        """What happened since the last call: steps in OpenSSL's words, remarks, and records."""
        steps, self._witness.steps = self._witness.steps, []
        return steps
