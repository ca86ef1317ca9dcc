"""SMTP for notebooks: client, mail merge, live trail and an embedded server.

Names are loaded when they are first used, so that `import smtp_nb` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from smtp_nb.ambient import deterministic
    from smtp_nb.classroom.lesson import lesson
    from smtp_nb.client.aio import AsyncSMTP
    from smtp_nb.client.firewall import Firewall
    from smtp_nb.client.message.headers import Header
    from smtp_nb.client.message.recipients import MessageRecipient
    from smtp_nb.client.smtp import SMTP
    from smtp_nb.compose.dkim import DKIM
    from smtp_nb.compose.parts import Attachment
    from smtp_nb.errors import SMTPError, error_class
    from smtp_nb.merge import MailMerge, Template
    from smtp_nb.model.enums import (
        AuthMechanism,
        CertStoreType,
        FirewallType,
        Importance,
        KeyUsage,
        Priority,
        RecipientType,
        Sensitivity,
        SSLProtocol,
        SSLProvider,
        SSLSecurityFlag,
        SSLStartMode,
        TrailDirection,
    )
    from smtp_nb.model.events import (
        ConnectionStatusEvent,
        EndTransferEvent,
        ErrorEvent,
        ExpandEvent,
        PITrailEvent,
        SSLServerAuthenticationEvent,
        SSLStatusEvent,
        StartTransferEvent,
        TransferEvent,
    )
    from smtp_nb.model.explain import explain
    from smtp_nb.model.outcome import Outcome
    from smtp_nb.model.receipt import Receipt, RecipientResult
    from smtp_nb.model.trail.trail import Trail
    from smtp_nb.wire.certificates.certificates import Certificate

__version__ = "0.2.0"

# Where each public name lives.
_HOMES = {
    "smtp_nb.classroom.lesson": ("lesson",),
    "smtp_nb.client.smtp": ("SMTP",),
    "smtp_nb.client.aio": ("AsyncSMTP",),
    "smtp_nb.client.firewall": ("Firewall",),
    "smtp_nb.client.message.headers": ("Header",),
    "smtp_nb.client.message.recipients": ("MessageRecipient",),
    "smtp_nb.compose.dkim": ("DKIM",),
    "smtp_nb.compose.parts": ("Attachment",),
    "smtp_nb.errors": ("SMTPError", "error_class"),
    "smtp_nb.merge": ("MailMerge", "Template"),
    "smtp_nb.model.enums": (
        "AuthMechanism",
        "CertStoreType",
        "FirewallType",
        "Importance",
        "KeyUsage",
        "Priority",
        "RecipientType",
        "Sensitivity",
        "SSLProtocol",
        "SSLProvider",
        "SSLSecurityFlag",
        "SSLStartMode",
        "TrailDirection",
    ),
    "smtp_nb.model.events": (
        "ConnectionStatusEvent",
        "EndTransferEvent",
        "ErrorEvent",
        "ExpandEvent",
        "PITrailEvent",
        "SSLServerAuthenticationEvent",
        "SSLStatusEvent",
        "StartTransferEvent",
        "TransferEvent",
    ),
    "smtp_nb.ambient": ("deterministic",),
    "smtp_nb.model.explain": ("explain",),
    "smtp_nb.model.outcome": ("Outcome",),
    "smtp_nb.model.receipt": ("Receipt", "RecipientResult"),
    "smtp_nb.model.trail.trail": ("Trail",),
    "smtp_nb.wire.certificates.certificates": ("Certificate",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DKIM",
    "SMTP",
    "AsyncSMTP",
    "Attachment",
    "AuthMechanism",
    "CertStoreType",
    "Certificate",
    "ConnectionStatusEvent",
    "EndTransferEvent",
    "ErrorEvent",
    "ExpandEvent",
    "Firewall",
    "FirewallType",
    "Header",
    "Importance",
    "KeyUsage",
    "MailMerge",
    "MessageRecipient",
    "Outcome",
    "PITrailEvent",
    "Priority",
    "Receipt",
    "RecipientResult",
    "RecipientType",
    "SMTPError",
    "SSLProtocol",
    "SSLProvider",
    "SSLSecurityFlag",
    "SSLServerAuthenticationEvent",
    "SSLStartMode",
    "SSLStatusEvent",
    "Sensitivity",
    "StartTransferEvent",
    "Template",
    "Trail",
    "TrailDirection",
    "TransferEvent",
    "deterministic",
    "error_class",
    "explain",
    "lesson",
]


# A public name is of any type.
def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """`%load_ext smtp_nb`: the magic `%smtp`."""
    from smtp_nb.notebook import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """`%unload_ext smtp_nb`: everything that loading did is undone."""
    from smtp_nb.notebook import unload

    unload(shell)
