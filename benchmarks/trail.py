"""How fast a long trail is on the screen, and how it scrolls, by the browser's own clock.

    python -m benchmarks.trail [--lines 100000]

A real JupyterLab in a real Chromium. Two promises: the last line is on the screen within 3 s of the
end of the cell that made it, and scrolling draws 30 frames a second.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from playwright.sync_api import sync_playwright  # noqa: E402

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
    let ended = null;
    const run = window.jupyterapp.commands.execute("notebook:run-cell");
    run.then(() => { ended = performance.now(); });
    const box = document.querySelector(".smtpnb-box");
    for (;;) {
        await new Promise(requestAnimationFrame);
        const rows = box.querySelectorAll(".smtpnb-row bdi");
        const isThere = rows.length && rows[rows.length - 1].textContent === `250 ok ${lines - 1}`;
        if (ended !== null && isThere) return (performance.now() - ended) / 1000;
    }
}"""
FRAMES_S = """async () => {
    const box = document.querySelector(".smtpnb-box");
    const times = [];
    const steps = 150;
    for (let k = 0; k <= steps; k++) {
        box.scrollTop = (box.scrollHeight - box.clientHeight) * k / steps;
        times.push(await new Promise(requestAnimationFrame) / 1000);
    }
    return times;
}"""


def measured(lines: int) -> dict[str, Any]:
    """Seconds until the last line, and the frames of a scroll through all of them."""
    chromium = find("chromium")["chromium"]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        server = LabServer(Path(scratch))
        browser = playwright.chromium.launch(executable_path=chromium)
        try:
            notebook = Lab(server, browser).open_notebook([VIEW, FLOOD.format(lines=lines)])
            notebook.run(0)
            notebook.page.wait_for_selector(".smtpnb-box")
            seconds = notebook.page.evaluate(ON_SCREEN_S, [lines, 1])
            times = notebook.page.evaluate(FRAMES_S)
        finally:
            browser.close()
            server.stop()
    gaps = sorted(after - before for before, after in pairwise(times))
    return {
        "seconds": seconds,
        "frames": (len(times) - 1) / (times[-1] - times[0]),
        "slowest": gaps[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    lines = parser.parse_args().lines
    found = measured(lines)
    print(f"{lines:,} lines: the last one on the screen {found['seconds']:.2f} s after the cell")
    print(f"scrolling: {found['frames']:.0f} frames/s, the slowest {found['slowest'] * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
