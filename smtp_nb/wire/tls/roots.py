"""Root certificates of the operating system.

OpenSSL looks into files. Windows has a key store that Python's `ssl` reads; macOS has Keychains
that nothing of Python's reads, so the system's own program is asked for Apple's roots. A root in
another Keychain is there to be looked at as often as to be trusted, and which it is only macOS
itself can say: such a root is named by file.
"""

from __future__ import annotations

import functools
import os
import ssl
import subprocess
import sys
from collections.abc import Sequence

from cryptography import x509

_SECURITY = "/usr/bin/security"
_APPLES_ROOTS = "/System/Library/Keychains/SystemRootCertificates.keychain"
_PATIENCE_S = 20


def platform_roots() -> Sequence[x509.Certificate]:
    """Return the roots of this system that OpenSSL does not find; empty if there are none."""
    if sys.platform == "win32":
        found = ssl.create_default_context().get_ca_certs(binary_form=True)
        return [x509.load_der_x509_certificate(der) for der in found]
    return _of_keychain(_SECURITY, _APPLES_ROOTS) if sys.platform == "darwin" else []


@functools.cache
def _of_keychain(program: str, keychain: str) -> Sequence[x509.Certificate]:
    """The certificates of a Keychain; empty if they cannot be had."""
    try:
        ran = subprocess.run(
            [program, "find-certificate", "-a", "-p", keychain],
            capture_output=True,
            timeout=_PATIENCE_S,
            check=True,
        )
        return x509.load_pem_x509_certificates(ran.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return []


def has_roots() -> bool:
    """True if this machine trusts any authority at all, before one is named."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile and os.path.getsize(paths.cafile):
        return True
    return bool(paths.capath and os.listdir(paths.capath)) or bool(platform_roots())
