"""`config`."""

from __future__ import annotations

from smtp_nb.notebook.adjustments import setting_names
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.set import adjusted, entry_of, listed


def _config(request: VerbRequest) -> Card:
    name, equals, value = request.text("setting").partition("=")
    if not name and not equals:
        return listed("Settings of a session", setting_names(), request)
    entry = entry_of(name)
    if equals:
        request.state.adjustments.take(entry, value, request.state.smtp)
    return adjusted(entry.reference, entry, request)


VERBS = (
    Verb(
        "config",
        "Change a setting by its reference name, or show it; without a name list all",
        _config,
        (
            Argument(
                "setting", "Name=Value, or Name to see what it holds", ValueKind.SETTING, False
            ),
        ),
        example="%smtp config Hello=pc.school.test",
    ),
)
