"""What a run found: as a table in the terminal, as a page of the documentation, as pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

DOCS = Path(__file__).parent.parent / "docs"
# What is loaded, after what is there already.
IMPORTS = {
    "from smtp_nb import SMTP": "",
    "import smtplib, ssl, email.message": "",
    "%load_ext smtp_nb": "from IPython.testing.globalipapp import start_ipython as start; start()",
}
CASES = {
    "path": "`smtp.send()` from a path",
    "email": "`smtp.send(EmailMessage)`",
    "merge": "a merge of 10 rows with it",
    "smtplib": "`smtplib`, the same EmailMessage",
}
SINK = "sink"
# Contestants of ours, each compared with all others.
OURS = ("smtp_nb", "smtp_nb, CHUNKING")
COLOURS = {"smtp_nb": "#1f6f8b", "smtp_nb, CHUNKING": "#0b3c5d", SINK: "#cccccc"}

Block = dict[str, Any]


def spread(values: list[float], form: str) -> str:
    """The median, with the least and the most."""
    middle, low, high = (
        f"{value:{form if value < 99.5 else '.0f'}}"
        for value in (median(values), min(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def ratios(block: Block, ours: str, label: str) -> list[float]:
    """How many times as fast as a contestant we were, turn by turn."""
    figures = block["figures"]
    pairs = zip(figures[label]["seconds"], figures[ours]["seconds"], strict=True)
    return [theirs / mine for theirs, mine in pairs]


def rows_of(block: Block) -> list[tuple[str, ...]]:
    """(contestant, messages a second, memory, and how many times as fast each of ours was)."""
    found = []
    for label, figures in block["figures"].items():
        rate = 1 / median(figures["seconds"])
        memory = f"{median(figures['peak_kib']) / 1024:.0f}"
        name = "the sink's own limit" if label == SINK else label
        compared = [
            "" if label in (SINK, ours) else spread(ratios(block, ours, label), ".2g")
            for ours in OURS
        ]
        rated = f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"
        found.append((name, rated, "" if label == SINK else memory, *compared))
    return found


HEAD = ("", "messages/s", "peak MB", *(f"{ours} is … times as fast" for ours in OURS))


def lines(block: Block) -> list[str]:
    """One block for the terminal."""
    table = [HEAD, *rows_of(block)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
    shown = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
    return [block["title"], *shown]


def faster(found: dict[str, Any]) -> list[str]:
    """Who was faster than we were, and where."""
    said = []
    for block in found["scenarios"]:
        for ours in OURS:
            for label in block["figures"]:
                if label in (SINK, *OURS) or (ratio := median(ratios(block, ours, label))) >= 1:
                    continue
                said.append(
                    f"- {block['title']}: {label} is {1 / ratio:.1f} times as fast as {ours}."
                )
    return said or ["- Nobody, in this run."]


def _markdown(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    ruler = "|".join([":---", *["---:"] * (len(head) - 1)])
    return (
        [f"| {' | '.join(row)} |" for row in (head,)]
        + [f"|{ruler}|"]
        + [f"| {' | '.join(row)} |" for row in rows]
    )


def _scenario(block: Block) -> list[str]:
    rows = ", ".join(f"{label} {count:,}" for label, count in block["rows"].items())
    return [
        f"## {block['title']}", "", f"![{block['title']}](images/bench-{block['name']}.svg)", "",
        *_markdown(HEAD, rows_of(block)), "", f"Rows: {rows}.", "",
    ]  # fmt: skip


def _memory(found: dict[str, list[float]]) -> list[str]:
    rows = [(CASES[case], spread(values, ".1f")) for case, values in found.items()]
    said = "A 25 MB attachment, above the baseline (including the user's own bytes):"
    return ["## Memory", "", said, "", *_markdown(("", "MB more"), rows), ""]


def _scale(found: dict[str, dict[str, list[float]]]) -> list[str]:
    rows = [
        (f"{int(size):,}", spread([s * 1e6 for s in f["seconds"]], ".0f"),
         f"{median(f['more_kib']):.2f}", spread(f["check"], ".1%"))
        for size, f in found.items()
    ]  # fmt: skip
    head = ("rows", "µs a row", "KB a row", "check(), of that time")
    return ["## Long lists", "", "One connection, CHUNKING, the results kept:", "",
            *_markdown(head, rows), ""]  # fmt: skip


def _imports(found: dict[str, list[float]]) -> list[str]:
    rows = [(f"`{line}`", spread([s * 1e3 for s in found[line]], ".0f")) for line in IMPORTS]
    return ["## Imports", "", *_markdown(("", "ms of CPU time"), rows), ""]


def _cluster(found: dict[str, list[float]]) -> list[str]:
    names = {"0": "one process", "2": "a `LocalCluster` of two workers"}
    rows = [(names[n], spread([1 / s for s in seconds], ",.0f")) for n, seconds in found.items()]
    said = "The journal is a PostgreSQL database, the server offers CHUNKING:"
    return ["## Several processes", "", said, "", *_markdown(("", "messages/s"), rows), ""]


SECTIONS: dict[str, Callable[[Any], list[str]]] = {
    "memory": _memory,
    "scale": _scale,
    "imports": _imports,
    "cluster": _cluster,
}


def page(found: dict[str, Any]) -> str:
    """The page of the documentation."""
    text = (Path(__file__).parent / "page.md").read_text()
    blocks = [line for block in found["scenarios"] for line in _scenario(block)]
    for name, section in SECTIONS.items():
        blocks += section(found[name]) if found.get(name) else []
    filled = {
        "machine": found["machine"],
        "repeat": str(found["repeat"]),
        "faster": "\n".join(faster(found)),
        "blocks": "\n".join(blocks),
    }
    for name, value in filled.items():
        text = text.replace(f"[[{name}]]", value)
    return text.rstrip() + "\n"


def write(found: dict[str, Any]) -> None:
    """The page and its pictures."""
    (DOCS / "images").mkdir(parents=True, exist_ok=True)
    (DOCS / "benchmarks.md").write_text(page(found))
    for block in found["scenarios"]:
        draw(block, DOCS / "images" / f"bench-{block['name']}.svg")


def draw(block: Block, path: Path) -> None:
    """Bars of messages a second, each with its spread."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "smtp_nb", "svg.fonttype": "none"})
    labels = list(block["figures"])[::-1]
    rates = [sorted(1 / s for s in block["figures"][label]["seconds"]) for label in labels]
    middles = [median(rate) for rate in rates]
    reach = [
        [middle - rate[0] for middle, rate in zip(middles, rates, strict=True)],
        [rate[-1] - middle for middle, rate in zip(middles, rates, strict=True)],
    ]
    figure = Figure(figsize=(7, 0.4 * len(labels) + 1), layout="constrained")
    axes = figure.subplots()
    colours = [COLOURS.get(label, "#8aa9b8") for label in labels]
    axes.barh(labels, middles, xerr=reach, color=colours, ecolor="#555555", capsize=2)
    axes.set_xscale("log")
    axes.set_xlabel("messages a second (logarithmic)")
    axes.set_title(block["title"])
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
