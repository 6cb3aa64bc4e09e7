"""DICOM in one file: a single slice or radiograph, an enhanced multi-frame scan, or a segmentation (SEG)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._dicom_header import SEGMENTATIONS, WHOLE_SLIDE, is_dicom, read_header, refuse_claims
from bench_cases.datasets._files._dicom_seg import read_segmentation
from bench_cases.datasets._files._itk import decoded
from bench_cases.datasets._files._planes import grid_of, plane_of_frame
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, scan_image
from bench_cases.datasets._files._series import narrow, read_slices


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a DICOM file, whatever its name.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    if not is_dicom(path):
        raise refusal(
            path,
            "it is named as a DICOM file and does not begin as one",
            expected="DICM after 128 bytes, uncompressed",
            remedy="Decompress it (gunzip) or export it again as DICOM part 10.",
        )
    header = read_header(path, where=path, what="file")
    if header.get("SOPClassUID") in SEGMENTATIONS:
        refuse_claims(path, [path], [header])
        return read_segmentation(path, choice)
    if header.get("SOPClassUID") == WHOLE_SLIDE or header.get("Rows") is None:
        raise refusal(
            path,
            "it is a slide of a microscope, a report or another DICOM object that is no scan",
            expected="a slice, a multi-frame scan or a segmentation",
            remedy="Export the scan itself, or convert it to NIfTI.",
        )
    refuse_claims(path, [path], [header])
    if int(header.get("NumberOfFrames") or 1) > 1:
        return _multi_frame(path, header)
    return read_slices(path, [path], [header])


def _multi_frame(path: Path, header: Any) -> ScanImage:
    """Read an enhanced CT or MR, sorted by position; frames without one (ultrasound) stay in their order."""
    import SimpleITK

    image = decoded(path, path)
    if image.GetNumberOfComponentsPerPixel() > 1:
        raise refusal(
            path, "its pixels are colours", expected="grey values", remedy="Export the frames as grey values or PNG."
        )
    array = narrow(SimpleITK.GetArrayFromImage(image))
    del image  # its own copy of the pixels
    planes = [plane_of_frame(header, own) for own in header.get("PerFrameFunctionalGroupsSequence") or []]
    placed = [plane for plane in planes if plane is not None]
    if len(placed) != len(array):
        return scan_image(path, array, np.eye(4), geometry=False)
    grid = grid_of(path, placed, thickness_mm=None)
    return scan_image(path, array[list(grid.order)], grid.affine_xyz)


READER = Reader(suffixes=(".dcm", ".dcm.gz", ".dicom", ".ima"), read=read)
