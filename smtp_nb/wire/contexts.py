"""What TLS shall do, and the OpenSSL contexts that do it.

A context reads the system's roots, which takes milliseconds, and cannot be changed once a
connection was made from it. So it is built from a frozen value and kept for the next connection.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from OpenSSL import SSL, crypto

from smtp_nb.errors import InputError
from smtp_nb.model.enums import SSLProtocol
from smtp_nb.wire.forms import read_certificates
from smtp_nb.wire.identity import Identity
from smtp_nb.wire.names import UNREADABLE
from smtp_nb.wire.settings import TLSSettings, versions

# Suites without a certificate skip its verification altogether, so they are never offered.
CIPHERS = "DEFAULT:!aNULL:!eNULL:!PSK:!SRP"
# TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL allows at this level only. What else the level
# lets in (short keys) is looked at again in `verification`.
_LOWERED = ":@SECLEVEL=0"
MAX_STEPS = 64  # a server may send session tickets for ever; the first steps are what is asked for

_VERSIONS = {
    SSLProtocol.TLS1: SSL.TLS1_VERSION,
    SSLProtocol.TLS1_1: SSL.TLS1_1_VERSION,
    SSLProtocol.TLS1_2: SSL.TLS1_2_VERSION,
    SSLProtocol.TLS1_3: SSL.TLS1_3_VERSION,
}


@dataclass(slots=True)
class Witness:
    """What the callbacks of one connection saw. They must not raise, so they only write down."""

    findings: list[tuple[int, int, crypto.X509]] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    has_seen_certificate: bool = False


def context_for(settings: TLSSettings) -> SSL.Context:
    """The context for `settings`, the same one for as long as the file of authorities is the same.

    Raises:
        InputError: 271 the authorities cannot be read; 273 our own key cannot be used.
    """
    return _context(settings, _stamp(settings.ca_file))


def _stamp(path: str) -> tuple[int, int]:
    if not path:
        return 0, 0
    try:
        found = Path(path).stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _context(settings: TLSSettings, stamp: tuple[int, int]) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    spoken = versions(settings.enabled_protocols)
    context.set_min_proto_version(_VERSIONS[spoken[0]])
    context.set_max_proto_version(_VERSIONS[spoken[-1]])
    is_old = spoken[0] < SSLProtocol.TLS1_2
    context.set_cipher_list((CIPHERS + _LOWERED * is_old).encode("ascii"))
    context.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
    # A resumed session skips the certificate, and so the decision; none is kept.
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_verify(SSL.VERIFY_PEER, _note_certificate)
    context.set_info_callback(_note_step)
    _trust(context, settings)
    if settings.identity is not None:
        _identify(context, settings.identity)
    return context


def _note_certificate(
    connection: SSL.Connection, certificate: crypto.X509, errno: int, depth: int, ok: int
) -> bool:
    witness: Witness = connection.get_app_data()
    witness.has_seen_certificate = True
    if not ok:
        witness.findings.append((errno, depth, certificate))
    return True  # go on, so that all faults are told; the decision comes before our next flight


def _note_step(connection: SSL.Connection, where: int, value: int) -> None:
    steps = connection.get_app_data().steps
    step = connection.get_state_string().decode("ascii", "replace")
    if len(steps) < MAX_STEPS and steps[-1:] != [step]:
        steps.append(step)


def _trust(context: SSL.Context, settings: TLSSettings) -> None:
    context.set_default_verify_paths()
    store = context.get_cert_store()
    assert store is not None
    # Lets an intermediate, or the server's own certificate, be what is trusted.
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    _add(store, _platform_roots())
    if settings.ca_file:
        _trust_file(context, store, settings.ca_file)
    if settings.ca_data:
        try:
            _add(store, read_certificates(settings.ca_data))
        except UNREADABLE as error:
            raise _unreadable("ca_data", error) from error


def _trust_file(context: SSL.Context, store: crypto.X509Store, path: str) -> None:
    try:
        context.load_verify_locations(path)  # PEM, and much faster than to parse a bundle here
    except SSL.Error:
        try:
            _add(store, read_certificates(Path(path).read_bytes()))
        except (OSError, *UNREADABLE) as error:
            raise _unreadable(path, error) from error


def _add(store: crypto.X509Store, certificates: Iterable[x509.Certificate]) -> None:
    for certificate in certificates:
        store.add_cert(crypto.X509.from_cryptography(certificate))


def _platform_roots() -> Iterable[x509.Certificate]:
    """Roots that lie where OpenSSL does not look: the key stores of Windows and macOS."""
    if sys.platform not in ("win32", "darwin"):
        return []
    found = ssl.create_default_context().get_ca_certs(binary_form=True)
    return [x509.load_der_x509_certificate(der) for der in found]


def _unreadable(what: str, error: Exception) -> InputError:
    return InputError(
        f"{what} cannot be read as certificates: {error}",
        code=271,
        remedy="Give the authority's certificate as PEM or DER",
    )


def _identify(context: SSL.Context, identity: Identity) -> None:
    if identity.certificate is None:
        raise InputError(
            "What is to be shown as our own is a bare key, and TLS shows a certificate",
            code=273,
            remedy="Take a store that holds the certificate too",
        )
    if identity.key is None:
        raise InputError(
            "Our own certificate came without its private key",
            code=273,
            remedy="Load it from a PFX file, or a PEM file that holds both",
        )
    try:
        context.use_certificate(identity.certificate)
        context.use_privatekey(identity.key)
    except (SSL.Error, TypeError) as error:
        raise InputError("Our own certificate or key cannot be used", code=273) from error
    for certificate in identity.chain:
        context.add_extra_chain_cert(certificate)
