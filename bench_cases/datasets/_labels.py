"""From mask files to the label map that a `Volume` carries: 0 background, 1..K the target's labels in order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError
from bench_cases.volume import pieces

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
    for mask in masks_zyx:
        _refuse_fractions(mask, where)
        for part in _pieces(mask):
            ids, space = _ids(mask[part]), out[part]
            for order, label in enumerate(labels, start=1):
                space[(ids == label) & (space == 0)] = order
    if not out.any():
        seen = {int(value) for mask in masks_zyx for part in _pieces(mask) for value in np.unique(_ids(mask[part]))}
        _refuse_strangers(seen - {0}, set(labels), set(known), where)
    return out


def _one_label_a_mask(
    masks_zyx: Sequence[NDArray[np.generic]], threshold: float, where: str, *, nonzero: bool
) -> NDArray[np.uint8]:
    out = np.zeros(masks_zyx[0].shape, np.uint8)
    for order, mask in enumerate(masks_zyx, start=1):
        if nonzero:
            _refuse_fractions(mask, where)
        for part in _pieces(mask):
            values, space = mask[part], out[part]
            inside: NDArray[np.bool_] = np.not_equal(_ids(values), 0) if nonzero else np.greater(values, threshold)
            space[inside & (space == 0)] = order
    return out


def _pieces(mask_zyx: NDArray[np.generic]) -> Iterator[slice]:
    return pieces(len(mask_zyx), mask_zyx[0].size)


def _ids(piece: NDArray[np.generic]) -> NDArray[np.generic]:
    """Round a piece of a label map stored as real numbers: all of it in 64 bits would fill the memory."""
    return np.round(piece.astype(np.float64)) if piece.dtype.kind == "f" else piece


def _refuse_fractions(mask_zyx: NDArray[np.generic], where: str) -> None:
    """Refuse a label map stored as real numbers that holds fractions."""
    if mask_zyx.dtype.kind != "f":
        return
    fractions = 0
    for part in _pieces(mask_zyx):
        off = mask_zyx[part].astype(np.float64) - _ids(mask_zyx[part]).astype(np.float64)
        fractions += int(np.count_nonzero(np.abs(off) > _ROUNDING))
    if fractions:
        msg = (
            f"{where}: {fractions} voxels of the mask hold fractions ({mask_zyx.min():g} to {mask_zyx.max():g}); "
            "expected whole label ids. It is a soft or interpolated mask: give 'threshold' (and no 'labels')."
        )
        raise DataError(msg)


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
