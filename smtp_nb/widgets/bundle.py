"""What a widget leaves in a saved notebook: the live view's key with static forms beside it."""

from __future__ import annotations

from typing import Any


def with_static_forms(live: Any, text: str, html: str) -> Any:
    """Add plain text and HTML to the MIME bundle of a widget.

    Args:
        live: what `AnyWidget._repr_mimebundle_` returned: a bundle, or a bundle and metadata.

    A front end that knows widgets takes the live view; a viewer without a kernel, nbconvert and
    a terminal take the richest of the others.
    """
    forms = {"text/plain": text, "text/html": html}
    if live is None:
        return forms
    if isinstance(live, tuple):
        bundle, metadata = live
        return bundle | forms, metadata
    return live | forms
