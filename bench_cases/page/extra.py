"""The libraries that pages and figures need: an extra, so that a first run installs as quickly as before."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from bench_cases.errors import ConfigError

NEEDED: Final = ("jinja2", "matplotlib")


def require_extra() -> None:
    """Raise when the extra is not installed.

    Raises
    ------
    ConfigError
        With the command that installs it.
    """
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        msg = (
            f"pages and figures need {' and '.join(absent)}, not installed here. Type in the checkout: "
            "pip install -e '.[page]'"
        )
        raise ConfigError(msg)
