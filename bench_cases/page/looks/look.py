"""The noun `Look`: all that is needed to look at one case, read back and proved to be what was scored."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import CaseResult
from bench_cases.engine.segmentation import masks_digest
from bench_cases.errors import DataError
from bench_cases.frames import FrameSequence
from bench_cases.masks import mask_path
from bench_cases.nameless import named
from bench_cases.report.read import Report
from bench_cases.volume import Volume

ReadVolume = Callable[[str, str], Volume]
"""From dataset (with its target) and volume to the volume; raises a SambenchError with what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One case with its pixels.

    Parameters
    ----------
    frames
        What the model saw.
    reference_zyx, predicted_zyx
        Masks of shape ``(Z, Y, X)``, bool.
    aspect
        Height of a pixel over its width.
    """

    result: CaseResult
    frames: FrameSequence
    reference_zyx: NDArray[np.bool_]
    predicted_zyx: NDArray[np.bool_]
    aspect: float


def masks_directory(run: Report) -> Path | None:
    """Return where the run was told to save its masks, from its command line; None when it was not."""
    command: Sequence[str] = run.raw["run"].get("command", [])
    for at, word in enumerate(command):
        name, equals, value = word.partition("=")
        if name == "--sam-save-masks":
            if equals:
                return named(value)
            if at + 1 < len(command):
                return named(command[at + 1])
    return None


def scanned(volume: Volume, run: Report, result: CaseResult) -> Volume:
    """Return a volume as the run had it, its slices limited and its grey values stretched alike.

    Raises
    ------
    DataError
        When the data are not those of the run.
    """
    values: dict[str, Any] = run.raw["settings"]["values"]
    if values.get("scaling"):
        volume = replace(volume, scaling=values["scaling"])
    if values.get("limit_slices"):
        volume = volume.limited(int(values["limit_slices"]))
    recorded = result.digests.get("data")
    if recorded is not None and recorded != volume.digest():
        msg = (
            f"{result.case.dataset}/{result.case.volume}: the data on disk are not those of {run.path.name} (digest "
            f"{volume.digest()[:12]}, expected {recorded[:12]}). Put the data back that were segmented, or run again."
        )
        raise DataError(msg)
    return volume


def look(run: Report, result: CaseResult, volume: Volume, masks: Path | None) -> Look:
    """Join a volume (as `scanned` returns it) and the saved masks of a case.

    Raises
    ------
    DataError
        When the masks were not saved, are not there, or are not those that were scored.
    """
    predicted = _saved(run, result, volume, masks)
    spacing = volume.spacing_zyx_mm
    return Look(
        result=result,
        frames=FrameSequence(volume=volume, jpeg=bool(run.raw["settings"]["values"].get("jpeg"))),
        reference_zyx=volume.reference_zyx,
        predicted_zyx=predicted,
        aspect=1.0 if spacing is None else spacing[1] / spacing[2],
    )


def _saved(run: Report, result: CaseResult, volume: Volume, masks: Path | None) -> NDArray[np.bool_]:
    again = f"Run again with --sam-save-masks DIR{_selection(run)}, and give --masks DIR."
    if masks is None:
        msg = f"{run.path.name}: the masks were not saved, and pictures need them. {again}"
        raise DataError(msg)
    path = mask_path(masks, result.case)
    if not path.exists():
        msg = f"{path}: no such file; expected the saved mask of {result.case.key}. {again}"
        raise DataError(msg)
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        whole = np.asarray(nibabel.load(path).dataobj).transpose(2, 1, 0)
    except (OSError, EOFError, ValueError, ImageFileError) as problem:
        msg = f"{path}: cannot be read as a mask ({problem}). {again}"
        raise DataError(msg) from None
    found = whole[volume.slice_offset : volume.slice_offset + volume.n_slices] > 0
    recorded = result.digests.get("masks")
    if found.shape != volume.image_zyx.shape or recorded not in {None, masks_digest(found)}:
        msg = f"{path}: not the mask that {run.path.name} scored (its shape or digest differs). {again}"
        raise DataError(msg)
    return found


def _selection(run: Report) -> str:
    keyword = run.raw["run"].get("selection", {}).get("k")
    return f" -k {shlex.quote(str(keyword))}" if keyword else ""
