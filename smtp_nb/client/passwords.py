"""Password sources, so that no password needs to be in a program or a notebook.

An environment variable, a file that only its owner can read, the system's keyring, a prompt. The
error of each source names the others.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import warnings
from collections.abc import Callable

from smtp_nb.client.private_files import read_private
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.secret import Secret

Waiting = Callable[[str], contextlib.AbstractContextManager[object]]

KEYRING = "the keyring, which may be asking for its own password"
_WAYS = (
    ("environment", "name an environment variable that holds it (variable=…)"),
    ("file", "name a file that only you can read (file=…)"),
    ("keyring", "store it in the keyring: keyring set {host} {user}"),
    ("person", "run this where a prompt can be answered"),
)


def find_password(
    user: str,
    host: str,
    *,
    variable: str = "",
    file: str | os.PathLike[str] = "",
    waiting: Waiting = contextlib.nullcontext,
) -> Secret:
    """Find the password of `user` at `host`.

    If a variable or a file is named, only that is read. Otherwise the system's keyring is asked,
    and then the user, at the terminal or in the notebook.

    Args:
        user: the user name.
        host: the server's name, as it is stored in the keyring.
        variable: the environment variable that holds the password.
        file: a file with the password as its only line; it must belong to you and have mode 600
            (or 400).
        waiting: called with what may take long, such as a keyring that opens a window; the result
            is entered meanwhile.

    Returns:
        The password, as a `Secret`.

    Raises:
        MissingError: 303, no password was found; the text names the other ways.
        InputError: 303, the file cannot be read, or other users can read it too.
    """
    if variable:
        return from_environment(variable, user, host)
    if file:
        return from_file(file, user, host)
    try:
        with waiting(KEYRING):
            return from_keyring(user, host)
    except MissingError as error:
        missing = error
    try:
        return from_person(user, host)
    except MissingError as error:
        error.description = f"{missing.description}; and {error.description}"
        raise


def from_environment(variable: str, user: str, host: str) -> Secret:
    """Return the value of an environment variable.

    Raises:
        MissingError: it is not set, or empty.
    """
    if value := os.environ.get(variable):
        return Secret(value)
    raise _missing(
        f"the environment variable {variable} is not set",
        "environment",
        user,
        host,
        "Set it before Python or Jupyter starts (with %env it would show in the notebook)",
    )


def from_file(file: str | os.PathLike[str], user: str, host: str) -> Secret:
    """Return the only line of a file that other users cannot read.

    Raises:
        InputError: it cannot be read, other users can read it, or it has more than one line.
    """
    try:
        text = read_private(file)
    except InputError as error:
        error.remedy = "; or ".join(filter(None, (error.remedy, _others("file", user, host))))
        raise
    line = Secret(text.reveal().removesuffix("\n").removesuffix("\r"))
    if line and not set("\r\n\0") & set(line.reveal()):
        return line
    raise _missing(
        f"the file {os.fspath(file)!r} does not hold exactly one line, the password",
        "file",
        user,
        host,
    )


def from_keyring(user: str, host: str) -> Secret:
    """Return the password that the system's keyring has for a user at a host.

    Raises:
        MissingError: the keyring is missing or locked, or has no such password.
    """
    import keyring
    from keyring.errors import NoKeyringError

    try:
        found = Secret(keyring.get_password(host, user) or "")
    except NoKeyringError:  # containers have none
        raise _missing("this system has no keyring", "keyring", user, host) from None
    except Exception as error:  # backends let the errors of their systems through
        words = f"the keyring cannot be opened ({type(error).__name__})"
        raise _missing(words, "keyring", user, host) from None
    if not found:
        raise _missing(f"the keyring has no password for {user} at {host}", "", user, host)
    return found


def keep_in_keyring(user: str, host: str, password: Secret) -> None:
    """Store a password in the system's keyring, where `find_password` looks.

    Raises:
        MissingError: the keyring is missing, or cannot store the password.
    """
    import keyring

    try:
        keyring.set_password(host, user, password.reveal())
    except Exception as error:  # pywintypes.error on Windows, for one, is no KeyringError
        problem = _missing(
            f"the keyring cannot store the password ({type(error).__name__})", "keyring", user, host
        )
    else:
        return
    raise problem  # without the frames of the keyring, whose variables hold the password


def forget_in_keyring(user: str, host: str) -> None:
    """Remove a password from the system's keyring, if it is there."""
    import keyring

    with contextlib.suppress(Exception):
        keyring.delete_password(host, user)


def from_person(user: str, host: str) -> Secret:
    """Prompt for the password, without echo.

    Raises:
        MissingError: prompting is not possible, or nothing was entered.
    """
    typed = type_unseen(f"Password for {user} at {host}: ")
    if typed is None:
        words = f"cannot prompt for the password of {user} at {host}"
        raise _missing(words, "person", user, host)
    if not typed:
        raise _missing("no password was entered", "person", user, host)
    return typed


def type_unseen(prompt: str) -> Secret | None:
    """Prompt without echo; None if prompting is not possible."""
    try:
        with warnings.catch_warnings():
            # Without a terminal, getpass would show what is typed.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return Secret(getpass.getpass(prompt))
    # NotImplementedError is what a kernel says whose front end cannot ask.
    except (EOFError, OSError, NotImplementedError, getpass.GetPassWarning):
        return None


def _missing(words: str, way: str, user: str, host: str, first: str = "") -> MissingError:
    remedy = "; or ".join(filter(None, (first, _others(way, user, host))))
    return MissingError(words, code=303, remedy=remedy[0].upper() + remedy[1:])


def _others(way: str, user: str, host: str) -> str:
    """The ways that are left when one has failed."""
    left = [text.format(user=user, host=host) for name, text in _WAYS if name != way]
    return "; or ".join(left)
