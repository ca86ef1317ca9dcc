"""Promises of smtp_nb.notebook.magics and its verbs, on a real kernel."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Kernel

MESSAGES = "get_ipython().magics_manager.registry['SMTPMagics']._state.sandbox.messages"


def test_the_bare_magic_and_help_show_the_verbs(kernel: Kernel) -> None:
    for line in ("%smtp", "%smtp help"):
        text = kernel.run(line).text
        assert "server start" in text
        assert "Send one message" in text


@pytest.mark.parametrize("line", ["send --help", "send -h", "help send", "server start --help"])
def test_every_verb_explains_itself(kernel: Kernel, line: str) -> None:
    text = kernel.run(f"%smtp {line}").text
    assert "Example:" in text
    assert "--help" in text


def test_a_family_of_verbs_is_explained_too(kernel: Kernel) -> None:
    assert "server fault" in kernel.run("%smtp help server").text


def test_a_cell_is_sent(connected: Kernel) -> None:
    connected.run("name = 'Ann'")
    seen = connected.run(
        "%%smtp send --to ann@example.org --subject 'Hi {{ name }}' --markdown\n"
        "Dear {{ name }},\n\nit **works**."
    )
    assert "ACCEPTED" in seen.text
    assert connected.value(f"{MESSAGES}[-1].subject") == "'Hi Ann'"
    html = connected.value(f"{MESSAGES}[-1].parsed.get_body(('html',)).get_content()")
    assert "<strong>works</strong>" in html


def test_a_line_is_sent(connected: Kernel) -> None:
    assert connected.run("%smtp send --to a@b.test --subject Hi --text 'One line'").status == "ok"
    assert connected.value(f"{MESSAGES}[-1].parsed.get_content().strip()") == "'One line'"


def test_variables_files_and_figures_go_along(connected: Kernel) -> None:
    connected.run(
        "import pandas as pd\n"
        "from pathlib import Path\n"
        "from IPython.display import Image\n"
        "import base64\n"
        "marks = pd.DataFrame({'name': ['Änn'], 'points': [3]})\n"
        "dot = Image(base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
        "YPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='))\n"
        "Path('notes.txt').write_text('hello')\n"
    )
    seen = connected.run(
        "%%smtp send --to a@b.test --subject Files --markdown --attach notes.txt"
        " --attach-var marks --figure dot\nSee below."
    )
    assert seen.error is None, seen.error
    parts = f"[p.get_filename() for p in {MESSAGES}[-1].parsed.iter_attachments()]"
    assert connected.value(parts) == "['notes.txt', 'marks.csv']"
    assert "Content-Type: image/png" in connected.value(f"str({MESSAGES}[-1])")
    assert "cid:" in connected.value(f"{MESSAGES}[-1].parsed.get_body(('html',)).get_content()")


def test_a_message_leaves_the_users_session_as_it_was(connected: Kernel) -> None:
    connected.run(
        "from smtp_nb import Attachment\n"
        "smtp = get_ipython().run_line_magic('smtp', 'status').about\n"
        "smtp.attachments.append(Attachment(data=b'x', filename='mine.txt'))\n"
        "smtp.other_headers, smtp.subject, smtp.importance = 'X-Class: 7b', 'Mine', 'high'\n"
        "smtp.send_to, smtp.cc, smtp.message_text = 'mine@x.test', 'mine@y.test', 'My text'\n"
        "before = (repr(smtp.settings), list(smtp.attachments), smtp.send_to, smtp.cc)"
    )
    seen = connected.run("%smtp send --to a@b.test --bcc c@b.test --subject Yours --text Hello")
    assert seen.error is None, seen.error
    after = "(repr(smtp.settings), list(smtp.attachments), smtp.send_to, smtp.cc)"
    assert connected.value(f"before == {after}") == "True"
    last = f"{MESSAGES}[-1]"
    assert connected.value(f"{last}.rcpt_tos") == "('a@b.test', 'c@b.test')"
    assert connected.value(f"{last}.subject") == "'Yours'"
    sent = connected.value(f"str({last})")
    for mine in ("mine", "X-Class", "Importance", "My text"):
        assert mine not in sent


def test_a_raw_body_keeps_its_braces(connected: Kernel) -> None:
    connected.run("%%smtp send --to a@b.test --subject Raw --raw\n{{ nothing }} {x}")
    assert "{{ nothing }} {x}" in connected.value(f"{MESSAGES}[-1].parsed.get_content()")


def test_a_value_is_never_a_template_itself(connected: Kernel) -> None:
    connected.run("name = '{{ 7 * 7 }}'; html = '<script>'")
    connected.run(
        "%%smtp send --to a@b.test --subject '{{ name }}' --html\n<p>{{ name }}{{ html }}</p>"
    )
    assert connected.value(f"{MESSAGES}[-1].subject") == repr("{{ 7 * 7 }}")
    body = connected.value(f"{MESSAGES}[-1].parsed.get_content()")
    assert "{{ 7 * 7 }}" in body
    assert "<script>" not in body


def test_a_name_that_nothing_fills_sends_nothing(connected: Kernel) -> None:
    seen = connected.run("%%smtp send --to a@b.test --subject Hi\nDear {{ nobody }}")
    assert seen.error is not None
    assert seen.error["ename"] == "InputError"
    assert "nobody" in seen.error["evalue"]
    assert connected.value(f"len({MESSAGES})") == "0"


def test_the_next_message_inherits_nothing(connected: Kernel) -> None:
    connected.run("%smtp send --to a@b.test --cc c@b.test --subject One --text x")
    connected.run("%smtp send --to b@b.test --text y")
    assert connected.value(f"{MESSAGES}[-1].rcpt_tos") == "('b@b.test',)"
    assert connected.value(f"{MESSAGES}[-1].subject") == "''"


def test_names_are_found_inside_functions(connected: Kernel) -> None:
    connected.run(
        "def greet(pupil):\n    %smtp send --to a@b.test --subject '{{ pupil }}' --text x\n"
        "greet('Ann')"
    )
    assert connected.value(f"{MESSAGES}[-1].subject") == "'Ann'"


def test_a_result_is_assigned_or_kept_under_a_name(connected: Kernel) -> None:
    seen = connected.run("r = %smtp send --to a@b.test --subject x --text y")
    assert seen.outputs == []
    assert connected.value("str(r.outcome)") == "'ACCEPTED'"
    seen = connected.run("%%smtp send --to a@b.test --subject x -o kept\ny")
    assert seen.outputs == []
    assert connected.value("str(kept.outcome)") == "'ACCEPTED'"


def test_a_semicolon_silences(connected: Kernel) -> None:
    seen = connected.run("%smtp status;")
    assert (seen.status, seen.outputs) == ("ok", [])
    assert connected.run("%smtp explain 550 (a lone parenthesis").status == "ok"


def test_a_body_is_never_read_as_python(connected: Kernel) -> None:
    for body in (":-(", "it's {", '"""', "x = [1,", "the end;"):
        seen = connected.run(f"%%smtp send --to ann@school.test --subject x\n{body}")
        assert seen.status == "ok", seen.error
        assert "ACCEPTED" in seen.text


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("%smtp sned", "did you mean send?"),
        ("%smtp send --tto x", "did you mean --to?"),
        ("%%smtp status\nx", "it takes no cell: write %smtp status on a line"),
        ("%smtp template x", "it needs a cell: write %%smtp template as its first line"),
        ("%smtp send 'x", "close the quote"),
        ("%smtp merge nothing x", "the variable 'nothing' is not defined"),
        ("%smtp help nothing", "unknown verb 'nothing'"),
    ],
)
def test_a_wrong_line_costs_one_line(kernel: Kernel, cell: str, words: str) -> None:
    seen = kernel.run(cell)
    assert seen.status == "error"
    assert words in seen.text
    assert seen.text.startswith("UsageError: %smtp")
    assert len(seen.text.strip().splitlines()) == 1


