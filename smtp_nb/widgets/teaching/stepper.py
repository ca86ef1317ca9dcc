"""Live stepper: the state diagram beside the trail, and below them what may be done next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from smtp_nb.classroom import ClientStepper, Stepper
from smtp_nb.classroom.attacks.octets import octets_of
from smtp_nb.classroom.mirror import EXAMPLES
from smtp_nb.errors import SMTPError
from smtp_nb.model.display import visible
from smtp_nb.model.trail.trail import Trail
from smtp_nb.sandbox import FAULTS
from smtp_nb.widgets.live import Forms, Live
from smtp_nb.widgets.look import script, style_sheet
from smtp_nb.widgets.sender import ViewMessage
from smtp_nb.widgets.trail import TrailView

HEIGHT = 300


class StepperView(Live):
    """Shows a `Stepper`, into which a person types, or a `ClientStepper`, let on by a person.

    Both are lists of steps, so what the page asks for is also what a cell can say.

    Args:
        stepper: goes on by itself too; the page follows after each cell.
    """

    _esm = script("stepper_parts", "stepper")
    _css = style_sheet("stepper")

    def __init__(self, stepper: Stepper | ClientStepper, **traits: Any) -> None:
        super().__init__(**traits)
        self._stepper = stepper
        self._trail = TrailView(height=HEIGHT)
        self._trail_id = self._trail.model_id  # a closed one has none
        self._followed: Trail | None = None
        self._shown = 0
        self._said = ""
        self.on_msg(self._listen)

    # What a page is told

    def refresh(self) -> None:
        """Tell the page how it stands."""
        self._follow()
        self.send(self._message())

    def _follow(self) -> None:
        """Let the trail show what is new; after a step back, all of it again."""
        trail = self._stepper.trail
        if trail is not self._followed:
            self._trail.clear()
            self._followed, self._shown = trail, 0
        events = trail.snapshot()
        for event in events[self._shown :]:
            self._trail(event)
        self._shown = len(events)

    def _message(self) -> ViewMessage:
        stepper = self._stepper
        common = {
            "kind": "stepper",
            "state": stepper.state,
            "svg": stepper.svg,
            "count": stepper.count,
            "said": visible(self._said),
            "trail": self._trail_id,
            "faults": self._faults(),
        }
        theirs = (
            _client_part(stepper) if isinstance(stepper, ClientStepper) else _hand_part(stepper)
        )
        return {**common, **theirs}

    def _faults(self) -> dict[str, object] | None:
        server = self._stepper.server
        if server is None:
            return None
        return {"names": list(FAULTS), "active": [f"{one.name} {one}" for one in server.faults]}

    # What a page asks

    def _listen(self, _widget: object, content: Any, _buffers: object) -> None:
        """A page is there ({"ready": true}), says a line ({"say": "EHLO me"}) or octets
        ({"octets": "EHLO me\\r\\n"}), presses a button ({"press": "back"}), lets wrong be done
        ({"wrong": true}) or injects a fault ({"fault": "greylist"})."""
        if not isinstance(content, dict):
            return
        if not content.get("ready"):
            self._said = ""
        try:
            self._obey(content)
        except SMTPError as error:
            self._said = str(error)
        self.refresh()

    def _obey(self, content: dict[str, Any]) -> None:
        stepper = self._stepper
        if (button := _BUTTONS.get(str(content.get("press")))) is not None:
            button(stepper)
        if "fault" in content and stepper.server is not None:
            stepper.server.inject(str(content["fault"]))
        if isinstance(stepper, Stepper):
            _speak(stepper, content)

    # The static form

    def settle(self) -> None:
        """Bring page and notebook up to date."""
        if self.has_changed:
            self.refresh()
        super().settle()

    def __repr__(self) -> str:
        return f"<StepperView: {self._stepper.state}, {self._stepper.count} steps>"

    def static_forms(self) -> Forms:
        return self._stepper.forms()


def _speak(stepper: Stepper, content: dict[str, Any]) -> None:
    if "wrong" in content:
        stepper.lets_wrong = bool(content["wrong"])
    if isinstance(line := content.get("say"), str):
        stepper.say(line)
    if isinstance(octets := content.get("octets"), str):
        stepper.say_octets(octets_of(octets))


def _hand_part(stepper: Stepper) -> ViewMessage:
    legal = stepper.legal
    wrong = [verb for verb in EXAMPLES if verb not in legal] if stepper.lets_wrong else []
    return {
        "mode": "hand",
        "legal": list(map(list, zip(legal, stepper.suggestions, strict=True))),
        "illegal": [[verb, EXAMPLES[verb]] for verb in wrong],
        "isWrong": stepper.lets_wrong,
        "isOver": stepper.state == "closed",
        "waiting": visible(stepper.terminal.waiting),
    }


def _client_part(stepper: ClientStepper) -> ViewMessage:
    flow = stepper.flow
    why = stepper.why if flow else None
    return {
        "mode": "client",
        "isOver": stepper.is_over,
        "doing": visible(stepper.doing),
        "why": visible(why.purpose) if why else "",
        "where": f"{why.path}, line {why.line}, in {why.function}" if why else "",
        "source": why.source if why else "",
        "flow": [[one.function, f"{one.path} line {one.line}", one.source] for one in flow],
    }


def _heal(stepper: Stepper | ClientStepper) -> None:
    if stepper.server is not None:
        stepper.server.heal()


def _next(stepper: Stepper | ClientStepper) -> None:
    if isinstance(stepper, ClientStepper):
        stepper.step()


def _run(stepper: Stepper | ClientStepper) -> None:
    if isinstance(stepper, ClientStepper):
        stepper.run()


_BUTTONS: dict[str, Callable[[Stepper | ClientStepper], None]] = {
    "back": lambda stepper: stepper.back(),
    "heal": _heal,
    "next": _next,
    "run": _run,
}
