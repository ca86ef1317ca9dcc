"""What came of a run, by outcome, and what arrived, by recipient."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from smtp_nb.sandbox import SandboxServer


def outcomes(results: pd.DataFrame) -> dict[str, int]:
    return dict(Counter(results["outcome"]))


def received(server: SandboxServer) -> Counter[str]:
    return Counter(to for message in server.messages for to in message.rcpt_tos)
