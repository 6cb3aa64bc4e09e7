"""What the published sets share: templates, codings, forms, orientation, and one clear error for each odd folder."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from bench_cases import registry
from bench_cases.datasets import amos, chaos, ct_org, hc18, hip_xray, msd, scgm, us_nerve
from bench_cases.datasets._files import ScanImage
from bench_cases.datasets._sets import Greys, Ids, Outline, PhantomSet, PublicSet, White
from bench_cases.datasets._sets.dicom import read_by_name
from bench_cases.datasets._sets.form import channel
from bench_cases.datasets._sets.orient import radiological, to_axes
from bench_cases.datasets._sets.pictures import MHA_COLOUR
from bench_cases.datasets._sets.segments import segments
from bench_cases.datasets._sets.template import find
from bench_cases.datasets.fetching import fetch
from bench_cases.errors import AssetError, DataError
from tests.scan_files import write_nifti, write_png


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    return tmp_path


def in_place(name: str, data: Path) -> PublicSet:
    """Put the phantom of a set where the set itself belongs, without its note."""
    phantom = registry.datasets()[f"{name}-phantom"]
    assert isinstance(phantom, PhantomSet)
    folder = data / phantom.real.folder
    folder.mkdir(exist_ok=True)
    phantom.write(folder)
    (folder / "PHANTOM.txt").unlink()
    return phantom.real


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


# ---------------------------------------------------------------- series


def series(data: Path) -> Path:
    in_place("chaos-mr-t2", data)
    return data / "chaos" / "Train_Sets" / "MR" / "1" / "T2SPIR" / "DICOM_anon"


def test_a_series_without_one_slice_is_refused_and_says_where(data: Path) -> None:
    folder = series(data)
    sorted(folder.iterdir())[5].unlink()
    with pytest.raises(DataError, match=r"between IMG-0001-00005\.dcm and IMG-0001-00007\.dcm.*slice is missing"):
        read_by_name(folder)


def test_slices_of_another_size_are_refused_by_name(data: Path) -> None:
    import SimpleITK

    folder = series(data)
    image = SimpleITK.GetImageFromArray(np.zeros((1, 8, 8), np.int16))
    SimpleITK.WriteImage(image, str(folder / "IMG-0001-00099.dcm"))
    with pytest.raises(DataError, match=r"IMG-0001-00099\.dcm: its size or orientation differs"):
        read_by_name(folder)


def test_a_file_that_is_no_dicom_is_refused_by_name(data: Path) -> None:
    folder = series(data)
    (folder / "IMG-0001-00003.dcm").write_bytes(b"nothing of the kind")
    with pytest.raises(DataError, match=r"IMG-0001-00003\.dcm: it cannot be read as DICOM"):
        read_by_name(folder)


def test_a_folder_with_fewer_masks_than_slices_is_refused(data: Path) -> None:
    folder = series(data)
    ground = folder.parent / "Ground"
    min(ground.iterdir()).unlink()
    dataset = next(each for each in chaos.DATASETS if each.name == "chaos-mr-t2")
    with pytest.raises(DataError, match=r"image T2SPIR/DICOM_anon and mask T2SPIR/Ground: .*expected the same grid"):
        dataset.load("1")


# ---------------------------------------------------------------- sets


def test_ct_and_mr_of_amos_share_a_folder_and_are_told_apart_by_number(data: Path) -> None:
    for name in ("0001", "0500", "0507", "0600"):
        for folder in ("imagesTr", "labelsTr"):
            write_nifti(data / "amos" / "amos22" / folder / f"amos_{name}.nii.gz", np.ones((2, 3, 4), np.uint8))
    (data / "amos" / "__MACOSX").mkdir()
    assert amos.CT.volume_ids() == ("0001", "0500")
    assert amos.MR.volume_ids() == ("0507", "0600")
    assert amos.SPLEEN.volume_ids() == ()
    assert (amos.SPLEEN.missing() or "").startswith("amos-mr-spleen: the folder amos holds nothing named amos22/images")
    assert amos.CT.missing() is None


def test_the_study_has_eight_scans_and_they_lie_as_in_the_files(data: Path) -> None:
    image = np.arange(2 * 3 * 4, dtype=np.int16).reshape(2, 3, 4)
    for name in amos.INGENIA:
        write_nifti(data / "amos" / "amos22" / "imagesTr" / f"amos_{name}.nii.gz", image)
        write_nifti(data / "amos" / "amos22" / "labelsTr" / f"amos_{name}.nii.gz", (image > 4).astype(np.uint8))
    assert amos.SPLEEN.missing() is None
    assert tuple(amos.SPLEEN.volume_ids()) == amos.INGENIA
    np.testing.assert_array_equal(amos.SPLEEN.load("0508").image_zyx, image)
    np.testing.assert_array_equal(amos.MR.load("0508").image_zyx, image[:, ::-1])


def test_two_lesions_are_joined_and_a_normal_breast_has_none(data: Path) -> None:
    from scipy import ndimage

    dataset = in_place("busi", data)
    assert list(dataset.volume_ids()) == ["benign_1", "benign_25", "malignant_1", "normal_1"]
    assert ndimage.label(dataset.load("benign_25").reference_zyx)[1] == 2
    assert not dataset.load("normal_1").reference_zyx.any()


def test_pictures_in_colour_are_taken_as_luminance(data: Path) -> None:
    dataset = in_place("busi", data)
    path = data / "busi" / "Dataset_BUSI_with_GT" / "benign" / "benign (1).png"
    with Image.open(path) as picture:
        assert picture.mode == "RGB"
    assert dataset.load("benign_1").image_zyx.ndim == 3


def test_a_mask_that_is_absent_is_named_with_what_was_expected(data: Path) -> None:
    dataset = in_place("us-nerve", data)
    (data / "us-nerve" / "train" / "1_1_mask.tif").unlink()
    with pytest.raises(
        DataError, match=r"1_1: its mask is not there; expected train/1_1_mask\.tif in the set's folder"
    ):
        dataset.load("1_1")


def test_an_organ_without_a_file_is_named(data: Path) -> None:
    dataset = in_place("totalsegmentator-ct-small", data)
    (data / "totalsegmentator-ct-small" / "s0004" / "segmentations" / "spleen.nii.gz").unlink()
    assert dataset.load("s0004", "liver").reference_zyx.any()
    with pytest.raises(DataError, match=r"s0004: its mask is not there; expected s0004/segmentations/spleen\.nii\.gz"):
        dataset.load("s0004", "spleen")


def test_subjects_in_a_folder_of_their_own_are_found_too(data: Path) -> None:
    dataset = in_place("totalsegmentator-ct-small", data)
    root = data / "totalsegmentator-ct-small"
    (root / "Totalsegmentator_dataset_small_v201").mkdir()
    (root / "s0004").rename(root / "Totalsegmentator_dataset_small_v201" / "s0004")
    assert dataset.volume_ids() == ("s0004",)
    assert dataset.load("s0004").reference_zyx.any()


def test_two_series_of_one_patient_are_refused_and_named(data: Path) -> None:
    dataset = in_place("duke-breast", data)
    patient = next((data / "duke-breast" / "Duke-Breast-Cancer-MRI" / "Breast_MRI_002").iterdir())
    (patient / "another series").mkdir()
    with pytest.raises(DataError, match=r"Breast_MRI_002: 2 images claim this id, .*another series.*Remove one"):
        dataset.load("Breast_MRI_002")


def test_the_layout_in_one_folder_of_ct_org_is_found_too(data: Path) -> None:
    for name in ("volume-3", "labels-3"):
        write_nifti(data / "ct-org" / f"{name}.nii.gz", np.full((2, 3, 4), 2, np.uint8))
    assert ct_org.CT_ORG.load("3", "bladder").reference_zyx.all()


def test_a_part_of_a_set_is_told_with_both_numbers(data: Path) -> None:
    for name in ("spleen_2", "spleen_10"):
        for folder in ("imagesTr", "labelsTr"):
            write_nifti(data / "msd-spleen" / "Task09_Spleen" / folder / f"{name}.nii.gz", np.ones((2, 3, 4), np.uint8))
    (data / "msd-spleen" / "Task09_Spleen" / "imagesTr" / "._spleen_2.nii.gz").touch()
    assert msd.SPLEEN.volume_ids() == ("spleen_2", "spleen_10")
    assert msd.SPLEEN.missing() == "msd-spleen: 2 of 41 volumes on disk; sambench fetch msd-spleen"


def test_a_set_that_is_not_there_says_its_size_and_its_licence(data: Path) -> None:  # noqa: ARG001
    assert amos.CT.missing() == "amos-ct: not on disk (24.2 GB, CC BY 4.0); sambench fetch amos-ct"


def test_a_set_behind_a_form_says_where_to_get_it_and_what_its_folder_must_become(data: Path) -> None:  # noqa: ARG001
    assert scgm.SCGM.missing() == (
        "scgm-spine: not on disk (terms of the challenge (registration)); register at "
        "http://niftyweb.cs.ucl.ac.uk/challenge/index.php and unpack the training data, so that "
        "scgm-spine/{id}-image.nii.gz is there below SAMBENCH_DATA; sambench fetch scgm-spine"
    )
    with pytest.raises(AssetError, match=r"^us-nerve: not on disk.*accept the rules.*its owners ask you to do it"):
        fetch(us_nerve.US_NERVE, progress=False)


def test_a_phantom_in_the_place_of_a_set_is_never_read_as_the_set(data: Path) -> None:
    dataset = in_place("hc18", data)
    assert dataset.load("000_HC").phantom is False
    (data / "hc18" / "PHANTOM.txt").touch()
    assert dataset.missing() == "hc18: the folder hc18 holds a phantom, not the set; sambench fetch hc18"
    with pytest.raises(DataError, match=r"hc18: PHANTOM\.txt .* expected the set itself\. Use hc18-phantom"):
        hc18.HC18.load("000_HC")


def test_pictures_without_a_mask_are_left_out_where_a_set_has_such(data: Path) -> None:
    dataset = in_place("chest-xray", data)
    write_png(data / "chest-xray" / "Lung Segmentation" / "CXR_png" / "CHNCXR_0001_0.png", np.zeros((4, 4), np.uint8))
    assert list(dataset.volume_ids()) == ["CHNCXR_0061_0", "CHNCXR_0365_1"]


def test_labels_whose_meaning_is_not_known_are_joined_by_default() -> None:
    assert next(iter(hip_xray.HIP.info.targets.items())) == ("bones", (1, 2))
