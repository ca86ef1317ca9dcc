"""What every test can use, and the rule about missing components.

A test that needs a mail server or a browser asks for it with `components.require`, which skips on
a laptop without it. On CI a skip is a failure, whatever its reason: a green run there means that
everything ran.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

ON_CI = os.environ.get("CI") == "true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if ON_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    return report
