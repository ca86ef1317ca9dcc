"""The keywords of a merge and of its runs, as a type.

Written by docs/generator/keywords.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from smtp_nb.merge.running.durations import Duration
from smtp_nb.merge.running.progress import Shown
from smtp_nb.merge.running.quiet import QuietTimes


class RunOptions(TypedDict, total=False):
    """The fields of `Options`."""

    skip_invalid: bool
    limit: int | None
    only_to: str | Sequence[str]
    redirect_to: str
    changed: str
    progress: Shown
    connections: int
    window: int | None
    rate: str
    domain_rates: Mapping[str, str]
    quiet_hours: QuietTimes
    wait_for_quota: bool
    messages_per_connection: int | None
    deadline: Duration | None
    patience: Duration
    cluster: Any
