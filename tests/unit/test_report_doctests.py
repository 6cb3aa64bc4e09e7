"""The examples in the docstrings of reports and statistics say the truth."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import bench_cases.analysis
import bench_cases.report

MODULES = [
    "bench_cases.cases",
    *(
        found.name
        for package in (bench_cases.analysis, bench_cases.report)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ),
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
