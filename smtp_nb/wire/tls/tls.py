"""TLS as a filter on bytes: no socket, no waiting, no clock.

OpenSSL runs between two buffers in memory. The caller carries bytes from the wire to `receive` and
from `outgoing` or `send` to the wire. So one engine serves both fronts, proxies and tests.

The law of this layer: *the decision comes before the answer.* OpenSSL is set to go on whatever is
wrong with the server's certificate, and records every fault; but its answer stays in the buffer.
The caller gets `HandshakeStep.DECIDE`, takes its time (a handler may be asked, a revocation list
fetched), and only `accept()` lets our flight out. A server that is not accepted never sees the
client certificate, nor a byte of SMTP. This holds for TLS 1.2, where the handshake is half done at
that point, and for TLS 1.3, where it is nearly over.

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
from smtp_nb.model.address import ascii_domain, is_ip_address
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
from smtp_nb.wire.verification.verification import CertificateVerdict, acceptable, is_meant, judge
from smtp_nb.wire.verification.verify_errors import CertificateFinding

__all__ = ["HandshakeStep", "TLSLayer", "TLSSettings"]

RECORD = 16 * 1024  # RFC 8446 section 5.1: the most that a record carries
PIECE = 64 * 1024  # larger ones only cost copies
MAX_HANDSHAKE = 128 * 1024  # what is inspected of it; OpenSSL has its own limits
Chain = list[x509.Certificate]
SEALED_PIECE = PIECE + 4 * 64  # header, padding and tag of four records


class HandshakeStep(Enum):
    """What a handshake needs next."""

    READ = "more bytes from the server"
    DECIDE = "a decision on the server's certificate"
    DONE = "nothing: the connection is protected"


class TLSLayer:
    """The client's side of one TLS connection.

    Args:
        settings: what to trust and what to offer.
        host: name or IP address that the certificate must be for.
        session_slot: where the session is kept, if sessions can be resumed.

    Attributes:
        is_resumed: the handshake resumed a kept session.

    Raises:
        InputError: the settings' files cannot be read or used.
        Unsupported: the installed OpenSSL does not support what was requested.
        AddressError: the host is not a name that TLS can request.
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
        """True once the server has announced that it will send no more (close_notify)."""

    # -- handshake ------------------------------------------------------------------------------

    def handshake(self) -> HandshakeStep:
        """Continue the handshake as far as the received bytes allow.

        Raises:
            TLSError: it failed, or (282) the server sent no certificate.
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
        """Return the verdict of the resumed session; without one the server sent no certificate."""
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        kept = self._kept
        if not kept or leaf != kept.verdict.chain[0] or not is_resumed(self._connection):
            raise TLSError("the server sent no certificate", code=282)
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
                remedy="Ask the server's operator for another one",
            ) from error
        offer = self._settings.offer
        is_new = self._connection.get_protocol_version() >= SSL.TLS1_3_VERSION
        signatures = offer.new_signatures if is_new else offer.old_signatures
        return judge(self._host, chain, verified, findings, self._settings.pins, signatures)

    def _shown(self) -> tuple[Chain, Chain, list[CertificateFinding]]:
        """Return the chain as sent, the chain as OpenSSL built it, and its faults, all readable."""
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
            StateError: the handshake has not got that far.
        """
        if self._verdict is None:
            raise StateError("the server has not sent its certificate yet")
        return self._verdict

    @property
    def wants_revocation(self) -> bool:
        """True if revocation lists must be checked before the decision."""
        return self._settings.checks_revocation and not is_meant(self.verdict, self._settings)

    @property
    def is_acceptable(self) -> bool:
        """The decision by pin, accepted certificate and flags, before the handler decides."""
        return acceptable(self.verdict, self._settings)

    def add_findings(self, findings: Iterable[CertificateFinding]) -> None:
        """Add what was found to the verdict while the decision is open."""
        self._verdict = self.verdict.with_findings(findings)

    def accept(self) -> None:
        """Accept the server: our flight may be sent.

        To refuse, raise `verdict.error()` and drop the connection; no call is needed here.
        """
        if self._step is not HandshakeStep.DECIDE:
            raise StateError("no certificate is waiting for a decision")
        self._step = HandshakeStep.READ

    # -- bytes ---------------------------------------------------------------------------------

    def outgoing(self) -> bytes:
        """Return what to send to the server now; empty while the certificate is undecided."""
        if self._step is HandshakeStep.DECIDE:
            return b""
        return b"".join(self._sealed())

    def receive(self, raw: bytes) -> bytes:
        """Take in bytes from the wire and return their plain text; empty during the handshake.

        Call `outgoing` afterwards: TLS 1.3 may have to answer.

        Raises:
            TLSError: 284 a record was forged or broken; 281 the server requires a client
                certificate.
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
        """Keep the session once the server has spoken: TLS 1.3 sends it after the handshake."""
        session_slot, self._session_slot = self._session_slot, None
        if session_slot and self._judged:
            session_slot.keep(self._connection, self._judged)

    def send(self, data: bytes | bytearray | memoryview) -> bytes:
        """Encrypt `data`; send the result to the server.

        Raises:
            StateError: the handshake is not over.
            TLSError: 283 the record could not be encrypted.
        """
        if self._step is not HandshakeStep.DONE:
            raise StateError("the TLS handshake is not over")
        data = memoryview(data)  # and so no password in a verbose traceback
        if len(data) <= PIECE:
            self._seal(data)
            return self.outgoing()
        return b"".join(self._in_pieces(data))

    def close(self) -> bytes:
        """Announce that we send no more (close_notify); send the result to the server."""
        if self._step is not HandshakeStep.DONE:
            return b""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return b""  # the connection is broken already, so there is no one to notify
        return self.outgoing()

    def eof(self) -> None:
        """Note the end of the wire. It is clean if the server announced it inside TLS.

        Raises:
            ConnectionClosed: it did not, so an attacker may have cut the connection.
        """
        if self._step is not HandshakeStep.DONE:
            raise ConnectionClosed(
                "the server closed the connection in the middle of the TLS handshake", remedy=PLAIN
            )
        if not self.is_closed:
            raise ConnectionClosed("the connection ended without the server's close_notify")

    def _in_pieces(self, data: memoryview) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE):
            self._seal(data[start : start + PIECE])
            yield from self._sealed()

    def _seal(self, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[self._connection.send(piece) :]
        except SSL.Error as error:
            raise_for(error, "a record could not be encrypted", 283)

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
                raise_for(error, "a record could not be decrypted", 284)
            # What came before it is valid: perhaps the reply that decides about a message.
            self._failure = error
        return b"".join(pieces)

    def _log(self, log: RecordLog, octets: bytes) -> None:
        if self._settings.logs_records:
            for line in log.feed(octets):
                self._witness.note(line)

    # -- what was agreed on ---------------------------------------------------------------------

    @property
    def info(self) -> TLSInfo:
        """Version, cipher, key exchange, and their strength."""
        return negotiated(self._connection, self.verdict.chain[0], self._received)

    def channel_binding(self, kind: str) -> bytes | None:
        """Return the channel binding with this registered name; None if there is none.

        `tls-unique` (RFC 5929, up to TLS 1.2), `tls-exporter` (RFC 9266) and
        `tls-server-end-point` (RFC 5929) are supported.

        Raises:
            StateError: the handshake is not over.
        """
        if self._step is not HandshakeStep.DONE:
            raise StateError("the TLS handshake is not over")
        return channel_binding(kind, self._connection, self.verdict.chain[0], self.is_resumed)

    def take_steps(self) -> list[str]:
        """Return what happened since the last call: steps in OpenSSL's words, remarks, and
        records.
        """
        steps, self._witness.steps = self._witness.steps, []
        return steps
