"""From the component's properties to the TLS of a session: what to trust, offer and show."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from smtp_nb.client.settings.registry import reader
from smtp_nb.errors import InputError
from smtp_nb.model.enums import SSLSecurityFlag
from smtp_nb.model.regular import read_regular

if TYPE_CHECKING:
    from smtp_nb.client.session.configured import Configured
    from smtp_nb.wire.certificates.identity import Identity
    from smtp_nb.wire.settings import Offer
    from smtp_nb.wire.tls.tls import TLSSettings


def tls_from(properties: Configured) -> TLSSettings:
    """What to trust and offer on the way to the mail server.

    Raises:
        InputError: a certificate, a file of roots or a name in a setting cannot be used.
    """
    from smtp_nb.wire.tls.tls import TLSSettings

    read = reader(properties)
    pin = read("SSLServerPin")
    roots = [*_pem_files(read("CACertFilePaths")), read("SSLServerCACerts")]
    return TLSSettings(
        ca_data="\n".join(roots).strip().encode(),
        pins=(pin,) if pin else (),
        accepted_der=_accepted(properties),
        security_flags=read("SSLSecurityFlags"),
        enabled_protocols=read("SSLEnabledProtocols"),
        identity=_identity(properties, read("SSLCACerts")),
        offer=_offer(properties),
        checks_revocation=read("SSLCheckCRL"),
        key_log_file=read("SSLKeyLogFile"),
        logs_records=read("LogSSLPackets"),
    )


def proxy_tls_from(properties: Configured) -> TLSSettings:
    """What to trust on the way to the proxy: the same roots, but neither the pins, the flags nor
    our own certificate, which were all meant for the mail server."""
    return replace(
        tls_from(properties),
        pins=(),
        accepted_der=b"",
        security_flags=SSLSecurityFlag(0),
        identity=None,
        checks_revocation=False,  # the way to its list leads through this very proxy
    )


def _accepted(properties: Configured) -> bytes:
    """The certificate that passes whatever is wrong with it; empty for none."""
    accepted = properties.ssl_accept_server_cert
    if accepted and not accepted.der:
        raise InputError(
            "ssl_accept_server_cert holds a bare key, but servers send certificates",
            code=272,
            remedy="Set the certificate, or pin the key: config('SSLServerPin=sha256:…')",
        )
    return accepted.der


def _offer(properties: Configured) -> Offer:
    from smtp_nb.wire.settings import Offer

    read = reader(properties)

    def names(setting: str, separator: str = ",") -> tuple[str, ...]:
        return tuple(filter(None, read(setting).split(separator)))

    suites = names("SSLEnabledCipherSuites", ";")
    return Offer(
        suites=() if suites == ("*",) else suites,
        cipher_list=read("OpenSSLCipherList"),
        least_bits=read("SSLCipherStrength"),
        old_groups=names("TLS12SupportedGroups"),
        new_groups=names("TLS13SupportedGroups"),
        key_shares=names("TLS13KeyShareGroups"),
        old_signatures=names("TLS12SignatureAlgorithms"),
        new_signatures=names("TLS13SignatureAlgorithms"),
        renegotiation_info=read("SSLEnableRenegotiation"),
    )


def _identity(properties: Configured, authorities: str) -> Identity | None:
    """Our own certificate with all that is sent along with it, or None."""
    if not (own := properties.ssl_cert):
        return None
    from smtp_nb.model.enums import CertStoreType
    from smtp_nb.wire.certificates.identity import Hidden, Identity
    from smtp_nb.wire.certificates.stores import open_store

    identity = own.identity
    if not authorities:
        return identity
    above = open_store(CertStoreType.PUBLIC_KEY_BLOB, Hidden(authorities.encode()), Hidden())
    chain = [item for entry in above for item in (entry.certificate, *entry.chain) if item]
    return Identity(identity.certificate, identity.key, (*identity.chain, *chain))


def _pem_files(paths: str) -> list[str]:
    """The contents of those files that exist.

    Raises:
        InputError: 271, none exists, or one cannot be read.
    """
    files = [part.strip() for part in paths.split(";") if part.strip()]
    found = [path for path in files if os.path.exists(path)]
    return list(map(_pem, found or files))


def _pem(path: str) -> str:
    try:
        return read_regular(path).decode("ascii")
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not PEM"
        raise InputError(
            f"the file of trusted roots {path!r} cannot be read: {why}",
            code=271,
            remedy="Name a file of PEM certificates",
        ) from error
