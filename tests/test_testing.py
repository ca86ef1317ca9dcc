"""The plugin of pytest, as an application's tests use it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from smtp_nb.sandbox import SandboxServer

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

SEND = """
import os, smtplib, ssl

def send(host=None, port=None, login=None, tls=False):
    host, port = host or os.environ["MAIL_HOST"], int(port or os.environ["MAIL_PORT"])
    with smtplib.SMTP(host, port) as client:
        if tls:
            client.starttls(context=ssl.create_default_context())
        if login:
            client.login(*login)
        client.sendmail("shop@x.test", ["ann@x.test"], "Subject: Order 1\\n\\nThank you.")
"""


@pytest.fixture(scope="module", autouse=True)
def imported() -> None:
    """All of the server: what an inner run imports first is taken out of sys.modules behind it."""
    SandboxServer(tls="starttls", auth={"ann": "x"}).start().stop()


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run one test file of an application beside `app.py`, and count how its tests ended."""

    def ran(test: str, ini: str = "", **outcomes: int) -> pytest.RunResult:
        pytester.makepyfile(app=SEND, test_app=f"import app, pytest\n\n{dedent(test)}")
        pytester.makeini(f"[pytest]\n{dedent(ini)}")
        result = pytester.runpytest("-p", "no:cacheprovider")
        result.assert_outcomes(**outcomes)
        return result

    return ran


def test_an_application_by_smtplib_sends_to_the_sandbox(run: Run) -> None:
    test = """
        def test_order(smtp_sandbox):
            app.send(smtp_sandbox.host, smtp_sandbox.port)
            (message,) = smtp_sandbox.messages
            assert message.subject == "Order 1"
            assert message.rcpt_tos == ("ann@x.test",)
    """
    run(test, passed=1)


def test_each_test_finds_the_server_empty_healed_and_at_the_same_port(run: Run) -> None:
    test = """
        ports = set()

        @pytest.mark.parametrize("n", range(3))
        def test_order(n, smtp_sandbox, smtp_sandbox_server):
            assert smtp_sandbox is smtp_sandbox_server
            ports.add(smtp_sandbox.port)
            assert len(ports) == 1
            assert (len(smtp_sandbox.messages), smtp_sandbox.faults) == (0, ())
            app.send(smtp_sandbox.host, smtp_sandbox.port)
            smtp_sandbox.inject("greylist")
            smtp_sandbox.hold()

        def test_one_that_a_test_stopped(smtp_sandbox):
            smtp_sandbox.stop()

        def test_is_started_again(smtp_sandbox):
            app.send(smtp_sandbox.host, smtp_sandbox.port)
    """
    run(test, passed=5)


def test_settings_and_variables_come_from_the_configuration(run: Run) -> None:
    test = """
        import os

        def test_order(smtp_sandbox):
            app.send(login=(os.environ["MAIL_USER"], os.environ["MAIL_PASSWORD"]), tls=True)
            (message,) = smtp_sandbox.messages
            assert message.user == "shop@x.test" and message.tls
            assert os.environ["MAIL_URL"] == smtp_sandbox.url

        def test_without_it_the_environment_is_as_it_was():
            assert "MAIL_URL" not in os.environ
    """
    ini = """
        smtp_sandbox =
            tls = starttls
            auth = {"shop@x.test": "correct horse"}
        smtp_sandbox_env =
            MAIL_HOST = {host}
            MAIL_PORT = {port}
            MAIL_USER = {user}
            MAIL_PASSWORD = {password}
            MAIL_URL = {url}
            SSL_CERT_FILE = {ca_file}
    """
    run(test, ini, passed=2)


def test_a_marker_brings_a_server_for_one_test(run: Run) -> None:
    test = """
        pytestmark = pytest.mark.smtp_sandbox(refuse="ann@x.test", auth={"ben": "x"})

        @pytest.mark.smtp_sandbox(auth=None)
        def test_refused(smtp_sandbox, smtp_sandbox_server):
            assert smtp_sandbox is not smtp_sandbox_server
            with pytest.raises(app.smtplib.SMTPRecipientsRefused):
                app.send()

        def test_needs_a_login(smtp_sandbox):
            with pytest.raises(app.smtplib.SMTPSenderRefused, match="530"):
                app.send()
    """
    run(test, "smtp_sandbox_env = \n MAIL_HOST={host}\n MAIL_PORT={port}", passed=2)


def test_a_failure_shows_what_the_server_saw_and_no_password(run: Run) -> None:
    test = """
        def test_lost(smtp_sandbox):
            assert smtp_sandbox.messages

        @pytest.mark.smtp_sandbox(auth={"ben": "correct horse"})
        def test_order(smtp_sandbox):
            app.send(smtp_sandbox.host, smtp_sandbox.port, login=("ben", "correct horse"))
            assert len(smtp_sandbox.messages) == 2
    """
    result = run(test, failed=2)
    shown = "*What smtp_sandbox saw*"
    result.stdout.fnmatch_lines(
        [shown, "no client connected", shown, "* -> mail FROM:<shop@x.test>*"]
    )
    assert "Y29ycmVjdCBob3JzZQ" not in result.stdout.str()


WRONG = {
    "smtp_sandbox = tls = telnet": "tls='telnet' is unknown. Use None,*",
    "smtp_sandbox = tsl = starttls": "SandboxServer has no argument 'tsl'. Did you mean tls?*",
    "smtp_sandbox = starttls": "'starttls' is not a line of the form `name = value`",
    "smtp_sandbox_env = A = {prot}": "{prot} is unknown. Choose from url, host, *",
}


@pytest.mark.parametrize("ini", WRONG)
def test_a_wrong_setting_is_one_line_that_names_it(run: Run, ini: str) -> None:
    result = run("def test_order(smtp_sandbox): pass", ini, errors=1)
    result.stdout.fnmatch_lines([f"{ini.partition(' ')[0]}: {WRONG[ini]}"])
    result.stdout.no_fnmatch_line("*another exception*")


def test_a_wrong_keyword_of_a_marker_is_one_line_too(run: Run) -> None:
    test = """
        @pytest.mark.smtp_sandbox(size=3)
        def test_order(smtp_sandbox):
            pass
    """
    run(test, errors=1).stdout.fnmatch_lines(
        ["smtp_sandbox: SandboxServer has no argument 'size'. Did you mean *"]
    )


def test_the_guide_is_true(run: Run, pytester: pytest.Pytester) -> None:
    """All its tests in one file, smtplib's and Django's, and its settings one after the other."""
    page = (DOCS / "howto" / "testing.md").read_text("utf-8")
    tests = "\n".join(EXAMPLE.findall(page))
    assert tests.count("\ndef test_") == 4
    # Another test of this process may have done it.
    pytester.makeconftest(
        "from django.conf import settings\nif not settings.configured:\n    settings.configure()"
    )
    run(tests, passed=4)
    setting, environment = re.findall(r"^\[pytest\]\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    test = """
        def test_order(smtp_sandbox):
            app.send(login=("shop", "secret"), tls=True)
            assert smtp_sandbox.messages[0].user == "shop"
    """
    run(test, setting + environment, passed=1)


def test_the_plugin_costs_next_to_nothing_before_it_is_used() -> None:
    code = "import sys, smtp_nb.testing; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in ran.stdout.split() if name.startswith("smtp_nb")}
    assert ours == {"smtp_nb", "smtp_nb.testing"}
