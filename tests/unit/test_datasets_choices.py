"""What is taken of a file that holds more than one grey volume, and how slices are held."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from bench_cases.datasets._files import Choice, ScanImage, oriented, read_image
from bench_cases.errors import DataError
from tests.scan_files import write_nifti, write_png

SERIES_TZYX = np.arange(2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 3, 4, 5)
RED, GREEN = 0xFF0000, 0x00FF00


def refused(path: Path, match: str, **asked: int) -> None:
    with pytest.raises(DataError, match=match):
        read_image(path, choice=Choice(**asked))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["bold.nii.gz", "bold.nrrd", "bold.mha"])
@pytest.mark.parametrize("axis", ["frame", "channel"])
def test_one_volume_of_four_axes_is_taken_as_frame_or_as_channel(tmp_path: Path, name: str, axis: str) -> None:
    path = tmp_path / name
    if name.endswith(".nii.gz"):
        nib.save(nib.Nifti1Image(SERIES_TZYX.T, np.eye(4)), path)
    else:
        import SimpleITK

        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(SERIES_TZYX, isVector=False), str(path))
    np.testing.assert_array_equal(read_image(path, choice=Choice(**{axis: 1})).array_zyx, SERIES_TZYX[1])  # type: ignore[arg-type]
    refused(path, "it has 2 frames, and frame 2 was asked for; expected a number from 0 to 1", **{axis: 2})


def test_a_component_of_a_vector_is_a_channel(tmp_path: Path) -> None:
    import SimpleITK

    vectors = np.moveaxis(SERIES_TZYX, 0, -1)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(vectors, isVector=True), str(tmp_path / "v.nrrd"))
    np.testing.assert_array_equal(read_image(tmp_path / "v.nrrd", channel=1).array_zyx, SERIES_TZYX[1])
    with pytest.raises(DataError, match=r"it has 2 values a voxel .*channel = 0"):
        read_image(tmp_path / "v.nrrd")


def test_five_axes_want_a_frame_and_a_channel(tmp_path: Path) -> None:
    five = np.arange(2 * 2 * 3 * 4 * 5, dtype=np.int16).reshape(2, 2, 3, 4, 5)
    nib.save(nib.Nifti1Image(five.T, np.eye(4)), tmp_path / "five.nii")
    np.testing.assert_array_equal(read_image(tmp_path / "five.nii", frame=1, channel=0).array_zyx, five[0, 1])
    refused(tmp_path / "five.nii", "it has 5 axes", frame=1)


def test_a_single_volume_is_its_own_frame_zero_and_has_no_other(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", SERIES_TZYX[0])
    assert read_image(path, frame=0).array_zyx.shape == (3, 4, 5)
    refused(path, "it has 1 frame, and frame 1 was asked for", frame=1)


def test_a_third_axis_may_be_channels(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "a.nii", SERIES_TZYX[0])
    choice = Choice(channel=2, slices_are_channels=True)
    np.testing.assert_array_equal(read_image(path, choice=choice).array_zyx, SERIES_TZYX[0][2:])
    refused(path, "its 3 slices were said to be channels, and channel 3 was asked", channel=3, slices_are_channels=True)


@pytest.mark.parametrize("mode", ["RGB", "P"])
def test_colours_of_a_mask_are_numbers(tmp_path: Path, mode: str) -> None:
    from PIL import Image

    colours = np.zeros((2, 3, 3), np.uint8)
    colours[0, 0] = (255, 0, 0)
    colours[1, 2] = (0, 255, 0)
    Image.fromarray(colours).convert(mode, palette=Image.Palette.ADAPTIVE).save(tmp_path / "m.png")
    packed = read_image(tmp_path / "m.png", choice=Choice(colour="packed")).array_zyx[0]
    assert packed.tolist() == [[RED, 0, 0], [0, 0, GREEN]]


def test_indices_of_a_palette_and_one_channel_can_be_asked_for(tmp_path: Path) -> None:
    from PIL import Image

    palette = Image.fromarray(np.array([[0, 2], [1, 0]], np.uint8))
    palette.putpalette([0, 0, 0, 9, 9, 9, 90, 0, 0])
    palette.save(tmp_path / "p.png")
    read = read_image(tmp_path / "p.png", choice=Choice(colour="index"))
    assert read.array_zyx.tolist() == [[[0, 2], [1, 0]]]
    write_png(tmp_path / "c.png", np.array([[[1, 2, 3]]], np.uint8))
    assert read_image(tmp_path / "c.png", channel=2).array_zyx.tolist() == [[[3]]]
    refused(tmp_path / "c.png", "it has 3 channels, and channel 3 was asked for", channel=3)


def test_a_coloured_nifti_gives_a_channel_or_packed_colours(tmp_path: Path) -> None:
    voxels = np.zeros((2, 1, 1), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    voxels[1, 0, 0] = (255, 0, 7)
    nib.save(nib.Nifti1Image(voxels, np.eye(4)), tmp_path / "c.nii.gz")
    assert read_image(tmp_path / "c.nii.gz", channel=2).array_zyx.ravel().tolist() == [0, 7]
    packed = read_image(tmp_path / "c.nii.gz", choice=Choice(colour="packed"))
    assert packed.array_zyx.ravel().tolist() == [0, RED + 7]


# ---------------------------------------------------------------- orientation


def scan(axes: str) -> ScanImage:
    """A scan of 2 x 3 x 4 voxels whose values say where they lie: 100 R to L, 10 front to back, 1 head to foot."""
    affine = nib.orientations.inv_ornt_aff(nib.orientations.axcodes2ornt(tuple("RAS")), (2, 3, 4))
    ornt = nib.orientations.axcodes2ornt(tuple(axes))
    left, back, foot = np.meshgrid(np.arange(2), np.arange(3), np.arange(4), indexing="ij")
    lpi = nib.Nifti1Image((100 * left + 10 * back + foot).astype(np.int16), np.diag([-1.0, -1, -1, 1]) @ affine)
    turned = lpi.as_reoriented(nib.orientations.ornt_transform(nib.io_orientation(lpi.affine), ornt))
    return ScanImage(
        array_zyx=np.asarray(turned.dataobj).T,
        affine_xyz=turned.affine,
        spacing_zyx_mm=(1, 1, 1),
        source=Path("case/a.nii"),
    )


AXES = [f"{x}{y}{z}" for x in "LR" for y in "AP" for z in "SI"]


@pytest.mark.parametrize("axes", AXES)
def test_axial_slices_stand_with_the_front_up_and_the_left_on_the_right_from_feet_to_head(axes: str) -> None:
    turned = oriented(scan(axes), "radiological")
    assert nib.aff2axcodes(turned.affine_xyz) == ("L", "P", "S")
    lowest = turned.array_zyx[0]
    assert lowest.tolist() == [[3, 103], [13, 113], [23, 123]]


@pytest.mark.parametrize(
    ("stored", "turned", "first_row"),
    [("RSA", "LIP", [0, 100]), ("SLP", "LIP", [0, 100]), ("ASR", "PIL", [0, 10, 20]), ("IAL", "PIL", [0, 10, 20])],
)
def test_coronal_and_sagittal_slices_stand_with_the_head_up(stored: str, turned: str, first_row: list[int]) -> None:
    upright = oriented(scan(stored), "radiological")
    assert "".join(nib.aff2axcodes(upright.affine_xyz)) == turned
    assert upright.array_zyx[0, 0].tolist() == first_row


@pytest.mark.parametrize("axes", [*AXES, "SLP", "PIR"])
def test_a_voxel_keeps_its_place_in_the_patient_when_slices_are_turned(axes: str) -> None:
    before, after = scan(axes), oriented(scan(axes), "radiological")
    for value in (0, 112, 23):
        places = []
        for each in (before, after):
            (z, y, x), *_ = np.argwhere(each.array_zyx == value)
            places.append(each.affine_xyz @ (x, y, z, 1))
        assert np.allclose(places[0], places[1])


def test_stored_slices_are_left_alone_and_pictures_cannot_be_turned() -> None:
    stored = scan("RAS")
    assert oriented(stored, "stored") is stored
    with pytest.raises(DataError, match=r"case/a\.nii: it does not say how the patient lies; expected a format with"):
        oriented(replace(stored, spacing_zyx_mm=None), "radiological")


def test_gzip_is_read_without_isal_too(tmp_path: Path) -> None:
    write_nifti(tmp_path / "a.nii.gz", SERIES_TZYX[0])
    code = (
        "import sys; sys.modules['isal'] = None; from bench_cases.datasets._files import read_image; "
        f"print(read_image({str(tmp_path / 'a.nii.gz')!r}).array_zyx.sum())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(out.stdout) == SERIES_TZYX[0].sum()
