"""Value classes of which every message has several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(kind: type[T]) -> type[T]:
    """Decorate an internal value class: a slotted dataclass, frozen for the type checker alone.

    A frozen dataclass sets each field through `object.__setattr__`, which takes three times as long
    as an assignment. That is only worth it for classes that users meet.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
