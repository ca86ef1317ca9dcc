"""Both sides of each pair on the pages for users of other libraries send the same message."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components import require
from judges.parsers import PROGRAMS, Judges
from smtp_nb.sandbox import Message, SandboxServer
from smtp_nb.wire.tls import contexts

PAGES = Path(__file__).parents[2] / "docs" / "coming"
BLOCK = re.compile(
    r"^```\{code-block\} (\w+)\n:caption: [^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
PAIR = re.compile(r"(?ms)^:::::\{container\} pair\n(.*?)^:::::$")
URL = re.compile(r"smtp://(?:[\w:]+@)?mail.school.test:587")
PAIRS = [
    pytest.param(BLOCK.findall(pair), id=f"{path.stem}-{number}")
    for path in sorted(PAGES.glob("*.md"))
    for number, pair in enumerate(PAIR.findall(path.read_text("utf-8")), 1)
]
USERS = ("ann", "ann@school.test")  # yagmail takes a name alone for one at Gmail
# What is not installed from an index of Python or JavaScript.
ELSEWHERE = {"csharp"}


def run(language: str, code: str, server: SandboxServer, judges: Judges) -> None:
    """Run one side, with this server for the one that it names."""
    code = URL.sub(r"\g<0>?tls=starttls", code)  # which is no matter of course on this machine
    code = code.replace("mail.school.test", server.host).replace("587", str(server.port))
    if language == "python":
        exec(compile(code, "side", "exec"), {})
        return
    Path("side.mjs").write_text(code, "utf-8")
    Path("node_modules").symlink_to(judges.modules)
    node = require(*PROGRAMS)["node"]
    done = subprocess.run(
        [node, "side.mjs"], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr


def essence(message: Message) -> dict[str, Any]:
    """What a reader and a server make of a message, whatever its encoding."""
    parsed = message.parsed
    bodies = {kind: parsed.get_body((kind,)) for kind in ("plain", "html")}
    return {
        "envelope": (message.mail_from, sorted(message.rcpt_tos)),
        "header": [plain(parsed[name]) for name in ("From", "To", "Cc", "Bcc", "Subject")],
        "text": bodies["plain"].get_content().strip() if bodies["plain"] else "",
        "html": visible(bodies["html"].get_content()) if bodies["html"] else "",
        "files": [
            (part.get_filename(), part.get_content_type(), part.get_content())
            for part in parsed.iter_attachments()
        ],
    }


def plain(field: object) -> str:
    """A field in which an address is not its own name too."""
    return re.sub(r'"(\S+)" <\1>', r"\1", str(field or ""))


def visible(html: str) -> str:
    """The text and the tags inside a line, without those of blocks and the frame around it."""
    return re.sub(r"</?(html|head|body|div|p)>|\s+$", "", html)


@pytest.fixture
def fresh_roots() -> Iterator[None]:
    """Contexts of TLS are kept, and would not know this server's authority."""
    contexts._context.cache_clear()
    yield
    contexts._context.cache_clear()


@pytest.mark.usefixtures("fresh_roots")
@pytest.mark.parametrize("sides", PAIRS)
def test_both_sides_of_a_pair_send_the_same(
    sides: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, judges: Judges
) -> None:
    (theirs, their_code), (ours, our_code) = sides
    monkeypatch.chdir(tmp_path)
    Path("report.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    with SandboxServer(tls="starttls", auth=dict.fromkeys(USERS, "secret")) as server:
        for variable in ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
            monkeypatch.setenv(variable, str(server.ca_file))
        run(ours, our_code, server, judges)
        received = [essence(message) for message in server.messages]
        assert received
        if theirs not in ELSEWHERE:
            server.reset()
            run(theirs, their_code, server, judges)
            assert [essence(message) for message in server.messages] == received
