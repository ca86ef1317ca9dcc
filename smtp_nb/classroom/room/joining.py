"""Joining a class from a student's side.

Nothing but the join code is known beforehand. So a first connection only asks for the certificates,
and goes no further than TLS. If the authority among them is the one of the code, it is trusted, it
alone vouches for the server on the connections that follow, and only those log in.
"""

from __future__ import annotations

from contextlib import suppress

from smtp_nb.classroom.room.doorkeeper import DOMAIN
from smtp_nb.classroom.room.join_code import JoinCode, folded
from smtp_nb.classroom.room.roster import label
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import CertificateError, SMTPError
from smtp_nb.model.enums import SSLStartMode
from smtp_nb.model.events import SSLServerAuthenticationEvent

_FORGED = "{host}:{port} is not the server of the class {name}: another authority vouches for it"
_ASK = (
    "Send no password. Ask the teacher for the join line of today; if it is the same, another"
    " machine stands between you and the server"
)


def meet(code: JoinCode, student: str) -> SMTP:
    """Return a component for the class's server, ready to connect and log in as `student`.

    Raises:
        CertificateError: the server is not the one of the code; nothing was sent to it but EHLO and
            STARTTLS.
        SMTPError: could not connect.
    """
    smtp = _at(code)
    smtp.config(f"SSLServerCACerts={_authority(code)}")
    smtp.user, smtp.password = folded(student), code.password(student)
    if (name := label(student)).isascii():
        smtp.config(f"Hello={name}.{DOMAIN}")

    def check(event: SSLServerAuthenticationEvent) -> None:
        # Roots of the system are trusted too, and could vouch for a server in between.
        event.accept = event.accept and code.vouches_for(_last_of(event))

    smtp.on_ssl_server_authentication(check)
    return smtp


def _at(code: JoinCode) -> SMTP:
    smtp = SMTP()
    smtp.mail_server, smtp.mail_port = code.host, code.port
    smtp.ssl_start_mode = SSLStartMode.EXPLICIT
    smtp.config("SSLIncludeCertChain=True")
    return smtp


def _authority(code: JoinCode) -> str:
    """The certificate of the class's authority, as PEM, from the server itself."""
    found: list[str] = []
    shown: list[bytes] = []

    def look(event: SSLServerAuthenticationEvent) -> None:
        authority = _last_of(event)
        shown.append(authority)
        event.accept = code.vouches_for(authority)
        if event.accept:
            found.append(_pem(event))

    smtp = _at(code)
    smtp.on_ssl_server_authentication(look)
    try:
        smtp.connect()
    except SMTPError as error:
        if shown and not found:
            text = _FORGED.format(host=code.host, port=code.port, name=code.name)
            raise CertificateError(text, remedy=_ASK) from error
        raise
    with suppress(SMTPError):
        smtp.disconnect()
    return found[0]


def _pem(event: SSLServerAuthenticationEvent) -> str:
    """The last certificate of the chain."""
    mark = "-----BEGIN CERTIFICATE-----"
    return mark + event.cert_encoded.rpartition(mark)[2]


def _last_of(event: SSLServerAuthenticationEvent) -> bytes:
    from ssl import PEM_cert_to_DER_cert

    return PEM_cert_to_DER_cert(_pem(event).strip())
