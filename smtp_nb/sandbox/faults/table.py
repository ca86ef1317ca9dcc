"""The faults in force, and what they do to a request."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any, NamedTuple

from smtp_nb.model.reply import Reply
from smtp_nb.protocol.server.policy import Request
from smtp_nb.sandbox.faults.catalogue import make
from smtp_nb.sandbox.faults.fault import NOBODY, Fault, Visitor


class Action(NamedTuple):
    """What to do about one request."""

    reply: Reply | None = None
    delay: float = 0.0
    gap: float = 0.0
    is_late: bool = False
    hangs: bool = False
    tail: str = ""
    cut: str = ""
    stored: bool = False


NO_ACTION = Action()


class FaultTable:
    """The faults in force. Any thread may change them; the server asks at every request.

    Args:
        permanent: faults that no `heal` takes away.
    """

    def __init__(self, permanent: Iterable[Fault] = ()) -> None:
        self._permanent = tuple(permanent)
        self._injected: tuple[Fault, ...] = ()
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._permanent or self._injected)

    @property
    def active(self) -> tuple[Fault, ...]:
        """The faults in force, oldest first."""
        return self._permanent + self._injected

    def inject(self, name: str, arguments: dict[str, Any]) -> Fault:
        """Put a fault in force; where two give a reply, the older one does.

        Raises:
            InputError: the fault is unknown, or it does not take one of the arguments.
        """
        fault = make(name, arguments)
        with self._lock:
            self._injected = (*self._injected, fault)
        return fault

    def heal(self, name: str | None) -> None:
        """Take what was injected out of force again, all of it or what has this name."""
        with self._lock:
            self._injected = tuple(f for f in self._injected if name not in (None, f.name))

    def strike(self, request: Request, visitor: Visitor = NOBODY) -> Action:
        """What goes wrong with this request: delays add up, the oldest reply and cut count."""
        due = [fault for fault in self.active if fault.strikes(request, visitor)]
        if not due:
            return NO_ACTION
        cut = next((fault for fault in due if fault.cut), None)
        return Action(
            reply=_reply(request.reply, due),
            delay=sum(fault.delay_for(visitor) for fault in due),
            gap=max(fault.gap for fault in due),
            is_late=any(fault.is_late for fault in due),
            hangs=any(fault.hangs for fault in due),
            tail="".join(fault.tail for fault in due),
            cut=cut.cut if cut else "",
            stored=cut.stored if cut else False,
        )


def _reply(rules: Reply, due: list[Fault]) -> Reply | None:
    """The oldest reply given instead, else what becomes of the one that the rules give."""
    for fault in due:
        if fault.reply is not None:
            return fault.reply
    changed = rules
    for fault in due:
        changed = fault.changed(changed)
    return None if changed is rules else changed
