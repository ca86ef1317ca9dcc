"""One style and one type discipline for everything. Each tool's settings are in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
    "vulture": ["vulture"],
}


@pytest.mark.parametrize("arguments", TOOLS.values(), ids=TOOLS)
def test_tool_finds_nothing(arguments: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


GOOD = """\
from datetime import datetime
from pathlib import Path

import pandas as pd

from smtp_nb import SMTP, AsyncSMTP, Firewall, MailMerge, SSLStartMode, Template

smtp = SMTP(mail_server="h", mail_port=25, ssl_start_mode="explicit", send_to=["a@x.test"])
smtp = SMTP(ssl_start_mode=SSLStartMode.NONE, cc=[("Ann", "a@x.test")], bcc=("B", "b@x.test"))
smtp = SMTP(attachments=["a.pdf", Path("b.pdf")], message_date=datetime.now(), timeout=3)
smtp = SMTP(firewall=Firewall(host="h"), password="x", message=b"x", allow_extensions=False)
asynchronous = AsyncSMTP.from_url("smtp://h", subject="x")
merge = MailMerge(pd.DataFrame(), Template(), to="email", server=smtp, connections=3, limit=1)
merge.run(rate="20/s", patience="10 min")
merge.start(redirect_to="me@x.test")
"""
TYPOS = (
    'SMTP(mail_sever="h")',
    'AsyncSMTP(mail_sever="h")',
    'SMTP.from_url("smtp://h", subjet="x")',
    'AsyncSMTP.from_url("smtp://h", subjet="x")',
    "SMTP(mail_port=[25])",
    "SMTP(attachments=[5])",
    'MailMerge(pd.DataFrame(), Template(), to="email", skip_invallid=True)',
    "merge.run(conections=3)",
    "merge.start(conections=3)",
    'merge.run(connections="three")',
    "merge.limit = 1",
    'smtp.subjet = "x"',
    "print(smtp.subjet)",
    'Firewall(hots="h")',
    'smtp.firewall.hots = "h"',
)


def test_a_type_checker_finds_what_is_mistyped_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "cell.py"
    path.write_text(GOOD + "\n".join(TYPOS) + "\n")
    # From here, what the tool found out about the package above is used again.
    command = [sys.executable, "-m", "mypy", str(path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    found = {int(line) for line in re.findall(r"cell\.py:(\d+): error", run.stdout)}
    first = GOOD.count("\n") + 1
    assert found == set(range(first, first + len(TYPOS))), run.stdout + run.stderr
