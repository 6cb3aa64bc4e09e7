"""DICOM, not read yet: its suffixes lead to a refusal that says how to convert a series."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from bench_cases.datasets._files._doors import DICOM_REMEDY
from bench_cases.datasets._files._scan import Reader, refusal


def read(path: Path) -> NoReturn:
    """Refuse.

    Raises
    ------
    DataError
        Always.
    """
    raise refusal(path, "it is named as a DICOM file", expected="a volume in one file", remedy=DICOM_REMEDY)


READER = Reader(suffixes=(".dcm", ".dcm.gz", ".dicom", ".ima"), read=read)
