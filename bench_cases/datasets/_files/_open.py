"""The one entry point: from a path to a `ScanImage`, by the reader that its suffix names."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench_cases.datasets._files import _doors
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._dicom_header import is_dicom
from bench_cases.datasets._files._pictures import pictures_in, read_pictures
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal
from bench_cases.datasets._files._series import read_series
from bench_cases.errors import DataError


@functools.cache
def readers() -> Mapping[str, Reader]:
    """Map every known suffix to its reader, from the public modules of this package that have a ``READER``.

    Raises
    ------
    TypeError
        When two modules claim the same suffix: a programming error, caught by the contract tests.
    """
    package = importlib.import_module(__package__ or "")
    found: dict[str, Reader] = {}
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if info.name.startswith("_"):
            continue
        reader: Reader | None = getattr(importlib.import_module(f"{__package__}.{info.name}"), "READER", None)
        for suffix in reader.suffixes if reader else ():
            if suffix in found:
                msg = f"suffix {suffix!r} is claimed twice, the second time by {info.name}; expected one reader each."
                raise TypeError(msg)
            found[suffix] = reader  # type: ignore[assignment]
    return MappingProxyType(found)


def read_image(
    path: Path | str,
    *,
    luminance: bool = False,
    frame: int | None = None,
    channel: int | None = None,
    choice: Choice | None = None,
) -> ScanImage:
    """Read an image file of any supported format, a DICOM series, or a folder with one picture a slice.

    Parameters
    ----------
    path
        A file, whose suffix chooses the reader (``.nii``, ``.nii.gz``, ``.mha``, ``.nrrd``, ``.png``, ...; DICOM is
        told by its content), or a folder of DICOM files or pictures.
    luminance
        Turn colour pictures into grey (ITU-R 601-2) instead of refusing them.
    frame, channel
        Which volume of a file that holds several, from 0.
    choice
        All that can be chosen, instead of the parameters above.

    Returns
    -------
    ScanImage
        Voxels ``(Z, Y, X)`` in the file's own order (DICOM: sorted by position) with the affine, checked: finite, one
        volume, complete.

    Raises
    ------
    DataError
        With the file's name, what is wrong with it, and what to do.
    """
    path = Path(path)
    choice = choice or Choice(colour="luminance" if luminance else "refuse", frame=frame, channel=channel)
    try:
        _doors.check(path)
        return _folder(path, choice) if path.is_dir() else _reader(path).read(path, choice)
    except DataError as error:
        # A new one, without the old one's causes and frames: pytest prints them with the values of arguments and, if
        # asked, of variables, and in those stands the header, and with it a patient.
        raise DataError(str(error)) from None
    except MemoryError:  # as a last resort: what headers declare is looked at before
        raise refusal(
            path,
            "it does not fit into memory",
            expected="a volume that does",
            remedy="Crop or downsample it, or use a machine with more memory.",
        ) from None
    except OSError as error:
        raise refusal(
            path,
            f"it cannot be read ({error.strerror or type(error).__name__})",
            expected="a readable file",
            remedy="Check its permissions and the disk.",
        ) from None
    except Exception as error:  # noqa: BLE001 - bytes that are not trusted, in ways that no reader foresaw
        # Without the error's own text, which may quote the header too.
        raise refusal(
            path,
            f"its header or content makes no sense ({type(error).__name__})",
            expected="a complete, undamaged image file",
            remedy="Copy or export it again.",
        ) from None


def _reader(path: Path) -> Reader:
    """Choose by content for DICOM, which often has no suffix, and by the longest known suffix for all else."""
    if is_dicom(path):
        return readers()[".dcm"]
    name = path.name.lower()
    suffix = max((known for known in readers() if name.endswith(known)), key=len, default=None)
    if suffix is None:
        raise refusal(
            path,
            "its name ends in no known suffix",
            expected="one of " + " ".join(sorted(readers())),
            remedy="Convert it to NIfTI, or add the missing suffix to its name.",
        )
    return readers()[suffix]


def _folder(path: Path, choice: Choice) -> ScanImage:
    """Read a folder as a DICOM series or as a stack of pictures, whichever lie in it."""
    pictures = bool(pictures_in(path))
    dicom = any(member.is_file() and is_dicom(member) for member in path.iterdir())
    if pictures and not dicom:
        return read_pictures(path, choice)
    if dicom and not pictures:
        return read_series(path)
    what = "DICOM files and pictures" if dicom else "neither DICOM files nor pictures"
    raise refusal(
        path,
        f"it is a folder with {what}",
        expected="a file, a DICOM series or one picture a slice",
        remedy="Name the file inside it, or take what does not belong out of it.",
    )