def test_an_smtp_error_is_two_to_four_lines_and_stops_run_all(connected: Kernel) -> None:
    seen = connected.run("%smtp send --to bob@example.org --subject x --text y")
    assert seen.status == "error"
    assert seen.error is not None
    assert seen.error["ename"] == "RefusedError"
    lines = "\n".join(seen.error["traceback"]).splitlines()
    assert 2 <= len(lines) <= 4
    assert "No such mailbox here" in lines[0]
    assert "What to do: " in "".join(lines)


def test_tb_shows_the_whole_traceback(connected: Kernel) -> None:
    connected.run("%smtp send --to bob@example.org --subject x --text y")
    assert "verbs/send.py" in connected.run("%tb").everything


def test_an_error_can_be_caught_by_its_class(connected: Kernel) -> None:
    connected.run(
        "from smtp_nb.errors import RefusedError\n"
        "try:\n    %smtp send --to bob@example.org --subject x --text y\n"
        "except RefusedError as error:\n    caught = error.code, error.reply.code"
    )
    assert connected.value("caught") == "(161, 550)"


def test_errors_and_receipts_mask_recipients(connected: Kernel) -> None:
    refused = connected.run("%smtp send --to bob@example.org --subject x --text y")
    sent = connected.run("%smtp send --to carol@example.org --subject x --text y")
    static = connected.run("%smtp trail --static")
    for seen in (refused, sent, static):
        assert "b…@example.org" in seen.everything or "c…@example.org" in seen.everything
        assert not re.search("bob@|carol@", seen.everything)


def test_without_a_session_the_next_step_is_named(kernel: Kernel) -> None:
    seen = kernel.run("%smtp send --to a@b.test --text x")
    assert seen.error is not None
    assert seen.error["ename"] == "StateError"
    assert "%smtp server start" in seen.error["evalue"]


