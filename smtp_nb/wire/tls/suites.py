"""Cipher suites: registered names, OpenSSL's names, and components.

A registered name says everything: key exchange, server authentication, cipher and digest. OpenSSL
has names of its own, and OpenSSL 3.0 understands no others. Both are combined here from two tables,
so that each can be translated to the other.

Suites without a certificate or without a cipher are in neither table: they are never offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from smtp_nb.errors import SettingError


@dataclass(frozen=True, slots=True)
class Suite:
    """One cipher suite.

    Attributes:
        name: as registered with IANA.
        openssl: OpenSSL's name for it.
        bits: of the cipher's key.
        exchange: the key exchange; empty for TLS 1.3, where the suite leaves it open.
    """

    name: str
    openssl: str
    bits: int
    exchange: str = ""

    @property
    def is_new(self) -> bool:
        """True for a suite of TLS 1.3, which no older version has."""
        return not self.exchange


# (registered, OpenSSL's, exchange)
_EXCHANGES = (
    ("ECDHE_ECDSA", "ECDHE-ECDSA-", "ECDHE"),
    ("ECDHE_RSA", "ECDHE-RSA-", "ECDHE"),
    ("DHE_RSA", "DHE-RSA-", "DHE"),
    ("DHE_DSS", "DHE-DSS-", "DHE"),
    ("ECDH_ECDSA", "ECDH-ECDSA-", "ECDH"),
    ("ECDH_RSA", "ECDH-RSA-", "ECDH"),
    ("DH_RSA", "DH-RSA-", "DH"),
    ("DH_DSS", "DH-DSS-", "DH"),
    ("RSA", "", "RSA"),
)
# (registered, OpenSSL's, bits)
_CIPHERS = (
    ("AES_256_GCM_SHA384", "AES256-GCM-SHA384", 256),
    ("CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", 256),
    ("AES_128_GCM_SHA256", "AES128-GCM-SHA256", 128),
    ("AES_256_CCM", "AES256-CCM", 256),
    ("AES_128_CCM", "AES128-CCM", 128),
    ("AES_256_CBC_SHA384", "AES256-SHA384", 256),
    ("AES_256_CBC_SHA256", "AES256-SHA256", 256),
    ("AES_128_CBC_SHA256", "AES128-SHA256", 128),
    ("AES_256_CBC_SHA", "AES256-SHA", 256),
    ("AES_128_CBC_SHA", "AES128-SHA", 128),
    ("ARIA_256_GCM_SHA384", "ARIA256-GCM-SHA384", 256),
    ("ARIA_128_GCM_SHA256", "ARIA128-GCM-SHA256", 128),
    ("CAMELLIA_256_CBC_SHA384", "CAMELLIA256-SHA384", 256),
    ("CAMELLIA_256_CBC_SHA256", "CAMELLIA256-SHA256", 256),
    ("CAMELLIA_128_CBC_SHA256", "CAMELLIA128-SHA256", 128),
    ("CAMELLIA_256_CBC_SHA", "CAMELLIA256-SHA", 256),
    ("CAMELLIA_128_CBC_SHA", "CAMELLIA128-SHA", 128),
    ("3DES_EDE_CBC_SHA", "DES-CBC3-SHA", 112),
    ("RC4_128_SHA", "RC4-SHA", 128),
    ("RC4_128_MD5", "RC4-MD5", 128),
    ("DES_CBC_SHA", "DES-CBC-SHA", 56),
)
_NEW = ("AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256", "AES_128_GCM_SHA256")
# OpenSSL leaves RSA out of these two names, for no known reason.
_IRREGULAR = {
    "ECDHE-RSA-ARIA256-GCM-SHA384": "ECDHE-ARIA256-GCM-SHA384",
    "ECDHE-RSA-ARIA128-GCM-SHA256": "ECDHE-ARIA128-GCM-SHA256",
}


def _all() -> Iterable[Suite]:
    for cipher in _NEW:
        bits = next(bits for name, _, bits in _CIPHERS if name == cipher)
        yield Suite(f"TLS_{cipher}", f"TLS_{cipher}", bits)
    for cipher, theirs, bits in _CIPHERS:
        for keys, prefix, exchange in _EXCHANGES:
            openssl = _IRREGULAR.get(prefix + theirs, prefix + theirs)
            yield Suite(f"TLS_{keys}_WITH_{cipher}", openssl, bits, exchange)


SUITES: dict[str, Suite] = {suite.name: suite for suite in _all()}
"""By registered name, the best first."""
BY_OPENSSL: dict[str, Suite] = {suite.openssl: suite for suite in SUITES.values()}

# The system's names for parts of suites: (the part, the suites that have it). A suite of
# TLS 1.3 leaves exchange and signature open, so it has any.
_PARTS: dict[str, tuple[str, str]] = {
    "CALG_AES": ("cipher", "_AES_"),
    "CALG_AES_128": ("cipher", "_AES_128_"),
    "CALG_AES_256": ("cipher", "_AES_256_"),
    "CALG_3DES": ("cipher", "_3DES_"),
    "CALG_DES": ("cipher", "_DES_CBC_"),
    "CALG_RC4": ("cipher", "_RC4_"),
    "CALG_MD5": ("digest", "_MD5$"),
    "CALG_SHA": ("digest", "_SHA$"),
    "CALG_SHA1": ("digest", "_SHA$"),
    "CALG_SHA_256": ("digest", "_SHA256$"),
    "CALG_SHA_384": ("digest", "_SHA384$"),
    "CALG_RSA_KEYX": ("exchange", "^TLS_RSA_"),
    "CALG_DH_EPHEM": ("exchange", "^TLS_DHE_|^TLS_(?!.*WITH)"),
    "CALG_DH_SF": ("exchange", "^TLS_DH_"),
    "CALG_ECDH": ("exchange", "^TLS_ECDH_"),
    "CALG_ECDH_EPHEM": ("exchange", "^TLS_ECDHE_|^TLS_(?!.*WITH)"),
    "CALG_RSA_SIGN": ("signature", "RSA_WITH|^TLS_(?!.*WITH)"),
    "CALG_DSS_SIGN": ("signature", "_DSS_"),
    "CALG_ECDSA": ("signature", "_ECDSA_|^TLS_(?!.*WITH)"),
}


def parse_suites(text: str) -> tuple[str, ...]:
    """Return the names in a list with semicolons, each known here, spelled as in the table.

    Raises:
        SettingError: names those that are not.
    """
    names = [name.strip().upper() for name in text.split(";") if name.strip()]
    unknown = [name for name in names if name not in SUITES and name not in _PARTS]
    if unknown or not names:
        raise SettingError(
            f"{', '.join(unknown) or repr(text)} is not a cipher suite that can be enabled",
            remedy="Use registered names such as TLS_AES_256_GCM_SHA384, or * for all; suites"
            " without a certificate or a cipher are never offered",
        )
    return tuple(names)


def wanted(names: Iterable[str]) -> list[Suite]:
    """Return the suites that names, as `parse_suites` returns them, stand for.

    Names of parts select together: one cipher of those named, one digest of those named, and so on.
    """
    names = list(names)
    chosen = [SUITES[name] for name in names if name in SUITES]
    parts: dict[str, list[str]] = {}
    for part, pattern in (_PARTS[name] for name in names if name in _PARTS):
        parts.setdefault(part, []).append(pattern)
    if parts:
        tests = [re.compile("|".join(patterns)) for patterns in parts.values()]
        chosen += [s for s in SUITES.values() if all(test.search(s.name) for test in tests)]
    return list(dict.fromkeys(chosen))


def suite_name(openssl: str) -> str:
    """Return the registered name for an OpenSSL name; that name itself if the table has none."""
    suite = BY_OPENSSL.get(openssl)
    return suite.name if suite else openssl
