"""From a segmentation to the result of its case: scores, findings, and all that a report says of it."""

from __future__ import annotations

from dataclasses import replace

from bench_cases import memory
from bench_cases.cases import Case, CaseResult
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import StrategyError
from bench_cases.findings import VolumeShape
from bench_cases.measures import click_curve_of, failures_of
from bench_cases.metrics import score
from bench_cases.reading import Reading
from bench_cases.seed_library.choice import SeedChoices
from bench_cases.spent import prompts_spent
from bench_cases.surface import surface_of
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def score_case(
    case: Case,
    volume: Volume,
    segmentation: Segmentation,
    *,
    shape: VolumeShape,
    seeds: SeedChoices,
    surface_tolerance_mm: float | None,
    weights_sha256: str,
    data_digest: str,
) -> CaseResult:
    """Score a segmentation and write down what it was made of.

    Parameters
    ----------
    shape
        Of the volume, described once for all models.
    seeds
        Stored seeds, whose provenance is recorded where one was used.
    surface_tolerance_mm
        Measure surfaces too; None measures none.

    Raises
    ------
    StrategyError
        When every slice with the target was prompted with its own mask, so that none is left to score.
    """
    clock = Clock()
    left_out = _left_out(segmentation, volume.slice_offset)
    if left_out and not set(volume.nonempty_slices().tolist()) - set(left_out):
        msg = (
            f"strategy '{case.strategy}' prompts all {len(left_out)} slices of {volume.dataset}/{volume.id} that "
            f"carry {volume.target} with their own mask, and leaves them out of the scores; expected others to "
            "score. Use another prompt for so few slices."
        )
        raise StrategyError(msg)
    with clock.stage("score"):
        scores = score(
            volume.reference_zyx,
            segmentation.masks_zyx,
            spacing_zyx_mm=volume.spacing_zyx_mm,
            leave_out=left_out,
        )
        failures = failures_of(volume, segmentation, left_out)
        curve = click_curve_of(volume, segmentation)
        surface = surface_of(volume, segmentation.masks_zyx, surface_tolerance_mm, left_out, room_bytes=memory.room())
    details = {**segmentation.details, "window": str(volume.window or "none"), "scaling": volume.scaling}
    if "seed" in details:
        details["seed"] = {**details["seed"], **seeds.record(segmentation.strategy.prompt, volume)}
    if left_out:
        details["left_out_of_scores"] = {"slices": left_out, "why": "prompted with their own reference mask"}
    return CaseResult(
        case=case,
        status="passed",
        modality=volume.modality,
        target=volume.target,
        phantom=volume.phantom,
        scores=scores,
        timings_s={**segmentation.timings_s, **clock.samples_s},
        shared_stages=list(segmentation.shared_stages),
        prompts={place: prompt.to_json() for place, prompt in segmentation.prompts.items()},
        prompts_spent=prompts_spent(segmentation, len(volume.nonempty_slices())),
        digests={
            "data": data_digest,
            "weights": weights_sha256,
            "prompts": segmentation.prompts_digest(),
            "masks": segmentation.digest(),
        },
        details=details,
        failures=failures,
        clicks=curve,
        volume_shape=shape,
        surface=surface,
    )


def with_reading(result: CaseResult, reading: Reading | None) -> CaseResult:
    """Add how long the volume took to read, which all its cases share."""
    read_s = [] if reading is None else reading.read_s
    ahead = {"read_ahead": True} if reading is not None and reading.ahead else {}
    return replace(
        result,
        timings_s={"read": read_s, **result.timings_s},
        shared_stages=["read", *result.shared_stages],
        details={**result.details, **ahead},
    )


def _left_out(segmentation: Segmentation, slice_offset: int) -> list[int]:
    """Return the slices prompted with their own reference mask: the model hands it back, which is no result."""
    masks = [place for place, prompt in segmentation.prompts.items() if prompt.mask_yx is not None]
    seed = segmentation.details.get("seed")
    if seed is None:
        return [int(place) for place in masks]
    return [seed["slice"] - slice_offset] if masks and seed["own_volume"] else []
