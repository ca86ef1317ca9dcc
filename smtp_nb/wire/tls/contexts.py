"""OpenSSL contexts for TLS settings.

A context reads the system's roots, which takes milliseconds, and cannot be changed once a
connection was made from it. So it is built from a frozen value and kept for the next connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from OpenSSL import SSL, crypto

from smtp_nb import ambient
from smtp_nb.errors import InputError
from smtp_nb.model.regular import open_regular, read_regular
from smtp_nb.wire.certificates.formats import read_certificates
from smtp_nb.wire.certificates.identity import Hidden, Identity
from smtp_nb.wire.certificates.x509_text import UNREADABLE
from smtp_nb.wire.settings import OVERLOOK_NOTHING, TLSSettings
from smtp_nb.wire.tls.offered_algorithms import make_offer
from smtp_nb.wire.tls.roots import platform_roots

MAX_STEPS = 64


@dataclass(frozen=True, slots=True)
class Prepared:
    """A context, and remarks on what was requested and left out."""

    context: SSL.Context
    remarks: tuple[str, ...]


@dataclass(slots=True)
class Witness:
    """What the callbacks of one connection saw. They must not raise, so they only record.

    Attributes:
        findings: faults of certificates, as OpenSSL reports them.
        steps: what was not reported yet.
        keys: lines for the file of keys.
    """

    findings: list[tuple[int, int, crypto.X509]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    keys: list[Hidden] = field(default_factory=list)
    has_seen_certificate: bool = False
    last_step: str = ""

    def note(self, step: str) -> None:
        """Keep a step to report. A server may send session tickets for ever, so the number is
        limited.
        """
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)


def context_for(settings: TLSSettings) -> Prepared:
    """Return the context for `settings`, the same one for as long as the file of authorities is
    unchanged.

    Settings that matter only when a certificate is verified make no other context.

    Raises:
        InputError: 271 the authorities cannot be read; 273 the client key cannot be used.
        Unsupported: 270 the installed OpenSSL does not support what was requested.
    """
    alike = replace(
        settings,
        pins=(),
        accepted_der=b"",
        security_flags=OVERLOOK_NOTHING,
        checks_revocation=False,
        logs_records=False,
    )
    return _context(alike, _stamp(settings.ca_file), ambient.standstill())


def _stamp(path: str) -> tuple[int, int]:
    if not path:
        return 0, 0
    try:
        with open_regular(path) as file:
            found = os.fstat(file.fileno())
    except OSError as error:
        raise _unreadable(path, error) from error
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _context(settings: TLSSettings, stamp: tuple[int, int], moment: datetime | None) -> Prepared:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    remarks = make_offer(context, settings)
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    # OpenSSL keeps no sessions by itself: see `sessions` for why.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_verify(SSL.VERIFY_PEER, _note_certificate)
    context.set_info_callback(_note_step)
    if settings.key_log_file:
        context.set_keylog_callback(_note_keys)
        remarks.append(f"the keys of this connection are written to {settings.key_log_file}")
    _trust(context, settings)
    store = context.get_cert_store()
    if moment is not None and store is not None:
        store.set_time(moment)
    if settings.identity is not None:
        _identify(context, settings.identity)
    return Prepared(context, tuple(remarks))


def _note_certificate(
    connection: SSL.Connection, certificate: crypto.X509, errno: int, depth: int, ok: int
) -> bool:
    witness: Witness = connection.get_app_data()
    witness.has_seen_certificate = True
    if not ok:
        witness.findings.append((errno, depth, certificate))
    return True  # go on, so that all faults are reported; the decision comes before our next flight


def _note_step(connection: SSL.Connection, where: int, value: int) -> None:
    witness: Witness = connection.get_app_data()
    step = connection.get_state_string().decode("ascii", "replace")
    if step != witness.last_step:
        witness.note(step)
    witness.last_step = step


def _note_keys(connection: SSL.Connection, line: bytes) -> None:
    connection.get_app_data().keys.append(Hidden(line))


def _trust(context: SSL.Context, settings: TLSSettings) -> None:
    context.set_default_verify_paths()
    store = context.get_cert_store()
    assert store is not None
    # Lets an intermediate, or the server's own certificate, be the trust anchor.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    _add(store, platform_roots())
    if settings.ca_file:
        _trust_file(context, store, settings.ca_file)
    if settings.ca_data:
        try:
            _add(store, read_certificates(settings.ca_data))
        except UNREADABLE as error:
            raise _unreadable("ca_data", error) from error


def _trust_file(context: SSL.Context, store: crypto.X509Store, path: str) -> None:
    try:
        context.load_verify_locations(path)  # PEM, and much faster than parsing a bundle here
    except SSL.Error:
        try:
            _add(store, read_certificates(read_regular(path)))
        except (OSError, *UNREADABLE) as error:
            raise _unreadable(path, error) from error


def _add(store: crypto.X509Store, certificates: Iterable[x509.Certificate]) -> None:
    for certificate in certificates:
        store.add_cert(crypto.X509.from_cryptography(certificate))


def _unreadable(what: str, error: Exception) -> InputError:
    words = getattr(error, "strerror", None) or error
    return InputError(
        f"{what} cannot be read as certificates: {words}",
        code=271,
        remedy="Give the authority's certificate as PEM or DER",
    )


def _identify(context: SSL.Context, identity: Identity) -> None:
    if identity.certificate is None:
        raise InputError(
            "the client certificate is a bare key, and TLS needs a certificate",
            code=273,
            remedy="Use a store that holds the certificate too",
        )
    if identity.key is None:
        raise InputError(
            "our client certificate has no private key",
            code=273,
            remedy="Load it from a PFX file, or a PEM file that holds both",
        )
    try:
        context.use_certificate(identity.certificate)
        context.use_privatekey(identity.key)
    except (SSL.Error, TypeError) as error:
        raise InputError("our client certificate or its key cannot be used", code=273) from error
    for certificate in identity.chain:
        context.add_extra_chain_cert(certificate)
