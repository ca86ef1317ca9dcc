"""A run sends each row its message, once, whatever server or client it is given."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from merge.conftest import Make
from merge.counting import outcomes, received
from smtp_nb.client.aio import AsyncSMTP
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import MissingError, ProblemsFound
from smtp_nb.merge import Template
from smtp_nb.sandbox import SandboxServer

# -- sending ----------------------------------------------------------------------------------


def test_everybody_gets_one_message_of_their_own(merge: Make, server: SandboxServer) -> None:
    results = merge().run()
    assert outcomes(results) == {"ACCEPTED": 6}
    assert [m.subject for m in server.messages][:2] == ["Result for Ann", "Result for Bén"]
    assert [m.rcpt_tos for m in server.messages][:2] == [("a@school.test",), ("b@school.test",)]
    assert "it is 1." in server.messages[0].parsed.get_content()
    assert results["queue_id"].tolist() == [m.queue_id for m in server.messages]
    assert results["message_id"].tolist() == [m.parsed["Message-ID"] for m in server.messages]
    assert results["size"].tolist() == [m.size for m in server.messages]
    assert set(results["attempts"]) == {1}


def test_results_have_the_frames_index(merge: Make, frame: pd.DataFrame) -> None:
    results = merge().run()
    assert list(results.index) == list(frame.index)
    assert list(results["row"]) == list(range(6))


def test_running_again_sends_nothing(merge: Make, server: SandboxServer) -> None:
    first = merge().run()
    again = merge()
    pd.testing.assert_frame_equal(again.run(), first)
    pd.testing.assert_frame_equal(again.results, first)
    assert len(server.messages) == 6


def test_running_again_needs_no_server(merge: Make) -> None:
    merge().run()
    assert outcomes(merge(server=None).run()) == {"ACCEPTED": 6}


def test_rows_may_be_inserted_deleted_and_sorted_between_runs(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    merge(frame=frame.iloc[:4]).run()
    late = pd.DataFrame({"name": ["Gus"], "email": ["g@school.test"], "grade": [1.0]}, index=["g"])
    moved = pd.concat([late, frame.drop("student 20").iloc[::-1]])
    results = merge(frame=moved).run()
    assert outcomes(results) == {"ACCEPTED": 6}
    assert received(server) == Counter(f"{letter}@school.test" for letter in "abcdefg")


def test_the_same_mailbox_in_other_letters_is_the_same_recipient(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    merge().run()
    frame["email"] = frame["email"].str.upper()
    assert outcomes(merge(frame=frame).run()) == {"ACCEPTED": 6}
    assert len(server.messages) == 6


def test_a_corrected_address_is_a_new_recipient(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="a@school.test")
    assert outcomes(merge().run()) == {"ACCEPTED": 5, "REFUSED": 1}
    frame.loc["student 10", "email"] = "ann@school.test"
    assert outcomes(merge(frame=frame).run()) == {"ACCEPTED": 6}
    assert received(server)["ann@school.test"] == 1


def test_with_a_key_only_a_refused_address_can_be_corrected(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="a@school.test")
    merge(key="name").run()
    frame["email"] = frame["email"].str.replace("@school", "@other")
    results = merge(key="name", frame=frame).run()
    assert outcomes(results) == {"ACCEPTED": 6}
    new = {to for to in received(server) if to.endswith("other.test")}
    assert new == {"a@other.test"}


def test_an_old_address_that_is_given_up_takes_nothing_from_its_row(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="a@school.test")
    merge(key="name").run()
    frame.loc["student 10", "email"] = "ann@school.test"
    corrected = merge(key="name", frame=frame)
    corrected.run()
    assert corrected.resolve("Ann", "give up") == 1
    assert outcomes(corrected.results) == {"ACCEPTED": 6}
    assert corrected.table().loc["student 10", "mail_outcome"] == "ACCEPTED"


def test_a_row_known_by_its_key_gets_one_message_however_often_its_address_changes(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    server.inject("refuse", recipient="later@x.test", code=450, text="4.2.1 not now")
    for address in ("later@x.test", "new@x.test", "newer@x.test", "later@x.test"):
        frame.loc["student 10", "email"] = address
        results = merge(key="name", frame=frame, patience=0).run()
        if address == "new@x.test":
            server.heal()
    assert received(server)["new@x.test"] == 1
    assert not {"newer@x.test", "later@x.test"} & set(received(server))
    ann = results[results["row"] == 0].set_index("recipient")["outcome"]
    assert ann["new@x.test"] == "ACCEPTED"


def test_a_refused_row_never_stops_the_rest(merge: Make, server: SandboxServer) -> None:
    server.inject("refuse", recipient=("a@school.test", "d@school.test"))
    results = merge().run()
    assert outcomes(results) == {"ACCEPTED": 4, "REFUSED": 2}
    refused = results[results["outcome"] == "REFUSED"]
    assert refused["code"].tolist() == [550, 550]
    assert refused["enhanced_code"].tolist() == ["5.1.1", "5.1.1"]
    assert refused["reply"].tolist() == ["No such mailbox here"] * 2
    assert refused["explanation"].str.contains("mailbox").all()


def test_a_deferred_row_is_tried_again_at_the_next_run(merge: Make, server: SandboxServer) -> None:
    server.inject("greylist")
    first = merge().run(patience=0)
    assert outcomes(first) == {"DEFERRED": 6}
    second = merge().run()
    assert outcomes(second) == {"ACCEPTED": 6}
    assert set(second["attempts"]) == {2}
    assert second["message_id"].tolist() == first["message_id"].tolist()


def test_a_refused_row_is_not_tried_again(merge: Make, server: SandboxServer) -> None:
    server.inject("refuse", recipient="a@school.test", times=1)
    merge().run()
    assert outcomes(merge().run()) == {"ACCEPTED": 5, "REFUSED": 1}


def test_copies_have_outcomes_of_their_own_and_are_never_sent_twice(
    merge: Make, server: SandboxServer, template: Template
) -> None:
    server.inject("greylist", recipient="boss*")
    many = Template(
        subject="s{{ name }}", text="t", cc="boss{{ grade }}@x.test, {{ email }}", bcc="all@x.test"
    )
    first = merge(template=many).run(patience=0)
    assert outcomes(first) == {"ACCEPTED": 12, "DEFERRED": 6}
    assert merge(template=many).table()["mail_outcome"].tolist() == ["PARTIAL"] * 6
    second = merge(template=many).run()
    assert outcomes(second) == {"ACCEPTED": 18}
    assert second["kind"].tolist() == ["TO", "CC", "BCC"] * 6
    assert set(received(server).values()) == {1, 6}
    assert received(server)["all@x.test"] == 6
    assert all("Bcc" not in message.parsed for message in server.messages)


def test_broken_and_double_rows_are_left_out_with_their_reason(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    frame.loc["student 20", "email"] = "no address"
    frame.loc["student 30", "email"] = "A@School.test"
    frame.loc["student 40", "name"] = None
    results = merge(frame=frame).run(skip_invalid=True)
    assert results["outcome"].tolist() == [
        "ACCEPTED", "INVALID", "DUPLICATE", "INVALID", "ACCEPTED", "ACCEPTED"
    ]  # fmt: skip
    assert results["explanation"].tolist()[2] == "the same recipient as row 0"
    assert "'name' is empty" in results["explanation"].iloc[3]
    assert len(server.messages) == 3
    assert len(merge(frame=frame).table()) == 6


def test_errors_stop_a_run_before_anything_is_sent(
    merge: Make, server: SandboxServer, frame: pd.DataFrame, directory: Path
) -> None:
    frame.loc["student 20", "name"] = "x\r\nBcc: evil@x.test"
    with pytest.raises(ProblemsFound, match="row 1: subject would hold") as caught:
        merge(frame=frame).run()
    assert len(server.messages) == 0
    assert isinstance(caught.value.problems, pd.DataFrame)
    assert list(directory.iterdir()) == []


def test_warnings_stop_nothing(merge: Make, server: SandboxServer) -> None:
    quiet = merge(template=Template(text=""))
    assert (quiet.check()["severity"] == "warning").all()
    assert outcomes(quiet.run()) == {"ACCEPTED": 6}


def test_a_column_may_be_called_as_jinja_calls_something(
    merge: Make, server: SandboxServer, frame: pd.DataFrame
) -> None:
    renamed = frame.rename(columns={"name": "range"})
    merge(frame=renamed, template=Template(subject="{{ range }}", text="t")).run()
    assert server.messages[0].subject == "Ann"


def test_each_row_gets_its_own_file(merge: Make, server: SandboxServer) -> None:
    for number in range(1, 7):
        Path(f"result {number}.txt").write_text(f"mark {number}")
    template = Template(subject="s", text="t", attachments=["result {{ grade }}.txt"])
    merge(template=template).run()
    contents = [next(m.parsed.iter_attachments()).get_content() for m in server.messages]
    assert contents == [f"mark {number}" for number in range(1, 7)]


def test_a_common_attachment_reaches_everybody(merge: Make, server: SandboxServer) -> None:
    Path("all.csv").write_text("a,b\n")
    merge(template=Template(subject="s", text="t", attachments=["all.csv"])).run()
    files = [next(m.parsed.iter_attachments()).get_filename() for m in server.messages]
    assert files == ["all.csv"] * 6


# -- servers ----------------------------------------------------------------------------------


def test_a_merge_needs_a_server(merge: Make) -> None:
    with pytest.raises(MissingError) as caught:
        merge(server=None).run()
    assert caught.value.code == 163


def test_a_client_is_used_with_its_events_and_its_connection(
    merge: Make, server: SandboxServer
) -> None:
    seen: list[object] = []
    with SMTP.from_url(server.url) as smtp:
        smtp.on_pi_trail += seen.append
        merge(server=smtp).run()
        assert smtp.connected
    assert any("MAIL FROM" in getattr(event, "message", "") for event in seen)
    assert len(server.sessions) == 1


def test_a_connection_that_was_opened_for_a_merge_is_closed(
    merge: Make, server: SandboxServer
) -> None:
    smtp = SMTP.from_url(server.url)
    merge(server=smtp).run()
    assert not smtp.connected


@pytest.mark.parametrize("kind", [str, SMTP, AsyncSMTP])
def test_arun_is_run_for_asyncio(merge: Make, server: SandboxServer, kind: type) -> None:
    target = server.url if kind is str else kind.from_url(server.url)
    assert outcomes(asyncio.run(merge(server=target).arun())) == {"ACCEPTED": 6}
    assert received(server) == Counter(f"{letter}@school.test" for letter in "abcdef")


def test_run_takes_an_asyncio_client_too(merge: Make, server: SandboxServer) -> None:
    assert outcomes(merge(server=AsyncSMTP.from_url(server.url)).run()) == {"ACCEPTED": 6}


def test_run_works_inside_a_running_event_loop(merge: Make) -> None:
    async def cell() -> pd.DataFrame:
        return merge().run()

    assert outcomes(asyncio.run(cell())) == {"ACCEPTED": 6}
