"""Image and mask meet in physical space: numbers worked out by hand."""

from __future__ import annotations

import dataclasses
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


def test_axes_in_another_order_are_put_back() -> None:
    affine = np.eye(4)[:, [2, 0, 1, 3]]  # the mask's x runs along the image's z, its y along x, its z along y
    mask = scan("m.nii", (3, 4, 2), affine)
    aligned = align_mask(scan("i.nii", (2, 3, 4)), mask)
    np.testing.assert_array_equal(aligned, mask.array_zyx.transpose(2, 0, 1))


def test_axes_that_are_oblique_to_each_other_are_refused() -> None:
    cosine, sine = np.cos(0.3), np.sin(0.3)
    turned = np.eye(4)
    turned[:2, :2] = [[cosine, -sine], [sine, cosine]]
    with pytest.raises(DataError, match="mm apart"):
        align_mask(scan("i.nii", (3, 3, 3)), scan("m.nii", (3, 3, 3), turned))


def test_a_partial_mask_is_put_where_it_belongs() -> None:
    part = dataclasses.replace(scan("m.dcm", (1, 3, 4), shifted(0, 0, 1)), partial=True)
    whole = align_mask(scan("i.nii"), part)
    np.testing.assert_array_equal(whole[1], part.array_zyx[0])
    assert not whole[0].any()


def test_a_partial_mask_that_leaves_the_image_is_refused_with_what_would_be_lost() -> None:
    part = dataclasses.replace(scan("m.dcm", (1, 3, 4), shifted(0, 0, 2)), partial=True)
    with pytest.raises(DataError, match="11 voxels of the mask lie outside the image; expected a mask of this image"):
        align_mask(scan("i.nii"), part)


def test_slices_that_are_files_are_paired_by_their_names_not_by_position() -> None:
    image = dataclasses.replace(scan("series"), slice_files=("b", "a"))
    mask = dataclasses.replace(scan("pictures", geometry=False), slice_files=("0", "1"))
    np.testing.assert_array_equal(align_mask(image, mask), mask.array_zyx[::-1])
