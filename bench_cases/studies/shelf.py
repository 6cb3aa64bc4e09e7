"""The presets that come with sambench, and finding one by name or by path."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench_cases.errors import SelectionError
from bench_cases.locations import expanded
from bench_cases.studies._entries import nearest
from bench_cases.studies.read import read
from bench_cases.studies.study import Study

_SHELF: Final = Path(__file__).parent
_SUFFIX: Final = ".toml"


def names() -> tuple[str, ...]:
    """Return the names of the presets that come with sambench: those of their files, in alphabetical order."""
    return tuple(sorted(path.stem for path in _SHELF.glob(f"*{_SUFFIX}")))


def find(name: str) -> Study:
    """Return the preset of a name, or the one in a file.

    Parameters
    ----------
    name
        One of `names`, or a path that ends in ``.toml``.

    Raises
    ------
    SelectionError
        For a name that means nothing.
    ConfigError
        For a file that cannot be read or is malformed.
    """
    if name.endswith(_SUFFIX):
        try:
            path = expanded(name)
        except (OSError, ValueError) as error:
            why = (isinstance(error, OSError) and error.strerror) or error
            msg = f"{name!r:.200} cannot be looked for ({why}); expected the path of a preset. Check it."
            raise SelectionError(msg) from error
        return read(path)
    if name not in names():
        msg = (
            f"{name!r} is not a study; expected one of {', '.join(names())}, or the path of a preset of your own that "
            f"ends in {_SUFFIX}.{nearest(name, names())}"
        )
        raise SelectionError(msg)
    return read(_SHELF / f"{name}{_SUFFIX}")
