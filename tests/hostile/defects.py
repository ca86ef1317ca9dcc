"""Defects that mail software is known for, and the tests that show we have none of them."""

from __future__ import annotations

from typing import NamedTuple


class Defect(NamedTuple):
    """A class of defects.

    Attributes:
        known: where it was found, as the world names it.
        what: what went wrong there.
        test: in `test_defects.py`; it plays the attack against the whole component.
        more: files whose tests go into its depth.
    """

    known: str
    what: str
    test: str
    more: tuple[str, ...]


DEFECTS = (
    Defect(
        "CVE-2026-53533 aiosmtplib, CVE-2025-59937 go-mail",
        "parameters and commands in addresses",
        "test_an_address_is_one_address",
        ("client/test_injection.py", "model/test_address.py"),
    ),
    Defect(
        "CVE-2026-30227 MimeKit",
        "a line break in a quoted local part",
        "test_a_quoted_local_part_holds_no_line_break",
        ("model/test_address.py",),
    ),
    Defect(
        "CVE-2025-7962 Jakarta Mail",
        "characters cut down to CR and LF",
        "test_no_character_is_cut_down_to_a_line_break",
        ("protocol/test_commands.py",),
    ),
    Defect(
        "GHSA-vvjj-xcjg-gr5g, GHSA-c7w3-x93f-qmm8 Nodemailer",
        "commands in EHLO's name and in SIZE",
        "test_an_argument_is_one_argument",
        ("client/test_injection.py",),
    ),
    Defect(
        "bpo-43124 smtplib",
        "commands in options and in the local host's name",
        "test_an_option_is_one_option",
        ("client/test_injection.py",),
    ),
    Defect(
        "Nodemailer 9.0.2, MailKit #1603",
        "line breaks in proxy fields; the banner after a proxy's reply",
        "test_a_proxy_gets_one_request_and_eats_no_banner",
        ("client/test_proxies.py", "wire/proxies/test_socks_connect.py", "real/test_proxies.py"),
    ),
    Defect(
        "CVE-2011-0411, CVE-2026-41319 MailKit, aiosmtplib 5.1.2",
        "plaintext after the 220 to STARTTLS",
        "test_nothing_in_clear_outlives_starttls",
        ("flows/test_starttls.py",),
    ),
    Defect(
        "CVE-2016-0772 smtplib, NO STARTTLS",
        "STARTTLS stripped or refused",
        "test_without_starttls_nothing_is_said",
        ("flows/test_starttls.py",),
    ),
    Defect(
        "cpython #91826",
        "certificates that are not checked",
        "test_nobody_unproven_hears_a_password",
        ("flows/test_certificate_faults.py",),
    ),
    Defect(
        "Nodemailer #1835",
        "a password in clear on a connection that was called secure",
        "test_a_password_needs_tls_whatever_the_line_is_called",
        ("flows/connecting/test_login.py",),
    ),
    Defect(
        "aiosmtplib 5.1.2, 5.1.3",
        "unsolicited replies",
        "test_a_surplus_reply_answers_nothing",
        ("hostile/test_corpus.py",),
    ),
    Defect(
        "Nodemailer 10.1.0",
        "354 although every recipient was refused",
        "test_354_after_refusals_delivers_nothing",
        ("flows/test_scenarios.py",),
    ),
    Defect(
        "CVE-2023-51764, 51765, 51766",
        "line ends that smuggle a message",
        "test_nothing_is_smuggled",
        ("compose/test_raw.py", "protocol/test_dots.py"),
    ),
    Defect(
        "RUSTSEC-2021-0069 lettre",
        "a dot at the edge of a chunk that is not doubled",
        "test_a_dot_is_doubled_wherever_chunks_end",
        ("protocol/test_dots.py",),
    ),
    Defect(
        "CVE-2024-6923, CVE-2026-1299 email",
        "header fields in header values",
        "test_a_header_is_one_header",
        ("compose/test_header.py", "client/test_injection.py"),
    ),
    Defect(
        "mailmerge",
        "a cell with a line break that becomes a header",
        "test_a_cell_is_one_value",
        ("merge/templates/test_template.py", "merge/templates/test_plain_template.py"),
    ),
    Defect(
        "yagmail, CVE-2017-5223 PHPMailer, Nodemailer 9.0.1",
        "text that is read as a path or a URL",
        "test_text_is_no_path",
        ("merge/templates/attachments/test_files.py", "compose/test_parts.py"),
    ),
    Defect(
        "redmail",
        "templates in data",
        "test_data_is_no_template",
        ("merge/templates/test_environment.py",),
    ),
    Defect(
        "CVE-2023-27043 email, GHSA-mm7p-fcc7-pg87 Nodemailer",
        "another mailbox than the one shown",
        "test_the_mailbox_is_the_one_that_is_shown",
        ("model/test_address.py",),
    ),
    Defect(
        "CPython 80222, 121284",
        "a display name that becomes a recipient",
        "test_a_display_name_is_no_recipient",
        ("compose/given/test_message_fields.py", "compose/test_envelope_law.py"),
    ),
    Defect(
        "CVE-2025-14874 Nodemailer",
        "a hostile list of addresses that costs minutes",
        "test_a_megabyte_of_addresses_is_read_once",
        ("model/test_address.py",),
    ),
    Defect(
        "CVE-2013-1752 smtplib",
        "endless replies",
        "test_a_reply_has_an_end",
        ("hostile/test_corpus.py", "protocol/test_replies.py"),
    ),
    Defect(
        "CVE-2020-13625 PHPMailer",
        "a quote in the name of an attachment",
        "test_a_file_name_is_one_name",
        ("compose/test_params.py",),
    ),
    Defect(
        "lettre #309, himalaya #747",
        "blind copies that all recipients see",
        "test_nobody_sees_a_blind_copy",
        ("compose/test_raw.py", "real/test_delivery.py"),
    ),
    Defect(
        "aiosmtpd #233, PHPMailer #1223",
        "passwords in logs",
        "test_a_password_is_nowhere",
        ("secrets/test_canary.py", "secrets/test_proxies.py"),
    ),
    Defect(
        "CVE-2026-21859 Mailpit",
        "a preview that loads and runs what the mail says",
        "test_a_preview_runs_and_loads_nothing",
        ("widgets/test_inbox.py", "browser/test_views.py"),
    ),
    Defect(
        "aiosmtpd 1.4.6, chrj/smtpd #41",
        "commands that the server keeps across STARTTLS",
        "test_our_server_forgets_what_came_in_clear",
        ("protocol/server/test_server.py",),
    ),
)
