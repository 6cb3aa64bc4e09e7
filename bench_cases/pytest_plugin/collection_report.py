"""What is said once tests are collected: what is left out, what runs in another's place, which words found nothing."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Final

import pytest

from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.stand_ins import stand_in_lines
from bench_cases.pytest_plugin.unmatched_words import unmatched_lines

SHOWN: Final = 60
"""Characters of a list of names in a line about what is not run; the report has all of them."""


class CollectionReport:
    """Prints a line for each thing that a reader would miss, or be misled by."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self._deselected: list[str] = []

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Keep the names of what was left out, among which a mistyped word is looked for."""
        if self.config.option.keyword:
            self._deselected.extend(item.nodeid for item in items)

    def pytest_report_collectionfinish(self, items: Sequence[pytest.Item]) -> list[str]:
        """Return the lines."""
        bench = Bench.of(self.config)
        lines = [*not_run_lines(bench), *stand_in_lines(bench, items)]
        if self._deselected and not items:
            lines += unmatched_lines(bench, self.config.option.keyword, self._deselected)
        return lines


def not_run_lines(bench: Bench) -> list[str]:
    """Return a line for each thing that is left out, with the command that changes it."""
    return [
        f"not run: {shorten(line.what, SHOWN, placeholder=' ...')} - {line.reason}; try: {line.remedy}"
        for line in bench.not_run
    ]
