"""Certificate stores: certificates and keys from files and bytes, in every format.

Each form has one reader, and each type of store one row in a table. Types that cannot be opened
are in a table too, with the reason, so that asking for one is an error that says why.

Stores may come from strangers: their size is limited, and an error inside a reader is reported
without its frames, whose variables hold keys.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from smtp_nb.errors import InputError, SMTPError, Unsupported
from smtp_nb.model.enums import CertStoreType
from smtp_nb.model.regular import read_regular
from smtp_nb.wire.certificates.formats import (
    P7B_HEAD,
    PFX_HEAD,
    Store,
    has,
    inside,
    is_pem,
    is_rfc4716,
    read_der_key,
    read_p7b,
    read_pem_key,
    read_pfx,
    read_public,
    read_ssh,
    readable,
)
from smtp_nb.wire.certificates.identity import Hidden
from smtp_nb.wire.certificates.kdf_limits import refuse_costly
from smtp_nb.wire.certificates.x509_text import UNREADABLE, shown

Reader = Callable[[Hidden, Hidden], Store]

MAX_STORE = 8 << 20  # the roots of a whole system are a quarter of a mebibyte
_MAX_NAME = 255  # of a file, on all common systems; the base64 of any store is longer
_JAVA_HEADS = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")
_SSH_LINE = re.compile(rb"\s*(?:ssh-|ecdsa-sha2-|sk-)[a-z0-9@.-]+ +[A-Za-z0-9+/]")


def open_store(kind: CertStoreType, store: str | Hidden, password: Hidden) -> Store:
    """Return everything that a store holds.

    Args:
        kind: its format; AUTO detects it.
        store: a file name, or the bytes themselves, binary or base64.
        password: empty if none is needed.

    Raises:
        Unsupported: that kind cannot be opened here; the text says why.
        InputError: 271 it cannot be read; 273 the password or key is wrong or missing.
    """
    if kind in REASONS:
        raise _not_opened(kind.name, REASONS[kind])
    form = _FORMS[kind]
    octets = _octets(store)
    problem: SMTPError
    try:
        refuse_costly(octets)
        return form.read(octets, password)
    except SMTPError as error:
        problem = error.with_traceback(None)
    except UNREADABLE as error:
        problem = InputError(
            f"this is not {form.name}: {shown(str(error))}",
            code=271,
            remedy="Check the file and the type of the store",
        )
    problem.__cause__ = problem.__context__ = None
    raise problem


def _not_opened(name: str, reason: str) -> Unsupported:
    return Unsupported(
        f"a certificate store of type {name} cannot be opened: {reason}",
        remedy="Export the certificate and its key to a PFX or PEM file",
    )


# -- bytes -------------------------------------------------------------------------------------


def _octets(store: str | Hidden) -> Hidden:
    found = _from_base64(store) if isinstance(store, Hidden) else _file(store)
    if len(found) > MAX_STORE:
        raise InputError(
            f"the certificate store is larger than {MAX_STORE} bytes",
            code=271,
            remedy="Check that it is a certificate store",
        )
    return found


def _file(name: str) -> Hidden:
    try:
        return Hidden(read_regular(name, MAX_STORE + 1))
    except OSError as error:
        words = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"the certificate store {shown(name)!r} cannot be read: {words}",
            code=271,
            remedy="Give the name of a file that you may read",
        ) from error


def _from_base64(octets: Hidden) -> Hidden:
    if re.fullmatch(rb"[A-Za-z0-9+/=\s]+", octets):
        try:
            return Hidden(base64.b64decode(octets))
        except binascii.Error:
            return octets
    return octets


def is_contents(text: str) -> bool:
    """True if a text is the contents of a store, not the name of its file. A name has one line."""
    data = text.encode("latin-1", "replace")
    if "\n" in text.strip() or any(is_it(data) for is_it, _ in _SIGNS):
        return True
    return len(text) > _MAX_NAME and re.fullmatch(r"[A-Za-z0-9+/=]+", text) is not None


# -- readers ---------------------------------------------------------------------------------------


def _ppk(data: Hidden, password: Hidden) -> Store:
    from smtp_nb.wire.certificates.ppk import read_ppk

    return read_ppk(data, password)


def _jwk(data: Hidden, password: Hidden) -> Store:
    from smtp_nb.wire.certificates.jwk import read_jwk

    return [readable(entry) for entry in read_jwk(data, password)]


def _xml(data: Hidden, password: Hidden) -> Store:
    from smtp_nb.wire.certificates.xml_keys import read_xml

    found = [readable(entry) for entry in read_xml(data, password)]
    if not found:
        raise ValueError("it holds neither a key nor a certificate")
    return found


def _java(data: Hidden, password: Hidden) -> Store:
    """Since Java 9, what its keytool calls a key store is a PFX by default."""
    if data[:4] in _JAVA_HEADS:
        raise _not_opened("JKS", _JKS)
    return read_pfx(data, password)


def _auto(data: Hidden, password: Hidden) -> Store:
    reader = next((read for is_it, read in _SIGNS if is_it(data)), None)
    if reader is not None:
        return reader(data, password)
    try:
        return read_public(data, password)
    except UNREADABLE:
        return read_der_key(data, password)


# The first marker found selects the reader; PEM and DER of certificates have none of them.
_SIGNS: tuple[tuple[Callable[[bytes], bool], Reader], ...] = (
    (lambda data: data.startswith(b"PuTTY-User-Key-File-"), _ppk),
    (lambda data: is_rfc4716(data) or bool(_SSH_LINE.match(data)), read_ssh),
    (lambda data: is_pem(data) and has(b"PRIVATE KEY", data), read_pem_key),
    (lambda data: is_pem(data) and has(b"BEGIN PKCS7", data), read_p7b),
    (lambda data: data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"), _xml),
    (lambda data: data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"), _jwk),
    (lambda data: data[:4] in _JAVA_HEADS, _java),
    (lambda data: inside(data).startswith(PFX_HEAD), read_pfx),
    (lambda data: inside(data).startswith(P7B_HEAD), read_p7b),
)


# -- the tables ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Form:
    """A store format: its reader and its name."""

    read: Reader
    name: str


_PFX = Form(read_pfx, "a PFX store")
_PEM_KEY = Form(read_pem_key, "a private key in PEM")
_CERTIFICATE = Form(read_public, "a certificate or public key in PEM or DER")
_SSH = Form(read_ssh, "an SSH public key")
_P7B = Form(read_p7b, "a PKCS 7 store")
_PPK = Form(_ppk, "a PuTTY key")
_XML = Form(_xml, "a key or certificate in XML")
_JWK = Form(_jwk, "a JSON Web Key")
_JAVA = Form(_java, "a Java key store in PFX format")
_FORMS: dict[CertStoreType, Form] = {
    CertStoreType.PFX_FILE: _PFX,
    CertStoreType.PFX_BLOB: _PFX,
    CertStoreType.JKS_FILE: _JAVA,
    CertStoreType.JKS_BLOB: _JAVA,
    CertStoreType.PEM_KEY_FILE: _PEM_KEY,
    CertStoreType.PEM_KEY_BLOB: _PEM_KEY,
    CertStoreType.PUBLIC_KEY_FILE: _CERTIFICATE,
    CertStoreType.PUBLIC_KEY_BLOB: _CERTIFICATE,
    CertStoreType.SSH_PUBLIC_KEY_BLOB: _SSH,
    CertStoreType.SSH_PUBLIC_KEY_FILE: _SSH,
    CertStoreType.P7B_FILE: _P7B,
    CertStoreType.P7B_BLOB: _P7B,
    CertStoreType.PPK_FILE: _PPK,
    CertStoreType.PPK_BLOB: _PPK,
    CertStoreType.XML_FILE: _XML,
    CertStoreType.XML_BLOB: _XML,
    CertStoreType.JWK_FILE: _JWK,
    CertStoreType.JWK_BLOB: _JWK,
    CertStoreType.AUTO: Form(_auto, "a store in a known format"),
}
_JKS = (
    "it is in Java's old format, and the only library for it, pyjks, has had no release since"
    " 2020; `keytool -importkeystore -deststoretype PKCS12` makes a PFX of it"
)
_WINDOWS = "Windows does not let Python export keys from its stores"
_BCFKS = "it is a Bouncy Castle format, which no Python library reads"
REASONS = {
    CertStoreType.USER: _WINDOWS,
    CertStoreType.MACHINE: _WINDOWS,
    CertStoreType.BCFKS_FILE: _BCFKS,
    CertStoreType.BCFKS_BLOB: _BCFKS,
    CertStoreType.SECURITY_KEY: "its data come from a tool of IPWorks' vendor, and its key"
    " never leaves it",
}
