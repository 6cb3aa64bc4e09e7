"""Leaderboards: the volumes x algorithms matrix of each dataset and metric, ready to be ranked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bench_cases.analysis.observations import LOWER_IS_BETTER, SCORES, Observed

RankBy = Literal["model", "strategy", "both"]
"""What competes: models under one strategy, strategies of one model, or every pair of the two."""

RANK_BY: Final = get_args(RankBy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaderboard:
    """Scores of k algorithms on n volumes.

    Parameters
    ----------
    within
        What the algorithms have in common: a strategy, a model, or nothing.
    scores
        Shape ``(n, k)``; finite.
    left_out
        Volumes that are not in it, with the reason.
    failed
        Cases that ended in an error and count as 0, the worst there is.
    """

    dataset: str
    within: str
    metric: str
    algorithms: tuple[str, ...]
    volumes: tuple[str, ...]
    scores: NDArray[np.float64]
    left_out: tuple[str, ...]
    failed: int

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the metric is better."""
        return self.metric not in LOWER_IS_BETTER


def leaderboards(models: Mapping[str, Observed], metric: str, by: RankBy) -> list[Leaderboard]:
    """Return one leaderboard for each dataset and what the algorithms have in common.

    A case that ended in an error counts as the worst score where there is one (0 for Dice and Jaccard), so that failing
    does not pay; of a metric without a worst value (HD95, times) such a volume is left out, as is one that some
    algorithm was not run on, or that does not carry the target.
    """
    tables: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    errors: set[tuple[str, str, str, str]] = set()
    for label, observed in models.items():
        for (dataset, strategy), values in observed.groups(metric, "volume").items():
            within, algorithm = _names(label, strategy, by)
            column = tables.setdefault((dataset, within), {}).setdefault(algorithm, {})
            for it in values:
                failed = it.note.startswith("error") and not math.isfinite(it.value)
                column[it.key.volume] = 0.0 if failed and metric in SCORES else it.value
                if failed and metric in SCORES:
                    errors.add((dataset, within, algorithm, it.key.volume))
    return [
        _board(dataset, within, metric, table, errors) for (dataset, within), table in tables.items() if len(table) > 1
    ]


def _names(label: str, strategy: str, by: RankBy) -> tuple[str, str]:
    if by == "model":
        return strategy, label
    return (label, strategy) if by == "strategy" else ("", f"{label} {strategy}")


def _board(
    dataset: str,
    within: str,
    metric: str,
    table: Mapping[str, Mapping[str, float]],
    errors: set[tuple[str, str, str, str]],
) -> Leaderboard:
    left_out: list[str] = []
    volumes: list[str] = []
    for volume in sorted({volume for column in table.values() for volume in column}):
        without = [name for name, column in table.items() if not math.isfinite(column.get(volume, math.nan))]
        if without:
            left_out.append(f"{dataset}/{volume}: no {metric} of {', '.join(without)}")
        else:
            volumes.append(volume)
    return Leaderboard(
        dataset=dataset,
        within=within,
        metric=metric,
        algorithms=tuple(table),
        volumes=tuple(volumes),
        scores=np.array([[column[volume] for column in table.values()] for volume in volumes]).reshape(-1, len(table)),
        left_out=tuple(left_out),
        failed=sum(it[:2] == (dataset, within) and it[3] in volumes for it in errors),
    )
