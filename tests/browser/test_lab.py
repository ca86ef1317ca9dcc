"""The browser fixture itself: without it no test of a widget would mean much."""

from __future__ import annotations

import pytest

from browser.lab import Lab

pytestmark = pytest.mark.browser

CELLS = [
    "import ipywidgets\nbar = ipywidgets.IntProgress(value=3, max=10)\nbar",
    "go_on = input()\nbar.value = 5\nprint('answered', go_on)",
    "1 / 0",
]


def test_cells_run_widgets_show_and_errors_are_read(lab: Lab) -> None:
    notebook = lab.open_notebook(CELLS)
    notebook.run(0)
    bar = notebook.output_area(0).locator(".progress-bar")
    assert bar.evaluate("bar => bar.style.width") == "30%"

    notebook.run(1, wait=False)
    answer = notebook.page.locator(".jp-Stdin-input")
    answer.fill("yes")
    answer.press("Enter")
    notebook.wait_until_idle()
    assert "answered yes" in notebook.text(1)
    assert bar.evaluate("bar => bar.style.width") == "50%"

    notebook.run(2)
    assert "ZeroDivisionError: division by zero" in notebook.text(2)
    assert notebook.screenshot("lab").stat().st_size > 10_000
    assert "application/vnd.jupyter.widget-view+json" in str(notebook.save())
    assert notebook.foreign == []
    assert notebook.errors == []


def test_each_notebook_has_a_kernel_of_its_own(lab: Lab) -> None:
    first = lab.open_notebook(["x = 'first'", "print(x)"])
    second = lab.open_notebook(["x = 'second'", "print(x)"])
    for notebook in (first, second):
        notebook.run(0)
    for notebook, text in ((first, "first\n"), (second, "second\n")):
        notebook.run(1)
        assert notebook.text(1) == text
