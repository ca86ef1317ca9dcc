"""How fast a long trail is on the screen, and how it scrolls, by the browser's own clock.

    python -m benchmarks.trail [--lines 100000]

A real JupyterLab in a real Chromium. Two promises: the last line is on the screen within 3 s of the
end of the cell that made it, and scrolling draws 30 frames a second.

Frames say as much of the machine as of the view. So an empty box of the same size, on the same
page, is scrolled in turns with the trail: what it reaches is what the machine has to give now. And
the main thread's own time is counted in the processor's clock, which does not run while others
have the machine: 33 ms of it a frame would be 30 frames a second.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise, product
from pathlib import Path
from statistics import mean
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import CDPSession, Page, sync_playwright  # noqa: E402

from browser.lab import Lab, LabServer  # noqa: E402
from components import find  # noqa: E402

VIEW = """from smtp_nb.widgets import TrailView
from smtp_nb.model.events import PITrailEvent
from smtp_nb.model.enums import TrailDirection as D
view = TrailView()
view"""
FLOOD = """for n in range(0, {lines}, 2):
    view(PITrailEvent(D.CLIENT, f"NOOP {{n}}", n / 1000))
    view(PITrailEvent(D.SERVER, f"250 ok {{n + 1}}", n / 1000))"""
# The cell has ended, and its last row has been drawn: both seen from a frame of the page.
ON_SCREEN_S = """async ([lines, index]) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = index;
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    let begun = false, ended = null;
    kernel.statusChanged.connect((_, status) => {
        begun ||= status === "busy";
        if (begun && status === "idle") ended ??= performance.now();
    });
    window.jupyterapp.commands.execute("notebook:run-cell");
    for (;;) {
        await new Promise(requestAnimationFrame);
        // Looked for each time: what is saved is published again after the cell, in a new view.
        const rows = document.querySelectorAll(".smtpnb-box .smtpnb-row bdi");
        const isThere = rows.length && rows[rows.length - 1].textContent === `250 ok ${lines - 1}`;
        if (ended !== null && isThere) return (performance.now() - ended) / 1000;
    }
}"""
# As a wheel does it, and as a dragged scroll bar does, which shows other rows in each frame.
FRAMES_S = """async ([selector, isDragged]) => {
    const box = document.querySelector(selector);
    const times = [];
    const steps = 150;
    for (let k = 0; k <= steps; k++) {
        box.scrollTop = isDragged ? (box.scrollHeight - box.clientHeight) * k / steps : 60 * k;
        times.push(await new Promise(requestAnimationFrame) / 1000);
    }
    return times;
}"""
EMPTY_BOX = """() => {
    const trail = document.querySelector(".smtpnb-box");
    const box = document.createElement("div");
    box.className = "empty-box";
    box.style.cssText = `height: ${trail.clientHeight}px; overflow: auto; position: relative`;
    box.append(document.createElement("div"));
    box.firstChild.style.height = `${trail.scrollHeight}px`;
    trail.parentElement.after(box);
}"""
BOXES = {"empty": ".empty-box", "trail": ".smtpnb-box"}
TURNS = 3


def measured(lines: int) -> dict[str, Any]:
    """Seconds until the last line is drawn, and the scrolls."""
    chromium = find("chromium")["chromium"]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        server = LabServer(Path(scratch))
        browser = playwright.chromium.launch(executable_path=chromium)
        try:
            notebook = Lab(server, browser).open_notebook([VIEW, FLOOD.format(lines=lines)])
            notebook.run(0)
            notebook.page.wait_for_selector(".smtpnb-box")
            seconds = notebook.page.evaluate(ON_SCREEN_S, [lines, 1])
            scrolls = scrolled(notebook.page)
        finally:
            browser.close()
            server.stop()
    return {"seconds": seconds, "scrolls": scrolls}


Scroll = tuple[list[float], list[float]]
"""Seconds between frames, and of the main thread for each."""


def scrolled(page: Page) -> dict[tuple[str, bool], Scroll]:
    """The frames of a scroll through each box, in turns."""
    page.evaluate(EMPTY_BOX)
    counters = page.context.new_cdp_session(page)
    counters.send("Performance.enable", {"timeDomain": "threadTicks"})
    found: dict[tuple[str, bool], Scroll] = {}
    for _ in range(TURNS):
        for way in product(BOXES, (False, True)):
            before = busy_s(counters)
            times = page.evaluate(FRAMES_S, [BOXES[way[0]], way[1]])
            gaps, busy = found.setdefault(way, ([], []))
            gaps += [after - before for before, after in pairwise(times)]
            busy.append((busy_s(counters) - before) / (len(times) - 1))
    return found


def busy_s(counters: CDPSession) -> float:
    """Seconds that the page's main thread has worked."""
    metrics = counters.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    lines = parser.parse_args().lines
    found = measured(lines)
    print(f"{lines:,} lines: the last one on the screen {found['seconds']:.2f} s after the cell")
    for (box, is_dragged), (gaps, busy) in found["scrolls"].items():
        way = "dragged" if is_dragged else "by wheel"
        rate, slowest = 1 / mean(gaps), max(gaps) * 1e3
        print(
            f"{box} box, {way}: {rate:.0f} frames/s, the slowest {slowest:.0f} ms;"
            f" main thread {mean(busy) * 1e3:.1f} ms a frame"
        )


if __name__ == "__main__":
    main()
