"""The examples of the documentation are true, those of magics too."""

from __future__ import annotations

import doctest
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import load_pem_x509_certificate
from IPython.core.interactiveshell import InteractiveShell

from servers.postgresql import PostgreSQL
from servers.proxies import Proxies
from smtp_nb.errors import DeferredError, RefusedError
from smtp_nb.notebook.verbs import find_verb
from smtp_nb.notebook.words import split_words

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
}
FENCED = re.compile(r"^(`{3,})(\S*)[^\n]*\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
MAGIC = re.compile(r"(?:\w+ = )?%")
# What stands in a block that no test runs here, and why.
NOT_RUN = {
    "none": "needs an account, a key or a machine elsewhere",
    "text": "is shown, not typed",
    "": "is a picture of letters",
    "ini": "is run by tests/test_testing.py",
    "sh": "is run by the tests of grading",
    "py": "is the configuration of another program",
    "{toctree}": "lists pages",
    "{code-block}": "is run by test_coming.py, both sides of it",
}


class Block(NamedTuple):
    """An example on a page."""

    kind: str
    text: str

    @property
    def is_run(self) -> bool:
        """Magics are text."""
        return self.kind in {"pycon", "python"} or (
            self.kind == "text" and bool(MAGIC.match(self.text))
        )


def blocks(page: str) -> list[Block]:
    return [Block(kind, text) for _, kind, text in FENCED.findall(page)]


RUN = [name for name, page in PAGES.items() if any(block.is_run for block in blocks(page))]


@pytest.mark.parametrize("name", RUN)
def test_the_examples_do_what_they_show(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    page = PAGES[name]
    for word, provide in NEEDS.items():
        if word in page:
            page = provide(page, request)
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.kind == "python":
            exec(compile(block.text, name, "exec"), names)
        elif block.kind == "pycon":
            example = doctest.DocTestParser().get_doctest(block.text, names, name, name, 0)
            failures: list[str] = []
            doctest.DocTestRunner().run(example, out=failures.append, clear_globs=False)
            assert "".join(failures) == ""
            names = example.globs
        elif block.is_run:
            shell: InteractiveShell = request.getfixturevalue("shell")
            shell.user_ns.update(names)
            for cell in cells(block.text):
                error = shell.run_cell(cell, store_history=False).error_in_exec
                # A story may lead to a server's no, and goes on from there.
                assert error is None or isinstance(error, RefusedError | DeferredError), cell
            names = shell.user_ns


def cells(block: str) -> list[str]:
    """Magics as one types them: each line is a cell, and each `%%` with all that follows it."""
    lines, cell, body = block.partition("%%")
    return [*lines.splitlines(), *filter(None, [cell + body])]


# -- what an example finds where it is run ---------------------------------------------------------


def a_database(page: str, request: pytest.FixtureRequest) -> str:
    server: PostgreSQL = request.getfixturevalue("postgresql")
    os.environ["JOURNAL_URL"] = server.database()
    return page


def a_certificate(page: str, _request: pytest.FixtureRequest) -> str:
    issued = trustme.CA().issue_cert("ann@school.test", common_name="ann")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    certificate = load_pem_x509_certificate(issued.cert_chain_pems[0].bytes())
    secret = serialization.BestAvailableEncryption(b"long and secret")
    made = pkcs12.serialize_key_and_certificates(b"me", key, certificate, None, secret)  # type: ignore[arg-type]  # of any kind of key
    Path("me.pfx").write_bytes(made)
    return page


def two_proxies(page: str, request: pytest.FixtureRequest) -> str:
    """Real ones: that of SOCKS lets everybody through, that of HTTP wants a login."""
    proxies: Proxies = request.getfixturevalue("proxies")
    for usual, port in {"1080": proxies.microsocks, "3128": proxies.tinyproxy_login}.items():
        page = page.replace(usual, str(port))
    return page


Provider = Callable[[str, pytest.FixtureRequest], str]
NEEDS: dict[str, Provider] = {
    "JOURNAL_URL": a_database,
    "me.pfx": a_certificate,
    '"localhost", 3128': two_proxies,
}


# -- what no example is ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_whatever_can_be_run_is_run(name: str) -> None:
    """No magic and no Python of ours hides in a block that is only shown."""
    for block in blocks(PAGES[name]):
        if not block.is_run:
            assert block.kind in NOT_RUN, block
            ours = re.findall(r"^.*(?:%smtp|smtp\.|smtp_nb import).*$", block.text, re.MULTILINE)
            assert ours == [] or block.kind in {"none", "{code-block}"}, ours


ELSEWHERE = [
    pytest.param(block.text, id=f"{name}-{number}")
    for name, page in PAGES.items()
    for number, block in enumerate(blocks(page))
    if block.kind == "none"
]


@pytest.mark.parametrize("text", ELSEWHERE)
def test_what_needs_an_account_elsewhere_is_at_least_spelled_right(text: str) -> None:
    """Magics are parsed; Python is compiled."""
    if "import smtp_nb" in text or "from smtp_nb" in text:
        compile(text, "example", "exec")
    for line in text.splitlines():
        if line.startswith("%smtp"):
            verb, words = find_verb(split_words(line.removeprefix("%smtp")))
            assert verb is not None, line
            verb.syntax.parse(words)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """A shell as a notebook has one, without a person to ask."""
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    monkeypatch.setattr("builtins.input", answer)
    shell.extension_manager.load_extension("smtp_nb")
    yield shell
    if lesson := shell.user_ns.get("lesson"):
        lesson.close()  # or the clock of lessons goes on for others
    shell.extension_manager.unload_extension("smtp_nb")
    InteractiveShell.clear_instance()


def answer(prompt: str = "") -> str:
    """A reader types how many messages a merge is to send, and nothing else."""
    asked = re.search(r"Type (\d+) to send", prompt)
    assert asked, prompt
    return asked[1]
