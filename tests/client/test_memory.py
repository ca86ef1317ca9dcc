"""What a large attachment costs: it streams, so next to nothing beyond itself."""

from __future__ import annotations

import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from smtp_nb.sandbox import SandboxServer

MEGABYTE = 1024 * 1024
TESTS = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("way", "options"),
    [
        ("path", {}),
        ("path", {"without": ["CHUNKING"]}),
        ("path", {"tls": "implicit"}),
        ("octets", {}),
        ("asyncio", {"without": ["CHUNKING"]}),
    ],
    ids=["path", "path by DATA", "path in TLS", "octets", "asyncio"],
)
def test_25_megabytes_attached_cost_at_most_40(
    tmp_path: Path, way: str, options: dict[str, Any]
) -> None:
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * (25 * MEGABYTE // 256))
    with SandboxServer(**options) as server:
        child = subprocess.run(
            [sys.executable, "-m", "client.attacher", server.url, "25000000", str(path), way],
            cwd=TESTS,
            check=True,
            capture_output=True,
            text=True,
        )
        content = server.messages[1].content
    assert int(child.stdout) <= 40 * 1024
    (part,) = message_from_bytes(content).get_payload()[1:]
    assert part.get_payload(decode=True) == path.read_bytes()
