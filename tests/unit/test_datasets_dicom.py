"""DICOM: series in position order, in HU, whole or refused; SEG; and pictures as the reference of a series."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench_cases.datasets._files import Choice, align_mask, read_image
from bench_cases.errors import DataError
from tests.dicom_files import write_seg, write_series, write_slice
from tests.scan_files import write_nifti, write_png

STORED = np.arange(3 * 4 * 5).reshape(3, 4, 5)


def refused(path: Path, match: str, choice: Choice | None = None) -> str:
    with pytest.raises(DataError, match=match) as caught:
        read_image(path, choice=choice)
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_a_series_is_sorted_by_position_rescaled_and_placed(tmp_path: Path) -> None:
    scan = read_image(write_series(tmp_path / "ct", STORED))
    np.testing.assert_array_equal(scan.array_zyx, STORED * 2 - 1000)
    assert scan.array_zyx.dtype == np.int16
    assert scan.spacing_zyx_mm == pytest.approx((2, 0.5, 0.75))
    # LPS (10, 20, 0) is RAS (-10, -20, 0); rows run to the left, columns to the back.
    expected = np.array([[-0.75, 0, 0, -10], [0, -0.5, 0, -20], [0, 0, 2, 0], [0, 0, 0, 1]])
    assert np.allclose(scan.affine_xyz, expected)


def test_make_and_model_of_the_scanner_are_kept(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", STORED, Manufacturer="ACME ", ManufacturerModelName="Tube 9")
    assert read_image(folder).scanner == ("ACME", "Tube 9")


def test_other_files_beside_the_series_are_ignored(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", STORED)
    (folder / "Thumbs.db").write_bytes(b"junk")
    (folder / "DICOMDIR").write_bytes(bytes(128) + b"DICM")
    write_seg(folder / "seg.dcm", [(1, 0.0, np.ones((4, 5)))])
    assert read_image(folder).array_zyx.shape == (3, 4, 5)


def spoil_uid(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0], z_mm=6, SeriesInstanceUID="1.2.3.9")


def spoil_gap(folder: Path) -> None:
    (folder / "IM002").unlink()
    write_slice(folder / "IM009", STORED[0], z_mm=6)


def spoil_twice(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0], z_mm=2)


def spoil_size(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0][:2], z_mm=6)


def spoil_direction(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0], z_mm=6, ImageOrientationPatient=[0, 1, 0, 0, 0, -1])


def spoil_spacing(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0], z_mm=6, PixelSpacing=[0.5, 0.5])


def spoil_place(folder: Path) -> None:
    write_slice(folder / "IM009", STORED[0], ImagePositionPatient=None)


@pytest.mark.parametrize(
    ("spoil", "wrong"),
    [
        (spoil_uid, "4 slices are of 2 series.*mixed; expected the slices of one series"),
        (spoil_gap, r"between slices 1 and 2 of 3, .* lie 4\.00 mm where others lie .*slices are missing"),
        (spoil_twice, "1 of its slices lie where another one lies"),
        (spoil_size, "4 slices are of 2 heights"),
        (spoil_direction, "differ in direction or pixel size"),
        (spoil_spacing, "differ in direction or pixel size"),
        (spoil_place, "1 of its 4 slices do not say where they lie; expected a position"),
    ],
)
def test_missing_and_mixed_slices_are_refused(tmp_path: Path, spoil: Callable[[Path], None], wrong: str) -> None:
    folder = write_series(tmp_path / "ct", STORED)
    spoil(folder)
    message = refused(folder, wrong)
    assert "IM0" not in message
    assert "1.2.3" not in message


def test_a_tilted_gantry_shears_the_affine_and_is_no_gap(tmp_path: Path) -> None:
    for z in range(3):
        write_slice(tmp_path / "ct" / f"{z}", STORED[z], ImagePositionPatient=[10, 20 + z, 2 * z])
    affine = read_image(tmp_path / "ct").affine_xyz
    np.testing.assert_allclose(affine[:3, 2], [0, -1, 2])


def test_one_slice_is_a_volume_and_a_radiograph_without_position_has_no_spacing(tmp_path: Path) -> None:
    scan = read_image(write_slice(tmp_path / "one", STORED[0]))
    assert scan.array_zyx.shape == (1, 4, 5)
    assert scan.spacing_zyx_mm == pytest.approx((9, 0.5, 0.75))
    flat = read_image(write_slice(tmp_path / "xray.dcm", STORED[0], ImagePositionPatient=None))
    assert flat.spacing_zyx_mm is None


def test_where_the_lowest_value_is_white_grey_values_are_turned_over(tmp_path: Path) -> None:
    scan = read_image(write_slice(tmp_path / "xray", STORED[0], PhotometricInterpretation="MONOCHROME1"))
    np.testing.assert_array_equal(scan.array_zyx[0], (4095 - STORED[0]) * 2 - 1000)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_no_text_of_a_header_is_in_a_message(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", STORED, PatientName="Doe^Jane", StudyDescription="Doe Clinic")
    write_slice(folder / "Doe_Jane.dcm", STORED[0], z_mm=31, PatientName="Doe^Jane", StudyDescription="Doe Clinic")
    assert "Doe" not in refused(folder, "slices are missing")
    body = (folder / "Doe_Jane.dcm").read_bytes()
    (folder / "Doe_Jane.dcm").write_bytes(body[:400])
    assert "Doe" not in refused(folder, "one of its files breaks off in its header")


def test_a_slice_whose_pixels_break_off_is_refused(tmp_path: Path) -> None:
    folder = write_series(tmp_path / "ct", STORED)
    file = folder / "IM002"
    file.write_bytes(file.read_bytes()[:-6])
    assert "IM002" not in refused(folder, "SimpleITK cannot read its pixels; expected a complete")


# ---------------------------------------------------------------- references of a series


def test_a_segmentation_without_its_empty_slices_lands_where_it_belongs(tmp_path: Path) -> None:
    mask = np.zeros((4, 5))
    mask[1, 2:4] = 1
    image = read_image(write_series(tmp_path / "ct", STORED))
    seg = read_image(write_seg(tmp_path / "seg.dcm", [(1, 2.0, mask)]))
    aligned = align_mask(image, seg)
    np.testing.assert_array_equal(aligned[1], mask)
    assert aligned.sum() == 2


def test_segments_become_label_ids_and_gaps_between_frames_are_empty(tmp_path: Path) -> None:
    low, high = np.eye(4, 5), np.fliplr(np.eye(4, 5))
    seg = read_image(write_seg(tmp_path / "seg.dcm", [(2, 4.0, high), (1, 0.0, low)]))
    np.testing.assert_array_equal(seg.array_zyx, [low, np.zeros((4, 5)), 2 * high])


def test_overlapping_segments_are_refused_until_they_are_named_and_the_first_named_wins(tmp_path: Path) -> None:
    full, dot = np.ones((4, 5)), np.zeros((4, 5))
    dot[0, 0] = 1
    path = write_seg(tmp_path / "seg.dcm", [(1, 0.0, full), (2, 0.0, dot)])
    refused(path, "its segments overlap in 1 voxels; expected segments that do not.*labels = ")
    assert read_image(path, choice=Choice(segments=(2, 1))).array_zyx[0, 0, 0] == 2
    assert read_image(path, choice=Choice(segments=(1,))).array_zyx.max() == 1
    refused(path, "it has no segment 7; expected segments among 1, 2", Choice(segments=(7,)))


def test_a_fractional_segmentation_gives_shares(tmp_path: Path) -> None:
    shares = np.full((4, 5), 50)
    seg = read_image(write_seg(tmp_path / "seg.dcm", [(1, 0.0, shares)], fractional=True))
    assert (seg.array_zyx == 0.25).all()


def test_pictures_are_paired_with_slices_by_name_not_by_position(tmp_path: Path) -> None:
    image = read_image(write_series(tmp_path / "ct", STORED))  # the first name is the highest slice
    for number in (1, 2, 10):
        write_png(tmp_path / "Ground" / f"liver_GT_{number}.png", np.full((4, 5), number, np.uint8))
    mask = align_mask(image, read_image(tmp_path / "Ground"))
    assert mask[:, 0, 0].tolist() == [10, 2, 1]


def test_a_picture_too_few_is_refused(tmp_path: Path) -> None:
    image = read_image(write_series(tmp_path / "ct", STORED))
    write_png(tmp_path / "Ground" / "1.png", np.zeros((4, 5), np.uint8))
    with pytest.raises(DataError, match=r"image has 5 x 4 x 3 voxels and the mask 5 x 4 x 1"):
        align_mask(image, read_image(tmp_path / "Ground"))


def test_pictures_of_two_sizes_in_a_folder_are_refused(tmp_path: Path) -> None:
    write_png(tmp_path / "slices" / "1.png", np.zeros((4, 5), np.uint8))
    write_png(tmp_path / "slices" / "2.png", np.zeros((4, 6), np.uint8))
    refused(tmp_path / "slices", r"2\.png has 6 x 4 x 1 pixels and .*1\.png has 5 x 4 x 1.*expected single pictures")


def test_a_nifti_mask_of_a_series_is_turned_over_through_physical_space(tmp_path: Path) -> None:
    image = read_image(write_series(tmp_path / "ct", STORED))
    upside_down = image.affine_xyz @ np.array([[1, 0, 0, 0], [0, -1, 0, 3], [0, 0, 1, 0], [0, 0, 0, 1.0]])
    mask = read_image(write_nifti(tmp_path / "m.nii.gz", STORED[:, ::-1].astype(np.int16), upside_down))
    np.testing.assert_array_equal(align_mask(image, mask), STORED)
