"""Templates, codings, forms and orientation: what the layouts of published sets are made of."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from bench_cases.datasets import chaos
from bench_cases.datasets._files import ScanImage
from bench_cases.datasets._sets import Greys, Ids, Outline, White
from bench_cases.datasets._sets.form import channel
from bench_cases.datasets._sets.orient import radiological, to_axes
from bench_cases.datasets._sets.pictures import MHA_COLOUR
from bench_cases.datasets._sets.segments import segments
from bench_cases.datasets._sets.template import find
from bench_cases.errors import DataError

# ---------------------------------------------------------------- templates


def test_a_template_finds_fields_and_leaves_out_what_systems_leave_behind(tmp_path: Path) -> None:
    for name in (
        "a/x_1.png",
        "a/x_10.png",
        "a/x_1_mask.png",
        "a/._x_2.png",
        "__MACOSX/x_3.png",
        "b/y_1.png",
        "b/x_y.png",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find(tmp_path, "{folder}/x_{id:[0-9]+}.png")
    assert sorted(each["id"] for each in found) == ["1", "10"]
    assert find(tmp_path, "{folder}/{folder}_1.png") == []


def test_brackets_in_names_mean_themselves(tmp_path: Path) -> None:
    (tmp_path / "benign").mkdir()
    for name in ("benign (1).png", "benign (1)_mask.png", "benign [2].png"):
        (tmp_path / "benign" / name).touch()
    assert find(tmp_path, "{kind}/{kind} ({number:[0-9]+}).png") == [{"kind": "benign", "number": "1"}]


# ---------------------------------------------------------------- codings

IDS = np.array([[[0, 1, 2], [3, 0, 1]]], np.uint8)


@pytest.mark.parametrize(
    ("coding", "ids"),
    [
        (Ids(), IDS),
        (Ids(same_as=((4, 3),)), IDS),
        (White(label=2, above=127, value=255), np.where(IDS == 2, 2, 0)),
        (Greys(values={1: (56, 70, 63), 2: (111, 135, 126), 3: (176, 200, 189)}), IDS),
    ],
)
def test_a_coding_undoes_itself(coding: Ids | White | Greys, ids: np.ndarray) -> None:
    np.testing.assert_array_equal(coding.decode(coding.encode(IDS), "mask"), ids)


def test_the_enhancing_tumour_is_three_whichever_year_wrote_it() -> None:
    coding = Ids(same_as=((4, 3),))
    assert coding.decode(np.array([[[0, 3, 4, 2]]]), "seg").tolist() == [[[0, 3, 3, 2]]]


def test_greys_between_the_organs_are_refused_with_their_values() -> None:
    coding = chaos.T2.masks[0].coding
    assert coding.decode(np.array([[[0, 70, 240 + 2]]], np.uint8), "Ground").tolist() == [[[0, 1, 4]]]
    with pytest.raises(DataError, match=r"Ground: the mask holds grey values 90, 239; expected 0 and 56 to 70"):
        coding.decode(np.array([[[0, 90, 239]]], np.uint8), "Ground")


def circle(size: int, centre: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.indices((size, size))
    inside: np.ndarray = np.hypot(y - centre[0], x - centre[1]) < radius
    return inside


def test_a_closed_outline_is_filled() -> None:
    disc = circle(80, (40, 38), 25)
    line = Outline().encode(disc[None].astype(np.uint8))
    assert 0 < np.count_nonzero(line) < np.count_nonzero(disc) / 3
    np.testing.assert_array_equal(Outline().decode(line, "x")[0] == 1, disc)


def test_an_outline_that_leaves_the_picture_is_completed_by_an_ellipse() -> None:
    disc = circle(80, (12, 40), 30)
    line = circle(80, (12, 40), 30) & ~circle(80, (12, 40), 27)
    filled = Outline().decode(line[None] * 255, "x")[0] > 0
    assert np.count_nonzero(filled ^ disc) < 0.03 * np.count_nonzero(disc)


def test_a_mask_that_comes_filled_stays_as_it_is() -> None:
    disc = circle(80, (40, 40), 25)
    np.testing.assert_array_equal(Outline().decode(disc[None] * 255, "x")[0] > 0, disc)


def test_a_line_that_is_no_ellipse_is_refused() -> None:
    line = np.zeros((1, 60, 60), np.uint8)
    line[0, 30, 5:25] = line[0, 30, 35:55] = 255
    line[0, 10:50, 30] = 255
    line[0, 0:3, 0:3] = 255
    with pytest.raises(DataError, match=r"x: the outline is open and no ellipse; expected a closed line"):
        Outline().decode(line, "x")


# ---------------------------------------------------------------- forms


def test_one_channel_of_a_file_with_several_is_read_and_others_are_refused(tmp_path: Path) -> None:
    voxels = np.arange(2 * 3 * 4 * 2).reshape(2, 3, 4, 2).astype(np.int16)
    nib.save(nib.Nifti1Image(voxels, np.diag([1, 2, 3, 1.0])), tmp_path / "two.nii.gz")
    scan = channel(1, 2).read(tmp_path / "two.nii.gz")
    np.testing.assert_array_equal(scan.array_zyx, voxels[..., 1].T)
    assert scan.spacing_zyx_mm == (3, 2, 1)
    with pytest.raises(DataError, match=r"two\.nii\.gz: shape 2 x 3 x 4 x 2; expected four axes, the last with 4"):
        channel(0, 4).read(tmp_path / "two.nii.gz")


def test_planes_that_differ_are_not_taken_for_grey(tmp_path: Path) -> None:
    import SimpleITK

    planes = np.zeros((3, 4, 4), np.uint8)
    planes[1] = 7
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(planes), str(tmp_path / "a.mha"))
    with pytest.raises(DataError, match=r"a\.mha: shape \(3, 4, 4\).*planes that differ"):
        MHA_COLOUR.read(tmp_path / "a.mha")


def test_segments_are_told_by_their_names_not_by_their_values(tmp_path: Path) -> None:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(np.array([[[0, 1, 2]]], np.uint8))
    for number, (name, value) in enumerate((("Vessels", 1), ("Dense tissue", 2))):
        image.SetMetaData(f"Segment{number}_Name", name)
        image.SetMetaData(f"Segment{number}_LabelValue", str(value))
    SimpleITK.WriteImage(image, str(tmp_path / "a.seg.nrrd"))
    form = segments({"dense": 2, "vessel": 3})
    assert form.read(tmp_path / "a.seg.nrrd").array_zyx.tolist() == [[[0, 3, 2]]]
    with pytest.raises(DataError, match=r"names the segments vessels, dense tissue; expected names with breast"):
        segments({"breast": 1}).read(tmp_path / "a.seg.nrrd")


# ---------------------------------------------------------------- orientation


@pytest.mark.parametrize("axes", ["RAS", "LAS", "LPI", "PIR"])
def test_slices_are_turned_upright_from_any_order_and_back(axes: str) -> None:
    upright = np.arange(24).reshape(2, 3, 4)
    affine = np.diag([-1.0, -2.0, 5.0, 1.0])
    stored, stored_affine = to_axes(upright, affine, axes)
    scan = ScanImage(array_zyx=stored, affine_xyz=stored_affine, spacing_zyx_mm=(1, 1, 1), source=Path("x"))
    turned, labels = radiological(scan, (stored % 3).astype(np.uint8))
    np.testing.assert_array_equal(turned.array_zyx, upright)
    np.testing.assert_array_equal(labels, upright % 3)
    np.testing.assert_allclose(turned.affine_xyz, affine)
    assert turned.spacing_zyx_mm == (5, 2, 1)
