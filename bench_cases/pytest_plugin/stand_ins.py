"""Phantoms that run where the real set was meant: said in one line, for scores on them say nothing about patients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

import pytest

from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.collect import case_of
from bench_cases.selection import FEW

_PHANTOM: Final = "-phantom"


def stand_in_lines(bench: Bench, items: Iterable[pytest.Item]) -> list[str]:
    """Return one line about the phantoms among the tests that nobody asked for by that name; none where there are none.

    A set is meant where datasets are named by a pattern that its own name matches too, or not named at all.
    """
    if "phantom" in bench.config.option.keyword.lower():
        return []
    meant = [name for name in _phantoms(items) if name in bench.datasets and bench.datasets[name].missing() is not None]
    if not meant:
        return []
    fetch = " ".join(meant) if len(meant) <= FEW else "NAME; sambench list datasets"
    verb, instead = ("is", f"{meant[0]}{_PHANTOM} runs") if len(meant) == 1 else ("are", "their phantoms run")
    return [f"{', '.join(meant)} {verb} not on disk: {instead} instead; for the real scans: sambench fetch {fetch}"]


def _phantoms(items: Iterable[pytest.Item]) -> list[str]:
    """Return the names of the real sets whose phantoms are run, without those that were asked for as phantoms."""
    found: dict[str, None] = {}
    for item in items:
        case = case_of(item)
        name = "" if case is None else case.dataset.partition(":")[0]
        real = name.removesuffix(_PHANTOM)
        if real != name and real not in found and _is_meant(real, _asked(item)):
            found[real] = None
    return list(found)


def _asked(item: pytest.Item) -> Sequence[str] | None:
    """Return the datasets that the command line names, or else the mark of a test."""
    marker = item.get_closest_marker("sambench")
    named = Bench.of(item.config).wishes.datasets or (None if marker is None else marker.kwargs.get("dataset"))
    return [named] if isinstance(named, str) else named


def _is_meant(real: str, asked: Sequence[str] | None) -> bool:
    return asked is None or any(fnmatchcase(real, pattern.partition(":")[0]) for pattern in asked)
