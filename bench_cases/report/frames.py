"""Results as pandas frames; every frame has its columns even when it has no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench_cases.cases import CaseResult
from bench_cases.findings import PropagationFailures
from bench_cases.report.cost_rows import CostRow, costs
from bench_cases.report.slice_place import distances, positions
from bench_cases.timing import STAGES

if TYPE_CHECKING:
    import pandas as pd

_KEY: Final = ("dataset", "volume", "model", "strategy")
_SCORES: Final = (
    "dice_nonempty",
    "jaccard_nonempty",
    "dice_all",
    "jaccard_all",
    "slices",
    "slices_nonempty",
    "slices_empty_painted",
    "false_positive_empty_voxels",
    "false_positive_empty_ml",
)
_LOAD_STEPS: Final = ("read", "build", "move")
_VOLUME_SHAPE: Final = (
    "slices_with_target",
    "thickness_mm",
    "neighbours",
    "similarity_mean",
    "similarity_min",
)
_FAILURES: Final = (
    "over_segmentation",
    "slope_per_slice",
    "slope_per_mm",
    "farthest",
    "dice_near",
    "dice_far",
)
_SURFACE: Final = ("hd95_mm", "nsd")
_MEANS: Final = ("prompts_saved", "dice", "dice_all")
_PAST_END: Final = ("slices", "painted", "share", "painted_px", "painted_mm2", "reach")
_CLICKS: Final = ("click_area_dice", "click_area_jaccard")
_SPENT: Final = ("frames", "points", "boxes", "masks", "clicks", "frames_if_every_slice")


def _frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(list(rows), columns=list(columns))


def cases_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a case. Times in seconds: the median of each stage, and `total_s`, the sum of all samples.

    `depth` to `similarity_min` describe the volume, `over_segmentation` to `past_last_reach` how a propagated prompt
    went wrong (NaN in image mode), `click_area_dice` and `click_area_jaccard` how far clicks went (NaN without). A
    stage that was shared by several strategies is counted in the total of each; `timings_frame` tells which.
    """
    columns = (
        *_KEY,
        "status",
        "message",
        "phantom",
        "modality",
        "target",
        *_SCORES,
        "depth",
        *_VOLUME_SHAPE,
        *_FAILURES,
        *(f"{end}_{name}" for end in ("past_first", "past_last") for name in _PAST_END),
        *_CLICKS,
        *_SURFACE,
        "floor_dice",
        "floor_jaccard",
        *(f"{stage}_median_s" for stage in STAGES),
        "total_s",
        *(f"prompt_{name}" for name in _SPENT),
        "prompts_saved",
        "weights_sha256",
        "data_sha256",
    )
    return _frame([_case_row(result) for result in results], columns)


def _case_row(result: CaseResult) -> dict[str, Any]:
    row: dict[str, Any] = {
        **result.case._asdict(),
        "status": result.status,
        "message": result.message,
        "phantom": result.phantom,
        "modality": result.modality,
        "target": result.target,
        "total_s": sum(sum(samples) for samples in result.timings_s.values()),
        "weights_sha256": result.digests.get("weights"),
        "data_sha256": result.digests.get("data"),
    }
    row |= {f"{stage}_median_s": median(samples) for stage, samples in result.timings_s.items() if samples}
    if result.scores is not None:
        row |= {name: getattr(result.scores, name) for name in _SCORES}
    if result.volume_shape is not None:
        # `slices` is taken by the scores: slices left out of these are still part of the volume's depth.
        row |= {"depth": result.volume_shape.slices}
        row |= {name: getattr(result.volume_shape, name) for name in _VOLUME_SHAPE}
    if result.failures is not None:
        row |= _failure_columns(result.failures)
    if result.clicks is not None:
        row |= {"click_area_dice": result.clicks.area_dice, "click_area_jaccard": result.clicks.area_jaccard}
    if result.surface is not None:
        row |= {name: getattr(result.surface, name) for name in _SURFACE}
    if result.floor is not None:
        row |= {"floor_dice": result.floor.dice, "floor_jaccard": result.floor.jaccard}
    if result.prompts_spent is not None:
        row |= {f"prompt_{name}": getattr(result.prompts_spent, name) for name in _SPENT}
        row["prompts_saved"] = result.prompts_spent.reduction
    return row


