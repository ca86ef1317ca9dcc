"""Promises of `merge.bounces()`: each report to its own row, and nothing to any other."""

from __future__ import annotations

import mailbox
import smtplib
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from merge.results.bounces.campaign import NAMES, Sent, filled, frame, merge, send
from smtp_nb.errors import CampaignBusy, InputError
from smtp_nb.merge import MailMerge, Template, load
from smtp_nb.merge.journal.lock import CampaignLock
from smtp_nb.sandbox import SandboxServer

# File, action, bounce, code, and by what it is joined.
EXPECTED = {
    name: (action, "" if bounce == "-" else bounce, "" if code == "-" else code, joined_by)
    for name, action, bounce, code, joined_by in map(
        str.split,
        """
        arf-abuse                    complaint complaint -      VERP
        arf-opt-out                  complaint complaint -      VERP
        arf-redacted                 complaint complaint -      VERP
        arf-ses                      complaint complaint -      ENVID
        arf-yahoo                    complaint complaint -      VERP
        courier-unknown              failed    hard      5.0.0  VERP
        exchange-delayed             delayed   -         4.4.7  VERP
        exchange-for-people          failed    hard      5.1.10 Message-ID
        exchange-not-found           failed    hard      5.1.10 VERP
        exchange-rejected-by-rule    failed    hard      5.7.1  Message-ID
        exim-delay-warning           delayed   -         -      Message-ID
        exim-dsn                     failed    hard      5.1.1  VERP
        exim-quoted-reply            failed    soft      -      VERP
        exim-refused-by-host         failed    hard      5.1.1  VERP
        exim-retry-timeout           failed    soft      -      VERP
        exim-unrouteable             failed    hard      -      VERP
        gmail-address-not-found      failed    hard      5.1.1  VERP
        gmail-for-people             failed    hard      5.7.1  VERP
        gmail-incomplete             delayed   -         4.4.2  Message-ID
        gmail-over-quota             failed    soft      4.2.2  Message-ID
        outlook-system-administrator failed    hard      5.2.3  VERP
        postfix-delayed              delayed   -         4.4.1  VERP
        postfix-delivered            delivered -         2.0.0  ENVID
        postfix-expired              failed    soft      4.4.1  VERP
        postfix-forwarded            failed    hard      5.1.1  VERP
        postfix-mailbox-full         failed    hard      5.2.2  VERP
        postfix-no-such-host         failed    hard      5.4.4  VERP
        postfix-relayed              relayed   -         2.0.0  VERP
        postfix-smtputf8             failed    hard      5.1.1  VERP
        postfix-unknown-user         failed    hard      5.1.1  ENVID
        qmail-no-mailbox             failed    hard      5.1.1  VERP
        qmail-remote-said            failed    hard      5.7.1  VERP
        qmail-too-long-in-queue      failed    soft      4.4.3  VERP
        qmail-without-code           failed    hard      -      VERP
        sendmail-user-unknown        failed    hard      5.1.1  ENVID
        ses-permanent                failed    hard      5.1.1  VERP
        ses-suppressed               failed    hard      5.1.1  VERP
        ses-transient                failed    soft      4.4.7  VERP
        yahoo-remote-host            failed    hard      -      Message-ID
        yahoo-unable                 failed    hard      -      VERP
        """.strip().splitlines(),
    )
}
NONE = [name for name in NAMES if name not in EXPECTED]


def all_reports(rows: list[Sent]) -> list[bytes]:
    return [filled(name, sent) for name, sent in zip(NAMES, rows, strict=True)]


def shown(found: pd.DataFrame, *columns: str) -> list[list[Any]]:
    return found[list(columns)].to_numpy().tolist()


def test_forty_reports_are_joined_each_to_its_own_row(
    campaign: MailMerge, rows: list[Sent]
) -> None:
    assert len(EXPECTED) == 40
    found = campaign.bounces(all_reports(rows))
    assert len(found) == len(NAMES)
    for place, (name, line) in enumerate(zip(NAMES, found.itertuples(), strict=True)):
        if name in NONE:
            assert (pd.isna(line.row), line.action, line.joined_by) == (True, "", ""), name
            assert line.remark, name
        else:
            assert (line.row, line.recipient) == (place, rows[place].to), name
            told = (line.action, line.bounce, line.code, line.joined_by)
            assert told == EXPECTED[name], name


