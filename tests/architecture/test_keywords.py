"""The options show where they are typed, and a type checker knows them."""

from __future__ import annotations

import inspect
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
