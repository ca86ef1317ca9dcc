"""What a template means by a name that no column has."""

from __future__ import annotations

import pandas as pd
import pytest

from smtp_nb.errors import InputError
from smtp_nb.merge import MailMerge, Template

FRAME = pd.DataFrame(
    {"to": ["a@x.test"], "First Name": "Ann", "e-mail": "a@x.test", "Größe": 1, "points": 2}
)


@pytest.mark.parametrize(
    ("source", "meant"),
    [
        ("{{ First_Name }}", '{{ row["First Name"] }}'),
        ("{{ first_name }}", '{{ row["First Name"] }}'),
        ("{{ FirstName }}", '{{ row["First Name"] }}'),
        ("{{ e-mail }}", '{{ row["e-mail"] }}'),
        ("{{e-mail}}", '{{ row["e-mail"] }}'),
        ("{{ größe }}", "{{ Größe }}"),
        ("{{ Points }}", "{{ points }}"),
        ("{{ point }}", "{{ points }}"),
        ('{{ row["First name"] }}', '{{ row["First Name"] }}'),
        ("{{ row.Points }}", "{{ points }}"),
        ("{% if Points > 1 %}x{% endif %}", "{{ points }}"),
    ],
)
def test_a_name_that_is_nearly_a_column_suggests_it(source: str, meant: str) -> None:
    merge = MailMerge(FRAME, Template(subject="s", text=source), to="to", from_="t@x.test")
    problems = merge.check()
    assert problems["severity"].tolist() == ["error"]
    assert problems["remedy"].tolist() == [f"Did you mean {meant}?"]


@pytest.mark.parametrize(
    "source", ["{{ First Name }}", "{{First Name|upper}}", "a\n{{ First Name }}"]
)
def test_a_name_with_a_space_says_how_to_write_it(source: str) -> None:
    with pytest.raises(InputError) as caught:
        Template(subject="s", text=source)
    assert caught.value.remedy == 'Did you mean {{ row["First Name"] }}?'


@pytest.mark.parametrize(
    ("source", "column"),
    [
        ("{{ 2nd }}", "2nd"),
        ("{{ amount € }}", "amount €"),
        ("{% if First Name %}x{% endif %}", "First Name"),
        ("{{ a if b else c }} {{ First Name }}", "First Name"),
    ],
)
def test_a_column_that_is_no_name_says_how_to_write_it(source: str, column: str) -> None:
    with pytest.raises(InputError) as caught:
        Template(subject="s", text=source)
    assert caught.value.remedy == f'Did you mean {{{{ row["{column}"] }}}}?'


@pytest.mark.parametrize("source", ["{{ a if b else c }} {{ x", "{{ 5 }} {{ y", "{{ name }"])
def test_what_is_jinja2_is_not_taken_for_a_column(source: str) -> None:
    with pytest.raises(InputError) as caught:
        Template(subject="s", text=source)
    assert caught.value.remedy == "Correct the template"


def test_an_unnamed_index_is_pointed_out() -> None:
    frame = pd.DataFrame({"to": ["a@x.test"]}, index=["Ann"])
    merge = MailMerge(frame, Template(subject="{{ who }}", text="t"), to="to", from_="t@x.test")
    assert "df.reset_index()" in merge.check()["remedy"][0]


def test_a_named_index_is_a_column() -> None:
    frame = pd.DataFrame({"email": ["a@x.test"], "who": ["Ann"]}).set_index("email")
    merge = MailMerge(frame, Template(subject="{{ email }}", text="{{ who }}"), to="email",
                      from_="t@x.test")  # fmt: skip
    assert len(merge.check()) == 0
    assert next(iter(merge.table().columns)) == "who"


@pytest.mark.parametrize("start", ["", "{% if true %}"])
def test_columns_may_have_the_names_of_jinjas_own(start: str) -> None:
    frame = pd.DataFrame(
        {"to": ["a@x.test"], "self": "S", "row": "R", "items": "I", "loop": "L", "keys": "K",
         "range": "G"}
    )  # fmt: skip
    source = "{{ self }}{{ row }}{{ items }}{{ loop }}{{ range }}{{ row.items }}{{ row['self'] }}"
    source = f"{start}{source}{{{{ row.keys }}}}" + ("{% endif %}" if start else "")
    merge = MailMerge(frame, Template(subject="s", text=source), to="to", from_="t@x.test")
    message = merge.preview()[0].message
    assert message is not None
    assert message.letter.draft.text == "SRILGISK"


def test_an_entry_wins_over_the_method_of_its_record() -> None:
    frame = pd.DataFrame({"to": ["a@x.test"], "order": [{"items": "Pen", "get": 2.0}]})
    template = Template(subject="s", text="{{ order.items }} {{ order.get }}")
    message = MailMerge(frame, template, to="to", from_="t@x.test").preview()[0].message
    assert message is not None
    assert message.letter.draft.text == "Pen 2"
