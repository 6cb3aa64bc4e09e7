"""Where things are kept on disk, and whether the network may be used. Read from the environment at each call."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """Directory of checkpoints and generated phantoms: ``SAMBENCH_CACHE`` or the user's cache directory."""
    given = os.environ.get("SAMBENCH_CACHE")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_cache_dir("sambench", appauthor=False))


def data_dir() -> Path:
    """Directory of datasets, one folder each: ``SAMBENCH_DATA`` or ``data`` in the cache directory."""
    given = os.environ.get("SAMBENCH_DATA")
    return Path(given).expanduser() if given else cache_dir() / "data"


def seeds_dir() -> Path:
    """Directory of stored seeds, one folder each: ``SAMBENCH_SEEDS`` or ``seeds`` in the user's data directory."""
    given = os.environ.get("SAMBENCH_SEEDS")
    if given:
        return Path(given).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("sambench", appauthor=False)) / "seeds"


def offline() -> bool:
    """Whether ``SAMBENCH_OFFLINE`` forbids any use of the network (any value but empty, ``0``, ``false``, ``no``)."""
    return os.environ.get("SAMBENCH_OFFLINE", "").strip().lower() not in {"", "0", "false", "no"}
