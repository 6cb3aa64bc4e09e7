"""DICOM SEG: segments in frames, of which the empty ones may be left out, to one map of segment numbers.

DICOM PS3.3 A.51 and C.8.20. Three kinds: ``BINARY`` (a bit a voxel), ``FRACTIONAL`` (a share of each voxel, read as
0..1, for ``threshold``) and ``LABELMAP`` (segment numbers as they are).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._dicom_header import numbers, read_header
from bench_cases.datasets._files._planes import Grid, Plane, grid_of, group_of, plane_of_frame
from bench_cases.datasets._files._scan import ScanImage, refusal, refuse_beyond_memory, scan_image


class _Frame(NamedTuple):
    plane: Plane
    segment: int


def read_segmentation(path: Path, choice: Choice) -> ScanImage:
    """Read a segmentation; voxels hold segment numbers (from 1), or shares of 1 for a fractional one.

    Parameters
    ----------
    choice
        ``segments``: those wanted, the first wins where they overlap; empty: all, and overlaps are refused.

    Raises
    ------
    DataError
        For segments that overlap when none was chosen, that are not there, or that lie on a slide of a microscope.
    """
    header = read_header(path, where=path, what="segmentation", pixels=True)
    kind = str(header.get("SegmentationType"))
    frames = _frames(path, header)
    there = {int(segment.SegmentNumber) for segment in header.SegmentSequence}
    strangers = [segment for segment in choice.segments if segment not in there]
    if strangers and len(strangers) == len(choice.segments):
        raise refusal(
            path,
            f"it has no segment {', '.join(map(str, strangers))}",
            expected=f"segments among {', '.join(map(str, sorted(there)))}",
            remedy="Correct labels in dataset.toml.",
        )
    measures = group_of(header, None, "PixelMeasuresSequence")
    thickness, gap = (numbers(measures, name, 1) for name in ("SliceThickness", "SpacingBetweenSlices"))
    grid = grid_of(
        path,
        [frame.plane for frame in frames],
        thickness_mm=(gap or thickness or (None,))[0],
        gaps=True,
        gap_mm=gap[0] if gap else None,
    )
    # Empty planes are left out of the file: two frames may lie any number of steps apart.
    voxels = (max(grid.places) + 1) * int(header.Rows) * int(header.Columns)
    refuse_beyond_memory(path, voxels * (4 if kind == "FRACTIONAL" else 1), voxels)
    pixels = _pixels(path, header, len(frames))
    if kind == "LABELMAP":
        array = _by_plane(pixels, grid)
    else:
        segments = [frame.segment for frame in frames]
        array = _joined(path, pixels, grid, segments, choice.segments, fractional=kind == "FRACTIONAL")
    if kind == "FRACTIONAL":
        array = _shares(array, float(header.get("MaximumFractionalValue") or 255))
    return scan_image(path, array, grid.affine_xyz, partial=True)


def _shares(array_zyx: NDArray[Any], whole: float) -> NDArray[np.float32]:
    """Divide in 64 bits and keep 32, plane by plane."""
    shares = np.empty(array_zyx.shape, np.float32)
    for plane, share in zip(array_zyx, shares, strict=True):
        share[...] = plane / whole
    return shares


def _frames(path: Path, header: Any) -> list[_Frame]:
    """Place and segment of each frame, from its own group or the one that all share."""
    frames = []
    for own in header.get("PerFrameFunctionalGroupsSequence") or []:
        plane = plane_of_frame(header, own)
        if plane is None:
            break
        number = group_of(header, own, "SegmentIdentificationSequence").get("ReferencedSegmentNumber")
        frames.append(_Frame(plane, int(number or 0)))
    if not frames or len(frames) != int(header.get("NumberOfFrames") or 1) or not header.get("SegmentSequence"):
        raise refusal(
            path,
            "its frames do not say where in the patient they lie (as on a slide of a microscope)",
            expected="a DICOM SEG of a scan",
            remedy="Convert it to a label map in NIfTI, for instance with dcmqi's segimage2itkimage.",
        )
    return frames


def _pixels(path: Path, header: Any, frames: int) -> NDArray[Any]:
    try:
        pixels: NDArray[Any] = header.pixel_array
    except Exception as error:  # noqa: BLE001 - damaged or compressed in a way for which no decoder is installed
        raise refusal(
            path,
            f"its pixels cannot be decoded ({type(error).__name__})",
            expected="uncompressed or run-length encoded frames",
            remedy="Decompress it, for instance with dcmtk's dcmdjpeg or gdcmconv --raw.",
        ) from None
    return pixels.reshape(frames, *pixels.shape[-2:])


def _by_plane(pixels: NDArray[Any], grid: Grid) -> NDArray[Any]:
    out = np.zeros((max(grid.places) + 1, *pixels.shape[1:]), pixels.dtype)
    out[list(grid.places)] = pixels
    return out


def _joined(
    path: Path,
    pixels: NDArray[Any],
    grid: Grid,
    segments: list[int],
    wanted: tuple[int, ...],
    *,
    fractional: bool,
) -> NDArray[Any]:
    """Write segments into one map, the first wanted on top; a fractional one keeps its shares, the largest wins."""
    out = np.zeros((max(grid.places) + 1, *pixels.shape[1:]), np.uint8 if max(segments) < 256 else np.uint16)
    overlaps = 0
    for segment in wanted or sorted(set(segments)):
        for frame in (number for number, each in enumerate(segments) if each == segment):
            plane = out[grid.places[frame]]
            if fractional:
                np.maximum(plane, pixels[frame], out=plane)
                continue
            inside = pixels[frame] > 0
            overlaps += int(np.count_nonzero(plane[inside]))
            plane[inside & (plane == 0)] = segment
    if overlaps and not wanted:
        raise refusal(
            path,
            f"its segments overlap in {overlaps} voxels",
            expected="segments that do not, or a choice of them",
            remedy="Name the segments in dataset.toml, labels = [1]; where they overlap, the first named wins.",
        )
    return out
