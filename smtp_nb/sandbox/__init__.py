"""An SMTP server inside the kernel, for lessons and tests, independent of the client."""

from smtp_nb.sandbox.faults.catalogue import FAULTS
from smtp_nb.sandbox.faults.fault import Fault
from smtp_nb.sandbox.messages.mailbox import Inbox, Message
from smtp_nb.sandbox.options import Limits
from smtp_nb.sandbox.server import SandboxServer
from smtp_nb.sandbox.session import Session

__all__ = ["FAULTS", "Fault", "Inbox", "Limits", "Message", "SandboxServer", "Session"]
