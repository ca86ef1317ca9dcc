"""notebooks/build.py, a script, as a module."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[1] / "notebooks" / "build.py"


def loaded() -> Any:  # a script has no types here
    spec = importlib.util.spec_from_file_location("build_notebooks", PATH)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module
