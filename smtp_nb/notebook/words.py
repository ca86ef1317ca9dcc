"""Splitting of a magic's line into words as a shell does, with `{{ … }}` kept whole."""

from __future__ import annotations

import re
import shlex

from IPython.core.error import UsageError

_EXPRESSION = re.compile(r"\{\{.*?\}\}")
# Stands for an expression while shlex is at work: it has neither spaces nor quotes.
_MARK = "\ue000{}\ue001"
_MARKED = re.compile("\ue000(\\d+)\ue001")

# A quote within an expression, which the splitting would take away: df[df.name=="Ann"].
_CUT = re.compile(r"""\s*(?:merge|preview)\s+[^\W\d][\w.]*[\[(][^\s'"]*['"]""")


def quoted(word: str) -> str:
    """The word as it is written on a line: `split_words` reads the same back."""
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return _MARK.format(len(kept) - 1)

    marked = _EXPRESSION.sub(put_aside, word)
    if "'" in marked and not re.search(r'["\\]', marked):
        marked = f'"{marked}"'
    else:
        marked = shlex.quote(marked)
    return _MARKED.sub(lambda found: kept[int(found[1])], marked)


def split_words(line: str) -> list[str]:
    """The words of a line: quotes join, a backslash escapes, `{{ a["b c"] }}` is one piece.

    Raises:
        UsageError: a quote is not closed, or stands within an expression that is not in quotes.
    """
    if _CUT.match(line):
        raise UsageError("""%smtp: put the whole expression into quotes: "df.query('n > 1')\"""")
    expressions: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        expressions.append(found[0])
        return _MARK.format(len(expressions) - 1)

    marked = _EXPRESSION.sub(put_aside, line)
    try:
        words = shlex.split(marked, posix=True)
    except ValueError as error:
        raise UsageError(f"%smtp: {str(error).lower()}; close the quote or escape it") from None
    return [_MARKED.sub(lambda found: expressions[int(found[1])], word) for word in words]
