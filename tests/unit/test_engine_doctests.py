"""The examples in the docstrings of what plans a walk and names it are run, and hold."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = (
    "engine.ahead",
    "engine.batch_size",
    "engine.oracle",
    "engine.passes",
    "groups",
    "timing",
    "prompting.strategy",
    "prompting.walk_part",
    "cli.document_strategies",
)


@pytest.mark.parametrize("name", [f"bench_cases.{module}" for module in MODULES])
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted
    assert not found.failed
