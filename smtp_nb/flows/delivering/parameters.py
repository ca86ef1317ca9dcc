"""MAIL and RCPT parameters for a message and a server."""

from __future__ import annotations

from smtp_nb.errors import BinaryRefused, ExtensionError
from smtp_nb.flows.session import ClientSession
from smtp_nb.model.envelope import DeliveryJob, Recipient
from smtp_nb.model.mail_options import MAIL_OPTIONS
from smtp_nb.protocol.commands import Command, mail, rcpt

_BINARY = {"BINARYMIME", "CHUNKING"}


def check_offers(session: ClientSession, job: DeliveryJob) -> None:
    """Refuse a message that this server cannot accept, before MAIL.

    Raises:
        ExtensionError: nothing was written; the session is unchanged.
    """
    content, offered = job.content, session.extensions
    if remark := getattr(content, "remark", ""):  # that of a `RawContent`
        session.trail.remark(remark)
    if content.bare and not offered.keywords.keys() >= _BINARY:
        from smtp_nb.compose.raw import CRLF_REMEDY  # whose patterns take a while to compile

        raise BinaryRefused(
            f"the message holds {content.bare}, and the server does not offer BINARYMIME with"
            " CHUNKING (RFC 3030)",
            remedy=f"End every line with CRLF: {CRLF_REMEDY}; encode binary data in base64",
        )
    if "SMTPUTF8" not in offered and _needs_smtputf8(job):
        raise ExtensionError(
            "this message needs SMTPUTF8 (RFC 6531), which the server does not offer",
            remedy="Use addresses with an ASCII part before the @, or another server",
        )
    if content.is_8bit and not content.bare and "8BITMIME" not in offered:
        raise ExtensionError(
            "this message holds 8-bit bytes and the server does not offer 8BITMIME",
            remedy="Compose it with smtp_nb, or encode it as quoted-printable or base64",
        )
    if 0 < offered.size_limit < content.size:
        raise ExtensionError(
            f"this message has {content.size} bytes, the server accepts {offered.size_limit}"
            " (RFC 1870)",
            remedy="Send a link instead of the attachment",
        )
    _check_options(session, job)
    if _wants_dsn(job) and "DSN" not in offered:
        raise ExtensionError(
            "delivery notifications were requested and the server does not offer DSN (RFC 3461)",
            remedy="Clear the recipients' options",
        )


def _needs_smtputf8(job: DeliveryJob) -> bool:
    return job.content.needs_smtputf8 or job.envelope.needs_smtputf8


def _wants_dsn(job: DeliveryJob) -> bool:
    return any(r.options for r in job.envelope.recipients)


def _check_options(session: ClientSession, job: DeliveryJob) -> None:
    for word in job.envelope.options.split():
        name = word.partition("=")[0]
        wanted = MAIL_OPTIONS[name].extension
        if wanted not in session.extensions:
            raise ExtensionError(
                f"{name} was requested, and the server does not offer {wanted}",
                remedy=f"Remove {name} from the parameters, or use another server",
            )
        if name == "REQUIRETLS" and session.layer is None:
            # RFC 8689 section 4.2.1: it may only be used inside TLS.
            raise ExtensionError(
                "REQUIRETLS was requested on a connection without TLS",
                remedy="Turn TLS on: ssl_start_mode='explicit'",
            )


def mail_command(session: ClientSession, job: DeliveryJob) -> Command:
    """MAIL, or SEND, SOML or SAML, with the parameters that apply: SIZE (RFC 1870), BODY
    (RFC 6152, RFC 3030), SMTPUTF8 (RFC 6531), and ENVID (RFC 3461) if it has one."""
    session.mails += 1
    content, envelope, offered = job.content, job.envelope, session.extensions.keywords
    # Without the offer it needs none: `check_offers` would have refused it.
    utf8 = "SMTPUTF8" in offered and _needs_smtputf8(job)
    parameters = []
    if "SIZE" in offered and content.size >= 0:
        parameters.append(f"SIZE={content.size}")
    if content.bare:
        parameters.append("BODY=BINARYMIME")
    elif content.is_8bit:
        parameters.append("BODY=8BITMIME")
    if utf8:
        parameters.append("SMTPUTF8")
    if envelope.envelope_id and "DSN" in offered:
        parameters.append(f"ENVID={envelope.envelope_id}")
    return mail(envelope.mail_from, *parameters, envelope.options, verb=envelope.verb, utf8=utf8)


def rcpt_command(session: ClientSession, recipient: Recipient) -> Command:
    """RCPT with its DSN parameters."""
    utf8 = "SMTPUTF8" in session.extensions.keywords
    return rcpt(recipient.mailbox, recipient.options, utf8=utf8)
