"""From the places of single slices, as DICOM has them, to one grid: sorted, complete, of one kind.

DICOM PS3.3 C.7.6.2.1.1: ``ImagePositionPatient`` is the centre of the first pixel in LPS millimetres, the first triple
of ``ImageOrientationPatient`` runs along a row (x), the second down a column (y); ``PixelSpacing`` is row spacing (y),
then column spacing (x).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._dicom_header import numbers
from bench_cases.datasets._files._itk import LPS_TO_RAS
from bench_cases.datasets._files._scan import refusal

_SHARE_OF_A_STEP = 0.05
"""Steps between slices may differ by this much of a step: coordinates are rounded to a hundredth of a millimetre."""

_COSINE = 1e-3


class Plane(NamedTuple):
    """Where a slice lies: position of its first pixel, directions of x and y (LPS), spacing of y and x in mm."""

    position: tuple[float, ...]
    directions: tuple[float, ...]
    spacing_yx_mm: tuple[float, ...]

    def normal(self) -> NDArray[np.float64]:
        """Return the direction across the slice."""
        return np.cross(self.directions[:3], self.directions[3:])


class Grid(NamedTuple):
    """A stack of planes: their order along the normal, the affine to RAS, and the place of each in the grid."""

    order: tuple[int, ...]
    affine_xyz: NDArray[np.float64]
    places: tuple[int, ...]


def plane_of(position: Any, orientation: Any, measures: Any) -> Plane | None:
    """Read a plane from the headers, or parts of headers, that hold its three elements; None if one is absent."""
    where = numbers(position, "ImagePositionPatient", 3)
    along = numbers(orientation, "ImageOrientationPatient", 6)
    spacing = numbers(measures, "PixelSpacing", 2)
    return None if where is None or along is None or spacing is None else Plane(where, along, spacing)


def plane_of_frame(header: Any, own: Any) -> Plane | None:
    """Read the plane of one frame of several in a file, from its own groups or those that all share."""
    return plane_of(
        *(
            group_of(header, own, name)
            for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        )
    )


def group_of(header: Any, own: Any, name: str) -> Any:
    """Return the first item of a functional group, the frame's own or the shared one; an empty one if it is absent."""
    for holder in (own, *(header.get("SharedFunctionalGroupsSequence") or [])):
        if holder is not None and (items := holder.get(name)):
            return items[0]
    return {}


def parallel(one: Plane, other: Plane) -> bool:
    """Whether two planes run in the same directions with pixels of the same size."""
    return bool(
        np.allclose(one.directions, other.directions, atol=_COSINE)
        and np.allclose(one.spacing_yx_mm, other.spacing_yx_mm, rtol=_COSINE)
    )


def affine_of(first: Plane, across: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the affine from indices ``(x, y, z)`` of a stack to RAS millimetres.

    Parameters
    ----------
    first
        The plane at z = 0.
    across
        From there to the next, LPS in mm.
    """
    affine_lps = np.eye(4)
    affine_lps[:3, 0] = np.multiply(first.directions[:3], first.spacing_yx_mm[1])
    affine_lps[:3, 1] = np.multiply(first.directions[3:], first.spacing_yx_mm[0])
    affine_lps[:3, 2] = across
    affine_lps[:3, 3] = first.position
    return LPS_TO_RAS @ affine_lps


def grid_of(
    source: Path,
    planes: Sequence[Plane],
    *,
    thickness_mm: float | None,
    gaps: bool = False,
    gap_mm: float | None = None,
) -> Grid:
    """Sort planes along their normal and lay one grid through them.

    Parameters
    ----------
    source
        The file or folder, for messages.
    thickness_mm
        Step across a single plane, where there are no neighbours to measure it.
    gaps
        Planes may be absent (DICOM SEG leaves empty ones out), and may come several times, once a segment.
    gap_mm
        The step, if the header has it; used with `gaps`.

    Raises
    ------
    DataError
        For planes that are not parallel, lie on one another, or do not lie in equal steps: mixed or missing slices.
    """
    first = planes[0]
    if not all(parallel(plane, first) for plane in planes):
        raise mixed(source, "its slices differ in direction or pixel size")
    normal = first.normal()
    heights = np.array([normal @ plane.position for plane in planes])
    order = np.argsort(heights, kind="stable")
    steps = np.diff(heights[order])
    if gaps:
        steps = steps[steps > _COSINE]
    step = _step(steps, thickness_mm, gap_mm if gaps else None)
    if not gaps:
        _refuse_uneven(source, steps, step)
    index = np.round((heights - heights.min()) / step)
    off = np.abs((heights - heights.min()) / step - index).max()
    if gaps and off > _SHARE_OF_A_STEP:
        raise mixed(source, f"its frames do not lie in steps of {step:g} mm")
    low, high = planes[order[0]], planes[order[-1]]
    count = int(index.max()) or 1
    # From the first to the last, not along the normal: a tilted gantry shears the stack.
    across = (np.subtract(high.position, low.position)) / count if len(steps) else normal * step
    affine_xyz = affine_of(first._replace(position=low.position), across)
    return Grid(tuple(int(each) for each in order), affine_xyz, tuple(int(each) for each in index))


def _step(steps: NDArray[np.float64], thickness_mm: float | None, gap_mm: float | None) -> float:
    if gap_mm:
        return abs(gap_mm)
    if len(steps):
        return float(np.median(steps)) or 1.0
    return abs(thickness_mm or 1.0) or 1.0


def _refuse_uneven(source: Path, steps: NDArray[np.float64], step: float) -> None:
    if len(steps) and steps.min() <= _COSINE:
        raise mixed(source, f"{int((steps <= _COSINE).sum())} of its slices lie where another one lies")
    uneven = np.flatnonzero(np.abs(steps - step) > _SHARE_OF_A_STEP * step)
    if len(uneven):
        after = int(uneven[0])
        raise refusal(
            source,
            f"between slices {after + 1} and {after + 2} of {len(steps) + 1}, sorted by position, lie "
            f"{steps[after]:.2f} mm where others lie {step:.2f} mm apart: slices are missing",
            expected="slices in equal steps",
            remedy="Copy the whole series again; if it was acquired so, resample it and save it as NIfTI.",
        )


def mixed(source: Path, wrong: str) -> Exception:
    """Word the refusal of a mixture."""
    return refusal(
        source,
        f"{wrong}: more than one series, or several times or echoes of one, are mixed",
        expected="the slices of one series",
        remedy="Sort the files into one folder a series, for instance with dcm2niix or by SeriesInstanceUID.",
    )
