"""A password that must be found nowhere, and the hunt for it."""

from __future__ import annotations

import contextlib
import io
import logging
import pickle
import re
import traceback
from collections.abc import Iterator
from typing import Any

from IPython.core.ultratb import FormattedTB

from drivers.fronts import Front
from smtp_nb import Trail
from smtp_nb.model.secret import encodings

# Long enough to be nowhere by chance, with what base64, JSON, HTML, URLs and reprs spell
# differently.
CANARY = "Käfig<&'voll>/Vögel+%\\\"=?"
# A second one, of the characters that a bearer token may have.
TOKEN = "kaefig.voll-er_voegel~und/noch+mehr=="
SPELLINGS = encodings(CANARY) | encodings(TOKEN)


def assert_clean(text: str, where: str) -> None:
    """Neither canary is in any spelling in the text."""
    for spelling in SPELLINGS:
        at = text.find(spelling)
        assert at < 0, (
            f"the password is in {where}, as {spelling!r}: …{text[max(at - 80, 0) : at + 80]!r}…"
        )


def as_text(data: bytes) -> str:
    """Octets so that every spelling is found in them."""
    return data.decode("utf-8", "replace") + "\n" + data.decode("latin-1")


class Log(logging.Handler):
    """Keeps what every logger says, down to the last detail."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(vars(record)))


@contextlib.contextmanager
def log() -> Iterator[Log]:
    """Listen to all loggers."""
    handler, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class Witness:
    """Watches one component by all its events."""

    def __init__(self, smtp: Any) -> None:
        self.smtp = smtp
        self.trail = Trail()
        self.events: list[Any] = []
        smtp.on_pi_trail += self.trail
        for name in dir(type(smtp)):
            if name.startswith("on_"):
                getattr(smtp, name)(self.events.append)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Everything that the component and its trail show, with its name."""
        smtp, trail = self.smtp, self.trail
        yield "the trail", str(trail) + repr(trail) + trail._repr_html_()
        yield "the trail's exports", trail.packets + trail.frame.to_csv()
        yield "the events", repr(self.events) + repr([e.message for e in trail])
        yield "the component", repr(smtp) + str(smtp)
        yield "its settings", repr(smtp.settings) + repr(dict(settings_of(smtp)))
        yield "its configuration", repr([smtp.config(name) for name in smtp.settings])
        yield "its properties", repr(properties_of(smtp))
        yield "its insides", repr(vars(smtp)) + insides(smtp)
        yield "its clone", repr(vars(smtp.clone()))
        yield "its last reply", smtp.last_reply
        yield "pickles", pickles([*self.events, *trail])


def settings_of(smtp: Any) -> Iterator[tuple[str, Any]]:
    return ((name, smtp.settings[name]) for name in smtp.settings)


def properties_of(smtp: Any) -> dict[str, Any]:
    """Every public attribute that can be read."""
    found = {}
    for name in dir(smtp):
        if not name.startswith("_"):
            with contextlib.suppress(Exception):
                found[name] = getattr(smtp, name)
    return found


def insides(smtp: Any) -> str:
    """What is behind it: driver, session, its settings and credentials."""
    parts = [smtp._driver, smtp._session]
    if smtp._session is not None:
        parts += [
            smtp._session.settings,
            smtp._session.protocol,
            smtp._session.settings.credentials,
        ]
        parts += [vars(smtp._session), vars(smtp._session.protocol)]
    return repr(parts) + repr([vars(part) for part in parts[:2] if part is not None])


def pickles(values: list[Any]) -> str:
    """What of it pickles, as text."""
    found = []
    for value in values:
        with contextlib.suppress(TypeError, AttributeError, pickle.PicklingError):
            found += [pickle.dumps(value, protocol) for protocol in (0, 2, 5)]
    return as_text(b"".join(found))


def texts_of_error(error: BaseException) -> Iterator[tuple[str, str]]:
    """Every way in which an error is shown."""
    yield "the error", f"{error}{error!r}{error.args!r}{vars(error)!r}"
    yield "the traceback", "".join(traceback.format_exception(error))
    yield "the variables of its frames", variables(error)
    yield "IPython's verbose traceback", verbose(error)
    yield "the pickled error", pickles([error])
    for linked in (error.__cause__, error.__context__):
        if linked is not None:
            yield from texts_of_error(linked)
    if (receipt := getattr(error, "receipt", None)) is not None:
        yield from texts_of_receipt(receipt)


def texts_of_receipt(receipt: Any) -> Iterator[tuple[str, str]]:
    yield "the receipt", f"{receipt}{receipt!r}"
    yield "the pickled receipt", pickles([receipt])


def variables(error: BaseException) -> str:
    """What a traceback with `capture_locals` shows, frame by frame."""
    found = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        found.append(f'  File "{frame.f_code.co_filename}"')
        for name, value in frame.f_locals.items():
            with contextlib.suppress(AttributeError):  # an object whose making failed has no repr
                found.append(f"{name} = {value!r}")
    return "\n".join(found)


def verbose(error: BaseException) -> str:
    """As IPython shows it after `%xmode Verbose`: with the values in every line."""
    formatter = FormattedTB(mode="Verbose", theme_name="nocolor", ostream=io.StringIO())
    return formatter.stb2text(
        formatter.structured_traceback(type(error), error, error.__traceback__)
    )


def ours(text: str) -> str:
    """The part of a traceback that shows our own frames; the test's own know the password."""
    frames = re.split(r'(?m)^(?=  File "|File )', text)
    return "".join(frame for frame in frames if "/tests/" not in frame.partition("\n")[0])


def send(front: Front, smtp: Any) -> Any:
    """The receipt, or the error. No local of this frame holds the password."""
    try:
        return front.run(smtp.send())
    except BaseException as error:
        return error


def assert_secret(front: Front, smtp: Any, failure: type[BaseException] | None = None) -> None:
    """Send, and look for the password everywhere."""
    with log() as lines:
        witness = Witness(smtp)
        outcome = send(front, smtp)
        assert isinstance(outcome, failure or object), outcome
        for where, text in witness.texts():
            assert_clean(text, where)
    found = texts_of_error if isinstance(outcome, BaseException) else texts_of_receipt
    for where, text in found(outcome):
        assert_clean(text, where)
    assert_clean("\n".join(lines.lines), "the log")
