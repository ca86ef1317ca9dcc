"""How much time and memory a notebook gets."""

from __future__ import annotations

from dataclasses import dataclass

from smtp_nb.errors import InputError

CELLS_A_NOTEBOOK = 6


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much time and memory a notebook gets.

    Attributes:
        cell_s: seconds for a cell, and for an exercise's judgement; a notebook gets six times
            that.
        memory_mb: megabytes of address space.
    """

    cell_s: float = 20.0
    memory_mb: int = 2048

    def __post_init__(self) -> None:
        if not 0 < self.cell_s <= 3600:
            raise InputError(
                f"a cell cannot have {self.cell_s:g} s", remedy="Use --timeout 20, or up to 3600"
            )
        if not 256 <= self.memory_mb <= 2**20:
            raise InputError(
                f"a notebook cannot have {self.memory_mb} MB",
                remedy="Use --memory 2048",
            )

    @property
    def notebook_s(self) -> float:
        """Seconds for all cells together."""
        return self.cell_s * CELLS_A_NOTEBOOK
