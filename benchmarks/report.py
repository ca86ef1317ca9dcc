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
SMTP, LIBRARY, LOAD = IMPORTS
CASES = {
    "path": "`smtp.send()` from a path",
    "email": "`smtp.send(EmailMessage)`",
    "merge": "a merge of 10 rows with it",
    "smtplib": "`smtplib`, the same EmailMessage",
}
SENDERS = {
    "sqlite": "one process, the journal a file (SQLite)",
    "postgresql": "one process, the journal in PostgreSQL",
    "workers": "a `LocalCluster` of two workers, the journal in PostgreSQL",
}
SINK, LIMIT = "sink", "the limit with DATA"
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


def import_ratios(found: dict[str, list[float]]) -> list[float]:
    """How many times the library's parts the client costs, turn by turn."""
    return [ours / theirs for ours, theirs in zip(found[SMTP], found[LIBRARY], strict=True)]


def rows_of(block: Block) -> list[tuple[str, ...]]:
    """(contestant, messages a second, memory, and how many times as fast each of ours was)."""
    found = []
    for label, figures in block["figures"].items():
        rate = 1 / median(figures["seconds"])
        memory = f"{median(figures['peak_kib']) / 1024:.0f}"
        name = LIMIT if label == SINK else label
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
    ratio = spread(import_ratios(found), ".1f")
    about = "CPU time, of compiled modules; IPython runs already when the extension is loaded:"
    said = f"`{SMTP}` costs {ratio} times what the library's parts do."
    return ["## Imports", "", about, "", *_markdown(("", "ms"), rows), "", said, ""]


def _cluster(found: dict[str, list[float]]) -> list[str]:
    rows = [
        (SENDERS[name], spread([1 / s for s in seconds], ",.0f"),
         spread([a / b for a, b in zip(found["postgresql"], seconds, strict=True)], ".2f"))
        for name, seconds in found.items()
    ]  # fmt: skip
    said = "One connection a process, CHUNKING; both kinds of journal wait for the same disk:"
    head = ("", "messages/s", "times as fast as one process with PostgreSQL")
    return ["## Several processes", "", said, "", *_markdown(head, rows), ""]


def _trail(found: dict[str, Any]) -> list[str]:
    rows = [
        ("seconds from the end of the cell to the last line on the screen",
         spread(found["seconds"], ".2f")),
        ("frames a second while its scroll bar is dragged", spread(found["rate"], ".0f")),
        ("frames a second of an empty box of the same size", spread(found["empty"], ".0f")),
    ]  # fmt: skip
    title = f"## A trail of {found['lines']:,} lines"
    return [title, "", "In JupyterLab in Chromium:", "", *_markdown(("", ""), rows), ""]


SECTIONS: dict[str, Callable[[Any], list[str]]] = {
    "memory": _memory,
    "scale": _scale,
    "imports": _imports,
    "cluster": _cluster,
    "trail": _trail,
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
        "minutes": str(found["minutes"]),
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
    """Bars of messages a second, each with its figure and its spread."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "smtp_nb", "svg.fonttype": "none"})
    labels = sorted(block["figures"], key=lambda label: -median(block["figures"][label]["seconds"]))
    rates = [sorted(1 / s for s in block["figures"][label]["seconds"]) for label in labels]
    middles = [median(rate) for rate in rates]
    reach = [
        [middle - rate[0] for middle, rate in zip(middles, rates, strict=True)],
        [rate[-1] - middle for middle, rate in zip(middles, rates, strict=True)],
    ]
    figure = Figure(figsize=(7, 0.34 * len(labels) + 1), layout="constrained")
    axes = figure.subplots()
    names = [LIMIT if label == SINK else label for label in labels]
    colours = [COLOURS.get(label, "#8aa9b8") for label in labels]
    axes.barh(names, middles, xerr=reach, color=colours, ecolor="#333333", capsize=2)
    for place, rate in enumerate(rates):
        written = f"{middles[place]:,.0f}" if middles[place] >= 10 else f"{middles[place]:.1f}"
        axes.annotate(
            written, (rate[-1], place), (6, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.set_xlim(0, 1.15 * max(rate[-1] for rate in rates))
    axes.set_xlabel("messages a second (median; the line is from the least to the most)")
    axes.set_title(block["title"])
    axes.xaxis.set_major_formatter(mpl.ticker.StrMethodFormatter("{x:,.0f}"))
    axes.spines[["top", "right"]].set_visible(False)
    for name, tick in zip(labels, axes.get_yticklabels(), strict=True):
        tick.set_fontweight("bold" if name in OURS else "normal")
    figure.savefig(path, metadata={"Date": None})
