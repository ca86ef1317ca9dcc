"""The keywords of `SMTP`, `AsyncSMTP` and `from_url`: their properties, as a type.

Written by docs/generator/keywords.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from typing import TypeAlias

    from smtp_nb.client.firewall import Firewall
    from smtp_nb.compose.dkim import DKIM
    from smtp_nb.compose.parts import Attachment, EncodedPart
    from smtp_nb.model.address import Mailbox
    from smtp_nb.model.enums import (
        AuthMechanism,
        Importance,
        Priority,
        Sensitivity,
        SSLProvider,
        SSLStartMode,
    )
    from smtp_nb.model.secret import Secret
    from smtp_nb.sasl import TokenSource
    from smtp_nb.wire.certificates.certificates import Certificate

    # A text, a pair of name and address, or several of them.
    Addresses: TypeAlias = str | Mailbox | Iterable[str | Mailbox | tuple[str, str]]
    File: TypeAlias = str | PathLike[str] | Attachment | EncodedPart


class SMTPProperties(TypedDict, total=False):
    """What each property takes."""

    mail_server: str
    mail_port: int | str
    timeout: float | str
    local_host: str
    allow_extensions: bool | int | str
    pipelining: str
    mail_options: str
    window: int | str
    ssl_start_mode: SSLStartMode | int | str
    ssl_provider: SSLProvider | int | str
    user: str
    password: str | Secret
    auth_mechanism: AuthMechanism | int | str
    from_: Addresses
    reply_to: Addresses
    sender: Addresses
    return_path: Addresses
    read_receipt_to: Addresses
    delivery_notification_to: Addresses
    subject: str
    message_date: str | datetime
    message_id: str
    other_headers: str
    importance: Importance | int | str
    priority: Priority | int | str
    sensitivity: Sensitivity | int | str
    message_text: str
    message_html: str
    message_markdown: str
    message: str | bytes
    bcc: Addresses
    cc: Addresses
    send_to: Addresses
    connected: bool | int | str
    message_b: bytes
    ssl_enabled: bool | int | str
    ssl_cert: Certificate | str | bytes | None
    ssl_accept_server_cert: Certificate | str | bytes | None
    firewall: Firewall
    attachments: Iterable[File]
    inline_images: Iterable[File]
    calendar: Any
    dkim: DKIM | None
    token_source: TokenSource | None
