"""Where a password comes from: never from the line.

The order: an environment variable that was named, the system's keyring, a prompt.
"""

from __future__ import annotations

import getpass
import os

from smtp_nb.errors import MissingError
from smtp_nb.model.secret import Secret

_OTHER_WAYS = (
    "Put it into an environment variable and give --password-env NAME,"
    " or into the keyring: keyring set {host} {user}"
)


def find_password(user: str, host: str, variable: str = "") -> Secret:
    """The password of `user` at `host`.

    Args:
        variable: the environment variable that holds it; empty for none.

    Raises:
        MissingError: the variable is not set, or nobody is there to type it.
    """
    if variable:
        return _from_environment(variable)
    return _from_keyring(user, host) or _from_person(user, host)


def _from_environment(variable: str) -> Secret:
    value = os.environ.get(variable)
    if not value:
        raise MissingError(
            f"the environment variable {variable} is not set",
            code=303,
            remedy="Set it before Jupyter starts; with %env it would show in the notebook",
        )
    return Secret(value)


def _from_keyring(user: str, host: str) -> Secret | None:
    import keyring
    from keyring.errors import KeyringError

    try:
        password = keyring.get_password(host, user)
    except KeyringError:  # containers have none
        return None
    return Secret(password) if password else None


def _from_person(user: str, host: str) -> Secret:
    from IPython.core.error import StdinNotImplementedError

    try:
        typed = getpass.getpass(f"Password of {user} at {host}: ")
    except (StdinNotImplementedError, EOFError) as error:
        raise MissingError(
            f"nobody is there to type the password of {user} at {host}",
            code=303,
            remedy=_OTHER_WAYS.format(host=host, user=user),
        ) from error
    if not typed:
        raise MissingError(
            "no password was typed", code=303, remedy=_OTHER_WAYS.format(host=host, user=user)
        )
    return Secret(typed)
