"""Diagnosis: the findings of the doctor, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

from smtp_nb.model.display import masked, visible


class Finding(Enum):
    """Result of a step. The value is its sign and its word."""

    GOOD = ("✓", "good")
    DOUBTFUL = ("!", "doubtful")
    BAD = ("✗", "bad")
    UNSEEN = ("–", "not looked at")

    @property
    def sign(self) -> str:
        return self.value[0]

    @property
    def word(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Check:
    """One step of a diagnosis.

    Attributes:
        name: the step, in one word.
        finding: its result.
        text: what was found, in plain words.
        remedy: what to do about it; empty if it is good.
        code: the error's number in IPWorks, 0 for none.
        seconds: how long it took.
    """

    name: str
    finding: Finding
    text: str
    remedy: str = ""
    code: int = 0
    seconds: float = 0.0

    @property
    def sentences(self) -> list[str]:
        """What was found and what to do, safe to show and to save."""
        parts = [self.text, f"What to do: {self.remedy}" if self.remedy else ""]
        return [_sentence(visible(masked(part))) for part in parts if part]


def _sentence(words: str) -> str:
    words = f"{words[0].upper()}{words[1:]}".rstrip(".")
    return words if words.endswith("?") else f"{words}."


class Checkup:
    """The steps in order; a diagnosis is true if none is bad.

    Attributes:
        server: the server that was examined.
        checks: the steps, including those that were not reached.
    """

    def __init__(self, server: str, checks: Sequence[Check]) -> None:
        self.server = server
        self.checks = tuple(checks)

    def __bool__(self) -> bool:
        return all(check.finding is not Finding.BAD for check in self.checks)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def __getitem__(self, name: str) -> Check:
        """Return the step with this name, in any case.

        Raises:
            KeyError: there is none.
        """
        for check in self.checks:
            if check.name.lower() == name.lower():
                return check
        raise KeyError(name)

    @property
    def trouble(self) -> Check | None:
        """The step that failed, or None."""
        return next((check for check in self.checks if check.finding is Finding.BAD), None)

    @property
    def title(self) -> str:
        """The outcome in one line."""
        trouble = self.trouble
        outcome = f"stopped at: {trouble.name}" if trouble else "all is well"
        if trouble is None and any(it.finding is Finding.DOUBTFUL for it in self.checks):
            outcome = "it works, with warnings"
        return visible(f"{self.server}: {outcome}")

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        lines = [self.title]
        for check in self.checks:
            first, *rest = check.sentences or [f"{check.finding.word.capitalize()}."]
            lines.append(f"  {check.finding.sign} {check.name:{width}}  {first}")
            lines += [f"    {'':{width}}  {text}" for text in rest]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(_row(check) for check in self.checks)
        return (
            f"<p><b>{escape(self.title)}</b></p><table><thead><tr>"
            + "".join(
                f'<th scope="col"{_LEFT}>{name}</th>' for name in ("", "Step", "What was found")
            )
            + f"</tr></thead><tbody>{rows}</tbody></table>"
        )


# Notebooks align all cells to the right.
_LEFT = ' style="text-align:left"'


def _row(check: Check) -> str:
    words = "<br>".join(map(escape, check.sentences)) or escape(check.finding.word.capitalize())
    sign = f'<span role="img" aria-label="{check.finding.word}">{check.finding.sign}</span>'
    return (
        f'<tr><td>{sign}</td><th scope="row"{_LEFT}>{escape(check.name)}</th>'
        f"<td{_LEFT}>{words}</td></tr>"
    )
