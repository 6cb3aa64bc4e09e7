"""What is found on a segmented volume beside its scores: failures of propagation, its shape, its surface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEnd:
    """What was painted on the slices past one end of the structure, where the reference has nothing.

    Parameters
    ----------
    slices
        Slices that lie past this end.
    painted, share
        Those of them with at least one painted pixel, and their share, 0..1; None when nothing lies past the end.
    painted_px, painted_mm2
        Area painted there, summed over the slices; square millimetres are None without spacing.
    reach
        Slices painted without a gap, counted from the end of the structure.
    """

    slices: int
    painted: int
    share: float | None
    painted_px: int
    painted_mm2: float | None
    reach: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PropagationFailures:
    """The three failures of a propagated prompt that Chakrabarty & Soni (MIDL 2026) name.

    Empty slices between two parts of the structure lie past neither end.

    Parameters
    ----------
    prompted
        Slices (in the volume as segmented) that carried a prompt; empty when a frame of another volume did.
    measured_from
        Slices from which distance is counted, to the nearest of them: those prompted or, when a frame of another
        volume was, the one at which the walk begins.
    over_segmentation
        Falsely painted area on the prompted slices as a share of the reference's area there, so that 1 is as much
        again as there was to paint; None without a prompted slice that carries the target.
    past_first, past_last
        Over-propagation past the first and past the last slice that carries the target.
    slope_per_slice, slope_per_mm
        Retention decay: slope of the ordinary least-squares line of slice Dice against distance, over the slices that
        carry the target and are scored. None when they all lie at one distance; per millimetre, without spacing too.
    farthest
        Greatest distance of such a slice, in slices.
    dice_near, dice_far
        Mean Dice of the slices up to half that distance, and of those beyond.
    """

    prompted: list[int]
    measured_from: list[int]
    over_segmentation: float | None
    past_first: PastEnd
    past_last: PastEnd
    slope_per_slice: float | None
    slope_per_mm: float | None
    farthest: int | None
    dice_near: float | None
    dice_far: float | None

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> PropagationFailures:
        """Rebuild the record from its JSON form."""
        ends = {name: PastEnd(**record[name]) for name in ("past_first", "past_last")}
        return cls(**{**record, **ends})


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeShape:
    """How deep a volume is, and how much it changes from slice to slice.

    Parameters
    ----------
    slices, slices_with_target
        Slices of the volume as segmented, and of those that carry the target.
    first_with_target, last_with_target
        The first and the last of these.
    thickness_mm
        Distance between neighbouring slices (the spacing along z); None where it is not known.
    neighbours
        Pairs of neighbouring slices that both carry the target, a pair with a constant slice left out.
    similarity_mean, similarity_min
        Mean and least normalised cross-correlation of such pairs, -1..1; None when there is no pair.
    """

    slices: int
    slices_with_target: int
    first_with_target: int
    last_with_target: int
    thickness_mm: float | None
    neighbours: int
    similarity_mean: float | None
    similarity_min: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceScores:
    """Distance between the surfaces of reference and prediction, where a run asked for it.

    Parameters
    ----------
    tolerance_mm
        Surface nearer than this counts as found in `nsd`.
    hd95_mm
        95 % robust Hausdorff distance in millimetres; None where it is undefined.
    nsd
        Normalised surface Dice at the tolerance, 0..1; 0 without a prediction, None where it is undefined.
    undefined
        Why a number is None; empty when none is.
    """

    tolerance_mm: float
    hd95_mm: float | None
    nsd: float | None
    undefined: str = ""
