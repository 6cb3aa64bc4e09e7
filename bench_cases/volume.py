"""The noun `Volume`: one scan with its reference, checked once, here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError

Scaling = Literal["slice", "volume"]

VOXELS_AT_ONCE: Final = 1 << 20
"""Voxels of a piece of a volume, for work that would not fit into memory for all of it."""


class Window(NamedTuple):
    """A display window: grey values `level - width / 2` to `level + width / 2` are kept, the rest clipped.

    Units are those of the image (Hounsfield units in CT).
    """

    level: float
    width: float

    @property
    def limits(self) -> tuple[float, float]:
        """Lowest and highest grey value kept.

        >>> Window(level=-650, width=1500).limits
        (-1400.0, 100.0)
        """
        return self.level - self.width / 2, self.level + self.width / 2

    def __str__(self) -> str:
        """Return both numbers in words.

        >>> str(Window(level=-650, width=1500))
        'level -650, width 1500'
        """
        return f"level {self.level:g}, width {self.width:g}"


class Scanner(NamedTuple):
    """Make and model of the machine a scan comes from, where its header has them; None for what it does not say."""

    manufacturer: str | None
    model: str | None


class AffineCodes(NamedTuple):
    """What a NIfTI header says its affines lead to: 1 the scanner, 2 another scan, 3 and 4 an atlas, 0 nothing."""

    qform: int
    sform: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """One scan, ready to be segmented.

    Parameters
    ----------
    dataset
        Name of the dataset as selected, with its target when one was asked for (``amos-ct:spleen``).
    id
        Identifier of the volume within the dataset; never a name or number of a patient from a header.
    image_zyx
        Grey values, shape ``(Z, Y, X)``, any real dtype, finite. A radiograph has ``Z = 1``.
    labels_zyx
        Label map of the target, shape ``(Z, Y, X)``, ``uint8``: 0 background, 1..K the target's labels in order.
    spacing_zyx_mm
        Voxel size in millimetres along ``z, y, x``; ``None`` where the source does not say.
    modality, target
        For instance ``"CT"`` and ``"lungs"``.
    affine_xyz
        4 x 4 matrix from voxel indices ``(x, y, z)`` to RAS millimetres, as nibabel has it, of the *source file*:
        a mask of this shape, transposed to ``(X, Y, Z)`` and written with it, overlays the source in any viewer.
    affine_codes
        The two codes of a NIfTI source, written with the affine; None of other formats, and where both are 0.
    affine_trusted
        False where the affine is known to be wrong about anatomy (see the dataset's notes).
    window
        Window applied before scaling, or None when the set is already windowed or needs none.
    scaling
        ``"slice"``: each slice is stretched to 0..255 by its own extremes (the published studies);
        ``"volume"``: by the extremes of the whole volume.
    ordered
        False for a set of images that are not slices of one body.
    image_ids
        Names of the images of an unordered set, one a slice; empty where slices have numbers only.
    phantom
        True for synthetic data; shown in every table.
    scanner
        Make and model of the machine; None where the header has neither.
    slice_offset
        Index in the source of this volume's slice 0 (non-zero after ``--sam-limit-slices``).
    source_slices
        Number of slices in the source file.
    """

    dataset: str
    id: str
    image_zyx: NDArray[np.generic]
    labels_zyx: NDArray[np.uint8]
    spacing_zyx_mm: tuple[float, float, float] | None = None
    modality: str
    target: str
    affine_xyz: NDArray[np.float64] = field(default_factory=lambda: np.eye(4))
    affine_codes: AffineCodes | None = None
    affine_trusted: bool = True
    window: Window | None = None
    scaling: Scaling = "slice"
    ordered: bool = True
    image_ids: tuple[str, ...] = ()
    phantom: bool = False
    scanner: Scanner | None = None
    slice_offset: int = 0
    source_slices: int = 0
    _made: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        where = f"{self.dataset}/{self.id}"
        if self.image_zyx.ndim != 3:
            msg = f"{where}: the image has shape {self.image_zyx.shape}; expected three axes (Z, Y, X)."
            raise DataError(msg)
        if self.labels_zyx.shape != self.image_zyx.shape:
            msg = (
                f"{where}: image {self.image_zyx.shape} and mask {self.labels_zyx.shape} differ in shape; "
                "expected one mask voxel for each image voxel. Resample the mask onto the image's grid."
            )
            raise DataError(msg)
        if self.labels_zyx.dtype != np.uint8:
            msg = f"{where}: labels are {self.labels_zyx.dtype}; expected uint8 with 0 as background."
            raise DataError(msg)
        if 0 in self.image_zyx.shape:
            msg = f"{where}: the image has shape {self.image_zyx.shape}; expected at least one voxel along each axis."
            raise DataError(msg)
        if self.image_zyx.dtype.kind == "f" and (bad := count_not_finite(self.image_zyx)):
            msg = f"{where}: {bad} voxels are NaN or infinite; expected finite grey values. Replace them at the source."
            raise DataError(msg)
        if self.image_zyx.dtype.kind not in "iuf":
            msg = f"{where}: grey values are {self.image_zyx.dtype}; expected integers or real numbers."
            raise DataError(msg)
        if self.image_ids and len(self.image_ids) != len(self.image_zyx):
            msg = (
                f"{where}: {len(self.image_ids)} ids for {len(self.image_zyx)} images; expected one for each, or none."
            )
            raise DataError(msg)
        if not self.source_slices:
            object.__setattr__(self, "source_slices", len(self.image_zyx))

    @property
    def reference_zyx(self) -> NDArray[np.bool_]:
        """The reference mask: the union of the target's labels, shape ``(Z, Y, X)``; made once, read-only."""
        if "reference" not in self._made:  # asked for slice by slice, strategy by strategy
            reference = self.labels_zyx > 0
            reference.flags.writeable = False
            self._made["reference"] = reference
        reference_zyx: NDArray[np.bool_] = self._made["reference"]
        return reference_zyx

    @property
    def grey_limits(self) -> tuple[float, float]:
        """Least and greatest grey value; looked for once."""
        if "limits" not in self._made:
            self._made["limits"] = (float(self.image_zyx.min()), float(self.image_zyx.max()))
        low, high = self._made["limits"]
        return low, high

    @property
    def n_slices(self) -> int:
        """Number of slices held (Z)."""
        return len(self.image_zyx)

    @property
    def size_yx(self) -> tuple[int, int]:
        """Height and width of a slice in pixels."""
        return self.image_zyx.shape[1], self.image_zyx.shape[2]

    def nonempty_slices(self) -> NDArray[np.intp]:
        """Indices of the slices that carry some of the target, ascending."""
        return np.flatnonzero(self.labels_zyx.any(axis=(1, 2)))

    def digest(self) -> str:
        """SHA-256 over image and labels (shape, dtype and bytes), hex: the identity of what was segmented."""
        sha = hashlib.sha256()
        for array in (self.image_zyx, self.labels_zyx):
            sha.update(f"{array.shape}{array.dtype.str}".encode())
            sha.update(np.ascontiguousarray(array).data)  # its bytes where they lie: tobytes would copy the volume
        return sha.hexdigest()

    def slice_digest(self, source_index: int) -> str | None:
        """SHA-256 over the grey values of one slice of the source, hex; None when that slice is not held.

        Tells whether this is the scan a slice was taken from, without its name.
        """
        held = source_index - self.slice_offset
        if not 0 <= held < self.n_slices:
            return None
        slice_yx = np.ascontiguousarray(self.image_zyx[held])
        return hashlib.sha256(f"{slice_yx.shape}{slice_yx.dtype.str}".encode() + slice_yx.tobytes()).hexdigest()

    def limited(self, slices: int) -> Volume:
        """Keep `slices` neighbouring slices around the volume's middle slice ``n // 2``.

        Neighbours, because propagation needs them; around the middle, because the middle slice carries the prompt of
        the one-prompt strategies and must still be the middle.
        """
        from dataclasses import replace

        if slices < 1:
            msg = f"{slices} slices were asked for; expected at least 1."
            raise DataError(msg)
        if slices >= self.n_slices:
            return self
        first = self.n_slices // 2 - slices // 2
        keep = slice(first, first + slices)
        return replace(
            self,
            image_zyx=self.image_zyx[keep],
            labels_zyx=self.labels_zyx[keep],
            image_ids=self.image_ids[keep],
            slice_offset=self.slice_offset + first,
        )


def pieces(depth: int, slice_voxels: int) -> Iterator[slice]:
    """Cut a volume into pieces of neighbouring slices, for work that takes many times the bytes of what it works on.

    >>> list(pieces(depth=5, slice_voxels=VOXELS_AT_ONCE // 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None)]
    """
    step = max(1, VOXELS_AT_ONCE // max(1, slice_voxels))
    return (slice(first, first + step) for first in range(0, depth, step))


def count_not_finite(array_zyx: NDArray[np.generic]) -> int:
    """Count the voxels that are NaN or infinite; piece by piece, because in one go that would take a byte a voxel."""
    finite = (np.isfinite(array_zyx[part]) for part in pieces(len(array_zyx), array_zyx[0].size))
    return int(array_zyx.size - sum(np.count_nonzero(it) for it in finite))


def must_be_of_one_shape(reference_zyx: NDArray[np.bool_], predicted_zyx: NDArray[np.bool_]) -> None:
    """Refuse two masks that are not of one volume.

    Raises
    ------
    DataError
        When their shapes differ.
    """
    if reference_zyx.shape != predicted_zyx.shape:
        msg = (
            f"the reference has shape {reference_zyx.shape} and the prediction {predicted_zyx.shape}; "
            "expected the same shape (Z, Y, X)."
        )
        raise DataError(msg)