def _failure_columns(failures: PropagationFailures) -> dict[str, Any]:
    columns = {name: getattr(failures, name) for name in _FAILURES}
    for end, past in (("past_first", failures.past_first), ("past_last", failures.past_last)):
        columns |= {f"{end}_{name}": getattr(past, name) for name in _PAST_END}
    return columns


def slices_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a slice of a scored case; Dice and Jaccard are NaN where both masks are empty.

    `position` is 0 at the first slice that carries the target and 1 at the last; NaN outside, and where only one slice
    carries it. `distance` counts slices to the nearest prompted one or, when a frame of another volume was prompted, to
    the slice at which the walk begins; NaN in image mode.
    """
    columns = ("slice", "position", "distance", "dice", "jaccard", "reference_px", "predicted_px", "intersection_px")
    rows: list[dict[str, Any]] = []
    for result in results:
        if result.scores is None:
            continue
        scores = result.scores.per_slice
        values = (
            scores.index,
            positions(scores, result.volume_shape),
            distances(scores, result),
            scores.dice,
            scores.jaccard,
            scores.reference_px,
            scores.predicted_px,
            scores.intersection_px,
        )
        rows.extend(
            {**result.case._asdict(), **dict(zip(columns, row, strict=True))} for row in zip(*values, strict=True)
        )
    frame = _frame(rows, (*_KEY, *columns))
    return frame.astype(dict.fromkeys(("position", "distance", "dice", "jaccard"), "float64"))


def clicks_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a case and number of clicks, from 0 to those allowed: the scores after them."""
    names = ("dice_nonempty", "jaccard_nonempty", "dice_all", "jaccard_all")
    rows = [
        {**result.case._asdict(), "clicks": clicks, **{name: getattr(result.clicks, name)[clicks] for name in names}}
        for result in results
        if result.clicks is not None
        for clicks in range(result.clicks.allowed + 1)
    ]
    return _frame(rows, (*_KEY, "clicks", *names))


def costs_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a dataset, model and strategy, cheapest first: prompts spent and mean Dice."""
    columns = [field.name for field in fields(CostRow)]
    frame = _frame([asdict(row) for row in costs(results)], columns)
    # Whole numbers that may be missing: Int64 keeps them whole, where float64 would make 3 frames 3.0.
    return frame.astype({**dict.fromkeys(_SPENT, "Int64"), **dict.fromkeys(_MEANS, "float64")})


def timings_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a raw sample in seconds. Rows with `shared` repeat under each strategy served: count them once."""
    rows = [
        {
            **result.case._asdict(),
            "stage": stage,
            "sample": number,
            "seconds": seconds,
            "shared": stage in result.shared_stages,
        }
        for result in results
        for stage, samples in result.timings_s.items()
        for number, seconds in enumerate(samples)
    ]
    return _frame(rows, (*_KEY, "stage", "sample", "seconds", "shared"))


def prompts_frame(results: Sequence[CaseResult]) -> pd.DataFrame:
    """One row a prompted frame; `slice` is a number, or ``seed`` for a frame of another volume."""
    names = ("size_yx", "points_xy", "labels", "box_xyxy", "mask", "apart")
    rows = [
        {**result.case._asdict(), "slice": slice_name, **{name: prompt.get(name) for name in names}}
        for result in results
        for slice_name, prompt in result.prompts.items()
    ]
    return _frame(rows, (*_KEY, "slice", *names))


def models_frame(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a model: what was loaded, where to, and how long it took in seconds."""
    facts_shown = ("backend", "arch", "device", "precision", "weights_sha256", "parameters", "size_bytes")
    rows = [
        {
            "model": name,
            **{fact: facts.get(fact) for fact in facts_shown},
            **{f"{step}_s": facts.get("load_s", {}).get(step) for step in _LOAD_STEPS},
        }
        for name, facts in models.items()
    ]
    return _frame(rows, ("model", *facts_shown, *(f"{step}_s" for step in _LOAD_STEPS)))
