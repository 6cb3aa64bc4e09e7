"""Reading NIfTI: what goes in comes out, in ``(Z, Y, X)``; what is broken is refused with one clear sentence."""

from __future__ import annotations

import gzip
import re
import struct
import tempfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bench_cases.datasets._files import align_mask, read_image
from bench_cases.errors import DataError
from tests.scan_files import LAS, write_nifti

DTYPES = ["u1", "i1", "<i2", ">i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]


def refused(path: Path, match: str) -> str:
    with pytest.raises(DataError, match=match) as caught:
        read_image(path)
    message = str(caught.value)
    assert message.startswith(f"{path.parent.name}/{path.name}: ")
    assert "; expected " in message
    assert str(path.parent) not in message
    return message


@settings(max_examples=40)
@given(
    array_zyx=hnp.arrays(
        dtype=st.sampled_from(DTYPES).map(np.dtype),
        shape=hnp.array_shapes(min_dims=3, max_dims=3, max_side=5),
        elements={"allow_nan": False, "allow_infinity": False},
    ),
    flips=st.tuples(*[st.sampled_from((-1.0, 1.0))] * 3),
    name=st.sampled_from(["a.nii", "a.nii.gz"]),
    kind=st.sampled_from([nib.Nifti1Image, nib.Nifti2Image]),
)
def test_any_volume_survives_the_round_trip(
    array_zyx: np.ndarray[Any, Any], flips: tuple[float, ...], name: str, kind: Any
) -> None:
    affine = np.diag([0.5 * flips[0], 2.0 * flips[1], 3.0 * flips[2], 1.0])
    affine[:3, 3] = (7, -8, 9)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        nib.save(kind(array_zyx.T, affine, dtype=array_zyx.dtype), path)
        scan = read_image(path)
    np.testing.assert_array_equal(scan.array_zyx, array_zyx)
    assert scan.array_zyx.dtype == array_zyx.dtype.newbyteorder("=")
    np.testing.assert_allclose(scan.affine_xyz, affine)
    assert scan.spacing_zyx_mm == pytest.approx((3.0, 2.0, 0.5))
    assert scan.array_zyx.flags.c_contiguous


@settings(max_examples=60)
@given(
    damage=st.lists(st.tuples(st.integers(0, 355), st.integers(0, 255)), min_size=1, max_size=4),
    keep=st.integers(1, 368),
    compressed=st.booleans(),
)
def test_any_damage_to_a_file_gives_a_scan_or_one_clear_error(
    damage: list[tuple[int, int]], keep: int, compressed: bool
) -> None:
    body = bytearray(nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4)).to_bytes())
    for position, value in damage:
        body[position] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.nii.gz"
        path.write_bytes(gzip.compress(bytes(body[:keep])) if compressed else bytes(body[:keep]))
        try:
            outcome = f"{read_image(path).array_zyx.ndim} axes"
        except DataError as error:
            outcome = str(error)
    assert outcome == "3 axes" or re.search(r"damaged\.nii\.gz: .*; expected ", outcome)


@settings(max_examples=30)
@given(
    mask_zyx=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=5)),
    flips=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_a_mask_stored_with_any_axes_reversed_lands_where_it_belongs(
    mask_zyx: np.ndarray[Any, Any], flips: tuple[bool, bool, bool]
) -> None:
    turned, affine = mask_zyx, LAS.copy()
    for axis_xyz, flip in enumerate(flips):
        if flip:
            turned = np.flip(turned, 2 - axis_xyz)
            affine[:3, 3] += affine[:3, axis_xyz] * (mask_zyx.shape[2 - axis_xyz] - 1)
            affine[:3, axis_xyz] *= -1
    with tempfile.TemporaryDirectory() as folder:
        image = read_image(write_nifti(Path(folder) / "image.nii.gz", np.zeros_like(mask_zyx)))
        mask = read_image(write_nifti(Path(folder) / "mask.nii.gz", turned, affine))
    np.testing.assert_array_equal(align_mask(image, mask), mask_zyx)


def test_the_slowest_axis_of_the_array_is_the_last_of_the_file(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(4, 3, 2), np.eye(4))
    nib.save(image, tmp_path / "a.nii")
    scan = read_image(tmp_path / "a.nii")
    assert scan.array_zyx.shape == (2, 3, 4)
    assert scan.array_zyx[1, 2, 3] == image.get_fdata()[3, 2, 1]


def test_a_single_slice_and_trailing_axes_of_one_become_a_volume(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((5, 4), np.int16), np.eye(4)), tmp_path / "flat.nii")
    nib.save(nib.Nifti1Image(np.zeros((5, 4, 3, 1, 1), np.int16), np.eye(4)), tmp_path / "deep.nii")
    assert read_image(tmp_path / "flat.nii").array_zyx.shape == (1, 4, 5)
    assert read_image(tmp_path / "deep.nii").array_zyx.shape == (3, 4, 5)


def test_a_rescaled_file_gives_real_numbers_and_an_unscaled_one_keeps_its_integers(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "scaled.nii", np.array([[[0, 1, 2]]], np.int16))
    body = bytearray(path.read_bytes())
    body[112:120] = struct.pack("<2f", 2, -1024)  # scl_slope, scl_inter
    path.write_bytes(body)
    scaled = read_image(path).array_zyx
    assert scaled.dtype == np.float32
    assert scaled.ravel().tolist() == [-1024, -1022, -1020]
    assert read_image(write_nifti(tmp_path / "raw.nii", np.zeros((1, 1, 3), np.int16))).array_zyx.dtype == np.int16


