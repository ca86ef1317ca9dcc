"""GNU SASL's server side, of which nothing is ours: libgsasl through ctypes."""

from __future__ import annotations

import ctypes
from base64 import b64encode
from ctypes.util import find_library
from types import TracebackType
from typing import Self

import pytest

# From gsasl.h.
_OK, _NEEDS_MORE = 0, 1
_PASSWORD, _SERVICE, _HOSTNAME = 3, 5, 6
_BINDINGS = {"tls-unique": 18, "tls-exporter": 25}
_Text = ctypes.POINTER(ctypes.c_char)


class Refused(Exception):
    """The login failed, with the library's name for the reason."""


def library() -> ctypes.CDLL:
    """The library, or skip the test."""
    name = find_library("gsasl")
    if name is None:
        pytest.skip("not installed here: libgsasl")
    loaded = ctypes.CDLL(name)
    loaded.gsasl_strerror_name.restype = ctypes.c_char_p
    return loaded


class Service:
    """The server's side of one login.

    Args:
        password: of whoever logs in.
        bindings: what it sees of the TLS connection, by the name of the kind.
    """

    def __init__(self, mechanism: str, password: str, bindings: dict[str, bytes]) -> None:
        self._library = library()
        self._context, self._session = ctypes.c_void_p(), ctypes.c_void_p()
        self._check(self._library.gsasl_init(ctypes.byref(self._context)))
        started = self._library.gsasl_server_start(
            self._context, mechanism.encode(), ctypes.byref(self._session)
        )
        self._check(started)
        self._set(_PASSWORD, password.encode())
        self._set(_SERVICE, b"smtp")
        self._set(_HOSTNAME, b"localhost")
        for kind, octets in bindings.items():
            self._set(_BINDINGS[kind], b64encode(octets))

    def _set(self, name: int, value: bytes) -> None:
        self._check(self._library.gsasl_property_set(self._session, name, value))

    def _check(self, code: int) -> int:
        if code not in (_OK, _NEEDS_MORE):
            raise Refused(self._library.gsasl_strerror_name(code).decode())
        return code

    def step(self, answer: bytes) -> tuple[bytes, bool]:
        """The next challenge, and whether the login is complete with it.

        Raises:
            Refused: the library says no.
        """
        output, length = _Text(), ctypes.c_size_t()
        code = self._library.gsasl_step(
            self._session, answer, len(answer), ctypes.byref(output), ctypes.byref(length)
        )
        self._check(code)
        challenge = ctypes.string_at(output, length.value) if output else b""
        self._library.gsasl_free(output)
        return challenge, code == _OK

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._library.gsasl_finish(self._session)
        self._library.gsasl_done(self._context)
