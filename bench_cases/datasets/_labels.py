"""From mask files to the label map that a `Volume` carries: 0 background, 1..K the target's labels in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError

_WHITE = {255, 65535}
_ROUNDING = 1e-3


def labels_from_mask(
    masks_zyx: Sequence[NDArray[np.generic]],
    *,
    where: str,
    labels: Sequence[int] = (),
    threshold: float | None = None,
    known: Collection[int] = (),
) -> NDArray[np.uint8]:
    """Build the label map of a target from one mask or several.

    Three ways, by what is given:

    * `labels`: those ids, searched in every mask, become 1..K in the order given;
    * `threshold`: voxels above it count (soft and antialiased masks); mask number k becomes label k;
    * neither: voxels that are not 0 count; mask number k becomes label k.

    A target that is absent from a volume gives an empty map and no error: an organ can lie outside the scan, and what
    cannot be prompted is told case by case by the engine. A mask whose values mean something else is refused: grey
    values where ids were expected, white (255) where only other ids were asked for, or no value that is `known`.

    Parameters
    ----------
    masks_zyx
        Masks of one shape ``(Z, Y, X)``.
    where
        Names of the files, for messages.
    labels
        Ids that make up the target.
    threshold
        In the mask's own values.
    known
        All ids that the set's documentation lists; empty if there is no such list.

    Returns
    -------
    numpy.ndarray
        ``uint8 (Z, Y, X)``. Where masks overlap, the one named first wins.

    Raises
    ------
    DataError
        When the values do not fit what was asked for.

    Examples
    --------
    >>> labels_from_mask([np.array([[[0, 4, 2, 1]]])], where="mask", labels=(4, 1)).tolist()
    [[[0, 1, 0, 2]]]
    """
    if not labels:
        return _one_label_a_mask(
            masks_zyx, -np.inf if threshold is None else threshold, where, nonzero=threshold is None
        )
    out = np.zeros(masks_zyx[0].shape, np.uint8)
    maps = [_ids(mask, where) for mask in masks_zyx]
    for ids in maps:
        for order, label in enumerate(labels, start=1):
            out[(ids == label) & (out == 0)] = order
    if not out.any():
        seen = {int(value) for ids in maps for value in np.unique(ids)}
        _refuse_strangers(seen - {0}, set(labels), set(known), where)
    return out


def _one_label_a_mask(
    masks_zyx: Sequence[NDArray[np.generic]], threshold: float, where: str, *, nonzero: bool
) -> NDArray[np.uint8]:
    out = np.zeros(masks_zyx[0].shape, np.uint8)
    for order, mask in enumerate(masks_zyx, start=1):
        inside: NDArray[np.bool_] = np.not_equal(_ids(mask, where), 0) if nonzero else np.greater(mask, threshold)
        out[inside & (out == 0)] = order
    return out


def _ids(mask: NDArray[np.generic], where: str) -> NDArray[np.generic]:
    """Round a label map stored as real numbers; refuse one that holds fractions."""
    if mask.dtype.kind != "f":
        return mask
    values = mask.astype(np.float64)
    rounded = np.round(values)
    fractions = int(np.count_nonzero(np.abs(values - rounded) > _ROUNDING))
    if fractions:
        msg = (
            f"{where}: {fractions} voxels of the mask hold fractions ({values.min():g} to {values.max():g}); "
            "expected whole label ids. It is a soft or interpolated mask: give 'threshold' (and no 'labels')."
        )
        raise DataError(msg)
    return rounded


def _refuse_strangers(seen: set[int], labels: set[int], known: set[int], where: str) -> None:
    """Refuse a mask none of whose values was asked for, where that can only be a wrong mask."""
    if not seen:
        return
    wanted = ", ".join(map(str, sorted(labels)))
    found = ", ".join(map(str, sorted(seen)[:8])) + (", ..." if len(seen) > 8 else "")
    if seen <= _WHITE:
        msg = (
            f"{where}: the mask holds {found} and nothing else; expected label ids {wanted}. "
            "A black-and-white mask is read with 'threshold = 127' instead of 'labels'."
        )
        raise DataError(msg)
    if known and not seen & known:
        listed = ", ".join(map(str, sorted(known)))
        msg = f"{where}: the mask holds {found}; expected ids among {listed}. Pair the image with the right mask file."
        raise DataError(msg)
