"""Paths without whose they are: the names of user and machine stay out of reports, which are made to be handed on."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_HOME: Final = "~"
_USER: Final = "$USER"
_HOST: Final = "$HOSTNAME"
_ENDS: Final = r"(?=[/\\\s'\"`:,;)\]]|$)"
_UNNAMED: Final = ("", ".", "localhost")


def nameless(text: str) -> str:
    """Write the user's home as ``~``, and ``$USER`` and ``$HOSTNAME`` where parts of a path name user or machine.

    Other words are left alone, though they be the same: a user may be called as a dataset is.

    >>> from unittest import mock
    >>> with mock.patch.dict(os.environ, {"HOME": "/home/jane", "USER": "jane", "LOGNAME": "jane"}):
    ...     nameless("--sam-folder=ct=/home/jane/ct /scratch/jane/x.nii is truncated; ask jane")
    '--sam-folder=ct=~/ct /scratch/$USER/x.nii is truncated; ask jane'
    """
    for home in _homes():
        text = re.sub(re.escape(home) + _ENDS, _HOME, text)
    for names, instead in ((_users(), _USER), (_hosts(), _HOST)):
        for name in names:
            text = re.sub(rf"(?<=[/\\]){re.escape(name)}{_ENDS}", instead, text)
    return text


def named(path: str) -> Path:
    """Return the path that `nameless` was given, for the same user on the same machine.

    >>> named("/data/masks") == Path("/data/masks")
    True
    """
    for instead, names in ((_USER, _users()), (_HOST, _hosts())):
        for name in names[:1]:
            path = path.replace(instead, name)
    return Path(path).expanduser()


def _homes() -> list[str]:
    """Return the user's home as it is called and as it is, if it has a name of its own."""
    try:
        home = Path.home()
    except RuntimeError:  # a process whose user is in no list of users
        return []
    return sorted({str(each) for each in (home, home.resolve()) if len(each.parts) > 1}, key=len, reverse=True)


def _users() -> list[str]:
    import getpass

    try:
        return _telling([getpass.getuser()])
    except (KeyError, OSError, ImportError):  # a process whose user is in no list of users
        return []


def _hosts() -> list[str]:
    name = platform.node()
    return _telling([name, name.partition(".")[0]])


def _telling(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name not in _UNNAMED]