def test_compression_is_seen_from_the_content_not_from_the_name(tmp_path: Path) -> None:
    plain = write_nifti(tmp_path / "a.nii", np.ones((2, 3, 4), np.int16))
    plain.rename(tmp_path / "b.nii.gz")
    assert read_image(tmp_path / "b.nii.gz").array_zyx.sum() == 24


def test_identifying_texts_in_the_header_stay_in_the_file(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4))
    image.header["descrip"] = b"DOE^JANE 1970"
    nib.save(image, tmp_path / "a.nii")
    assert "DOE" not in repr(read_image(tmp_path / "a.nii"))


def test_a_time_series_is_refused(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.zeros((4, 3, 2, 5), np.int16), np.eye(4)), tmp_path / "bold.nii")
    refused(
        tmp_path / "bold.nii",
        r"it has 4 axes, shape 4 x 3 x 2 x 5.*one volume of three axes.*Name the one that is meant.*frame = 0",
    )


def test_colours_and_complex_numbers_are_refused(tmp_path: Path) -> None:
    rgb = np.zeros((2, 2, 2), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    nib.save(nib.Nifti1Image(rgb, np.eye(4)), tmp_path / "rgb.nii.gz")
    refused(tmp_path / "rgb.nii.gz", r"its voxels are colours \(RGB\); expected one grey value or label a voxel\. Conv")
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.complex64), np.eye(4)), tmp_path / "c.nii")
    refused(tmp_path / "c.nii", "its voxels are of type complex64")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_no_numbers_are_refused_and_counted(tmp_path: Path, bad: float) -> None:
    array = np.zeros((2, 3, 4), np.float32)
    array[0, 0, :2] = bad
    path = write_nifti(tmp_path / "nan.nii.gz", array)
    refused(path, r"2 of 24 voxels are NaN or infinite; expected finite values everywhere\. Replace them")


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("name", ["cut.nii", "cut.nii.gz"])
def test_truncated_files_are_refused(tmp_path: Path, name: str, keep: float) -> None:
    noise = np.random.default_rng(0).integers(-1000, 1000, (8, 16, 16)).astype(np.int16)
    path = write_nifti(tmp_path / name, noise)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    refused(path, r"(end too early|declares 4096 bytes).*expected a complete.*[Cc]opy")


def test_a_whole_archive_of_half_a_file_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", np.ones((8, 16, 16), np.int16))
    (tmp_path / "half.nii.gz").write_bytes(gzip.compress(path.read_bytes()[:3000]))
    refused(tmp_path / "half.nii.gz", "its data end before the last voxel; expected a complete NIfTI file")


def test_a_flipped_bit_in_a_compressed_file_is_noticed(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(-1000, 1000, (8, 16, 16)).astype(np.int16)
    path = write_nifti(tmp_path / "flip.nii.gz", noise)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    refused(path, "end too early or are damaged")


def test_a_header_that_declares_more_than_the_file_can_hold_is_refused_before_memory_is_asked_for(
    tmp_path: Path,
) -> None:
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 2, 2), np.int16))
    body = bytearray(path.read_bytes())
    body[40:56] = struct.pack("<8h", 3, 32000, 32000, 32000, 1, 1, 1, 1)
    (tmp_path / "huge.nii").write_bytes(body)
    refused(tmp_path / "huge.nii", "declares 65536000000000 bytes of voxels but the file can hold at most 16")
    (tmp_path / "huge.nii.gz").write_bytes(gzip.compress(bytes(body)))
    refused(tmp_path / "huge.nii.gz", "declares 65536000000000 bytes")


def test_an_axis_without_voxels_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 2, 2), np.int16))
    body = bytearray(path.read_bytes())
    body[40:56] = struct.pack("<8h", 3, 2, 0, 2, 1, 1, 1, 1)
    path.write_bytes(body)
    refused(path, r"declares the shape \(2, 0, 2\); expected at least one voxel")


@pytest.mark.parametrize("axes", [0, 8, -1, 0x0300])
def test_a_number_of_axes_that_makes_no_sense_is_refused(tmp_path: Path, axes: int) -> None:
    """The last is three in the other byte order, which nibabel would take, and with it another begin of the voxels."""
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 2, 2), np.int16))
    body = bytearray(path.read_bytes())
    struct.pack_into("<h", body, 40, axes)
    path.write_bytes(body)
    refused(path, f"its header declares {axes} axes; expected 1 to 7, in the byte order of its first field. Its header")


def test_a_nonsense_header_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", np.zeros((2, 2, 2), np.int16))
    body = bytearray(path.read_bytes())
    body[70:72] = struct.pack("<h", 9999)  # data type
    path.write_bytes(body)
    refused(path, "its header or data make no sense to nibabel")
    path.write_bytes(bytes(body[:300]))
    refused(path, "its header or data make no sense to nibabel")
    (tmp_path / "text.nii").write_text("Dear colleague, please find attached the scan of our patient.")
    refused(tmp_path / "text.nii", r"does not start as a NIfTI file does \(first bytes 44 65 61 72\)")


def test_a_flat_affine_is_refused(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4))
    image.header.set_sform(np.diag([1.0, 1.0, 0.0, 1.0]), code=1)
    image.header.set_qform(None, code=0)
    nib.save(nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), None, image.header), tmp_path / "a.nii")
    refused(tmp_path / "a.nii", r"affine is singular or not finite \(voxel size 1, 1, 0 mm\)")


def test_lengths_in_metres_are_refused(tmp_path: Path) -> None:
    image = nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4))
    image.header.set_xyzt_units("meter")
    nib.save(image, tmp_path / "a.nii")
    refused(tmp_path / "a.nii", "lengths in meter; expected millimetres")
