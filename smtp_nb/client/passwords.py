"""Where a password comes from, so that it need not stand in a program or in a notebook.

An environment variable, a file that only its owner can read, the system's keyring, a person who
types it. Each way that fails says what the others are.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import warnings

from smtp_nb.client.private_files import read_private
from smtp_nb.errors import InputError, MissingError
from smtp_nb.model.secret import Secret

_WAYS = (
    ("environment", "name an environment variable that holds it (variable=…)"),
    ("file", "name a file that only you can read (file=…)"),
    ("keyring", "put it into the keyring: keyring set {host} {user}"),
    ("person", "run it where somebody can type it"),
)


def find_password(
    user: str, host: str, *, variable: str = "", file: str | os.PathLike[str] = ""
) -> Secret:
    """The password of `user` at `host`.

    A variable or a file that is named is the only place looked at. Else it is the system's keyring,
    and then whoever sits at the terminal or the notebook is asked.

    Args:
        variable: the environment variable that holds it.
        file: a file with the password as its only line; it must belong to you and have mode 600
            (or 400).

    Raises:
        MissingError: 303, there is none; the text says what else can be done.
        InputError: 303, the file cannot be read, or others can read it too.
    """
    if variable:
        return from_environment(variable, user, host)
    if file:
        return from_file(file, user, host)
    try:
        return from_keyring(user, host)
    except MissingError as error:
        missing = error
    try:
        return from_person(user, host)
    except MissingError as error:
        error.description = f"{missing.description}; and {error.description}"
        raise


def from_environment(variable: str, user: str, host: str) -> Secret:
    """The value of an environment variable.

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
    """The only line of a file that nobody else can read.

    Raises:
        InputError: it cannot be read, others can get at it, or it has more than one line.
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
        f"the file {os.fspath(file)!r} does not hold a password alone on one line",
        "file",
        user,
        host,
    )


def from_keyring(user: str, host: str) -> Secret:
    """What the system's keyring has for a user at a host.

    Raises:
        MissingError: this system has no keyring, it is locked, or it does not know that user.
    """
    import keyring
    from keyring.errors import KeyringError, NoKeyringError

    try:
        found = Secret(keyring.get_password(host, user) or "")
    except NoKeyringError:  # containers have none
        raise _missing("this system has no keyring", "keyring", user, host) from None
    except KeyringError as error:
        words = f"the keyring does not open ({type(error).__name__})"
        raise _missing(words, "keyring", user, host) from None
    if not found:
        raise _missing(f"the keyring does not know {user} at {host}", "", user, host)
    return found


def keep_in_keyring(user: str, host: str, password: Secret) -> None:
    """Give a password to the system's keyring, where `find_password` looks.

    Raises:
        MissingError: this system has no keyring, or it refuses.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(host, user, password.reveal())
    except KeyringError as error:
        problem = _missing(
            f"no keyring takes the password ({type(error).__name__})", "keyring", user, host
        )
    else:
        return
    raise problem  # without the frames of the keyring, whose variables hold the password


def forget_in_keyring(user: str, host: str) -> None:
    """Take a password out of the system's keyring, if it is there."""
    import keyring
    from keyring.errors import KeyringError

    with contextlib.suppress(KeyringError):
        keyring.delete_password(host, user)


def from_person(user: str, host: str) -> Secret:
    """What somebody types, unseen.

    Raises:
        MissingError: nobody is there, or nothing was typed.
    """
    typed = type_unseen(f"Password of {user} at {host}: ")
    if typed is None:
        words = f"nobody is there to type the password of {user} at {host}"
        raise _missing(words, "person", user, host)
    if not typed:
        raise _missing("no password was typed", "person", user, host)
    return typed


def type_unseen(prompt: str) -> Secret | None:
    """What somebody types without its being shown; None if nobody is there."""
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
