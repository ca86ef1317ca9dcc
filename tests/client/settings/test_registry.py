"""The registry: each property and setting, on both fronts, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from client.settings.table import ELSEWHERE, NOTHING, PROPERTIES, SETTINGS, TOLD, Row
from smtp_nb import SMTP, AuthMechanism
from smtp_nb.client.settings.registry import PROPERTIES as ATTRIBUTES
from smtp_nb.client.settings.registry import REGISTRY
from smtp_nb.errors import InputError, SettingError, SMTPError, Unsupported

ROWS = [pytest.param(row, id=row.reference) for row in (*PROPERTIES, *SETTINGS)]
# To take a value and tell it again is not yet what a property is for: only of those that cannot
# be honoured here is the refusal all that there is to show.
REFUSING = [
    pytest.param(row, id=row.reference, marks=[pytest.mark.covers(row.name)] if row.fixed else [])
    for row in (*PROPERTIES, *SETTINGS)
]
ATTRIBUTE_OF = {reference: name for name, reference in ATTRIBUTES.items()}


def told(smtp: Any, name: str) -> Any:
    """What a component tells of a setting; of a secret only whether there is one."""
    return smtp.config(name) if REGISTRY[name].is_secret else smtp.settings[name]


@pytest.mark.parametrize("row", ROWS)
def test_the_default_holds_until_something_is_set_and_again_after_reset(row: Row, front):
    smtp = front.make()
    assert told(smtp, row.reference) == row.default
    for given, _ in row.takes:
        smtp.settings[row.reference] = given
    front.run(smtp.reset())
    assert told(smtp, row.reference) == row.default


@pytest.mark.parametrize("row", ROWS)
def test_every_legal_value_is_taken_and_told(row: Row, front):
    smtp = front.make()
    for given, kept in row.takes:
        smtp.settings[row.reference] = given
        assert told(smtp, row.reference) == kept
        name = ATTRIBUTE_OF.get(row.reference)
        if name and not REGISTRY[row.reference].is_secret:
            assert getattr(smtp, name) == kept
            assert getattr(front.make(**{name: given}), name) == kept


@pytest.mark.parametrize("row", REFUSING)
def test_an_illegal_value_is_an_error_with_a_remedy_and_changes_nothing(row: Row, front):
    smtp = front.make()
    before = smtp.settings[row.reference]
    for value in row.illegal:
        with pytest.raises(Unsupported if row.fixed else InputError) as caught:
            smtp.settings[row.reference] = value
        assert caught.value.remedy
        assert smtp.settings[row.reference] == before


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.covers("SMTP.Config")
def test_config_reads_and_sets_each_as_text(row: Row, front):
    smtp = front.make()
    for given, kept in row.takes:
        if isinstance(given, str | int | float):
            shown = smtp.config(f"{row.reference}={given}")
            assert told(smtp, row.reference) == kept
            assert smtp.config(f" {row.reference.lower()} ") == shown


@pytest.mark.parametrize(("name", "told"), TOLD)
def test_what_is_only_told_cannot_be_set(name: str, told: Any, front):
    smtp, reference = front.make(), name.rpartition(".")[2]
    assert smtp.settings[reference] == told
    with pytest.raises(SettingError, match="can only be read"):
        smtp.settings[reference] = NOTHING


OBJECTS = ["Firewall", "SSLCert", "SSLAcceptServerCert"]


@pytest.mark.parametrize("name", OBJECTS)
def test_what_holds_an_object_takes_no_other_one(name: str, front):
    smtp = front.make()
    before = smtp.settings[name]
    with pytest.raises(SettingError) as caught:
        smtp.settings[name] = 5
    assert caught.value.remedy
    assert smtp.settings[name] == before


def test_every_row_of_the_registry_is_tested():
    tested = {row.reference for row in (*PROPERTIES, *SETTINGS)}
    tested |= {name.rpartition(".")[2] for name, _ in TOLD}
    assert tested | ELSEWHERE == set(REGISTRY)


@pytest.mark.parametrize("row", [*PROPERTIES, *SETTINGS], ids=lambda row: row.reference)
def test_the_registry_knows_whose_each_row_is(row: Row):
    assert REGISTRY[row.reference].owner == row.name.rpartition(".")[0]


def test_the_names_of_all_settings_are_there_to_complete(front):
    smtp = front.make()
    assert smtp.settings._ipython_key_completions_() == sorted(REGISTRY)
    assert set(ATTRIBUTES) <= set(dir(smtp))
    assert sorted(smtp.settings) == sorted(REGISTRY)
    assert len(smtp.settings) == len(REGISTRY)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_has_a_docstring(name: str):
    assert getattr(SMTP, name).__doc__


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=lambda entry: entry.reference)
def test_every_row_says_what_it_means(entry):
    assert entry.doc
    assert entry.type_name


@pytest.mark.covers("SMTP.Config")
@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("Timeout", 60, "60"),
        ("Timeout", 0.5, "0.5"),
        ("MessageB", b"A: b\r\n\r\nc\r\n", "A: b\r\n\r\nc\r\n"),
        ("SSLStartMode", "explicit", "2"),
        ("KeepQueue", 1, "True"),
        ("SSLCert", None, "Certificate()"),
        ("Password", "hunter2", "<hidden>"),
    ],
)
def test_config_gives_the_text_of_the_reference(name, value, text, front):
    smtp = front.make()
    smtp.settings[name] = value
    assert smtp.config(name) == text


@pytest.mark.covers("SMTP.Config")
@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [("TimeOutt=5", "Timeout"), ("StopOnBcErrors", "StopOnBccErrors"), ("LocalHots=", "LocalHost")],
)
def test_an_unknown_name_suggests_the_nearest(wrong, nearest, front):
    with pytest.raises(SettingError, match=f"Did you mean {nearest}"):
        front.make().config(wrong)


@pytest.mark.parametrize(
    ("name", "wrong", "nearest"),
    [
        ("SSLStartMode", "explizit", "'explicit'"),
        ("FirewallType", "socks", "'socks5'"),
        ("AuthMechanism", "scram-sha-265", "'scram_sha_256'"),
        ("KeepQueue", "ture", "'True'"),
        ("MessageIdAlgorithm", "sha265", "'SHA256'"),
        ("MaxHeaderLength", "41", "42"),
        ("MaxHeaderLength", 5000, "1000"),
        ("MailPort", "99999", "65535"),
        ("SSLEnabledProtocols", "TLS1_4", "'TLS1_"),
        ("SSLSecurityFlags", "allow unknown", "'ALLOW_UNKNOWN_CA'"),
    ],
)
def test_an_unreadable_value_suggests_the_nearest(front, name, wrong, nearest):
    with pytest.raises(InputError) as caught:
        front.make().settings[name] = wrong
    assert f"did you mean {nearest}" in caught.value.remedy


@pytest.mark.parametrize("wrong", ["", "4032;", "TLS", 1 << 40, -1, True, None])
def test_bits_that_no_flag_has_are_refused(front, wrong):
    with pytest.raises(SettingError, match="names joined by"):
        front.make().settings["SSLEnabledProtocols"] = wrong


def test_flags_are_numbers_or_names(front):
    smtp = front.make()
    for text in ("15360", "0x3C00", "TLS1_2|TLS1_3", "tls1.3 | tls1.2", "3072|0x3000"):
        smtp.config(f"SSLEnabledProtocols={text}")
        assert smtp.settings["SSLEnabledProtocols"] == 15360


def test_an_unknown_keyword_suggests_the_nearest(front):
    with pytest.raises(SettingError, match="Did you mean mail_server"):
        front.make(mailserver="x.test")


def test_secrets_are_in_no_listing(front):
    smtp = front.make(password="correct horse")
    smtp.config("AuthorizationIdentity=battery staple")
    smtp.config("FirewallPassword=hunter2")
    shown = repr(smtp.settings) + repr(smtp) + smtp.config("Password")
    assert "horse" not in shown
    assert "staple" not in shown
    assert "hunter2" not in shown


@pytest.mark.covers("SMTP.ResetHeaders")
def test_reset_headers_empties_the_header_and_nothing_else(front):
    smtp = front.make(
        from_="ann@x.test",
        subject="a",
        message_text="text",
        mail_server="mail.test",
        bcc="e@x.test",
    )
    smtp.other_headers = "X-A: b"
    smtp.reset_headers()
    assert (smtp.from_, smtp.subject, smtp.other_headers) == ("", "", "")
    assert len(smtp.message_recipients) == 0
    assert (smtp.message_text, smtp.mail_server) == ("text", "mail.test")


@pytest.mark.covers("IPPort.KeepAliveTime")
@pytest.mark.covers("IPPort.KeepAliveInterval")
@pytest.mark.parametrize("name", ["KeepAliveTime", "KeepAliveInterval"])
def test_a_time_for_keep_alive_turns_it_on(name, front):
    smtp = front.make()
    assert smtp.config("TCPKeepAlive") == "False"
    smtp.config(f"{name}=5000")
    assert smtp.config("TCPKeepAlive") == "True"


@pytest.mark.covers("SmtpAuthMechanisms.amAPOP")
def test_apop_is_no_command_of_smtp(front):
    for given in ("APOP", 3, AuthMechanism.APOP):
        with pytest.raises(SettingError, match="POP3") as caught:
            front.make(auth_mechanism=given)
        assert caught.value.remedy


@pytest.mark.covers("Base.LicenseInfo")
def test_the_licence_is_told():
    assert "free software" in SMTP().config("LicenseInfo")


@pytest.mark.covers("Base.BuildInfo")
def test_build_info_names_library_and_version():
    import smtp_nb

    assert SMTP().config("BuildInfo") == f"smtp_nb {smtp_nb.__version__}"


@pytest.mark.covers("SMTP.SSLEnabled")
def test_ssl_enabled_follows_ssl_start_mode(front):
    smtp = front.make(ssl_start_mode="explicit")
    assert smtp.ssl_enabled
    smtp.ssl_enabled = True
    assert smtp.ssl_start_mode.name == "EXPLICIT"
    smtp.ssl_enabled = False
    assert smtp.ssl_start_mode.name == "NONE"
    smtp.ssl_enabled = True
    assert smtp.ssl_start_mode.name == "AUTOMATIC"


def test_a_clone_has_the_same_values(front):
    smtp = front.make(subject="a", timeout=5, cc="c@x.test")
    copy = smtp.clone()
    copy.subject = "b"
    assert (smtp.subject, copy.timeout, copy.cc) == ("a", 5, "c@x.test")


def test_errors_of_values_are_errors_of_this_library():
    assert issubclass(SettingError, SMTPError)
    assert issubclass(SettingError, ValueError)
