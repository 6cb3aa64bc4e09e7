"""Small DICOM files that are true to the standard, written with pydicom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CT = "1.2.840.10008.5.1.4.1.1.2"
_SEG = "1.2.840.10008.5.1.4.1.1.66.4"
_EXPLICIT = "1.2.840.10008.1.2.1"


def _dataset(sop_class: str, **elements: Any) -> Any:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, generate_uid

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(_EXPLICIT)
    dataset.file_meta.MediaStorageSOPClassUID = UID(sop_class)
    dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset.SOPClassUID = UID(sop_class)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def write_slice(path: Path, array_yx: NDArray[Any], *, z_mm: float = 0.0, **elements: Any) -> Path:
    """Write a CT slice of 12 bits; pixels are ``2 x value - 1000`` HU, spacing 0.5 mm along y, 0.75 along x."""
    height, width = array_yx.shape
    dataset = _dataset(
        _CT,
        **{
            "Modality": "CT",
            "SeriesInstanceUID": "1.2.3.4",
            "Rows": height,
            "Columns": width,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16,
            "BitsStored": 12,
            "HighBit": 11,
            "PixelRepresentation": 0,
            "RescaleSlope": 2,
            "RescaleIntercept": -1000,
            "PixelSpacing": [0.5, 0.75],
            "SliceThickness": 9,
            "ImagePositionPatient": [10, 20, z_mm],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "PixelData": array_yx.astype("<u2").tobytes(),
            **elements,
        },
    )
    for name in [name for name, value in elements.items() if value is None]:
        delattr(dataset, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def write_series(folder: Path, array_zyx: NDArray[Any], *, step_mm: float = 2.0, **elements: Any) -> Path:
    """Write a series whose names sort against its positions: the highest slice is the first file."""
    for z, array_yx in enumerate(array_zyx):
        write_slice(folder / f"IM{len(array_zyx) - z:03d}", array_yx, z_mm=z * step_mm, **elements)
    return folder


def write_seg(
    path: Path, frames: list[tuple[int, float, NDArray[Any]]], *, fractional: bool = False, **elements: Any
) -> Path:
    """Write a DICOM SEG on the grid of `write_series`: frames of (segment, z in mm, mask)."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    def item(**values: Any) -> Any:
        made = Dataset()
        for name, value in values.items():
            setattr(made, name, value)
        return made

    height, width = frames[0][2].shape
    pixels = np.stack([frame for _, _, frame in frames])
    per_frame = [
        item(
            PlanePositionSequence=Sequence([item(ImagePositionPatient=[10, 20, z_mm])]),
            SegmentIdentificationSequence=Sequence([item(ReferencedSegmentNumber=segment)]),
        )
        for segment, z_mm, _ in frames
    ]
    shared = item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.5, 0.75], SliceThickness=9, SpacingBetweenSlices=2)]),
    )
    packed = pixels.astype(np.uint8) if fractional else np.packbits(pixels.ravel() > 0, bitorder="little")
    body = packed.tobytes() + (b"\0" if packed.size % 2 else b"")
    dataset = _dataset(
        _SEG,
        **{
            "Modality": "SEG",
            "Rows": height,
            "Columns": width,
            "NumberOfFrames": len(frames),
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 8 if fractional else 1,
            "BitsStored": 8 if fractional else 1,
            "HighBit": 7 if fractional else 0,
            "PixelRepresentation": 0,
            "SegmentationType": "FRACTIONAL" if fractional else "BINARY",
            "SegmentSequence": Sequence([item(SegmentNumber=each) for each in sorted({it[0] for it in frames})]),
            "SharedFunctionalGroupsSequence": Sequence([shared]),
            "PerFrameFunctionalGroupsSequence": Sequence(per_frame),
            "PixelData": body,
            **elements,
        },
    )
    if fractional:
        dataset.MaximumFractionalValue = 200
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path
