"""``--sam-shard i/n``: of everything collected, the part that this run is to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from bench_cases.cases import Case
from bench_cases.errors import ReportError, SelectionError
from bench_cases.pytest_plugin.case_ids import WHOLE
from bench_cases.scale.costs import SliceCounts, model_weights
from bench_cases.scale.groups import GroupKey, group_cases, key_of
from bench_cases.scale.shards import DEFERRED, DatasetFloor, Shard, Shares, share_out
from bench_cases.selection import NotRun

if TYPE_CHECKING:
    from bench_cases.pytest_plugin.bench import Bench
    from bench_cases.report.records import Records

LEAVES_RESULT = {"scores", "segmentation"}


def take_part(bench: Bench, shard: Shard, items: Sequence[tuple[pytest.Item, Case | None]]) -> list[pytest.Item]:
    """Return the items of one part, and note in `bench` what the report is to say of it.

    A test of a volume goes with its group. One about a model goes where that model is first used on its dataset; one
    about a whole dataset where all of its volumes are, and if no part has them, its floor waits for the merge.
    What has no case is done by the first part.

    Parameters
    ----------
    items
        All that was collected, in the order in which it would be run, with their cases.

    Raises
    ------
    pytest.UsageError
        When there are fewer groups than parts.
    """
    slices = SliceCounts(bench.datasets, limit=bench.settings.limit_slices)
    of_volumes = [case for _, case in items if case is not None and case.volume != WHOLE]
    first = {(case.dataset, case.model): key_of(case) for case in reversed(of_volumes)}
    alone = [case for _, case in items if case is not None and case.volume == WHOLE and (case[0], case[2]) not in first]
    try:
        groups = group_cases([*of_volumes, *alone], slices=slices, weight=model_weights(bench.checkpoints))
        shares = share_out(groups, shard.of)
    except SelectionError as error:
        msg = f"--sam-shard {shard}: {error}"
        raise pytest.UsageError(msg) from error
    at = {group.key: part for group, part in zip(shares.groups, shares.parts, strict=True)}
    kept: list[pytest.Item] = []
    floors: list[DatasetFloor] = []
    for item, case in items:
        part = 1
        if case is not None:
            part = at[first.get((case.dataset, case.model), key_of(case)) if case.volume == WHOLE else key_of(case)]
        if case is not None and "dataset_scores" in _fixtures(item):
            volumes = tuple(bench.datasets[case.dataset.partition(":")[0]].volume_ids())
            where = {at[GroupKey(case.dataset, volume, case.model)] for volume in volumes}
            if len(where) > 1:
                floor = bench.floors(item.path).for_dataset(case)
                if floor is not None:
                    floors.append(DatasetFloor(case, volumes, floor))
                continue
            part = where.pop()
        if part == shard.number:
            kept.append(item)
    if floors:
        names = ", ".join(f"{case.dataset}-{case.model}-{case.strategy}" for case, _, _ in floors)
        bench.not_run[NotRun(f"floors of whole datasets: {names}", DEFERRED, "sambench merge checks them")] = None
    bench.shard = _record(shard, shares, items, floors)
    return kept


def refuse_other_part(records: Records, shard: Shard | None) -> None:
    """Raise when a run that is to be resumed was another part than this one, or the whole.

    Raises
    ------
    ReportError
        With both parts.
    """
    if not records.results:
        return
    before = None if records.shard is None else Shard(records.shard["index"], records.shard["of"])
    if before != shard:
        was, now = (f"part {it}" if it else "no part of a larger one" for it in (before, shard))
        msg = f"the interrupted run was {was}, this one is {now}; expected the same. Give the same --sam-shard."
        raise ReportError(msg)


def _record(
    shard: Shard, shares: Shares, items: Sequence[tuple[pytest.Item, Case | None]], floors: Sequence[DatasetFloor]
) -> dict[str, Any]:
    scored = {case for item, case in items if case is not None and LEAVES_RESULT & _fixtures(item)}
    counts = [0] * shares.of
    for group, part in zip(shares.groups, shares.parts, strict=True):
        counts[part - 1] += len(scored & set(group.cases))
    return {
        "index": shard.number,
        "of": shard.of,
        "selection_sha256": shares.digest(),
        "cases_of_parts": counts,
        "floors": [floor.to_json() for floor in floors],
    }


def _fixtures(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))
