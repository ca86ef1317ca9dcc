"""Every verb of `%smtp` at once: what holds for each of them, and what the short ones do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.error import UsageError

from smtp_nb.errors import InputError, ReplyError, SMTPError, StateError
from smtp_nb.notebook import verbs
from smtp_nb.notebook.verb import CellBody, Verb
from smtp_nb.notebook.verbs import VERBS
from smtp_nb.sandbox import FAULTS
from smtp_nb.widgets import BytesView

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Files of verbs that belong together.
FAMILIES = {"connection", "merge", "server", "trail"}
EVERY = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS.keys())


class Line:
    """Runs lines of `%smtp` in a shell without a kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.state: Any = shell.magics_manager.registry["SMTPMagics"]._state
        self._shell = shell

    def __call__(self, line: str) -> Any:
        return self._shell.run_line_magic("smtp", line)

    def cell(self, line: str, body: str) -> Any:
        return self._shell.run_cell_magic("smtp", line, body)


@pytest.fixture
def smtp(shell: InteractiveShell) -> Iterator[Line]:
    line = Line(shell)
    line("server start --refuse bob@example.org")
    line("connect --from teacher@school.test")
    yield line
    line("server stop")
    line.state.adjustments._given.clear()
    line("disconnect")


def call(line: Line, verb: Verb, rest: str) -> Any:
    words = f"{verb.name} {rest}".strip()
    return line.cell(words, "x") if verb.body is CellBody.REQUIRED else line(words)


@EVERY
def test_help_shows_every_word_and_an_example(shell: InteractiveShell, verb: Verb) -> None:
    page = str(Line(shell)(f"{verb.name} --help"))
    assert f"%smtp {verb.name}" in page
    assert verb.example
    assert verb.example.splitlines()[0] in page
    for word in (*verb.arguments, *verb.syntax.all_options):
        assert word.spelling in page
        assert all(choice in page for choice in word.choices)


@EVERY
def test_the_example_is_one_that_the_syntax_takes(verb: Verb) -> None:
    from smtp_nb.notebook.words import split_words

    line = re.sub(r"^.*%smtp ", "", verb.example.splitlines()[0])
    words = split_words(line)
    size = len(verb.name.split())
    assert words[:size] == verb.name.split()
    verb.syntax.parse(words[size:])


@EVERY
def test_a_wrong_option_is_one_line_that_names_the_help(
    shell: InteractiveShell, verb: Verb
) -> None:
    with pytest.raises(UsageError) as caught:
        call(Line(shell), verb, "--nonsense")
    assert type(caught.value) is UsageError
    assert "unknown option --nonsense" in str(caught.value)
    assert f"(%smtp {verb.name} --help)" in str(caught.value)


@EVERY
def test_a_missing_argument_is_named(shell: InteractiveShell, verb: Verb) -> None:
    wanted = [argument for argument in verb.arguments if argument.required]
    if not wanted:
        assert verb.syntax.parse([])["help"] is False
        return
    with pytest.raises(UsageError, match=f"{wanted[0].name.upper()} is missing: "):
        call(Line(shell), verb, "")


@EVERY
def test_what_a_verb_is_made_of_stands_in_a_file_of_its_name(verb: Verb) -> None:
    """`server heal` in `server/heal.py`; those of a family may share the file of the family.

    What takes several files has a folder of its name, and `hint` is in the folder of lessons.
    """
    place = Path(verb.run.__code__.co_filename).relative_to(Path(verbs.__file__).parent)
    name = verb.name.replace("-", "_").replace(" ", "/")
    file = place.parent if place.stem == "__init__" else place.with_suffix("")
    assert file.name in FAMILIES or file.as_posix().removeprefix("lesson/") == name


# -- set, config --------------------------------------------------------------------------------


def test_the_names_stand_in_the_help(smtp: Line) -> None:
    assert "timeout, local_host" in str(smtp("set --help"))


def test_set_holds_for_this_session_and_the_next(smtp: Line) -> None:
    assert "45" in str(smtp("set timeout 45"))
    assert smtp.state.smtp.timeout == 45
    smtp("connect")
    assert smtp.state.smtp.timeout == 45
    assert "45" in str(smtp("set timeout"))


