"""axe-core as the judge of whether a page can be used by everybody."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

RUN = """async root => (await axe.run(root || document, { rules: { region: { enabled: !root } } }))
    .violations.flatMap(found => found.nodes.map(node => `${found.id}: ${node.html}`))"""


def barriers(page: Page, axe: Path, root: str = "") -> list[str]:
    """What axe-core objects to in a page, or in the elements that a selector finds.

    Landmarks are a matter of whole pages.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(RUN, root)
    return found
