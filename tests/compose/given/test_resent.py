"""Messages that are sent on: whom the Resent fields name."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from compose.given.reading import message, read
from smtp_nb.errors import InputError, MissingError

RESENT = (
    "Resent-From: rf@x.test\r\nResent-To: {to}\r\nResent-Date: {day} Nov 2026 07:15:48 +0000\r\n"
)
ORIGINAL = "From: a@x.test\r\nTo: orig@x.test\r\nBcc: blind@x.test\r\n\r\nx\r\n"
BLOCKS = [RESENT.format(to="new@x.test", day=30), RESENT.format(to="old@x.test", day=29)]
TRACE = "Received: by x.test; Mon, 30 Nov 2026 07:15:48 +0000\r\n"


class TestResent:
    @pytest.mark.parametrize("kind", ["object", "octets"])
    @pytest.mark.parametrize(
        "head", [BLOCKS[0], "".join(BLOCKS), BLOCKS[0] + TRACE + BLOCKS[1]], ids=[1, 2, 3]
    )
    def test_the_latest_block_says_who_and_to_whom(self, kind, head) -> None:
        raw = (head + ORIGINAL).encode()
        given = raw if kind == "octets" else message_from_bytes(raw, policy=policy.default)
        content, sender, recipients = read(given)
        assert sender.address == "rf@x.test"
        assert [item.address for item in recipients] == ["new@x.test"]
        assert b"To: orig@x.test" in bytes(content)
        assert b"blind" not in bytes(content)

    @pytest.mark.parametrize(
        "head",
        [
            BLOCKS[1] + BLOCKS[0],
            BLOCKS[1] + TRACE + BLOCKS[0],
            "Resent-From: a@x.test\r\nResent-From: b@x.test\r\nResent-To: c@x.test\r\n",
            "Resent-From: a@x.test\r\nResent-To: b@x.test\r\nResent-To: c@x.test\r\n",
            "".join(BLOCKS).replace("Resent-Date: 29", "X: 29"),
        ],
        ids=range(5),
    )
    def test_blocks_that_contradict_each_other_are_refused(self, head) -> None:
        with pytest.raises(InputError, match=r"5322 section 3\.6\.6"):
            read((head + ORIGINAL).encode())

    def test_fields_set_on_an_object_are_a_block_wherever_they_stand(self) -> None:
        made = message(To="orig@x.test", Resent_From="rf@x.test")
        made["X-Between"] = "x"
        made["Resent-Sender"] = "rs@x.test"
        made["Resent-To"] = "r@x.test"
        made["Resent-Cc"] = "c@x.test"
        made["Resent-Bcc"] = "b@x.test"
        content, sender, recipients = read(made)
        assert sender.address == "rs@x.test"
        assert [(item.address[0], item.kind.name) for item in recipients] == [
            ("r", "TO"),
            ("c", "CC"),
            ("b", "BCC"),
        ]
        assert b" b@x.test" not in bytes(content)  # a Message-ID may end in b
        assert b"Resent-Date: " in bytes(content)

    def test_a_block_without_recipients_never_falls_back_on_to(self) -> None:
        with pytest.raises(MissingError, match="Resent-To"):
            read(message(To="orig@x.test", Resent_From="rf@x.test"))
