"""Notifications of failure (DSN, RFC 3464) to the sender of the envelope."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import format_datetime

from smtp_nb import ambient
from smtp_nb.classroom.relaying.mail import Mail
from smtp_nb.model.reply import Reply


def is_wanted(given: Mapping[str, str]) -> bool:
    """True if NOTIFY of a recipient asks for a notification of failure (RFC 3461 section 4.1)."""
    return "FAILURE" in given.get("NOTIFY", "FAILURE").upper().split(",")


def notification(mail: Mail, host: str, failed: Mapping[str, Reply]) -> Mail | None:
    """The report to the sender, from the server `host`.

    Returns:
        None where none may be sent: a notification has no sender (RFC 5321 section 4.5.5), or the
        sender wants none.
    """
    told = {one: reply for one, reply in failed.items() if is_wanted(mail.recipients[one])}
    if not (mail.sender and told):
        return None
    content = _content(mail, host, told).encode()
    needs = {} if content.isascii() else {"SMTPUTF8": ""}
    return Mail("", {mail.sender: {}}, content, needs)


def _content(mail: Mail, host: str, told: Mapping[str, Reply]) -> str:
    mark = f"=_{ambient.token(9)}"
    reasons = "\r\n".join(f"  <{one}>: {reply}" for one, reply in told.items())
    header = "\r\n".join(
        (
            f"Date: {format_datetime(ambient.today())}",
            f"From: Mail Delivery System <MAILER-DAEMON@{host}>",
            f"To: <{mail.sender}>",
            f"Message-ID: <{ambient.token(9)}@{host}>",
            "Subject: Undelivered mail returned to sender",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="{mark}"',
        )
    )
    kind = "message/delivery-status" if _is_ascii(mail) else "message/global-delivery-status"
    returned = "text/rfc822-headers" if _is_ascii(mail) else "message/global-headers"
    parts = (
        f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f"This is the mail system at {host}.\r\n\r\n"
        f"Your message could not be delivered to:\r\n\r\n{reasons}",
        f"Content-Type: {kind}\r\n\r\n{_status(mail, host, told)}",
        f"Content-Type: {returned}\r\n\r\n{mail.header.decode('utf-8', 'replace')}",
    )
    body = "".join(f"--{mark}\r\n{part}\r\n\r\n" for part in parts)
    return f"{header}\r\n\r\n{body}--{mark}--\r\n"


def _is_ascii(mail: Mail) -> bool:
    return not mail.needs_smtputf8


def _status(mail: Mail, host: str, told: Mapping[str, Reply]) -> str:
    """The fields of RFC 3464: one group about the message, one about each recipient."""
    kind = "rfc822" if _is_ascii(mail) else "utf-8"
    lines = [f"Reporting-MTA: dns; {host}"]
    if "ENVID" in mail.parameters:
        lines.append(f"Original-Envelope-Id: {mail.parameters['ENVID']}")
    for one, reply in told.items():
        lines.append("")
        if original := mail.recipients[one].get("ORCPT"):
            lines.append(f"Original-Recipient: {original}")
        lines += [
            f"Final-Recipient: {kind}; {one}",
            "Action: failed",
            f"Status: {reply.enhanced_code or f'{reply.code // 100}.0.0'}",
            f"Diagnostic-Code: smtp; {' '.join(reply.wire_lines())}",
        ]
    return "\r\n".join(lines)