def test_set_before_connect_holds_for_the_session_that_comes(smtp: Line) -> None:
    smtp("disconnect")
    assert "sessions from %smtp connect on" in str(smtp("config Hello=pc.school.test"))
    smtp("connect")
    hello = [session.hello for session in smtp.state.sandbox.sessions]
    assert hello[-1] == "pc.school.test"
    assert "pc.school.test" in str(smtp("config hello"))


def test_without_a_name_all_are_listed(smtp: Line) -> None:
    assert "timeout" in str(smtp("set"))
    listed = str(smtp("config"))
    assert "Hello" in listed
    assert "Subject" not in listed


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("set timeot 4", InputError, "Did you mean"),
        ("set timeout soon", InputError, "a number of seconds"),
        ("set subject Hello", InputError, "Give it to %smtp send"),
        ("set mail_server x.test", InputError, "%smtp connect smtp://"),
        ("set from a@b.test", InputError, "--from ADDRESS"),
        ("config Helo=x", InputError, "Hello"),
        ("config SSLNegotiatedCipher=x", InputError, "only be read"),
        ("config LocalPort=99", StateError, "Write %smtp disconnect first"),
        ("command DATA", InputError, ""),
        ("queue nowhere/ --to a@b.test --text x", InputError, "Create it first"),
        ("process-queue nowhere/", InputError, "Create it first"),
    ],
)
def test_what_cannot_be_is_said_with_the_way_out(
    smtp: Line, line: str, error: type[SMTPError], words: str
) -> None:
    with pytest.raises(error) as caught:
        smtp(line)
    text = "\n".join(caught.value._render_traceback_())  # type: ignore[attr-defined]
    assert words in text
    assert not re.search(r"config\(|disconnect\(\)|connect\(\)", text)


def test_a_value_that_was_refused_holds_for_nobody(smtp: Line) -> None:
    with pytest.raises(StateError):
        smtp("config LocalPort=99")
    smtp("connect")
    assert smtp("config").about is None
    assert smtp.state.adjustments._given == {}


@pytest.mark.parametrize(
    "line", ["set password hunter2", "set password=hunter2", "config FirewallPassword=hunter2",
             "config 'FirewallPassword = hunter2'", "set passwrod hunter2"],
)  # fmt: skip
def test_no_password_is_taken_on_the_line(smtp: Line, line: str) -> None:
    with pytest.raises(UsageError, match="the line holds a password"):
        smtp(line)


def test_a_password_of_a_variable_is_kept_and_never_shown(
    smtp: Line, shell: InteractiveShell
) -> None:
    shell.user_ns["word"] = "hunter2"
    shown = str(smtp("config 'FirewallPassword={{ word }}'"))
    assert "<hidden>" in shown
    assert "hunter2" not in shown + str(vars(smtp.state.adjustments))
    assert smtp.state.smtp.firewall.password.reveal() == "hunter2"


# -- verify, expand, command --------------------------------------------------------------------


def test_a_mailbox_is_verified_and_a_command_sent(smtp: Line) -> None:
    assert "252" in str(smtp("verify ann@school.test"))
    answer = smtp("command NOOP")
    assert answer.about.startswith("250")
    assert "Means" in str(answer)
    assert "500" in str(smtp("command HELLO"))  # a bad answer is one too


def test_a_list_is_expanded_or_the_error_says_why_not(smtp: Line) -> None:
    smtp("server fault reply --stage EXPN --code 550 --text 'no such list' --times 1")
    with pytest.raises(ReplyError, match="no such list"):
        smtp("expand class")
    smtp("server fault reply --stage EXPN --code 250 --text 'Ann <ann@school.test>'")
    assert "Ann <ann@school.test>" in str(smtp("expand class"))


@pytest.mark.parametrize("line", ["verify a@b.test", "expand x", "command NOOP",
                                  "process-queue spool"])  # fmt: skip
def test_without_a_session_the_next_step_is_named(smtp: Line, line: str) -> None:
    smtp("disconnect")
    with pytest.raises(StateError) as caught:
        smtp(line)
    assert "%smtp connect" in str(caught.value)