def test_results_table_and_summary_show_them(campaign: MailMerge, rows: list[Sent]) -> None:
    campaign.bounces(all_reports(rows))
    results = campaign.results
    bounces = [EXPECTED[name][1:3] if name in EXPECTED else ("", "") for name in NAMES]
    expected = [[bounce, code if bounce else ""] for bounce, code in bounces]
    assert shown(results, "bounce", "bounce_code") == expected
    assert shown(campaign.table(), "mail_bounce", "mail_bounce_code") == expected
    counts = {kind: [b for b, _ in bounces].count(kind) for kind in ("hard", "complaint", "soft")}
    summary = campaign.summary
    assert summary.bounced == counts
    have = len(NAMES) - counts["hard"] - counts["soft"]
    assert f"{have} of {len(NAMES)} recipients have their message" in summary.headline
    assert summary.missing == counts["hard"] + counts["soft"]
    place = NAMES.index("postfix-no-such-host")
    assert f"row {place}: {rows[place].to}  ACCEPTED  bounced 5.4.4" in str(summary)


def test_they_survive_a_restart_and_reading_them_twice_changes_nothing(
    campaign: MailMerge, rows: list[Sent]
) -> None:
    path = campaign.journal_path
    campaign.bounces(all_reports(rows))
    results, kept = campaign.results, campaign.bounces()
    assert len(kept) == 40
    campaign.bounces(all_reports(rows)[::-1])
    again = merge(path.parent)
    pd.testing.assert_frame_equal(again.results, results)
    pd.testing.assert_frame_equal(again.bounces(), kept)
    assert load(path)["bounce"].tolist() == results["bounce"].tolist()
    again.export(path.with_name("out.csv"))
    assert (
        load(path.with_name("out.csv"))["bounce_code"].tolist() == results["bounce_code"].tolist()
    )


def test_reports_about_somebody_elses_mail_are_joined_to_none(
    campaign: MailMerge, rows: list[Sent]
) -> None:
    # The address is one of ours; the message is not.
    other = Sent(rows[0].to, "bounces+" + "0" * 32 + "@school.test", "0" * 32, "<x@else.test>")
    found = campaign.bounces([filled(name, other) for name in EXPECTED])
    assert len(found) == 40
    assert found["row"].isna().all()
    assert set(found["joined_by"]) == {""}
    assert set(found["remark"]) == {"about no message of this campaign"}
    assert set(campaign.results["bounce"]) == {""}
    assert campaign.bounces().empty


def test_of_several_recipients_the_one_who_is_named_is_meant(tmp_path: Path) -> None:
    made = merge(
        tmp_path, rows=1, template=Template(subject="s", text="t", cc="Boss <boss@far.test>")
    )
    (sent,) = send(made)
    named = filled("ses-permanent", Sent("BOSS@far.test", sent.sender, "", ""))
    unnamed = filled("ses-permanent", Sent("forward@else.test", sent.sender, "", ""))
    found = made.bounces([unnamed, named])
    assert shown(found, "row", "recipient", "joined_by") == [
        [0, "forward@else.test", "VERP"],
        [0, "boss@far.test", "VERP"],
    ]
    assert found["remark"][0].startswith("the message had several recipients")
    assert shown(made.results, "recipient", "bounce") == [
        ["student0@far.test", ""],
        ["boss@far.test", "hard"],
    ]
    assert made.table()["mail_bounce"].tolist() == ["hard"]


def written(directory: Path, name: str, sent: Sent) -> Path:
    path = directory / f"{name}.eml"
    path.write_bytes(filled(name, sent))
    return path