def test_faults_are_switched_and_healed(connected: Kernel) -> None:
    assert "greylist" in connected.run("%smtp server fault greylist").text
    assert connected.run("%smtp send --to a@b.test --subject x --text y").status == "error"
    assert "4.7.1" in connected.run("%smtp explain").text
    assert "greylist" not in connected.run("%smtp server fault none").text
    assert connected.run("%smtp send --to a@b.test --subject x --text y").status == "ok"


def test_starting_the_sandbox_again_starts_anew(connected: Kernel) -> None:
    connected.run("%smtp send --to a@b.test --subject x --text y")
    connected.run("%smtp server start --tls implicit --auth ann")
    seen = connected.run("%smtp connect")
    assert "TLSv1.3" in seen.text
    assert "Logged in as  ann" in seen.text
    assert connected.value(f"len({MESSAGES})") == "0"


def test_explain_takes_words_and_codes(kernel: Kernel) -> None:
    assert "did not prove" in kernel.run("%smtp explain 550 5.7.26 unauthenticated").text
    seen = kernel.run("%smtp explain '550 5.1.1'")
    assert "text/html" in seen.outputs[0]


def test_explain_shows_a_table_of_what_it_knows(kernel: Kernel) -> None:
    seen = kernel.run("%smtp explain")
    assert "What explain knows" in seen.text
    assert "application/vnd.jupyter.widget-view+json" in seen.outputs[0]
    for words in ("4", "5.7", "tls", "sasl", "proxy", "UNKNOWN", "certificate expired"):
        assert f"with the words '{words}'" in kernel.run(f"%smtp explain {words}").text
    assert "may have been delivered" in kernel.run("%smtp explain UNKNOWN").text
    assert "%smtp set timeout" in kernel.run("%smtp explain SMTPTimeout").text
    expired = "%smtp explain SSL: CERTIFICATE_VERIFY_FAILED: certificate has expired"
    assert "clock" in kernel.run(expired).text


def test_outputs_do_not_vary_from_run_to_run(kernel: Kernel) -> None:
    cells = [
        "%smtp server start --tls starttls --auth ann",
        "%smtp connect --from t@school.test",
        "%smtp send --to a@b.test --subject x --text y",
        "%smtp status",
        "%smtp server stop",  # else the next one says what it closes
    ]
    first, second = ([kernel.run(cell).text for cell in cells] for _ in range(2))
    # Queue ids go on counting within one process.
    assert re.sub(r"as \d+", "", str(first)) == re.sub(r"as \d+", "", str(second))


def test_loading_twice_and_unloading_leave_nothing_behind(kernel: Kernel) -> None:
    ip = "get_ipython()"
    matchers = int(kernel.value(f"len({ip}.Completer.custom_matchers)"))
    kernel.run("%load_ext smtp_nb\n%reload_ext smtp_nb")
    assert kernel.value(f"len({ip}.Completer.custom_matchers)") == str(matchers)
    kernel.run("%smtp server start\n%smtp connect\n%smtp trail")
    kernel.run("%unload_ext smtp_nb")
    assert kernel.run("%smtp status").status == "error"
    assert kernel.value(f"len({ip}.Completer.custom_matchers)") == str(matchers - 1)
    threads = "[t.name for t in __import__('threading').enumerate() if 'sandbox' in t.name]"
    assert kernel.value(threads) == "[]"
    assert kernel.value(
        "__import__('smtp_nb.merge.running.progress', fromlist='x')._notebook_view is None"
    )


# What `merge` imports is forgotten, and pandas is gone, as in the Python of browsers.
WITHOUT_PANDAS = """import sys
from unittest.mock import patch
forgotten = ("smtp_nb.notebook.verbs.merge.merging", "smtp_nb.merge", "pandas")
left = {name: it for name, it in sys.modules.items() if not name.startswith(forgotten)}
with (patch.dict(sys.modules, left | {"pandas": None}, clear=True),
      patch("sys.platform", "PLATFORM")):
    %smtp merge df hello"""


@pytest.mark.parametrize(
    ("platform", "remedy"),
    [
        ("emscripten", "Run %pip install pandas, then this cell again"),
        ("linux", "Run pip install smtp_nb, which brings it"),
    ],
)
def test_a_package_that_is_missing_is_named_with_the_way_to_get_it(
    kernel: Kernel, platform: str, remedy: str
) -> None:
    seen = kernel.run(WITHOUT_PANDAS.replace("PLATFORM", platform))
    assert seen.error is not None
    assert seen.error["traceback"][:2] == [
        "Unsupported: %smtp merge needs pandas, which is not installed here.",
        f"  What to do: {remedy}.",
    ]


def test_what_a_cell_imports_itself_is_left_alone(kernel: Kernel) -> None:
    seen = kernel.run("%smtp preview \"__import__('nobody_has_it')\" hello")
    assert "nobody_has_it" in str(seen.error) + seen.text
    assert "pip install" not in str(seen.error)
