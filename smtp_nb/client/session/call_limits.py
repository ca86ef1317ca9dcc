"""The limits of a whole call, however many sessions it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from smtp_nb.client.settings.properties import Properties
from smtp_nb.client.settings.registry import reader
from smtp_nb.errors import SMTPError
from smtp_nb.flows.intents import Flow
from smtp_nb.flows.limits import throttled, with_timeout
from smtp_nb.wording import Front

T = TypeVar("T")


def limited(
    flow: Flow[T],
    properties: Properties,
    clock: Callable[[], float],
    front: Front,
    sharers: int = 1,
) -> Flow[T]:
    """A flow within the limits that AbsoluteTimeout and MaxTransferRate set to the whole call.

    Args:
        flow: what is called.
        properties: whose limits hold.
        clock: gives seconds.
        front: whose words errors speak.
        sharers: how many flows share the rate.
    """
    read = reader(properties)
    if rate := read("MaxTransferRate"):
        flow = throttled(flow, max(1, rate // sharers), clock)
    if properties.timeout and read("AbsoluteTimeout"):
        flow = with_timeout(flow, properties.timeout, clock)
    return flow if front is Front.PYTHON else _spoken(front, flow)


def _spoken(front: Front, flow: Flow[T]) -> Flow[T]:
    """A flow whose errors speak the words of a front."""
    try:
        return (yield from flow)
    except SMTPError as error:
        error.front = front
        raise
