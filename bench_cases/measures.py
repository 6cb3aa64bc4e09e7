"""From a segmentation to what is measured on it beside its scores: failures of propagation, and the curve of clicks."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases.click_scores import click_curve
from bench_cases.clicks import ClickCurve
from bench_cases.engine.segmentation import Segmentation
from bench_cases.failures import propagation_failures
from bench_cases.findings import PropagationFailures
from bench_cases.volume import Volume


def failures_of(volume: Volume, segmentation: Segmentation, left_out: Sequence[int]) -> PropagationFailures | None:
    """Measure how the propagation went wrong, where there was one through the slices of one body.

    A frame of another volume is none of this one's slices, even when it is a copy of one of them. A slice that was
    clicked on was prompted.
    """
    if segmentation.strategy.mode == "image" or not volume.ordered:
        return None
    clicks = () if segmentation.rounds is None else segmentation.rounds.clicks
    first = [int(place) for place in segmentation.prompts if place != "seed"]
    return propagation_failures(
        volume.reference_zyx,
        segmentation.masks_zyx,
        prompted=[*first, *(click.slice for click in clicks)],
        starts_at=segmentation.details["starts_at"],
        spacing_zyx_mm=volume.spacing_zyx_mm,
        leave_out=left_out,
    )


def click_curve_of(volume: Volume, segmentation: Segmentation) -> ClickCurve | None:
    """Score the masks after each click, where clicks were allowed."""
    rounds = segmentation.rounds
    if rounds is None:
        return None
    return click_curve(
        volume.reference_zyx,
        rounds.masks_zyx,
        allowed=rounds.allowed,
        given=rounds.clicks,
        counted_by="slice" if segmentation.strategy.mode == "image" else "volume",
    )
