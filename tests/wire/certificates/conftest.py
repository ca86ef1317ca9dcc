from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from smtp_nb import CertStoreType


@pytest.fixture
def put(tmp_path: Path) -> Callable[[CertStoreType, bytes], Any]:
    """The store as the type wants it: a file's name, or the octets."""

    def put(kind: CertStoreType, data: bytes) -> Any:
        if kind.name.endswith("_BLOB"):
            return data
        path = tmp_path / "store"
        path.write_bytes(data)
        return str(path)

    return put