# -- queue, process-queue -----------------------------------------------------------------------


def test_a_queued_message_is_sent_later(
    smtp: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("spool").mkdir()
    smtp("disconnect")
    smtp("queue spool/ --to ann@example.org --from t@school.test --subject One --text x")
    card = smtp.cell("queue spool/ --to bob@example.org --from t@school.test --markdown", "*Hi*")
    assert (tmp_path / "spool" / card.about).exists()
    smtp("connect")
    done = smtp("process-queue spool/")
    assert [len(done.about.sent), len(done.about.failed)] == [1, 1]
    assert "1 message of the queue sent" in str(done)
    assert "No such mailbox here" in str(done)
    assert "bob@" not in str(done)
    assert smtp.state.sandbox.messages[-1].subject == "One"
    assert "0 messages of the queue sent" in str(smtp("process-queue spool/"))


# -- server sessions, reset, heal ---------------------------------------------------------------


def test_the_sandbox_shows_its_sessions(smtp: Line) -> None:
    listed = str(smtp("server sessions"))
    assert "1 session so far" in listed
    assert "in clear" in listed
    assert "EHLO" in str(smtp("server sessions 1"))
    with pytest.raises(UsageError, match="session 7 does not exist; known sessions: 1"):
        smtp("server sessions 7")


def test_the_bytes_of_a_session_are_a_view_or_a_table(smtp: Line) -> None:
    view = smtp("server sessions 1 --bytes")
    assert isinstance(view, BytesView)
    view.close()
    assert "45 48 4c 4f" in str(smtp("server sessions 1 --bytes --static"))
    with pytest.raises(UsageError, match="--bytes needs a session"):
        smtp("server sessions --bytes")


def test_the_sandbox_begins_again_and_says_what_it_forgot(smtp: Line) -> None:
    smtp("send --to a@b.test --text x")
    smtp("server fault 421")
    assert "1 message, all sessions and faults" in str(smtp("server reset"))
    assert smtp.state.smtp is None
    assert smtp.state.sandbox.faults[0].name == "refuse"  # what it was started with stays
    smtp("connect")
    assert "1 session so far" in str(smtp("server sessions"))


def test_help_says_what_each_fault_of_the_table_does(smtp: Line) -> None:
    page = " ".join(str(smtp("server fault --help")).split())
    for name, fault in FAULTS.items():
        assert f" {name} {fault}" in page


def test_a_keyword_is_left_out_of_the_reply_to_ehlo(smtp: Line) -> None:
    smtp("server fault keyword --keyword -PIPELINING")
    smtp("disconnect")
    smtp("connect")
    offered = str(smtp.state.sandbox.sessions[-1])
    assert "CHUNKING" in offered
    assert "PIPELINING" not in offered


def test_one_fault_is_healed_or_all(smtp: Line) -> None:
    smtp("server fault greylist")
    smtp("server fault slow --times 3")
    assert "greylist" not in str(smtp("server heal greylist"))
    assert "at any command, has not happened yet, 3 left" in str(smtp("server fault"))
    assert "slow" not in str(smtp("server heal"))


@pytest.mark.parametrize("line", ["server sessions", "server reset", "server heal"])
def test_without_a_sandbox_the_next_step_is_named(smtp: Line, line: str) -> None:
    smtp("server stop")
    with pytest.raises(StateError) as caught:
        smtp(line)
    assert "%smtp server start" in str(caught.value)


# -- help ---------------------------------------------------------------------------------------


def test_help_has_every_verb_once_in_a_group_with_an_example(smtp: Line) -> None:
    page = str(smtp("help"))
    for verb in VERBS.values():
        assert page.count(f"  {verb.name} ") == 1
    for title in ("Send", "Merge", "Sandbox", "Look"):
        assert re.search(rf"\n{title} +%smtp ", page)
    assert max(map(len, page.splitlines())) <= 110


def test_a_family_of_verbs_is_listed_alone(smtp: Line) -> None:
    page = str(smtp("help server"))
    assert "server heal" in page
    assert "merge" not in page
