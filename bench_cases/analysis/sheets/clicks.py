"""Whether a model needs fewer clicks: scores by click number, the area under them, and clicks to a stated score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bench_cases.analysis.observations import SLICE_SCORES, Observed
from bench_cases.analysis.paired_test import paired_t
from bench_cases.analysis.rows import PairedGroup
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.clicks import ClickCurve, ClicksToReach


class _Number(NamedTuple):
    """A number of one volume's curve; of clicks to a score, what never reaches it too."""

    value: float
    reach: ClicksToReach | None = None


def clicks(material: Material) -> Sheet:
    """Compare what interactive strategies give after each click, and how many clicks a score takes, over volumes."""
    rows: list[tuple[Value, ...]] = []
    for group in material.comparison.groups:
        if group.metric not in SLICE_SCORES:
            continue
        pairs = _pairs(group)
        if not pairs:
            continue
        dataset = f"{group.dataset} PHANTOM" if group.phantom else group.dataset
        name = (dataset, group.strategy, group.a.label, group.b.label, group.metric)
        a, b = ([_numbers(curve, group.metric) for curve in side] for side in zip(*pairs, strict=True))
        for what in [what for what in a[0] if all(what in numbers for numbers in (*a, *b))]:
            sides = [[numbers[what] for numbers in side] for side in (a, b)]
            test = paired_t(*([number.value for number in side] for side in sides))
            means = (test.mean_a, test.mean_b, test.difference, test.low, test.high)
            rows.append((*name, what, test.n, *means, *map(_never, sides), test.verdict))
    return Sheet(
        name="clicks",
        title="Does it need fewer clicks?",
        columns=columns(
            *("dataset", "strategy", "A", "B", "metric", "what", "n", "mean A", "mean B"),
            *((name, "+.4f") for name in ("A - B", "t low", "t high")),
            *((name, ".3f") for name in ("never A", "never B")),
            "verdict",
        ),
        rows=tuple(rows),
        notes=(
            "after N clicks, area: means over the slices with target; of clicks to a score, fewer are better.",
            "never: share of slices (image mode) or volumes (video mode) short of the score; they count in full.",
            "95 % intervals over volumes, not adjusted.",
        )
        if rows
        else ("No case with clicks on both sides; a strategy such as every.point+clicks=3 gives some.",),
    )


def _pairs(group: PairedGroup) -> list[tuple[ClickCurve, ClickCurve]]:
    """Return the curves of A and B of the volumes that are in the group's test."""
    a, b = (_curves(side.observed, group) for side in (group.a, group.b))
    volumes = dict.fromkeys(key.volume for key in group.pairing.keys)
    return [(a[volume], b[volume]) for volume in volumes if volume in a and volume in b]


def _curves(observed: Observed, group: PairedGroup) -> dict[str, ClickCurve]:
    return {
        result.case.volume: result.clicks
        for result in observed.results
        if (result.case.dataset, result.case.strategy) == (group.dataset, group.strategy) and result.clicks is not None
    }


def _numbers(curve: ClickCurve, metric: str) -> dict[str, _Number]:
    scores: list[float] = getattr(curve, f"{metric}_nonempty")
    reaches = [it for it in curve.to_reach if it.measure == metric]
    return {
        **{f"after {clicks} clicks": _Number(score) for clicks, score in enumerate(scores)},
        "area under the curve": _Number(getattr(curve, f"area_{metric}")),
        **{f"clicks to {it.threshold:.2f}": _Number(it.mean_clicks, it) for it in reaches},
    }


def _never(numbers: Sequence[_Number]) -> float | None:
    reaches = [number.reach for number in numbers if number.reach is not None]
    return sum(it.unreached for it in reaches) / sum(it.of for it in reaches) if reaches else None
