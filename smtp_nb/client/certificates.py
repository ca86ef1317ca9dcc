"""The component's certificates: its own, the one it accepts, and the one the server sent."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from smtp_nb.errors import SettingError

if TYPE_CHECKING:
    from smtp_nb.wire.certificates.certificates import Certificate


_OURS = {"SSLCert", "SSLAcceptServerCert"}


class Certificates:
    """The three certificate properties. They take a `Certificate`, a file's name or bytes."""

    _values: dict[str, Any]
    _server_pem: str = ""

    @property
    def ssl_cert(self) -> Certificate:
        """The client's certificate with its key, for servers that require one (IPWorks:
        SSLCert)."""
        return self._certificate("SSLCert")

    @ssl_cert.setter
    def ssl_cert(self, value: Any) -> None:
        value = _unshown(value)
        self._values["SSLCert"] = _read("SSLCert", value)

    @property
    def ssl_accept_server_cert(self) -> Certificate:
        """A server certificate to accept whatever is wrong with it (IPWorks: SSLAcceptServerCert).

        Set it only if you know that it belongs to the right server.
        """
        return self._certificate("SSLAcceptServerCert")

    @ssl_accept_server_cert.setter
    def ssl_accept_server_cert(self, value: Any) -> None:
        value = _unshown(value)
        self._values["SSLAcceptServerCert"] = _read("SSLAcceptServerCert", value)

    @property
    def ssl_server_cert(self) -> Certificate:
        """The server's certificate on the last connection; empty without TLS
        (IPWorks: SSLServerCert).
        """
        from smtp_nb.wire.certificates.certificates import Certificate

        return Certificate(self._server_pem.encode("ascii"))

    def _certificate(self, name: str) -> Certificate:
        """The one that is set, or an empty one, which stays: its own properties may fill it."""
        from smtp_nb.wire.certificates.certificates import Certificate

        if self._values.get(name) is None:
            self._values[name] = Certificate()
        found: Certificate = self._values[name]
        return found

    def _copy_certificates(self, other: Certificates) -> None:
        """Give another component its own copies; a certificate can be changed."""
        for name in _OURS & self._values.keys():
            other._values[name] = copy(self._values[name])


def _unshown(value: Any) -> Any:
    """The same, so that no traceback shows it: it may hold a key."""
    from smtp_nb.wire.certificates.identity import concealed

    return concealed(value)


def _read(name: str, value: Any) -> Certificate | None:
    """A certificate out of what a user gives; None empties it."""
    from smtp_nb.wire.certificates.certificates import Certificate

    if value is None or isinstance(value, Certificate):
        return value
    if isinstance(value, (str, bytes)):
        return Certificate(value)
    raise SettingError(
        f"{name} does not take {type(value).__name__}",
        remedy="Assign a Certificate, the name of a file, or bytes in PEM or DER",
    )
