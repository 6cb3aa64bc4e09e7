"""``--sam-study`` and ``--sam-phantom``: from the options to a plan, and from the plan to names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bench_cases.contracts import Checkpoint, Dataset
from bench_cases.errors import SambenchError
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.pytest_plugin import options
from bench_cases.selection import Wishes
from bench_cases.studies import Plan, find, plan
from bench_cases.studies.plan import MICRO


def read_plan(
    config: pytest.Config,
    *,
    datasets: Mapping[str, Dataset],
    checkpoints: Mapping[str, Checkpoint],
    missing: Mapping[str, str],
    rules: RuleBook,
) -> Plan | None:
    """Return what of the study asked for can be run; None without ``--sam-study``.

    Raises
    ------
    pytest.UsageError
        For a name that means nothing, or a preset that is malformed.
    """
    name = config.getoption("--sam-study")
    if name is None:
        return None
    phantom = config.getoption("--sam-phantom")
    try:
        return plan(
            find(name), phantom=phantom, datasets=datasets, checkpoints=checkpoints, missing=missing, rules=rules
        )
    except SambenchError as error:
        raise options.usage(error) from error


def read_typed(config: pytest.Config, plan: Plan | None) -> Wishes:
    """Return the names on the command line, before a study's are filled in."""
    if plan is None:
        return options.read_wishes(config)
    sets = [it.name.partition(":")[0] for it in plan.study.sets]
    return options.read_wishes(config, named=[*sets, *(it.name for it in plan.study.models)])


def fill_in(config: pytest.Config, plan: Plan | None, typed: Wishes, datasets: Mapping[str, Dataset]) -> Wishes:
    """Return the names asked for: typed, of the study, or under ``--sam-phantom`` alone phantoms and micro models.

    Raises
    ------
    SelectionError
        When nothing of a study can be run here.
    """
    if plan is not None:
        return plan.wishes(typed)
    if not config.getoption("--sam-phantom"):
        return typed
    phantoms = [name for name, dataset in datasets.items() if dataset.info.phantom]
    return replace(typed, datasets=typed.datasets or phantoms, models=typed.models or list(MICRO.values()))
