"""Collection: parametrise tests over cases, and order them so that each checkpoint loads once.

The parameter is one string, the case's id. Objects as parameters would end as ``UNSERIALIZABLE`` in a JSON report, and
parameters of higher scope make pytest load two models three times each.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bench_cases.cases import Case, is_baseline
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.case_ids import WHOLE, case_id
from bench_cases.pytest_plugin.sharding import take_part
from bench_cases.pytest_plugin.worker import is_parallel
from bench_cases.selection import NotRun

CASE_KEY: pytest.StashKey[Case] = pytest.StashKey()

_BY_VOLUME = {"segmentation", "volume", "scores"}
_BY_STRATEGY = {"segmentation", "strategy", "scores", "dataset_scores"}


def cases_for(bench: Bench, metafunc: pytest.Metafunc) -> list[Case]:
    """Return the cases a test is to run on, with `WHOLE` for an axis that its fixtures do not ask for."""
    selection = bench.select(metafunc.definition.get_closest_marker("sambench"))
    names = set(metafunc.fixturenames)
    cases = [
        Case(
            case.dataset,
            case.volume if names & _BY_VOLUME else WHOLE,
            case.model,
            case.strategy if names & _BY_STRATEGY else WHOLE,
        )
        for case in selection.cases()
    ]
    if "dataset_scores" in names:
        floors = bench.floors(metafunc.definition.path)
        cases = [case for case in cases if floors.for_dataset(case) is not None]
    if not names & _BY_VOLUME:  # a row to be beaten has scores; its speed says nothing
        cases = [case for case in cases if not is_baseline(case.model)]
    if "frame" in names:  # latency of image mode
        cases = [case for case in cases if "image" in bench.checkpoints[case.model].modes]
    return list(dict.fromkeys(cases))


def parametrise(metafunc: pytest.Metafunc) -> None:
    """Parametrise a test that asks, however deeply, for the ``case`` fixture."""
    if "case" not in metafunc.fixturenames:
        return
    bench = Bench.of(metafunc.config)
    cases = cases_for(bench, metafunc)
    for case in cases:
        bench.by_id[case_id(case)] = case
    metafunc.parametrize("case", [case_id(case) for case in cases], ids=str, indirect=True)


def case_of(item: pytest.Item) -> Case | None:
    """Return the case of an item, if it has one."""
    params = getattr(getattr(item, "callspec", None), "params", {})
    key = params.get("case")
    return Bench.of(item.config).by_id.get(key) if isinstance(key, str) else None


def arrange(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order items by model, dataset and volume; drop items that have nothing to run on.

    Items that are not sambench's keep their place before these. Within a model, the items about whole datasets come
    after the volumes.
    """
    if not any("case" in getattr(item, "fixturenames", ()) for item in items):
        return
    bench = Bench.of(config)
    models = {name: number for number, name in enumerate(bench.checkpoints)}
    datasets = {name: number for number, name in enumerate(bench.datasets)}
    ours: list[tuple[tuple[int, ...], pytest.Item]] = []
    others: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    untimed = 0
    untimed_because = why_untimed(bench)
    cases = {case for item in items if (case := case_of(item)) is not None and case.volume != WHOLE}
    for item in items:
        case = case_of(item)
        if untimed_because is not None and "benchmark" in getattr(item, "fixturenames", ()):
            untimed += 1
            dropped.append(item)
            continue
        if case is None:
            empty = "case" in getattr(item, "fixturenames", ())
            (dropped if empty else others).append(item)
            continue
        if "dataset_scores" in getattr(item, "fixturenames", ()) and not _whole_dataset(bench, case, cases):
            dropped.append(item)
            continue
        volumes = bench.places(case.dataset)
        place = volumes.get(case.volume, len(volumes))
        ours.append(((models[case.model], datasets[case.dataset.partition(":")[0]], place), item))
    ours.sort(key=lambda entry: entry[0])  # stable: files and functions keep their order
    items[:] = [*others, *(item for _, item in ours)]
    shard = config.getoption("--sam-shard")
    if shard is not None:
        collected = list(items)
        items[:] = take_part(bench, shard, [(item, case_of(item)) for item in items])
        kept = set(items)
        dropped.extend(item for item in collected if item not in kept)
    if untimed_because is not None and untimed:
        bench.not_run[NotRun(f"{untimed} latency cases", *untimed_because)] = None
    if dropped:
        config.hook.pytest_deselected(items=dropped)


def why_untimed(bench: Bench) -> tuple[str, str] | None:
    """Return why latency cases are not run, and the remedy; None where they are."""
    if bench.plan is not None and not bench.plan.study.settings.latency:
        return "the study timed nothing", "leave --sam-study out"
    if is_parallel(bench.config):
        return "timings taken under load mean nothing", "run them without -n: -k latency or loading"
    if bench.config.getoption("--sam-engine") != "local":
        return "latency is timed on one machine that does nothing else", "--sam-engine local"
    return None


def asked_of_engine(items: Iterable[pytest.Item]) -> tuple[list[Case], frozenset[Case]]:
    """Return the cases whose scores or masks tests ask for, in the order of the tests; and those whose masks."""
    scored: dict[Case, None] = {}
    masks_of: set[Case] = set()
    for item in items:
        case, names = case_of(item), set(getattr(item, "fixturenames", ()))
        if case is None or not names & {"scores", "segmentation"}:
            continue
        scored[case] = None
        if "segmentation" in names:
            masks_of.add(case)
    return list(scored), frozenset(masks_of)


def _whole_dataset(bench: Bench, case: Case, cases: set[Case]) -> bool:
    """Whether every volume of a dataset, with all its slices, is among the cases to be run."""
    if bench.settings.limit_slices is not None:
        return False
    return all(case._replace(volume=volume) in cases for volume in bench.places(case.dataset))
