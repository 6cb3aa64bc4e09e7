"""Rows for ``pytest-benchmark compare``: the stages of every case, and the latency cases it measured itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from bench_cases.cases import CaseResult
from bench_cases.report.stages import StageSamples, stage_samples, volumes_in_a_batch
from bench_cases.report.strict_json import clean

PARAMS: Final = ("dataset", "volume", "model", "strategy")
"""Parameters of every row, for ``--group-by param:model`` and its like."""

_NUMBERS: Final = (
    "min", "max", "mean", "stddev", "rounds", "median", "iqr", "q1", "q3", "iqr_outliers", "stddev_outliers",
    "ld15iqr", "hd15iqr", "ops", "total",
)  # fmt: skip


def statistics(samples_s: Sequence[float]) -> dict[str, Any]:
    """Return pytest-benchmark's own statistics of some samples, so that numbers equal those it prints.

    Raises
    ------
    ValueError
        Without samples: a row with empty statistics makes pytest-benchmark skip the whole file.
    """
    if not samples_s:
        msg = "no samples; expected at least one. Leave the row out."
        raise ValueError(msg)
    from pytest_benchmark.stats import Stats

    stats = Stats()
    for sample in samples_s:
        stats.update(sample)
    return {**stats.as_dict(), "data": list(samples_s), "iterations": 1}


def stage_rows(results: Sequence[CaseResult]) -> list[dict[str, Any]]:
    """Return one row for each measured stage of each case; samples that were shared stand in one row."""
    return [_stage_row(samples) for samples in stage_samples(results)]


def _stage_row(samples: StageSamples) -> dict[str, Any]:
    param = f"{samples.dataset}/{samples.volume}-{samples.model}-{samples.strategy}"
    return {
        "group": samples.stage,
        "name": f"{samples.stage}[{param}]",
        "fullname": f"sambench::{samples.stage}[{param}]",
        "param": param,
        "params": {name: getattr(samples, name) for name in PARAMS},
        "stats": statistics(samples.samples_s),
        "extra_info": {
            "source": "stage samples",
            "shared": samples.shared,
            **_of_several_volumes(samples),
            "phantom": any(result.phantom for result in samples.results),
            "cases": {result.case.key: _accuracy(result) for result in samples.results},
        },
        "options": {},
    }


def _of_several_volumes(samples: StageSamples) -> dict[str, int]:
    """Say so where a sample is a share of a batch over several volumes, and no time that anybody waits for."""
    together = volumes_in_a_batch(samples.results) if samples.stage == "propagate" else 1
    return {"volumes_together": together} if together > 1 else {}


def _accuracy(result: CaseResult) -> dict[str, Any]:
    scores = result.scores
    return {
        "status": result.status,
        "dice_nonempty": None if scores is None else scores.dice_nonempty,
        "jaccard_nonempty": None if scores is None else scores.jaccard_nonempty,
        "dice_all": None if scores is None else scores.dice_all,
    }


def latency_row(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a latency case's row in the form of this report; None when it has no usable statistics.

    Parameters
    ----------
    record
        What pytest-benchmark's ``Metadata.as_dict`` returns, with ``stats`` nested or flat.
    """
    stats = _usable_stats(record.get("stats", record))
    if stats is None:
        return None
    params = record.get("params") or {}
    extra_info = record.get("extra_info") or {}
    options = record.get("options") or {}
    return {
        "group": record.get("group"),
        "name": str(record.get("name", record["fullname"])),
        "fullname": str(record["fullname"]),
        "param": None if record.get("param") is None else str(record["param"]),
        "params": {str(name): str(value) for name, value in params.items()},
        "stats": stats,
        "extra_info": {"source": "latency case", **extra_info},
        "options": dict(options),
    }


def _usable_stats(found: Any) -> dict[str, Any] | None:
    stats: dict[str, Any] = clean(found) if isinstance(found, Mapping) else {}
    data = stats.get("data")
    has_data = isinstance(data, list) and bool(data) and all(_is_number(value) for value in data)
    if not all(_is_number(stats.get(name)) for name in _NUMBERS):
        return statistics(data) if has_data and isinstance(data, list) else None
    kept = {name: stats[name] for name in _NUMBERS}
    kept["iterations"] = stats["iterations"] if _is_number(stats.get("iterations")) else 1
    kept["outliers"] = str(stats.get("outliers", f"{kept['stddev_outliers']};{kept['iqr_outliers']}"))
    if has_data:
        kept["data"] = data
    return kept if kept["rounds"] else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def with_equal_params(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every row the same parameters (an empty string where a row has none), as ``--group-by param:`` demands."""
    listed = list(rows)
    names = sorted({*PARAMS, *(name for row in listed for name in row["params"])})
    return [{**row, "params": {name: row["params"].get(name, "") for name in names}} for row in listed]
