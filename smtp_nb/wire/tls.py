"""TLS as a filter on octets: no socket, no waiting, no clock.

OpenSSL runs between two buffers in memory. The caller carries octets from the wire to `receive`
and from `outgoing` or `send` to the wire. One engine so serves both fronts, proxies and tests.

The law of this layer: *the decision comes before the answer.* OpenSSL is told to go on whatever is
wrong with the server's certificate, and writes down every fault; but what it would answer stays in
its buffer. The caller gets `Step.DECIDE`, takes its time (a handler may be asked, a revocation list
fetched), and only `accept()` lets our flight out. A server that is not accepted never sees our
certificate, and no octet of SMTP. This holds for TLS 1.2, where the handshake is half done then,
and for TLS 1.3, where it is all but over.

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

from collections.abc import Iterator
from enum import Enum
from typing import NoReturn

from cryptography import x509
from OpenSSL import SSL

from smtp_nb.errors import CertificateError, ConnectionClosed, StateError, TLSError
from smtp_nb.model.address import ascii_domain
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.wire.bindings import channel_binding
from smtp_nb.wire.contexts import Witness, context_for
from smtp_nb.wire.faults import Finding
from smtp_nb.wire.hostname import is_ip_address
from smtp_nb.wire.names import UNREADABLE, require_readable
from smtp_nb.wire.settings import TLSSettings, remarks
from smtp_nb.wire.verification import Verdict, acceptable, judge

__all__ = ["Step", "TLSLayer", "TLSSettings"]

RECORD = 16 * 1024  # RFC 8446 section 5.1: the most that a record carries
PIECE = 64 * 1024  # larger ones only cost copies
Chain = list[x509.Certificate]
SEALED_PIECE = PIECE + 4 * 64  # header, padding and tag of four records


class Step(Enum):
    """What a handshake wants next."""

    READ = "more octets from the server"
    DECIDE = "a decision on the server's certificate"
    DONE = "nothing: the line is protected"


# OpenSSL's reason, in part -> our number and what to do about it.
_PLAIN = "This port may speak STARTTLS (ssl_start_mode='explicit'), or no TLS at all"
_OLD = "Its version of TLS is off here, or ours is there: see SSLEnabledProtocols"
_OWN = "Set ssl_cert to a certificate that the server trusts"
_REASONS: tuple[tuple[str, int, str], ...] = (
    ("wrong version number", 276, _PLAIN),
    ("packet length too long", 276, _PLAIN),
    ("http request", 276, _PLAIN),
    ("unsupported protocol", 276, _OLD),
    ("protocol version", 276, _OLD),
    ("no protocols available", 276, _OLD),
    ("certificate required", 281, _OWN),
    ("unknown ca", 276, _OWN),
    ("handshake failure", 276, "The two sides have no cipher in common, or it wants a certificate"),
)


class TLSLayer:
    """The client's side of one TLS connection.

    Args:
        settings: what to trust and what to offer.
        host: name or IP address that the certificate must be for.

    Raises:
        InputError: the settings' files cannot be read or used.
        AddressError: the host is no name that TLS could ask for.
    """

    def __init__(self, settings: TLSSettings, host: str) -> None:
        self._settings = settings
        self._host = host if host.isascii() else ascii_domain(host)
        self._witness = Witness(steps=remarks(settings))
        self._connection = SSL.Connection(context_for(settings), None)
        self._connection.set_app_data(self._witness)
        self._connection.set_connect_state()
        if not is_ip_address(self._host):  # RFC 6066 section 3 allows names only
            self._connection.set_tlsext_host_name(self._host.rstrip(".").encode("ascii"))
        self._step = Step.READ
        self._verdict: Verdict | None = None
        self._failure: SSL.Error | None = None
        self.is_closed = False
        """True once the server has said that it will send no more (close_notify)."""

    # -- handshake ------------------------------------------------------------------------------

    def handshake(self) -> Step:
        """Go on with the handshake as far as the octets reach.

        Raises:
            TLSError: it failed, or (282) the server showed no certificate.
            CertificateError: the certificate cannot even be parsed.
        """
        if self._step is Step.READ:
            self._step = self._advance()
        return self._step

    def _advance(self) -> Step:
        is_complete = self._shake_hands()
        if self._witness.has_seen_certificate and self._verdict is None:
            self._verdict = self._judge()
            return Step.DECIDE
        if not is_complete:
            return Step.READ
        if self._verdict is None:
            raise TLSError("The server showed no certificate", code=282)
        return Step.DONE

    def _shake_hands(self) -> bool:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            _fail(error, "The TLS handshake failed", 276)
        return True

    def _judge(self) -> Verdict:
        try:
            chain, verified, findings = self._shown()
        except UNREADABLE as error:
            raise CertificateError(
                f"The certificate of {self._host} cannot be read: {error}",
                remedy="The server's owner has to get another one",
            ) from error
        return judge(self._host, chain, verified, findings, self._settings.pins)

    def _shown(self) -> tuple[Chain, Chain, list[Finding]]:
        """The chain as sent, the chain as OpenSSL built it, and its faults, all readable."""
        chain = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        verified = self._connection.get_verified_chain(as_cryptography=True) or []
        findings = [
            Finding(errno, depth, certificate.to_cryptography())
            for errno, depth, certificate in self._witness.findings
        ]
        require_readable(chain[0], wholly=True)
        for certificate in (*verified, *(finding.certificate for finding in findings)):
            require_readable(certificate, wholly=False)
        return chain, verified, findings

    @property
    def verdict(self) -> Verdict:
        """The server's certificate and its faults.

        Raises:
            StateError: the handshake has not come so far.
        """
        if self._verdict is None:
            raise StateError("The server has not shown its certificate yet")
        return self._verdict

    @property
    def is_acceptable(self) -> bool:
        """The decision by pin, accepted certificate and flags, before a handler has its say."""
        return acceptable(self.verdict, self._settings)

    def accept(self) -> None:
        """Take the server for the right one: our flight may leave.

        To refuse, raise `verdict.error()` and drop the line; nothing needs to be told here.
        """
        if self._step is not Step.DECIDE:
            raise StateError("There is no certificate to decide on")
        self._step = Step.READ

    # -- octets ---------------------------------------------------------------------------------

    def outgoing(self) -> bytes:
        """What has to go to the server now; empty while the certificate is undecided."""
        if self._step is Step.DECIDE:
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
        if self._step is not Step.DONE or self.is_closed:
            return b""
        return self._opened()

    def send(self, data: bytes | bytearray | memoryview) -> bytes:
        """Seal `data`; the result has to go to the server.

        Raises:
            StateError: the handshake is not over.
            TLSError: 283 the record could not be sealed.
        """
        if self._step is not Step.DONE:
            raise StateError("The TLS handshake is not over")
        data = memoryview(data)  # and so no password in a verbose traceback
        if len(data) <= PIECE:
            self._seal(data)
            return self.outgoing()
        return b"".join(self._in_pieces(data))

    def close(self) -> bytes:
        """Say that we send no more (close_notify); the result has to go to the server."""
        if self._step is not Step.DONE:
            return b""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return b""  # the line is broken already, so there is nobody to tell
        return self.outgoing()

    def eof(self) -> None:
        """The wire has ended. All is well if the server had said so inside TLS.

        Raises:
            ConnectionClosed: it had not, so the end may have been cut off by somebody else.
        """
        if self._step is not Step.DONE:
            raise ConnectionClosed(
                "The server closed the line in the middle of the TLS handshake", remedy=_PLAIN
            )
        if not self.is_closed:
            raise ConnectionClosed("The line ended without the server's goodbye (close_notify)")

    def _in_pieces(self, data: memoryview) -> Iterator[bytes]:
        for start in range(0, len(data), PIECE):
            self._seal(data[start : start + PIECE])
            yield from self._sealed()

    def _seal(self, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[self._connection.send(piece) :]
        except SSL.Error as error:
            _fail(error, "A record could not be sealed", 283)

    def _sealed(self) -> Iterator[bytes]:
        try:
            while True:
                yield self._connection.bio_read(SEALED_PIECE)
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
                _fail(error, "A record could not be opened", 284)
            # What came before it is good: the reply that decides about a message, perhaps.
            self._failure = error
        return b"".join(pieces)

    # -- what was agreed on ---------------------------------------------------------------------

    @property
    def info(self) -> TLSInfo:
        """Version, cipher and its strength."""
        connection = self._connection
        return TLSInfo(
            protocol=connection.get_protocol_version_name(),
            cipher=connection.get_cipher_name() or "",
            bits=connection.get_cipher_bits() or 0,
        )

    def channel_binding(self, kind: str) -> bytes | None:
        """What ties a login to this very connection, by its registered name; None if there is none.

        `tls-unique` (RFC 5929, up to TLS 1.2), `tls-exporter` (RFC 9266) and
        `tls-server-end-point` (RFC 5929) are known.

        Raises:
            StateError: the handshake is not over.
        """
        if self._step is not Step.DONE:
            raise StateError("The TLS handshake is not over")
        return channel_binding(kind, self._connection, self.verdict.chain[0], is_resumed=False)

    @property
    def steps(self) -> list[str]:
        """The steps of the handshake so far, in OpenSSL's words."""
        return list(self._witness.steps)


def _fail(error: SSL.Error, what: str, code: int) -> NoReturn:
    """Raise our error for OpenSSL's."""
    if isinstance(error, SSL.ZeroReturnError):
        raise TLSError(f"{what}: the server broke it off", code=code) from error
    reason = _reason(error)
    number, remedy = next(
        ((number, remedy) for part, number, remedy in _REASONS if part in reason), (code, "")
    )
    raise TLSError(
        f"{what}: {reason or 'OpenSSL gives no reason'}", code=number, remedy=remedy
    ) from error


def _reason(error: SSL.Error) -> str:
    """OpenSSL's words: the last of each (library, function, reason)."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(dict.fromkeys(entry[-1] for entry in entries if entry[-1]))
