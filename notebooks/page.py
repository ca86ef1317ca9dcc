"""A notebook as a page that opens from a memory stick: nothing in it comes from elsewhere."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from ipython_pygments_lexers import IPython3Lexer
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters.html import HtmlFormatter

# The richest that a page can show comes first.
_IMAGES = ("image/svg+xml", "image/png", "image/jpeg")
# A cell of a frame that holds a number.
_NUMBER = re.compile(r"<td>(-?[0-9][0-9.,]*)</td>")
# The corner of a frame: an empty head of nothing, which a screen reader would read out.
_CORNER = "<th></th>"
_CODE = HtmlFormatter(nowrap=True, style="default")
_STYLE = """\
:root { color-scheme: light }
body { margin: 0; background: #fff; color: #1b1b1b; font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.8rem; line-height: 1.2 }
h2 { font-size: 1.3rem; margin: 2rem 0 0.5rem }
a { color: #0b57d0 }
pre, code { font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Consolas, monospace }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
.cell { display: grid; grid-template-columns: 3.2rem minmax(0, 1fr); gap: 0.25rem 0.5rem }
.cell { margin: 0.8rem 0 }
.prompt { color: #505050; font: 12px/1.6 ui-monospace, monospace }
.prompt { text-align: right; padding-top: 0.5rem }
.code { background: #f6f6f6; border: 1px solid #ddd; border-radius: 4px; padding: 0.5rem 0.7rem }
.output { grid-column: 2; overflow-x: auto; padding: 0.2rem 0.7rem; font-size: 14px }
.output img { max-width: 100% }
table { border-collapse: collapse; border: 0; margin: 0.3rem 0 }
th, td { text-align: left !important; vertical-align: top; padding: 0.25rem 0.6rem; border: 0 }
thead { border-bottom: 1px solid #999 }
tbody tr:nth-child(odd) { background: #f6f6f6 }
td.number { text-align: right !important; font-variant-numeric: tabular-nums }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid #bbb }
@media (max-width: 40rem) {
  .cell { grid-template-columns: minmax(0, 1fr) }
  .prompt { text-align: left; padding: 0 }
  .output { grid-column: 1; padding-inline: 0 }
}
"""
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}{code}
</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def page(cells: list[dict[str, Any]]) -> str:
    """The page of a notebook's cells, called by its first heading."""
    source = "".join(cells[0]["source"])
    title = source.partition("\n")[0].lstrip("# ")
    body = "\n".join(part for cell in cells for part in _cell(cell))
    body = _NUMBER.sub(r'<td class="number">\1</td>', body).replace(_CORNER, "<td></td>")
    code = _CODE.get_style_defs(".code")
    return _PAGE.format(title=html.escape(title), style=_STYLE, code=code, body=body)


def _cell(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] != "code":
        yield MarkdownIt("commonmark").enable("table").render(source)
        return
    yield '<div class="cell">'
    yield f'<div class="prompt">[{cell["execution_count"]}]</div>'
    coloured = highlight(source, IPython3Lexer(), _CODE).rstrip()
    yield f'<pre class="code">{coloured}</pre>'
    for output in cell["outputs"]:
        # What is wider than the page scrolls, by the keyboard too.
        yield f'<div class="output" tabindex="0">{_shown(output)}</div>'
    yield "</div>"


def _shown(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    for kind in _IMAGES:
        if kind in data:
            content = "".join(data[kind])
            if kind == "image/svg+xml":
                return content
            words = html.escape("".join(data.get("text/plain", "picture")))
            return f'<img alt="{words}" src="data:{kind};base64,{content.strip()}">'
    text = output.get("text") or data.get("text/plain", "")
    return f"<pre>{html.escape(''.join(text))}</pre>"