def test_every_kind_of_source_says_the_same(
    campaign: MailMerge, rows: list[Sent], tmp_path: Path
) -> None:
    names = ["postfix-no-such-host", "qmail-no-mailbox", "arf-abuse"]
    reports = [filled(name, sent) for name, sent in zip(names, rows, strict=False)]
    folder = tmp_path / "reports"
    folder.mkdir()
    for number, report in enumerate(reports):
        (folder / f"{number}.EML").write_bytes(report)
    (folder / "notes.txt").write_text("not read")
    box = mailbox.mbox(tmp_path / "box")
    maildir = mailbox.Maildir(tmp_path / "maildir")
    for report in reports:
        box.add(report)
        maildir.add(report)
    box.close()
    messages = [message_from_bytes(report, policy=policy.default) for report in reports]
    with SandboxServer() as server:
        for report in reports:
            with smtplib.SMTP("127.0.0.1", server.port) as smtp:
                smtp.sendmail("", ["t@school.test"], report)
    sources = [
        folder, str(folder), tmp_path / "box", (tmp_path / "box").read_bytes(), messages, reports,
        server.messages, sorted(folder.glob("*.EML")), iter(reports), tmp_path / "maildir",
    ]  # fmt: skip
    for source in sources:
        found = campaign.bounces(source)
        assert sorted(found["row"]) == [0, 1, 2], source
        assert set(found["bounce"]) == {"hard", "complaint"}
        assert found["source"].is_unique
    assert campaign.bounces(folder)["source"][0].endswith("0.EML")


@pytest.mark.parametrize("wrong", [3, ["x", 3], "nowhere", [b"", None], {"a": 1}.items()])
def test_what_is_no_source_is_refused_before_anything_is_read(
    campaign: MailMerge, wrong: Any
) -> None:
    with pytest.raises(InputError):
        campaign.bounces(wrong)


def test_one_bad_file_does_not_stop_the_others(
    campaign: MailMerge, rows: list[Sent], tmp_path: Path
) -> None:
    folder = tmp_path / "reports"
    (folder / "b.eml").mkdir(parents=True)
    (folder / "c.eml").symlink_to(folder / "c.eml")
    (folder / "d.eml").write_bytes(b"")
    written(folder, "postfix-no-such-host", rows[7])
    found = campaign.bounces(folder)
    assert [row for row in found["row"] if row is not pd.NA] == [7]
    assert found["remark"].tolist()[:2] == [
        "it cannot be read: it is not a regular file",
        "it cannot be read: Too many levels of symbolic links",
    ]


def test_a_campaign_that_is_being_sent_keeps_none(campaign: MailMerge, rows: list[Sent]) -> None:
    lock = CampaignLock(campaign.journal_path)
    try:
        with pytest.raises(CampaignBusy):
            campaign.bounces(filled("qmail-no-mailbox", rows[0]))
        assert campaign.bounces(b"Subject: hello\n\nhello")["remark"].tolist() == [
            "not a delivery report"
        ]
    finally:
        lock.release()


def test_before_the_first_run_nothing_is_joined_and_no_journal_is_made(
    tmp_path: Path, rows: list[Sent]
) -> None:
    made = merge(tmp_path / "elsewhere")
    assert made.bounces(filled("qmail-no-mailbox", rows[0]))["row"].isna().all()
    assert made.bounces().empty
    assert not made.journal_path.exists()


def test_a_row_that_is_gone_is_known_by_its_recipient(
    campaign: MailMerge, rows: list[Sent]
) -> None:
    less = merge(campaign.journal_path.parent, frame=frame(3))
    found = less.bounces(filled("qmail-no-mailbox", rows[5]))
    assert shown(found, "recipient", "joined_by", "remark") == [[rows[5].to, "VERP", ""]]
    assert found["row"].isna().all()
    assert set(less.results["bounce"]) == {""}
    assert "hard" in set(load(less.journal_path)["bounce"])


def test_words_of_a_stranger_cannot_work_on_a_screen(campaign: MailMerge, rows: list[Sent]) -> None:
    report = filled("ses-permanent", rows[0]).replace(b"user unknown", b"\x1b[2Jgone \xe2\x80\xae!")
    (text,) = campaign.bounces(report)["text"]
    assert text == "550 5.1.1 \\x1b[2Jgone \\u202e!"
