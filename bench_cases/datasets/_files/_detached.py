"""Headers whose voxels lie in a second file (``.mhd`` with ``.raw``, ``.nhdr`` with ``.raw.gz``)."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files._scan import refusal


def data_file(path: Path, named: str) -> Path:
    """Resolve the data file that a header names; it must lie in the header's own folder or below it.

    Raises
    ------
    DataError
        For lists and patterns of files, names that lead elsewhere, and files that are absent.
    """
    if not named or named.upper().startswith("LIST") or "%" in named:
        raise refusal(
            path,
            "its voxels are spread over several files" if named else "it names no file of voxels",
            expected="one data file",
            remedy="Save it as one .nii.gz or .nrrd.",
        )
    data = path.parent / named
    if Path(named).is_absolute() or ".." in Path(named).parts:
        raise refusal(
            path,
            "its header points outside its own folder",
            expected="a data file beside the header",
            remedy="Move the data file beside the header and name it there without a path.",
        )
    if not data.is_file():
        raise refusal(
            path,
            f"its data file {named} is not beside it",
            expected="header and data file together",
            remedy="Copy both files, or convert the scan to one .nii.gz.",
        )
    return data
