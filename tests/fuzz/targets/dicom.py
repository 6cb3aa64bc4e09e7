"""DICOM: a slice, a segmentation, and a series of which one file is another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.dicom_files import write_seg, write_slice
from tests.fuzz.target import Target
from tests.fuzz.targets.scans import as_file, read

_WORDS = (
    *(b"US\x02\x00", b"UL\x04\x00", b"SQ\x00\x00\xff\xff\xff\xff", b"UN\x00\x00", b"OW\x00\x00", b"DS\x02\x00"),
    *(b"\xff\xff\xff\xff", b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\x28\x00\x10\x00"),
    *(b"\x28\x00\x11\x00", b"\x28\x00\x08\x00", b"\x28\x00\x00\x01", b"\xe0\x7f\x10\x00", b"\x00\x52\x30\x92"),
    *(b"1.2.840.10008.1.2.1.99", b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.5"),
    *(b"1.2.840.10008.1.2.2", b"RGB ", b"PALETTE COLOR", b"nan", b"1e400", b"\\"),
)


def _slices(folder: Path) -> Iterator[bytes]:
    pixels = np.arange(48).reshape(6, 8)
    enhanced = {"NumberOfFrames": 3, "PixelData": np.arange(144, dtype="<u2").tobytes()}
    variants: tuple[dict[str, Any], ...] = ({}, {"ImagePositionPatient": None}, enhanced)
    for number, more in enumerate(variants):
        yield write_slice(folder / str(number), pixels, **more).read_bytes()


def _segmentations(folder: Path) -> Iterator[bytes]:
    frames = [(segment, z_mm, np.eye(8, dtype=np.uint8)) for segment in (1, 2) for z_mm in (0.0, 2.0, 6.0)]
    for number, fractional in enumerate((False, True)):
        yield write_seg(folder / str(number), frames[: 6 if number else 3], fractional=fractional).read_bytes()


def _series(content: bytes, folder: Path) -> object:
    for z in range(2):
        write_slice(folder / "series" / str(z), np.full((6, 8), z), z_mm=2.0 * z)
    (folder / "series" / "2").write_bytes(content)
    return read(folder / "series")


def _third(folder: Path) -> Iterator[bytes]:
    yield write_slice(folder / "it", np.full((6, 8), 2), z_mm=4.0).read_bytes()


TARGETS = (
    Target(name="dicom", feed=as_file("a.dcm"), corpus=_slices, words=_WORDS, real=(".dcm", ".dcm.gz")),
    Target(name="dicom-seg", feed=as_file("a.dcm"), corpus=_segmentations, words=_WORDS),
    Target(name="dicom-series", feed=_series, corpus=_third, words=_WORDS),
)
