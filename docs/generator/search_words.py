"""Words of the search: a status code is one word, on the page and in what a reader types.

Sphinx leaves numbers out of its index, so 5.7.139 and 535 would find nothing.
"""

from __future__ import annotations

import re

from sphinx.search.en import SearchEnglish

_WORD = re.compile(r"[245]\.\d{1,3}\.\d{1,3}|\w+")
_CODE = re.compile(r"[245]\d\d|1[01]\d{3}")

_SPLITTER = r"""
var splitQuery = query => (query.match(/[245]\.\d{1,3}\.\d{1,3}|[\p{L}\p{N}_]+/gu) || [])
  .map(word => /^([245]\d\d|1[01]\d{3})$/.test(word) ? `code${word}` : word);
"""


class CodesAndWords(SearchEnglish):
    """English, and codes of SMTP."""

    js_splitter_code = _SPLITTER

    def split(self, text: str) -> list[str]:
        """Return the words of a text."""
        return [f"code{w}" if _CODE.fullmatch(w) else w for w in _WORD.findall(text)]
