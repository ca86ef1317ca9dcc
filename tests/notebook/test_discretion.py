"""Promises of smtp_nb.notebook.discretion: live in full, saved masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from smtp_nb.widgets import FullView

if TYPE_CHECKING:
    from .conftest import Kernel

LIVE = "application/vnd.jupyter.widget-view+json"
FRAME = (
    "import pandas as pd\n"
    "df = pd.DataFrame({'email': ['ann@school.test', 'bad@@school.test'], 'name': ['Ann', 'Ben']})"
)
TEMPLATE = "%%smtp template letter\nSubject: Hello\n\nDear {{ name }}, is {{ email }} yours?"
VIEW = "__import__('ipywidgets').widgets.widget._instances[{model!r}]"
LINES = [
    "%smtp send --to ann@school.test --subject x --text y",
    "%smtp status",
    "%smtp preview df letter",
    "%smtp merge df letter",
]


@pytest.fixture
def prepared(connected: Kernel) -> Kernel:
    connected.run(FRAME)
    connected.run(TEMPLATE)
    return connected


@pytest.mark.parametrize("line", LINES)
def test_what_is_saved_is_masked_and_what_is_looked_at_is_not(prepared: Kernel, line: str) -> None:
    seen = prepared.run(line)
    (output,) = seen.outputs
    for form in ("text/plain", "text/html"):
        assert "ann@" not in output[form]
        assert "teacher@" not in output[form]
        assert "…@school.test" in output[form]
    view = VIEW.format(model=output[LIVE]["model_id"])
    assert "…@school.test" not in (html := prepared.value(f"{view}._html"))
    assert "@school.test" in html
    assert "@school.test" not in prepared.value(f"str({view}.get_state())")


def test_without_an_address_there_is_no_view(kernel: Kernel) -> None:
    (output,) = kernel.run("%smtp status").outputs
    assert LIVE not in output


def test_a_trait_shows_addresses_in_saved_outputs_too(prepared: Kernel) -> None:
    listed = prepared.run("%config SmtpMagics").text
    assert "show_addresses" in listed
    assert "short_errors" in listed
    prepared.run("%config SmtpMagics.show_addresses = True")
    for line in LINES[1:]:
        (output,) = prepared.run(line).outputs
        assert LIVE not in output
        assert "…@school.test" not in output["text/html"] + output["text/plain"]


def test_a_trait_raises_errors_as_they_are(prepared: Kernel) -> None:
    prepared.run("%config SmtpMagics.short_errors = False")
    seen = prepared.run("%smtp send --to bob@example.org --subject x --text y")
    assert seen.error is not None
    assert len("\n".join(seen.error["traceback"]).splitlines()) > 10


def test_a_page_gets_it_when_it_is_there() -> None:
    view, sent = FullView("<p>a@b.test</p>"), list[object]()
    view.send = lambda content, buffers=None: sent.append(content)
    for content in (None, {}, {"ready": True}):
        view._handle_custom_msg(content, [])
    assert sent == [{"kind": "full", "html": "<p>a@b.test</p>"}]
    assert repr(view) == "<FullView>"
    view.close()
