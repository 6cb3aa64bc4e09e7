"""Score along the structure, and where the best slices lie (Gutiérrez et al. 2025)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from bench_cases.analysis.models_compared import metrics_compared, models_compared
from bench_cases.analysis.observations import SLICE_SCORES, Observed
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.position_curve import best_slices, position_bins
from bench_cases.report.slice_place import positions

BEST: Final = (0.01, 0.02)

_Group = tuple[str, str]
_Curve = tuple[list[float], list[float]]


def position(material: Material) -> Sheet:
    """Mean score in each tenth of the structure, and the range in which the best 1 % and 2 % of slices lie."""
    rows: list[tuple[Value, ...]] = []
    metrics = [metric for metric in metrics_compared(material.comparison) if metric in SLICE_SCORES]
    for label, observed in models_compared(material.comparison).items():
        for metric in metrics:
            for (dataset, strategy), (at, scores) in slice_curves(observed, metric).items():
                name = (dataset, strategy, label, metric)
                rows.extend(
                    (*name, "mean", part.start, part.end, part.n, part.mean) for part in position_bins(at, scores)
                )
                for share in BEST:
                    best = best_slices(at, scores, share)
                    if best is not None:
                        rows.append((*name, f"best {share:.0%}", best.first, best.last, best.n, best.least))
    return Sheet(
        name="position",
        title="Where along the structure is the score high?",
        columns=columns(
            "dataset", "strategy", "model", "metric", "what", ("from", ".2f"), ("to", ".2f"), "slices", "score"
        ),
        rows=tuple(rows),
        notes=(
            "Position 0 is the first slice with the target, 1 the last. mean: of the slices between.",
            "best: the range in which the best slices lie, and the least score among them.",
        ),
    )


def slice_curves(observed: Observed, metric: str) -> dict[_Group, _Curve]:
    """Return positions and scores of all slices that carry the target, by dataset and strategy."""
    found: dict[_Group, _Curve] = {}
    for result in observed.results:
        if result.scores is None or result.status == "error":
            continue
        at, scores = found.setdefault((result.case.dataset, result.case.strategy), ([], []))
        per_slice = result.scores.per_slice
        values: list[float | None] = getattr(per_slice, metric)
        places = positions(per_slice, result.volume_shape)
        for place, value in _defined(places, values, per_slice.reference_px):
            at.append(place)
            scores.append(value)
    return found


def _defined(
    places: list[float | None], values: list[float | None], reference_px: list[int]
) -> Iterator[tuple[float, float]]:
    for place, value, area in zip(places, values, reference_px, strict=True):
        if area and place is not None and value is not None and math.isfinite(value):
            yield place, value
