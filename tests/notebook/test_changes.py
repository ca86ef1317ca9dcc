"""A change of state happens after success, and what it ends is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Kernel

SEND = "%smtp send --to ann@example.org --subject x --text y"


def test_a_failed_connect_keeps_the_session(connected: Kernel) -> None:
    assert connected.run("%smtp connect smtp://127.0.0.1:1").error is not None
    status = connected.run("%smtp status").text
    assert "Connected" in status
    assert "could not connect to 127.0.0.1:1" in status
    assert connected.run(SEND).status == "ok"
    connected.run("%smtp connect")
    assert "127.0.0.1:1" not in connected.run("%smtp status").text.split()


def test_a_failed_login_keeps_the_session(connected: Kernel) -> None:
    connected.run("import os; os.environ['BAD'] = 'wrong'")
    assert connected.run("%smtp login ann --password-env BAD").error is not None
    assert connected.run(SEND).status == "ok"


def test_without_any_session_the_status_names_the_server_that_failed(kernel: Kernel) -> None:
    kernel.run("%smtp connect smtp://127.0.0.1:1")
    status = kernel.run("%smtp status").text
    assert "Not connected" in status
    assert "could not connect to 127.0.0.1:1" in status
    assert "%smtp connect" in str(kernel.run(SEND).error)


def test_the_status_names_the_server_of_a_session_that_was_closed(connected: Kernel) -> None:
    state = "get_ipython().magics_manager.registry['SMTPMagics']._state"
    connected.run(f"{state}.smtp.disconnect()")
    assert "the sandbox, closed" in connected.run("%smtp status").text
    connected.run("from smtp_nb.sandbox import SandboxServer; other = SandboxServer().start()")
    connected.run("url = other.url")
    connected.run("%smtp connect {{ url }}")
    connected.run("other.stop()")
    connected.run(f"{state}.smtp.disconnect()")
    status = connected.run("%smtp status").text
    assert "Not connected" in status
    assert "127.0.0.1:" in status


def test_a_new_sandbox_says_what_it_closes(connected: Kernel) -> None:
    connected.run(SEND)
    text = connected.run("%smtp server start").text
    assert "the sandbox before it, with 1 message, and the session on it" in text
    assert "Not connected" in connected.run("%smtp status").text
    connected.run("%smtp server stop")
    assert "Closed" not in connected.run("%smtp server start").text


@pytest.mark.parametrize("verb", ["connect", "doctor"])
def test_a_password_that_an_option_names_wins(kernel: Kernel, verb: str) -> None:
    kernel.run("%smtp server start --auth ann")
    kernel.run("import os; os.environ['BAD'] = 'wrong'")
    seen = kernel.run(f"%smtp {verb} --password-env BAD")
    assert "535" in seen.everything
    assert "Logged in as" not in seen.text


def test_results_are_there_after_a_restart_of_the_kernel(kernel: Kernel) -> None:
    kernel.run("import os, tempfile; os.chdir(tempfile.mkdtemp())")
    none = kernel.run("%smtp results")
    assert (
        "this directory holds no journal; the campaigns of a sandbox live and die with it"
        in str(none.error)
    )
    kernel.run(
        "import pandas as pd\n"
        "from smtp_nb import MailMerge, Template\n"
        "from smtp_nb.sandbox import SandboxServer\n"
        "df = pd.DataFrame({'email': ['a@x.test', 'b@x.test']})\n"
        "with SandboxServer() as server:\n"
        "    MailMerge(df, Template(subject='s', text='t'), to='email', from_='t@x.test',\n"
        "              server=server.url, journal='news.smtp-merge.sqlite').run(progress=None)"
    )
    for line in ("%smtp results news", "%smtp results"):
        kernel.run(f"r = {line}")
        assert kernel.value("list(r.outcome)") == "['ACCEPTED', 'ACCEPTED']"
    unknown = kernel.run("%smtp results other").text
    assert "known: news" in unknown
    assert "live and die with it" in unknown


def test_a_stopped_connect_is_no_failed_one(kernel: Kernel) -> None:
    kernel.run("%smtp server start")
    kernel.run(
        "from smtp_nb import SMTP\n"
        "connect = SMTP.connect\n"
        "def stop(self): raise KeyboardInterrupt\n"
        "SMTP.connect = stop"
    )
    assert kernel.run("%smtp connect smtp://127.0.0.1:1").status == "error"
    kernel.run("SMTP.connect = connect")
    status = kernel.run("%smtp status").text
    assert "Stopped" in status
    assert "while connecting to 127.0.0.1:1" in status
    assert "Failed" not in status
    kernel.run("%smtp connect")
    assert "Stopped" not in kernel.run("%smtp status").text


def test_results_advise_in_the_words_of_the_magic(connected: Kernel) -> None:
    connected.run("import os, tempfile; os.chdir(tempfile.mkdtemp())")
    connected.run(
        "import pandas as pd\ndf = pd.DataFrame({'email': ['bob@example.org', 'cy@example.org']})"
    )
    connected.run("%%smtp template news\nSubject: x\n\nHello")
    runs = [
        connected.run("%smtp merge df news --send --yes 2 --rate 1/h"),
        connected.run("%smtp results"),
        connected.run("job = %smtp merge df news --send --yes 1 --background"),
        connected.run("_ = job.wait(); job.view.finish(job.summary); job"),
        connected.run("%smtp merge df news"),
        connected.run("%smtp merge df news --send --yes 0"),
    ]
    said = [str([seen.outputs, seen.updates, seen.text]) for seen in runs]
    assert "the same line with --send sends to it" in said[1]
    assert 'MailMerge.resolve("REFUSED", "resend") in Python tries it again' in said[1]
    assert "another --name sends to them again" in said[5]
    for text in said:
        assert "run()" not in text
        assert "resolve(" not in text.replace("MailMerge.resolve(", "")
