"""Promises of smtp_nb.notebook.words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError

from smtp_nb.notebook.words import split_words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("send --to a@b.test", ["send", "--to", "a@b.test"]),
        ("send --subject 'a b'", ["send", "--subject", "a b"]),
        ('send --subject="a b"', ["send", "--subject=a b"]),
        ("send --subject {{ name }}", ["send", "--subject", "{{ name }}"]),
        ("send --subject 'Hi {{ name }}!'", ["send", "--subject", "Hi {{ name }}!"]),
        ('--subject {{ d["a b"] }}x', ["--subject", '{{ d["a b"] }}x']),
        ("it\\'s", ["it's"]),
        ("{{ a }}{{ b }} c", ["{{ a }}{{ b }}", "c"]),
        ("{ name } {x}", ["{", "name", "}", "{x}"]),
    ],
)
def test_words_are_cut_as_a_shell_does_and_expressions_stay_whole(
    line: str, words: list[str]
) -> None:
    assert split_words(line) == words


@pytest.mark.parametrize("line", ["send --subject 'a", 'send "', "send a\\"])
def test_an_open_quote_is_a_usage_error(line: str) -> None:
    with pytest.raises(UsageError, match="close the quote"):
        split_words(line)


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1)))
def test_quoted_words_come_back(words: list[str]) -> None:
    import shlex

    plain = [word for word in words if "{{" not in word and "}}" not in word]
    assert split_words(shlex.join(plain)) == plain
