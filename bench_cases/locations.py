"""Where things are kept on disk, and whether the network may be used. Read from the environment at each call."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from bench_cases.errors import ConfigError


def expanded(text: str) -> Path:
    """Return a path that this system can look for, with ``~`` expanded; whether anything is there is not said.

    Raises
    ------
    OSError
        When nobody's home is meant, a name is too long or impossible, or a folder above may not be entered.
    """
    if "\0" in text:
        raise OSError(errno.EINVAL, "a path cannot hold a zero byte")
    try:
        path = Path(text).expanduser()
    except RuntimeError as error:
        raise OSError(errno.EINVAL, "no home directory is known for it") from error
    path.exists()
    return path


def directory(variable: str) -> Path | None:
    """Return the directory that an environment variable names; None where it is not set.

    Raises
    ------
    ConfigError
        When what it says cannot be a directory here.
    """
    given = os.environ.get(variable)
    if not given:
        return None
    try:
        return expanded(given)
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        msg = f"{variable} is {given!r:.200} ({why}); expected the path of a directory. Set it to one, or unset it."
        raise ConfigError(msg) from error


def cache_dir() -> Path:
    """Directory of checkpoints and generated phantoms: ``SAMBENCH_CACHE`` or the user's cache directory."""
    given = directory("SAMBENCH_CACHE")
    if given is not None:
        return given
    import platformdirs

    return Path(platformdirs.user_cache_dir("sambench", appauthor=False))


def data_dir() -> Path:
    """Directory of datasets, one folder each: ``SAMBENCH_DATA`` or ``data`` in the cache directory."""
    given = directory("SAMBENCH_DATA")
    return cache_dir() / "data" if given is None else given


def seeds_dir() -> Path:
    """Directory of stored seeds, one folder each: ``SAMBENCH_SEEDS`` or ``seeds`` in the user's data directory."""
    given = directory("SAMBENCH_SEEDS")
    if given is not None:
        return given
    import platformdirs

    return Path(platformdirs.user_data_dir("sambench", appauthor=False)) / "seeds"


def offline() -> bool:
    """Whether ``SAMBENCH_OFFLINE`` forbids any use of the network (any value but empty, ``0``, ``false``, ``no``)."""
    return os.environ.get("SAMBENCH_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}
