"""What an attack consists of, and what came of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from smtp_nb.protocol.server.policy import EXTENSIONS

EXTRAS = tuple(name for name in EXTENSIONS if name != "STARTTLS")
"""What the servers of an attack do not offer: the wire shows what matters, command by command."""


class Defence(NamedTuple):
    """A switch.

    Attributes:
        title: what is switched on.
        why: what that does, for a person who weighs it.
    """

    title: str
    why: str


class WireRow(NamedTuple):
    """A line as it crossed the wire.

    Attributes:
        who: speaker and hearer, such as "relay → bank".
        text: the line, with its end.
        is_hostile: the attacker wrote it.
    """

    who: str
    text: str
    is_hostile: bool = False


class InboxRow(NamedTuple):
    """A letter in the victim's inbox.

    Attributes:
        sender, recipients, subject: as the victim sees them.
        is_hostile: it is the attacker's doing.
        results: what its Authentication-Results say; empty if it has none.
    """

    sender: str
    recipients: str
    subject: str
    is_hostile: bool = False
    results: str = ""


class SenderCheck(NamedTuple):
    """What a receiver can find out about the attacker's letter, without the defences and now.

    Attributes:
        name: SPF, DKIM or DMARC.
        about: what it looks at.
        before, now: the result.
        why: of the result now.
    """

    name: str
    about: str
    before: str
    now: str
    why: str


class Control(NamedTuple):
    """An honest letter, sent in the same way, which a defence must let through.

    Attributes:
        title: which letter.
        passed: it arrived as it should.
    """

    title: str
    passed: bool


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What came of an attack.

    Attributes:
        succeeded: the attacker got what she wanted.
        words: what happened, in a sentence.
        wire: what passed.
        inbox: what the victim has.
        controls: the honest letters.
        checks: what the receiver finds out about the sender, if that is what it is about.
    """

    succeeded: bool
    words: str
    wire: tuple[WireRow, ...]
    inbox: tuple[InboxRow, ...]
    controls: tuple[Control, ...]
    checks: tuple[SenderCheck, ...] = ()

    @property
    def is_safe(self) -> bool:
        """True if the attack failed and each honest letter arrived."""
        return not self.succeeded and all(control.passed for control in self.controls)

    @property
    def verdict(self) -> str:
        """What to think of the defences, in a sentence."""
        if self.succeeded:
            return "The attack succeeds"
        lost = [control.title for control in self.controls if not control.passed]
        if lost:
            return f"The attack fails, but so does {' and '.join(lost)}"
        return "Safe: the attack fails and honest mail arrives"


@dataclass(frozen=True, slots=True)
class Plot:
    """One kind of attack.

    Attributes:
        title: what it is called.
        story: who does what to whom.
        asks: what the attacker writes.
        presets: what she may write, by name; the first one is where it begins.
        defences: the switches, by name.
        play: lets it happen: what she writes, and which defences are on. Raises an `InputError` if
            what she writes cannot be read.
    """

    title: str
    story: str
    asks: str
    presets: Mapping[str, str]
    defences: Mapping[str, Defence]
    play: Callable[[str, Set[str]], AttackResult]
