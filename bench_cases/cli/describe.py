"""``sambench describe``: what a folder of scans holds, as a ``dataset.toml`` to edit."""

from __future__ import annotations

import sys
from pathlib import Path

from bench_cases.errors import ConfigError


def describe(folder: str, *, write: bool) -> int:
    """Print the proposal, or write it beside the scans; a file that is there is never overwritten.

    Raises
    ------
    ConfigError
        For a folder without images, and for a ``dataset.toml`` that is there already.
    """
    from bench_cases.inspection.propose import propose

    place = Path(folder).expanduser()
    target = place / "dataset.toml"
    if write and target.exists():
        msg = f"{place.name}/dataset.toml is there; expected none. Leave --write out, and compare by eye."
        raise ConfigError(msg)
    text = propose(place)
    if not write:
        sys.stdout.write(text)
        return 0
    target.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{target}: written; look it over, then: sambench check {folder}\n")
    return 0
