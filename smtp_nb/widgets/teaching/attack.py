"""Live attack lab: what the attacker writes, the wire, the victim's inbox, and the defences."""

from __future__ import annotations

from typing import Any

from smtp_nb.classroom import Attack
from smtp_nb.errors import SMTPError
from smtp_nb.model.display import visible
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import ViewMessage


class AttackView(Live):
    """Shows an `Attack`; each change is tried at once.

    Args:
        attack: what a cell does to it, the page shows after that cell.
    """

    _esm = script("attack")
    _css = style_sheet("attack")

    def __init__(self, attack: Attack, **traits: Any) -> None:
        super().__init__(**traits)
        self._attack = attack
        self._said = ""
        self.on_msg(self._listen)

    def refresh(self) -> None:
        """Tell the page how it stands."""
        self.send(self._message())

    def _message(self) -> ViewMessage:
        attack, result = self._attack, self._attack.result
        return {
            "kind": "attack",
            "title": attack.plot.title,
            "story": attack.plot.story,
            "asks": attack.plot.asks,
            "presets": [[name, text] for name, text in attack.plot.presets.items()],
            "written": attack.written,
            "defences": [
                [name, attack.plot.defences[name].title, attack.plot.defences[name].why, is_on]
                for name, is_on in attack.defences.items()
            ],
            "isSafe": result.is_safe,
            "verdict": result.verdict,
            "words": visible(result.words),
            "wire": [[row.who, visible(row.text), row.is_hostile] for row in result.wire],
            "inbox": [list(map(_shown, row)) for row in result.inbox],
            "checks": [list(map(_shown, check)) for check in result.checks],
            "controls": [list(control) for control in result.controls],
            "said": visible(self._said),
        }

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), the attacker writes ({"write": "…"}), or a defence is
        switched ({"defence": "strict", "on": true})."""
        if not isinstance(content, dict):
            return
        if not content.get("ready"):
            self._said = ""
        try:
            if isinstance(text := content.get("write"), str):
                self._attack.write(text)
            if "defence" in content:
                self._attack.defend(str(content["defence"]), bool(content.get("on")))
        except SMTPError as error:
            self._said = str(error)
        self.refresh()

    def settle(self) -> None:
        """Bring page and notebook up to date."""
        if self.has_changed:
            self.refresh()
        super().settle()

    def __repr__(self) -> str:
        return f"<AttackView: {self._attack.kind}, {self._attack.result.verdict}>"

    def static_forms(self) -> Forms:
        return self._attack.forms()


def _shown(value: object) -> object:
    return visible(value) if isinstance(value, str) else value
