"""Server-side TLS over memory buffers: deliberately the standard library's, not the client's.

Two independent implementations that agree are worth more than one that agrees with itself.
"""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path
from typing import Any

from smtp_nb.errors import InputError
from smtp_nb.model.receipt import TLSInfo
from smtp_nb.model.regular import read_regular
from smtp_nb.sandbox.certificates import ServerIdentity


def server_context(
    identity: ServerIdentity,
    directory: Path,
    client_ca: str | Path | None = None,
    *,
    sends_authority: bool = False,
) -> ssl.SSLContext:
    """A context that shows `identity`. Its key stands in `directory` only while it is read.

    Args:
        client_ca: clients are asked for a certificate, which an authority in this file has to vouch
            for; they may have none.
        sends_authority: send the authority's certificate behind the server's own.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    file = directory / "server.pem"
    file.touch(mode=0o600)
    try:
        authority = identity.ca_pem if sends_authority else b""
        file.write_bytes(identity.key_pem + identity.chain_pem + authority)
        context.load_cert_chain(file)
    finally:
        file.unlink()
    if client_ca is not None:
        _trust(context, client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


class ServerTLS:
    """A TLS layer from bytes to bytes.

    Attributes:
        is_begun: something has come.
        is_up: the handshake is done.
        is_closed: the client has ended TLS in good order.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._layer = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_begun = self.is_up = False
        self.is_closed = False

    def receive(self, raw: bytes) -> bytes:
        """Take bytes from the wire; returns what they say, if the handshake is done.

        Raises:
            ssl.SSLError: the handshake failed or a record is damaged. An alert may be waiting in
                `outgoing`.
        """
        self.is_begun = True
        self._incoming.write(raw)
        try:
            if not self.is_up:
                self._layer.do_handshake()
                self.is_up = True
            return self._read()
        except ssl.SSLWantReadError:
            return b""

    def _read(self) -> bytes:
        pieces: list[bytes] = []
        try:
            while piece := self._layer.read(256 * 1024):
                pieces.append(piece)
            self.is_closed = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.is_closed = True
        return b"".join(pieces)

    def send(self, data: bytes) -> bytes:
        """The bytes for the wire that say `data`."""
        if data:
            self._layer.write(data)
        return self.outgoing()

    def close(self) -> bytes:
        """The bytes that end TLS in good order (close_notify)."""
        # It then waits for the client's own close_notify, which we do not need.
        with contextlib.suppress(ssl.SSLError):
            self._layer.unwrap()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """TLS's own bytes for the wire."""
        return self._outgoing.read()

    @property
    def client_name(self) -> str:
        """The common name in the client's certificate; empty if it showed none."""
        # The standard library's types are of all fields of a certificate, hence Any.
        shown: dict[str, Any] = dict(self._layer.getpeercert() or {})
        names = dict(pair for part in shown.get("subject", ()) for pair in part)
        return str(names.get("commonName", ""))

    @property
    def info(self) -> TLSInfo:
        """What the handshake agreed on."""
        name, _, bits = self._layer.cipher() or ("", "", 0)
        return TLSInfo(self._layer.version() or "", name, bits)


def _trust(context: ssl.SSLContext, client_ca: str | Path) -> None:
    try:
        context.load_verify_locations(cadata=read_regular(client_ca).decode("ascii"))
    except (OSError, ValueError) as error:  # OpenSSL's own is an OSError too
        why = "it is not PEM"
        if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
            why = str(error.strerror)
        raise InputError(
            f"client_ca={str(client_ca)!r} cannot be read: {why}",
            code=271,
            remedy="Give a file with certificates as PEM",
        ) from error
