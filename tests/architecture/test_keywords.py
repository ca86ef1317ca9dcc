"""The options show where they are typed, and a type checker knows them."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from generator.keywords import FILES, tidy
from smtp_nb import SMTP, AsyncSMTP, MailMerge, Template
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY
from smtp_nb.errors import InputError
from smtp_nb.merge import Options

CLIENTS = {
    "SMTP": SMTP,
    "AsyncSMTP": AsyncSMTP,
    "SMTP.from_url": SMTP.from_url,
    "AsyncSMTP.from_url": AsyncSMTP.from_url,
}
MERGES = {
    "MailMerge": MailMerge,
    "run": MailMerge.run,
    "arun": MailMerge.arun,
    "start": MailMerge.start,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_the_types_are_those_of_the_declarations(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == tidy(FILES[path](), path), (
        "PYTHONPATH=docs python docs/generator/keywords.py writes it anew"
    )


def keywords(function: object) -> dict[str, object]:
    """The keywords that Shift-Tab shows, with their defaults."""
    shown = inspect.signature(function).parameters.values()
    assert not [p for p in shown if p.kind is inspect.Parameter.VAR_KEYWORD]
    return {p.name: p.default for p in shown if p.kind is inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("function", CLIENTS.values(), ids=CLIENTS)
def test_shift_tab_shows_every_property_with_its_default(function: object) -> None:
    shown = keywords(function)
    settable = {name for name, reference in PROPERTIES.items() if REGISTRY[reference].is_settable}
    assert shown.keys() == settable | {
        "attachments",
        "inline_images",
        "calendar",
        "dkim",
        "token_source",
    }
    for name in settable:
        entry = REGISTRY[PROPERTIES[name]]
        assert shown[name] == ("" if entry.is_secret else entry.default)


@pytest.mark.parametrize("function", MERGES.values(), ids=MERGES)
def test_shift_tab_shows_every_option_with_its_default(function: object) -> None:
    shown = keywords(function)
    for name in Options.__dataclass_fields__:
        assert shown[name] == getattr(Options(), name)


def test_a_subclass_shows_its_own_signature() -> None:
    class Mine(SMTP):
        def __init__(self, course: str) -> None:
            super().__init__(subject=course)

    class Same(SMTP):
        """Another one."""

    assert list(inspect.signature(Mine).parameters) == ["course"]
    assert keywords(Same) == keywords(SMTP)


def test_a_mistyped_option_suggests_the_nearest() -> None:
    frame = pd.DataFrame({"email": ["a@x.test"]})
    template = Template(subject="Hi", text="Hello")
    merge = MailMerge(frame, template, to="email", from_="b@x.test")
    with pytest.raises(InputError, match="Did you mean connections"):
        merge.run(conections=3)
    with pytest.raises(InputError, match="Did you mean skip_invalid"):
        MailMerge(frame, template, to="email", skip_invallid=True)


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
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", str(path)]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    found = {int(line) for line in re.findall(r"cell\.py:(\d+): error", run.stdout)}
    first = GOOD.count("\n") + 1
    assert found == set(range(first, first + len(TYPOS))), run.stdout + run.stderr
