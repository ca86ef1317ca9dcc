"""A pytest plugin: the fixture `smtp_sandbox`, a mail server for the tests of an application.

pytest loads this file wherever smtp_nb is installed. It imports the server when a test asks for it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from smtp_nb.sandbox import SandboxServer

_NAME = "smtp_sandbox"
_ENVIRONMENT = "smtp_sandbox_env"
# The last lines of a conversation tell why a test failed; all of a long one would bury it.
_LINES = 60
_FIELD = re.compile(r"\{(\w+)\}")
_FIELDS: dict[str, Callable[[SandboxServer], object]] = {
    "url": lambda server: server.url,
    "host": lambda server: server.host,
    "port": lambda server: server.port,
    "user": lambda server: unquote(urlsplit(server.url).username or ""),
    "password": lambda server: unquote(urlsplit(server.url).password or ""),
    "ca_file": lambda server: server.ca_file or "",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the two settings of pytest's configuration file."""
    keywords = "keywords of SandboxServer for smtp_sandbox, one a line: tls = starttls"
    parser.addini(_NAME, keywords, type="linelist", default=[])
    fields = ", ".join(f"{{{name}}}" for name in _FIELDS)
    variables = f"environment variables that smtp_sandbox sets, one a line: NAME = {fields}"
    parser.addini(_ENVIRONMENT, variables, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    what = "keywords of SandboxServer for this test, which gets a server of its own"
    config.addinivalue_line("markers", f"{_NAME}(**keywords): {what}")


@pytest.fixture(scope="session")
def smtp_sandbox_server(pytestconfig: pytest.Config) -> Iterator[SandboxServer]:
    """The server of the whole run, for an application that is started once.

    It is a `SandboxServer` with the keywords of the setting `smtp_sandbox`, at one port until the
    run ends. `smtp_sandbox` resets it before each test.
    """
    with _new_server(_keywords(pytestconfig)) as server:
        yield server


@pytest.fixture
def smtp_sandbox(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SandboxServer]:
    """A mail server that has received nothing yet: a running `SandboxServer`.

    Without the marker it is `smtp_sandbox_server`, reset. With
    `@pytest.mark.smtp_sandbox(tls="starttls")` it is one of the test's own; of several markers each
    adds keywords, and the closest one wins. Variables of the setting `smtp_sandbox_env` are set
    while the test runs.
    """
    with _server_of(request) as server:
        for name, text in _pairs(request.config, _ENVIRONMENT):
            monkeypatch.setenv(name, _FIELD.sub(lambda found: _filled(server, found[1]), text))
        yield server


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report of a failure what the server saw; it hides credentials."""
    report = yield
    server = getattr(item, "funcargs", {}).get(_NAME)
    if server is not None and report.when == "call" and report.failed:
        lines = "\n\n".join(map(str, server.sessions)).splitlines()
        seen = "\n".join(lines[-_LINES:]) or "no client connected"
        report.sections.append((f"What {_NAME} saw", seen))
    return report


@contextmanager
def _server_of(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    """The server for one test, running and empty."""
    marks = [mark.kwargs for mark in request.node.iter_markers(_NAME)]
    if not marks:
        server: SandboxServer = request.getfixturevalue("smtp_sandbox_server")
        server.start()  # a test may have stopped it
        server.hold(False)
        server.reset()
        yield server
        return
    keywords = _keywords(request.config)
    for given in reversed(marks):
        keywords |= given
    with _new_server(keywords) as server:
        yield server


def _new_server(keywords: dict[str, Any]) -> SandboxServer:
    from smtp_nb.errors import InputError
    from smtp_nb.sandbox import SandboxServer

    try:
        return SandboxServer(**keywords)
    except InputError as error:
        fault = f"{error.description}. {error.remedy}"
    except TypeError as error:
        fault = str(error).removeprefix("SandboxServer.__init__() ")
    raise _wrong(_NAME, fault)


def _keywords(config: pytest.Config) -> dict[str, Any]:
    return {name: _value(text) for name, text in _pairs(config, _NAME)}


def _value(text: str) -> Any:
    """A Python literal, or else the text itself."""
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _pairs(config: pytest.Config, setting: str) -> Iterator[tuple[str, str]]:
    for line in config.getini(setting):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals):
            raise _wrong(setting, f"{line!r} is not a line of the form `name = value`")
        yield name, value


def _filled(server: SandboxServer, field: str) -> str:
    if field not in _FIELDS:
        raise _wrong(_ENVIRONMENT, f"{{{field}}} is unknown. Choose from {', '.join(_FIELDS)}")
    return str(_FIELDS[field](server))


def _wrong(setting: str, what: str) -> BaseException:
    return pytest.fail.Exception(f"{setting}: {what}", pytrace=False)
