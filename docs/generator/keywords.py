"""The keywords of `SMTP` and of a merge's runs as types: written from where each is declared.

    PYTHONPATH=docs python docs/generator/keywords.py

writes both files; a test compares them with what this makes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path
from typing import Any

import smtp_nb.client.smtp  # noqa: F401  # declares the properties that are further names of others
from smtp_nb.client.settings import converters
from smtp_nb.client.settings.properties import keyword_defaults
from smtp_nb.client.settings.registry import PROPERTIES, REGISTRY, Entry
from smtp_nb.merge.running import options as merge_options
from smtp_nb.model.secret import Secret

PACKAGE = Path(__file__).parents[2] / "smtp_nb"
_HEAD = '''"""{title}

Written by docs/generator/keywords.py.
"""

from __future__ import annotations

{imports}

class {name}(TypedDict, total=False):
    """{doc}"""

{fields}
'''
_BY_CONVERTER = {
    converters.address_text: "Addresses",
    converters.return_path: "Addresses",
    converters.date: "str | datetime",
    converters.raw: "str | bytes",
}
_BY_NAME = {
    **dict.fromkeys(("send_to", "cc", "bcc"), "Addresses"),
    **dict.fromkeys(("attachments", "inline_images"), "Iterable[File]"),
    **dict.fromkeys(("ssl_cert", "ssl_accept_server_cert"), "Certificate | str | bytes | None"),
    "firewall": "Firewall",
    "message_b": "bytes",
    "calendar": "Any",
    "dkim": "DKIM | None",
    "token_source": "TokenSource | None",
}
_BY_TYPE = {bool: "bool | int | str", int: "int | str", float: "float | str", str: "str"}
_IMPORTS = """from collections.abc import Iterable
from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from typing import TypeAlias

    from smtp_nb.client.firewall import Firewall
    from smtp_nb.compose.dkim import DKIM
    from smtp_nb.compose.parts import Attachment, EncodedPart
    from smtp_nb.model.address import Mailbox
    from smtp_nb.model.enums import {enums}
    from smtp_nb.model.secret import Secret
    from smtp_nb.sasl import TokenSource
    from smtp_nb.wire.certificates.certificates import Certificate

    # A text, a pair of name and address, or several of them.
    Addresses: TypeAlias = str | Mailbox | Iterable[str | Mailbox | tuple[str, str]]
    File: TypeAlias = str | PathLike[str] | Attachment | EncodedPart
"""


def properties() -> str:
    """`smtp_nb/client/keywords.py`, from the registry."""
    types = {name: _type(name) for name in keyword_defaults()}
    enums = sorted({type(e.default).__name__ for e in _entries() if isinstance(e.default, IntEnum)})
    return _HEAD.format(
        title="The keywords of `SMTP`, `AsyncSMTP` and `from_url`: their properties, as a type.",
        imports=_IMPORTS.format(enums=f"(\n        {', '.join(enums)},\n    )"),
        name="SMTPProperties",
        doc="What each property takes.",
        fields=_fields(types),
    )


def _entries() -> Iterable[Entry[Any]]:
    return (REGISTRY[PROPERTIES[name]] for name in keyword_defaults() if name in PROPERTIES)


def _type(name: str) -> str:
    """What a property takes."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    entry = REGISTRY[PROPERTIES[name]]
    if entry.convert in _BY_CONVERTER:
        return _BY_CONVERTER[entry.convert]
    kind = type(entry.default)
    if issubclass(kind, IntEnum):
        return f"{kind.__name__} | int | str"
    return "str | Secret" if kind is Secret else _BY_TYPE[kind]


def options() -> str:
    """`smtp_nb/merge/keywords.py`, from `Options`."""
    types = {
        name: str(field.type) for name, field in merge_options.Options.__dataclass_fields__.items()
    }
    used = set(re.findall(r"\w+", " ".join(types.values())))
    return _HEAD.format(
        title="The keywords of a merge and of its runs, as a type.",
        imports="\n".join(
            [*_imports_of(Path(merge_options.__file__), used), "from typing import TypedDict\n"]
        ),
        name="RunOptions",
        doc="The fields of `Options`.",
        fields=_fields(types),
    )


def _imports_of(path: Path, names: set[str]) -> Iterable[str]:
    """How a module imports some of the names that it uses."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            wanted = [alias.name for alias in node.names if alias.name in names]
            if wanted:
                yield f"from {node.module} import {', '.join(wanted)}"


def _fields(types: dict[str, str]) -> str:
    return "\n".join(f"    {name}: {type_}" for name, type_ in types.items())


FILES = {
    PACKAGE / "client" / "keywords.py": properties,
    PACKAGE / "merge" / "keywords.py": options,
}


def tidy(source: str, path: Path) -> str:
    """As the project's style writes it."""
    import subprocess
    import sys

    for command in (["check", "--fix-only", "--select", "I"], ["format"]):
        line = [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-q", "-"]
        done = subprocess.run(line, input=source, capture_output=True, text=True, check=True)
        source = done.stdout
    return source


def main() -> None:
    for path, make in FILES.items():
        path.write_text(tidy(make(), path), encoding="utf-8")


if __name__ == "__main__":
    main()
