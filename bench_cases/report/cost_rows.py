"""Score against prompts spent, so that "one prompt a volume" can be weighed against "one a slice"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench_cases.cases import CaseResult, is_upper_bound
from bench_cases.report.prompts_spent import spending
from bench_cases.report.summary import summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """What one strategy costs a human on one dataset, and what it brings with one model.

    Parameters
    ----------
    phantom
        Whether the dataset is synthetic.
    upper_bound
        Whether the strategy chooses masks with the reference, as no user can.
    volumes, scored
        Cases in the report, and those of them with scores: the means are over these only.
    frames, points, boxes, masks, clicks
        Prompted, drawn and clicked over all volumes; None when no case came as far as its prompts.
    frames_if_every_slice, prompts_saved
        Frames that a prompt on every non-empty slice would take, and the share of them saved, 0..1.
    dice
        Mean over volumes of the mean Dice over non-empty slices, 0..1; None when nothing was scored.
    dice_all
        Mean over volumes of the 3D Dice over every voxel.
    """

    dataset: str
    model: str
    strategy: str
    phantom: bool
    upper_bound: bool
    volumes: int
    scored: int
    frames: int | None
    points: int | None
    boxes: int | None
    masks: int | None
    clicks: int | None
    frames_if_every_slice: int | None
    prompts_saved: float | None
    dice: float | None
    dice_all: float | None


def costs(cases: Sequence[CaseResult]) -> list[CostRow]:
    """Return one row for each dataset, model and strategy.

    Rows of a dataset and model stand together, the cheapest strategy first: by frames prompted, then by the number of
    points, boxes, masks and clicks on them. What has no cost comes last.
    """
    by_model: dict[str, list[CaseResult]] = {}
    for result in cases:
        by_model.setdefault(result.case.model, []).append(result)
    spent_by = {model: spending(results) for model, results in by_model.items()}
    rows: list[CostRow] = []
    for row in summarise(cases):
        spent = spent_by[row.model].get((row.dataset, row.strategy))
        rows.append(
            CostRow(
                dataset=row.dataset,
                model=row.model,
                strategy=row.strategy,
                phantom=row.phantom,
                upper_bound=is_upper_bound(row.strategy),
                volumes=row.volumes,
                scored=row.scored,
                frames=row.frames_prompted,
                points=None if spent is None else spent.points,
                boxes=None if spent is None else spent.boxes,
                masks=None if spent is None else spent.masks,
                clicks=None if spent is None else spent.clicks,
                frames_if_every_slice=row.frames_if_every_slice,
                prompts_saved=row.prompts_saved,
                dice=row.dice,
                dice_all=row.dice_all,
            )
        )
    return sorted(rows, key=_by_cost)


def _by_cost(row: CostRow) -> tuple[str, str, bool, int, int, str]:
    drawn = (row.points or 0) + (row.boxes or 0) + (row.masks or 0) + (row.clicks or 0)
    return row.dataset, row.model, row.frames is None, row.frames or 0, drawn, row.strategy
