"""What the tests of merges share: a sandbox, a working directory of their own, and a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from smtp_nb.merge import MailMerge, Template
from smtp_nb.sandbox import SandboxServer

Make = Callable[..., MailMerge]


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Journals and attachments land here."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@pytest.fixture
def frame() -> pd.DataFrame:
    """Six students; their index is not their place."""
    names = ["Ann", "Bén", "Çem", "Dörte", "Eve", "Fritz"]
    return pd.DataFrame(
        {
            "name": names,
            "email": [f"{name[0].lower()}@school.test".replace("ç", "c") for name in names],
            "grade": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        },
        index=[f"student {number}" for number in range(10, 70, 10)],
    )


@pytest.fixture
def template() -> Template:
    return Template(subject="Result for {{ name }}", text="Dear {{ name }}, it is {{ grade }}.")


@pytest.fixture
def merge(server: SandboxServer, frame: pd.DataFrame, template: Template) -> Make:
    """Makes a merge of the six students; keywords replace its arguments."""

    def make(**changes: Any) -> MailMerge:
        arguments: dict[str, Any] = {
            "frame": frame,
            "template": template,
            "to": "email",
            "from_": "teacher@school.test",
            "server": changes.get("server") or server.url,
            "name": "results",
        }
        return MailMerge(**(arguments | changes))

    return make
