"""Sources of evidence, and how far each is trusted."""

from __future__ import annotations

from enum import StrEnum


class Provenance(StrEnum):
    """Where points come from, the most trusted first."""

    CLASS_LOG = "class log"
    NOTEBOOK = "notebook run again"
    TRAIL = "saved conversation"

    @property
    def counts(self) -> bool:
        """False where anyone could have written it."""
        return self is not Provenance.TRAIL


TRUST = (
    "Trust: a class log (written by the teacher's server), then a notebook (run again here), then a"
    " saved conversation (a student can write one: for self-study, it counts nothing)."
)
