"""`login`: with a password on the session's server, or by OAuth at Google's or Microsoft's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from IPython.display import display

from smtp_nb.client.passwords import (
    KEYRING,
    find_password,
    from_person,
    keep_in_keyring,
    type_unseen,
)
from smtp_nb.client.smtp import SMTP
from smtp_nb.errors import MissingError
from smtp_nb.notebook.show import Card
from smtp_nb.notebook.syntax import Argument, Option, ValueKind
from smtp_nb.notebook.verb import Verb, VerbRequest
from smtp_nb.notebook.verbs.connection import PASSWORD_OPTIONS, session_card

if TYPE_CHECKING:
    from smtp_nb.client.oauth import Account

PASTE = "Paste the address where the browser ended: "


def _login(request: VerbRequest) -> Card:
    service = _SERVICES.get(request.text("who").lower())
    return _by_token(request, service) if service else _by_password(request)


# -- with a password ----------------------------------------------------------------------------


def _by_password(request: VerbRequest) -> Card:
    smtp = request.state.session()
    if request.text("user"):
        raise request.syntax.error(
            f"{request.text('who')!r} is not a service; use {' or '.join(_SERVICES)}, or a name"
            f" alone"
        )
    user = request.text("who", smtp.user or request.state.user)
    if not user:
        raise request.syntax.error("a user name is missing: %smtp login NAME")
    request.state.user = user
    smtp = smtp.clone()
    smtp.user, smtp.token_source = user, None
    if request.flag("ask"):
        smtp.password = from_person(user, smtp.mail_server)
    else:
        smtp.password = find_password(
            user,
            smtp.mail_server,
            variable=request.text("password_env"),
            file=request.text("password_file"),
            waiting=request.state.waiting.during,
        )
    request.state.connect(smtp)
    if not request.flag("keep"):
        return session_card(request)
    try:  # now that the server has taken it
        with request.state.waiting.during(KEYRING):
            keep_in_keyring(user, smtp.mail_server, smtp.password)
        kept = "stored in the keyring"
    except MissingError as error:  # the login itself is good
        kept = f"not stored: {error.description}. {error.remedy}"
    return session_card(request, [("Password", kept)])


# -- by OAuth -----------------------------------------------------------------------------------


def _by_token(request: VerbRequest, make: Callable[[VerbRequest, str], Account]) -> Card:
    user = request.text("user")
    if not user:
        raise request.syntax.error(f"a mailbox is missing: %smtp login {request.text('who')} YOU")
    with request.state.waiting.during(KEYRING):
        account = make(request, user)
    if request.flag("again") or not account.has_permission:
        _get_permission(request, account)
    state = request.state
    properties = account.properties()
    if url := request.text("server"):
        smtp = SMTP.from_url(url)
        for name in ("user", "auth_mechanism", "token_source"):
            setattr(smtp, name, properties[name])
    else:
        smtp = SMTP(**properties)
    state.connect(smtp)
    state.sender = state.sender or user
    kept = account.place or "this kernel only; --token-file PATH stores it"
    return session_card(request, [("Permission", f"stored in {kept}")])


def _get_permission(request: VerbRequest, account: Account) -> None:
    """Show a person what to do, and wait until it is done."""
    way = request.text("by") or ("device" if account.service == "microsoft" else "code")
    if way == "device":
        account.by_device(display)
        return
    consent = account.by_code()
    display(consent)  # type: ignore[no-untyped-call]  # IPython's has no types
    with request.state.waiting.during("the address where the browser ended, in the box below"):
        pasted = type_unseen(PASTE)
    if pasted is None:
        raise MissingError(
            "cannot prompt for the address",
            code=303,
            remedy="Write --by device, or log in once where a prompt can be answered",
        )
    consent.finish(pasted)


def _google(request: VerbRequest, user: str) -> Account:
    from smtp_nb.client.oauth import google

    client = request.text("client")
    if not client:
        raise request.syntax.error("--client is missing: the file of your OAuth client")
    return google(user, client, keep=_place(request))


def _microsoft(request: VerbRequest, user: str) -> Account:
    from smtp_nb.client.oauth import microsoft
    from smtp_nb.client.oauth.outlook import AUTHORITY

    client = request.text("client")
    if not client:
        raise request.syntax.error("--client is missing: the id of your application")
    return microsoft(
        user,
        client,
        tenant=request.text("tenant", "common"),
        keep=_place(request),
        authority=request.text("authority", AUTHORITY),
    )


def _place(request: VerbRequest) -> str:
    return request.text("token_file", "keyring")


_SERVICES = {"google": _google, "microsoft": _microsoft}

VERBS = (
    Verb(
        "login",
        "Log in by password on the session's server, or by OAuth at Google or Microsoft",
        _login,
        (
            Argument("who", "google, microsoft, or your name on the session's server",
                     ValueKind.TEXT, False, tuple(_SERVICES)),
            Argument("user", "your mailbox at Google or Microsoft", required=False),
        ),
        (
            *PASSWORD_OPTIONS,
            Option("--ask", "prompt for the password, even if the keyring has it", ValueKind.FLAG),
            Option("--keep", "store the password in the keyring after the server has accepted it",
                   ValueKind.FLAG),
            Option("--client", "Google: the file of your OAuth client; Microsoft: the id of"
                " your application", ValueKind.PATH, "PATH|ID"),
            Option("--by", "type a code on any device, or paste an address", ValueKind.CHOICE,
                   choices=("device", "code")),
            Option("--again", "ask for access again even if it was granted", ValueKind.FLAG),
            Option("--token-file", "store the grant in this file instead of the keyring",
                   ValueKind.PATH, "PATH"),
            Option("--tenant", "Microsoft: your organisation"),
            Option("--authority", "Microsoft: the address of another cloud", metavar="URL"),
            Option("--server", "send through this server instead of the service's own",
                   metavar="URL"),
        ),
        example="%smtp login microsoft ann@school.example --client 00000000-0000-0000-0000-"
        "000000000000\n%smtp login google ann@gmail.com --client client_secret.json\n"
        "%smtp login ann --ask --keep",
    ),
)  # fmt: skip
