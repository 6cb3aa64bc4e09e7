"""Where a simulated user clicks next: the deepest point of the largest error.

The user of RITM (Sofiiuk, Petrov & Konushin, "Reviving Iterative Training with Mask Guidance for Interactive
Segmentation", ICIP 2022) and of SAM 2's evaluation (Ravi et al. 2024, §F) clicks where the error is deepest. Here the
largest error *component* comes first, and the click goes to the deepest point of that (after Xu et al., "Deep
Interactive Object Selection", CVPR 2016: the middle of the largest error).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError
from bench_cases.prompt import NEGATIVE, POSITIVE
from bench_cases.prompting._components import deepest_point, largest_components


class Correction(NamedTuple):
    """A click on one frame: its pixel, its label (1: missed, 0: wrongly painted), and the size of the error it hits."""

    x: int
    y: int
    label: int
    error_px: int


def next_click(predicted_yx: NDArray[np.bool_], reference_yx: NDArray[np.bool_]) -> Correction | None:
    """Return the next click on a frame, or None where nothing is wrong.

    1. What was missed and what was wrongly painted are split into 8-connected components, apart from each other.
    2. Of all, the one with most pixels is taken (ties: a missed one first, then the one met first, row by row).
    3. The click goes to its pixel farthest from all pixels outside it, by Euclidean distance, beyond the frame's border
       being outside (ties: lowest row, then column). It is positive on what was missed, negative on the other.

    Raises
    ------
    DataError
        When the two masks differ in shape.

    Examples
    --------
    Of a bar of five pixels the first two were found, and one beside it was painted: three were missed.

    >>> reference = np.array([[1, 1, 1, 1, 1, 0]], bool)
    >>> predicted = np.array([[1, 1, 0, 0, 0, 1]], bool)
    >>> next_click(predicted, reference)
    Correction(x=2, y=0, label=1, error_px=3)
    >>> next_click(reference, reference) is None
    True
    """
    if predicted_yx.shape != reference_yx.shape:
        msg = (
            f"the reference has shape {reference_yx.shape} and the prediction {predicted_yx.shape}; expected the same "
            "shape (Y, X)."
        )
        raise DataError(msg)
    errors = {POSITIVE: reference_yx & ~predicted_yx, NEGATIVE: predicted_yx & ~reference_yx}
    largest = {label: largest_components(error, most=1)[0] for label, error in errors.items() if error.any()}
    if not largest:
        return None
    label = max(largest, key=lambda it: int(largest[it].sum()))  # the first on ties
    x, y = deepest_point(largest[label])
    return Correction(int(x), int(y), label, int(largest[label].sum()))


class CorrectionInVolume(NamedTuple):
    """A click in a volume: its slice, and where on it."""

    slice: int
    at: Correction


def next_click_in_volume(
    predicted_zyx: NDArray[np.bool_], reference_zyx: NDArray[np.bool_]
) -> CorrectionInVolume | None:
    """Return the `next_click` on the `worst_slice` of a volume, or None where nothing is wrong."""
    z = worst_slice(predicted_zyx, reference_zyx)
    at = None if z is None else next_click(predicted_zyx[z], reference_zyx[z])
    return None if z is None or at is None else CorrectionInVolume(z, at)


def worst_slice(predicted_zyx: NDArray[np.bool_], reference_zyx: NDArray[np.bool_]) -> int | None:
    """Return the slice with most wrong pixels (the first on ties), or None where nothing is wrong.

    SAM 2's offline evaluation (Ravi et al. 2024, §F) passes through the whole video, picks one frame by its error,
    prompts it, and passes again with all prompts so far. It picks the frame of lowest IoU; here the number of wrong
    pixels decides, because on volumes the lowest IoU lies at the structure's ends, where a few pixels are all there is.

    >>> worst_slice(np.zeros((3, 1, 2), bool), np.array([[[0, 0]], [[1, 0]], [[1, 0]]], bool))
    1
    """
    wrong_px = np.array([np.count_nonzero(it) for it in map(np.logical_xor, predicted_zyx, reference_zyx)])
    return int(np.argmax(wrong_px)) if wrong_px.any() else None
