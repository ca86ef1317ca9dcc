"""An authorization server (RFC 6749, 7636, 8628) behind TLS, as strict as Google's and Microsoft's.

It gives permission to whoever has the browser, if the test says that they agree. A code is good
once, a refresh token until it is used or taken back, an access token for as long as the test says.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from servers.authority import Authority

CLIENT_ID, CLIENT_SECRET = "the-client", "the-clients-secret"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
MAIL = {"https://mail.google.com/", "https://outlook.office.com/SMTP.Send"}
Answer = tuple[int, dict[str, Any]]


class Refused(Exception):
    """An answer that is an error (RFC 6749 section 5.2)."""


@dataclass
class OAuthServer:
    """The server. Its attributes are what a test turns.

    Attributes:
        agrees: what the person with the browser says.
        answers: what the next polls of a device get before the person has decided.
        lifetime_s: of an access token.
        interval_s: between two looks of a device.
        make_token: an access token, for mail servers that look into it.
        rotates: a refresh token is good once, and replaced.
        fault: the error that every request for a token gets.
        asked: the paths and forms of all requests, in order.
    """

    authority: Authority
    agrees: bool = True
    answers: list[str] = field(default_factory=list)
    lifetime_s: int = 3600
    interval_s: int = 5
    rotates: bool = True
    fault: str = ""
    words: str = "because"
    user: str = "ann@school.test"
    make_token: Callable[[], str] = lambda: secrets.token_urlsafe(24)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.issued: list[str] = []
        self.secrets: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._devices: dict[str, str] = {}
        """Each with the scope that it asked for."""
        self._refreshers: set[str] = set()
        self._nonce: str | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.authority.good.certificate, self.authority.good.key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> OAuthServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()

    @property
    def google_client(self) -> dict[str, Any]:
        """As Google's file has it, with this server's addresses."""
        return {
            "installed": {
                "client_id": CLIENT_ID,
                "client_secret": CLIENT_SECRET,
                "auth_uri": f"{self.url}/common/authorize",
                "token_uri": f"{self.url}/common/token",
                "device_authorization_uri": f"{self.url}/common/devicecode",
            }
        }

    def visit(self, url: str) -> str:
        """What a person with a browser does; gives the address at which it ends."""
        asked = _form(urlsplit(url).query)
        assert url.startswith(f"{self.url}/common/authorize?")
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT_ID
        answer = {"state": asked["state"]}
        if self.agrees and MAIL & set(asked["scope"].split()):
            answer["code"] = self._secret()
            self._codes[answer["code"]] = asked
        else:
            answer |= {"error": "access_denied", "error_description": self.words}
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def take_back(self) -> None:
        """No refresh token is good any more."""
        self._refreshers.clear()

    # -- what it answers ----------------------------------------------------------------------

    def answer(self, path: str, form: dict[str, str]) -> Answer:
        self.asked.append((path, form))
        what = path.rpartition("/")[2]
        try:
            return 200, getattr(self, f"_{what.replace('-', '_')}")(form)
        except Refused as error:
            return 400, {"error": str(error), "error_description": self.words}

    def _authorize(self, form: dict[str, str]) -> dict[str, Any]:
        """For a browser that is a program."""
        return {"location": self.visit(f"{self.url}/common/authorize?{urlencode(form)}")}

    def _openid_configuration(self, form: dict[str, str]) -> dict[str, Any]:
        return {
            "issuer": f"{self.url}/common/v2.0",
            "authorization_endpoint": f"{self.url}/common/authorize",
            "token_endpoint": f"{self.url}/common/token",
            "device_authorization_endpoint": f"{self.url}/common/devicecode",
        }

    def _devicecode(self, form: dict[str, str]) -> dict[str, Any]:
        self._check_client(form)
        if not MAIL & set(form["scope"].split()):
            raise Refused("invalid_scope")
        device = self._secret()
        self._devices[device] = form["scope"]
        return {
            "device_code": device,
            "user_code": "ABCD-EFGH",
            "verification_uri": f"{self.url}/device",
            "expires_in": 60,
            "interval": self.interval_s,
        }

    def _token(self, form: dict[str, str]) -> dict[str, Any]:
        self._check_client(form)
        if self.fault:
            raise Refused(self.fault)
        grants = {
            "authorization_code": self._by_code,
            "refresh_token": self._by_refresh,
            DEVICE_GRANT: self._by_device,
        }
        grants[form["grant_type"]](form)
        return self._grant(form)

    def _check_client(self, form: dict[str, str]) -> None:
        if form.get("client_id") != CLIENT_ID:
            raise Refused("invalid_client")

    def _by_code(self, form: dict[str, str]) -> None:
        asked = self._codes.pop(form["code"], None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            raise Refused("invalid_grant")
        self._nonce = asked.get("nonce")
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            raise Refused("invalid_grant")

    def _by_refresh(self, form: dict[str, str]) -> None:
        if form["refresh_token"] not in self._refreshers:
            raise Refused("invalid_grant")
        if self.rotates:
            self._refreshers.discard(form["refresh_token"])

    def _by_device(self, form: dict[str, str]) -> None:
        if form["device_code"] not in self._devices:
            raise Refused("expired_token")
        if self.answers:
            raise Refused(self.answers.pop(0))
        form["scope"] = self._devices.pop(form["device_code"])
        if not self.agrees:
            raise Refused("access_denied")

    def _grant(self, form: dict[str, str]) -> dict[str, Any]:
        token, refresher = self.make_token(), self._secret()
        self.secrets.append(token)
        self.issued.append(token)
        self._refreshers.add(refresher)
        return {
            "token_type": "Bearer",
            "access_token": token,
            "refresh_token": refresher,
            "expires_in": self.lifetime_s,
            "scope": form.get("scope", "https://mail.google.com/"),
            "id_token": self._id_token(),
            "client_info": _encoded({"uid": "ann", "utid": "school"}),
        }

    def _id_token(self) -> str:
        """Unsigned, as who gets it over TLS from its issuer need not check a signature."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": "ann",
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 3600,
        }
        claims["preferred_username"] = self.user
        return f"{_encoded({'alg': 'none'})}.{_encoded(claims | {'nonce': self._nonce})}."

    def _secret(self) -> str:
        made = secrets.token_urlsafe(24)
        self.secrets.append(made)
        return made


def _encoded(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def _form(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}


def _handler(server: OAuthServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(_form(urlsplit(self.path).query))

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = _form(self.rfile.read(length).decode())
            self._answer(form | self._basic())

        def _basic(self) -> dict[str, str]:
            """The client's id and secret where RFC 6749 section 2.3.1 would have them."""
            kind, _, word = self.headers.get("Authorization", "").partition(" ")
            if kind != "Basic":
                return {}
            name, _, secret = base64.b64decode(word).decode().partition(":")
            return {"client_id": name, "client_secret": secret}

        def _answer(self, form: dict[str, str]) -> None:
            status, answer = server.answer(urlsplit(self.path).path, form)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """The test asks `asked`."""

    return Handler
