"""What a plain ``pytest benchmark`` runs: what asks about models and data, whosever they are.

Tests with the mark ``speed`` ask about this harness itself, on data of their own choice and with bounds of their own.
They are run where they are asked for: by their file, by ``-m speed``, or by a word of ``-k`` that stands in the name of
the file or of the test.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

MARK = "speed"
OPERATORS = {"and", "or", "not"}
LEFT_OUT: pytest.StashKey[int] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line("markers", f"{MARK}: the harness's own speed; run by file name, by -m {MARK}, or by -k")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what asks about the harness where nobody asked for it."""
    left_out = {item for item in items if item.get_closest_marker(MARK) and not asked_for(item, config)}
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=sorted(left_out, key=lambda item: item.nodeid))
        config.stash[LEFT_OUT] = len(left_out)


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say what the number of deselected tests holds beside what ``-k`` left out."""
    number = config.stash.get(LEFT_OUT, 0)
    return [f"of the deselected, {number} ask about this harness's own speed; -m {MARK} runs them"] if number else []


def asked_for(item: pytest.Item, config: pytest.Config) -> bool:
    """Whether the command line names a test: its parameters, which name the user's data, do not count."""
    here = config.invocation_params.dir
    if item.path in {(here / argument.partition("::")[0]).resolve() for argument in config.args}:
        return True
    name = f"{Path(item.path).stem} {getattr(item, 'originalname', item.name)}".lower()
    words = {*re.findall(r"[^\s()]+", config.option.keyword.lower())} - OPERATORS
    return MARK in config.option.markexpr or any(word in name for word in words)
