"""Attack: one attempt, the defences against it, and what comes of both."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from smtp_nb.classroom.attacks.injection import INJECTION
from smtp_nb.classroom.attacks.plot import AttackResult, Plot
from smtp_nb.classroom.attacks.smuggling import SMUGGLING
from smtp_nb.classroom.attacks.spoofing import SPOOFING
from smtp_nb.classroom.attacks.stripping import STRIPPING
from smtp_nb.errors import InputError
from smtp_nb.model.display import masked
from smtp_nb.model.known import known_attributes

PLOTS: Mapping[str, Plot] = {
    "stripping": STRIPPING,
    "smuggling": SMUGGLING,
    "injection": INJECTION,
    "spoofing": SPOOFING,
}
_LEFT = ' style="text-align:left"'


@known_attributes()
class Attack:
    """An attack on mail, to be tried and to be defended against.

    All of it happens on servers in this process that it makes for itself: no byte of it can be
    aimed at another one.

        >>> from smtp_nb.classroom import Attack
        >>> attack = Attack("smuggling")
        >>> attack.result.verdict
        'The attack succeeds'
        >>> attack.defend("strict").verdict
        'Safe: the attack fails and honest mail arrives'

    Args:
        kind: "stripping", "smuggling", "injection" or "spoofing".

    Raises:
        InputError: there is no such attack.
        Unsupported: spoofing needs the extra `lessons`.

    Attributes:
        kind: which it is.
        plot: its story, presets and defences.
        written: what the attacker writes, as `write` took it.
        defences: which defences are on, by name.
        result: what came of the last attempt.
    """

    kind: str
    plot: Plot
    written: str
    defences: dict[str, bool]
    result: AttackResult

    def __init__(self, kind: str) -> None:
        if kind not in PLOTS:
            raise InputError(f"unknown attack {kind!r}", remedy=f"Choose from {', '.join(PLOTS)}")
        self.kind = kind
        self.plot = PLOTS[kind]
        self.defences = dict.fromkeys(self.plot.defences, False)
        self.written = next(iter(self.plot.presets.values()))
        self.result = self._played(self.written, self.defences)

    def _played(self, written: str, defences: Mapping[str, bool]) -> AttackResult:
        return self.plot.play(written, {name for name, is_on in defences.items() if is_on})

    def write(self, text: str) -> AttackResult:
        """Let the attacker write something, and see what comes of it.

        Args:
            text: the name of a preset, or what she writes.

        Raises:
            InputError: it cannot be read; what was written before stays.
        """
        written = self.plot.presets.get(text, text)
        self.result = self._played(written, self.defences)
        self.written = written
        return self.result

    def defend(self, name: str, is_on: bool = True) -> AttackResult:
        """Switch a defence on or off, and see what comes of it.

        Raises:
            InputError: there is no such defence.
        """
        if name not in self.defences:
            known = ", ".join(self.defences)
            raise InputError(f"unknown defence {name!r}", remedy=f"Choose from {known}")
        self.defences[name] = is_on
        self.result = self._played(self.written, self.defences)
        return self.result

    def __repr__(self) -> str:
        return self.forms()[0]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return self.forms()[1]

    def forms(self) -> tuple[str, str]:
        """Text and HTML for a cell, addresses masked."""
        result = self.result
        switches = [
            f"[{'x' if is_on else ' '}] {self.plot.defences[name].title}"
            for name, is_on in self.defences.items()
        ]
        controls = [
            f"{one.title}: {'arrives' if one.passed else 'does not arrive'}"
            for one in result.controls
        ]
        wire = [f"{row.who}: {row.text}{' (Eve)' * row.is_hostile}" for row in result.wire]
        inbox = [
            f"from {row.sender} to {row.recipients}: {row.subject}{' (Eve)' * row.is_hostile}"
            + f" [{row.results}]" * bool(row.results)
            for row in result.inbox
        ]
        checks = [
            f"{one.name} ({one.about}): {one.before} without the defences, {one.now} now"
            + f": {one.why}" * bool(one.why)
            for one in result.checks
        ]
        parts = {
            "Defences": switches,
            "Honest mail": controls,
            "On the wire": wire,
            "Inbox": inbox or ["empty"],
            "What Ben's server finds": checks,
        }
        head = f"{self.plot.title}: {result.verdict}. {result.words}"
        text = [masked(head), masked(f"{self.plot.asks}: {self.written}")]
        html = [f"<p>{escape(line)}</p>" for line in text]
        for title, lines in ((title, lines) for title, lines in parts.items() if lines):
            text += [f"{title}:", *(f"  {masked(line)}" for line in lines)]
            items = "".join(f"<li>{escape(masked(line))}</li>" for line in lines)
            html.append(f"<p>{title}</p><ul{_LEFT}>{items}</ul>")
        return "\n".join(text), "".join(html)
