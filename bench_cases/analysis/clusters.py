"""Slices within volumes: the differences of a group slice by slice, where its metric is a mean over slices."""

from __future__ import annotations

from bench_cases.analysis.observations import SLICE_SCORES
from bench_cases.analysis.pairing import pair
from bench_cases.analysis.rows import PairedGroup


def slice_differences(group: PairedGroup) -> dict[str, dict[int, float]] | None:
    """Return A minus B of each slice, by volume and slice number; None for a metric that slices do not have.

    Only volumes that are in the group's test are returned, so that both speak of the same ones.
    """
    if group.metric not in SLICE_SCORES:
        return None
    key = (group.dataset, group.strategy)
    pairing = pair(*(side.observed.groups(group.metric, "paper").get(key, []) for side in (group.a, group.b)))
    tested = {key.volume for key in group.pairing.keys}
    found: dict[str, dict[int, float]] = {}
    for slice_key, a, b in zip(pairing.keys, pairing.a, pairing.b, strict=True):
        if slice_key.volume in tested and slice_key.slice_index is not None:
            found.setdefault(slice_key.volume, {})[slice_key.slice_index] = a - b
    return found


def reference_px(group: PairedGroup) -> dict[str, dict[int, int]]:
    """Return the target's area in pixels, by volume and slice number, of the slices that carry it."""
    found: dict[str, dict[int, int]] = {}
    for result in group.a.observed.results:
        case = result.case
        if (case.dataset, case.strategy) == (group.dataset, group.strategy) and result.scores is not None:
            scores = result.scores.per_slice
            found[case.volume] = {z: px for z, px in zip(scores.index, scores.reference_px, strict=True) if px}
    return found
