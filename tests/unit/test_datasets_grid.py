"""Image and mask meet in physical space: numbers worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage, align_mask
from bench_cases.errors import DataError


def scan(
    name: str,
    shape_zyx: tuple[int, int, int] = (2, 3, 4),
    affine: NDArray[np.float64] | None = None,
    *,
    geometry: bool = True,
) -> ScanImage:
    return ScanImage(
        array_zyx=np.arange(np.prod(shape_zyx)).reshape(shape_zyx),
        affine_xyz=np.eye(4) if affine is None else affine,
        spacing_zyx_mm=(1.0, 1.0, 1.0) if geometry else None,
        source=Path("/secret/place/case") / name,
    )


def shifted(*offset_mm: float) -> NDArray[np.float64]:
    affine = np.eye(4)
    affine[:3, 3] = offset_mm
    return affine


def test_the_same_grid_leaves_the_mask_as_it_is() -> None:
    mask = scan("mask.nii")
    np.testing.assert_array_equal(align_mask(scan("image.nii"), mask), mask.array_zyx)


def test_a_reversed_axis_is_turned_back() -> None:
    turned = np.diag([1.0, -1.0, 1.0, 1.0])
    turned[1, 3] = 2  # y runs from 2 down to 0
    mask = scan("mask.nii", affine=turned)
    np.testing.assert_array_equal(align_mask(scan("image.nii"), mask), mask.array_zyx[:, ::-1])


def test_rounding_in_a_header_is_forgiven_and_a_tenth_of_a_voxel_is_not() -> None:
    assert align_mask(scan("image.nii"), scan("mask.nii", affine=shifted(0.01, 0, -0.04))).shape == (2, 3, 4)
    with pytest.raises(DataError):
        align_mask(scan("image.nii"), scan("mask.nii", affine=shifted(0.1, 0, 0)))


def test_a_shift_is_refused_with_its_size_in_mm() -> None:
    with pytest.raises(DataError) as caught:
        align_mask(scan("image.nii"), scan("mask.nii", affine=shifted(3, -4, 0)))
    message = str(caught.value)
    assert "image case/image.nii and mask case/mask.nii" in message
    assert "5.0 mm apart (3.0, 4.0, 0.0 mm along x, y, z); expected the same grid" in message
    assert "affine_trusted = false" in message
    assert "secret" not in message


def test_an_affine_that_is_not_trusted_is_not_asked() -> None:
    mask = scan("mask.nii", affine=shifted(512, 0, 0))
    np.testing.assert_array_equal(align_mask(scan("image.nii"), mask, affine_trusted=False), mask.array_zyx)


def test_a_picture_has_no_place_in_space_so_that_shapes_decide() -> None:
    mask = scan("mask.png", geometry=False)
    np.testing.assert_array_equal(align_mask(scan("image.nii", affine=shifted(9, 9, 9)), mask), mask.array_zyx)


@pytest.mark.parametrize("trusted", [True, False])
def test_other_shapes_are_refused_with_both(trusted: bool) -> None:
    with pytest.raises(DataError, match=r"image has 4 x 3 x 2 voxels and the mask 6 x 5 x 2 \(x, y, z\).*Resample"):
        align_mask(scan("image.nii"), scan("mask.nii", (2, 5, 6)), affine_trusted=trusted)


def test_turned_axes_are_refused() -> None:
    affine = np.eye(4)[[1, 0, 2, 3]]
    with pytest.raises(DataError, match="mm apart"):
        align_mask(scan("i.nii", (3, 3, 3)), scan("m.nii", (3, 3, 3), affine))
