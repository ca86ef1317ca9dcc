"""The description that an index page shows: README.md, with links that lead somewhere from there.

A link to a file of this folder becomes one to the project's `Source`, in the way that forges share.
Without a Source in pyproject.toml its words stay, and a picture, which an index takes from an
address alone, is left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"!\[([^\]]*)\]\((?!https?:)([^)\s]+)\)\n*")
_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:)([^)\s]+)\)")


class Description(MetadataHookInterface):
    """Names the description, which is dynamic."""

    def update(self, metadata: dict[str, Any]) -> None:
        readme = (Path(self.root) / "README.md").read_text("utf-8")
        text = described(readme, metadata.get("urls", {}).get("Source", ""))
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def described(readme: str, source: str) -> str:
    """README.md as it can be read without the files beside it."""
    if not source:
        return _LINK.sub(r"\1", _PICTURE.sub("", readme))
    readme = _PICTURE.sub(rf"![\1]({source}/raw/HEAD/\2)\n\n", readme)
    return _LINK.sub(rf"[\1]({source}/blob/HEAD/\2)", readme)
