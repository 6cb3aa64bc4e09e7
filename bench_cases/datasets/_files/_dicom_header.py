"""Reading DICOM headers with pydicom: what pixels mean and where they lie, and no word about whom they show."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_cases.datasets._files._scan import refusal

if TYPE_CHECKING:
    from pydicom import FileDataset

SEGMENTATIONS = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}
"""SOP classes of DICOM SEG: Segmentation Storage, Label Map Segmentation Storage."""

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"

_REMEDY = "Export the series again, or convert it to one NIfTI file, for instance with dcm2niix."


def is_dicom(path: Path) -> bool:
    """Whether a file says that it is DICOM: ``DICM`` after 128 bytes; its name is not asked."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_header(path: Path, *, where: Path, what: str, pixels: bool = False) -> FileDataset:
    """Read a header, quietly: pydicom's warnings and errors quote values, and values name patients.

    Parameters
    ----------
    where, what
        What messages name instead of `path`, whose name may hold an identifier: the folder, ``"file 3 of 20"``.
    pixels
        Read the pixel data too.

    Raises
    ------
    DataError
        When the header cannot be read.
    """
    import pydicom

    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation():
            warnings.simplefilter("ignore")
            return pydicom.dcmread(path, stop_before_pixels=not pixels)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - bytes that are not trusted: pydicom's parser raises a dozen kinds
        raise refusal(
            where, f"{what}: its DICOM header is damaged ({type(error).__name__})", expected="DICOM", remedy=_REMEDY
        ) from None


def numbers(header: Any, name: str, count: int) -> tuple[float, ...] | None:
    """Return `count` numbers of an element; None where it is absent, empty or no numbers (as some scanners write)."""
    try:
        values = header.get(name)
        values = values if isinstance(values, list | tuple) or hasattr(values, "__iter__") else [values]
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None
