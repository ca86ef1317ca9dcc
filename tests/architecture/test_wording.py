"""Each remedy speaks the words of the front that asked, and of no other."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from smtp_nb.client import passwords
from smtp_nb.client.smtp import SMTP
from smtp_nb.drivers import sockets
from smtp_nb.errors import SMTPError
from smtp_nb.wire.tls import openssl_errors
from smtp_nb.wire.verification import verify_errors
from smtp_nb.wording import PHRASES, REQUIRED, Front, worded

PACKAGE = Path(__file__).parents[2] / "smtp_nb"

PYTHON = re.compile(
    r"(?<![\w?&.:])(?!smtp_nb\b)(?:[a-z]+(?:_[a-z]+)+|from_)\b|\b\w+\(\)|config\(|\brun\(|(?<![\w?&])[a-z_]+=(?!\w)"
    r"|(?<!%smtp set )\btimeout\b|AllowClearTextAuth"
)
OPTION = re.compile(r"(?<!\w)--[a-z]")
URL = re.compile(r"\?(?:tls|ca|pin)=")

# Where no line of %smtp comes: what is given there is given in Python alone.
PYTHON_ALONE = {
    "client/component.py": "assignments and calls of a component",
    "classroom/": "lessons, which speak Python",
    "client/message/attached.py": "objects",
    "client/message/recipients.py": "a call",
    "client/settings/registry.py": "assignments of a component",
    "drivers/sockets.py": "LocalPort and local_host, which no verb sets",
    "client/oauth/": "clients and accounts of a project's own",
    "client/system_proxy.py": "the name of an environment variable",
    "compose/": "properties of a component, and objects",
    "sandbox/": "its constructor; the verbs check their words themselves",
    "merge/templates/": "in templates, which speak Jinja, and objects",
    "merge/results/export.py": "a call",
    "model/trail/ladder.py": "a call",
    "merge/mailmerge.py": "wrong keywords",
    "merge/journal/resolve.py": "a call",
    "merge/rows/rows.py": "a call",
    "merge/running/sending.py": "an argument",
    "merge/running/cluster/": "an argument, which is an object",
    "wire/certificates/certificates.py": "objects",
    "wire/certificates/identity.py": "objects",
    "wire/tls/offered_algorithms.py": "settings that no verb sets",
    "flows/delivering/parameters.py": "raw messages",
    "sasl/pyspnego.py": "the name of a package",
    "notebook/": "written for %smtp in the first place",
}


def text_of(node: ast.AST) -> str:
    """A text as it is written; `…` for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values
        )
    return ""


def written() -> Iterator[tuple[str, str]]:
    """Every remedy that is written down, with the file in which it is."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.keyword(arg="remedy", value=value):
                    yield name, text_of(value)
                case ast.Assign(targets=[target], value=value) if "remedy" in ast.unparse(target):
                    yield name, text_of(value)
    for kind in verify_errors.FAULTS.values():
        yield "wire/verification/verify_errors.py", kind.remedy.format(pin="sha256:…")
    for _, _, remedy in openssl_errors._REASONS:
        yield "wire/tls/openssl_errors.py", remedy
    for remedy in sockets._OUR_END.values():
        yield "drivers/sockets.py", remedy
    for _, remedy in passwords._WAYS:
        yield "client/passwords.py", remedy
    for error in classes(SMTPError):
        yield "errors.py", error.default_remedy


def classes(root: type[SMTPError]) -> Iterator[type[SMTPError]]:
    yield root
    for below in root.__subclasses__():
        yield from classes(below)


REMEDIES = sorted({(name, text) for name, text in written() if text})


@pytest.mark.parametrize(("name", "text"), REMEDIES)
def test_python_hears_of_no_option_and_no_url(name: str, text: str) -> None:
    if not name.startswith(("notebook/", "classroom/grading/", "client/urls.py")):
        said = worded(text, Front.PYTHON)
        assert not OPTION.search(said)
        assert not URL.search(said)


@pytest.mark.parametrize(("name", "text"), REMEDIES)
def test_a_url_hears_of_no_option(name: str, text: str) -> None:
    if not name.startswith(("notebook/", "classroom/grading/")):
        said = worded(text, Front.URL)
        assert not OPTION.search(said)
        assert "ssl_start_mode" not in said


@pytest.mark.parametrize(("name", "text"), REMEDIES)
def test_a_magic_hears_of_no_python(name: str, text: str) -> None:
    if not name.startswith(tuple(PYTHON_ALONE)):
        said = worded(text, Front.MAGIC)
        assert not PYTHON.search(said), said


@pytest.mark.parametrize(
    "text",
    [text for _, text in REMEDIES if "Raise timeout" in text],
)
def test_a_magic_raises_the_time_limit_by_its_own_verb(text: str) -> None:
    (value,) = re.findall(r"%smtp set timeout=(\S+?)[,;]", worded(text, Front.MAGIC))
    smtp = SMTP()
    smtp.settings["Timeout"] = value
    assert smtp.timeout == float(value) > SMTP().timeout


@pytest.mark.parametrize("phrase", PHRASES, ids=lambda phrase: phrase.python)
def test_other_words_are_the_front_s_own(phrase: tuple[str, str | None, str]) -> None:
    _, url, magic = phrase
    assert not PYTHON.search(magic), magic
    assert not OPTION.search(url or "")


def test_every_required_package_has_its_name_for_pip() -> None:
    project = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.match(r"[\w-]+", text) for text in project["dependencies"]]
    assert {name[0] for name in names if name} == {*REQUIRED.values()}
