"""The one entry point: from a path to a `ScanImage`, by the reader that its suffix names."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench_cases.datasets._files import _doors
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal
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


def read_image(path: Path | str, *, luminance: bool = False) -> ScanImage:
    """Read an image file of any supported format.

    Parameters
    ----------
    path
        The file. Its suffix chooses the reader (``.nii``, ``.nii.gz``, ``.mha``, ``.nrrd``, ``.png``, ...).
    luminance
        Turn colour pictures into grey (ITU-R 601-2) instead of refusing them.

    Returns
    -------
    ScanImage
        Voxels ``(Z, Y, X)`` in the file's own order with the affine, checked: finite, one volume, complete.

    Raises
    ------
    DataError
        With the file's name, what is wrong with it, and what to do.
    """
    path = Path(path)
    try:
        _doors.check(path)
        name = path.name.lower()
        suffix = max((known for known in readers() if name.endswith(known)), key=len, default=None)
        if suffix is None:
            raise refusal(
                path,
                "its name ends in no known suffix",
                expected="one of " + " ".join(sorted(readers())),
                remedy="Convert it to NIfTI, or add the missing suffix to its name.",
            )
        reader = readers()[suffix]
        return reader.read_colour(path) if luminance and reader.read_colour else reader.read(path)
    except DataError:
        raise
    except MemoryError as error:
        raise refusal(
            path,
            "it does not fit into memory",
            expected="a volume that does",
            remedy="Crop or downsample it, or use a machine with more memory.",
        ) from error
    except OSError as error:
        raise refusal(
            path,
            f"it cannot be read ({error.strerror or type(error).__name__})",
            expected="a readable file",
            remedy="Check its permissions and the disk.",
        ) from error
