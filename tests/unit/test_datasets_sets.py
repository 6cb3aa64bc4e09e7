"""Published sets in their folders: what is found, what is told of what is not, one clear error for each odd folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench_cases import registry
from bench_cases.datasets import amos, chaos, ct_org, hc18, hip_xray, msd, scgm, us_nerve
from bench_cases.datasets._files._series import read_series
from bench_cases.datasets._sets import PhantomSet, PublicSet
from bench_cases.datasets._sets.dicom import read_by_name
from bench_cases.datasets.fetching import fetch
from bench_cases.errors import AssetError, DataError
from tests.dicom_files import write_slice
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


def test_a_series_by_name_is_the_series_by_position_in_the_order_of_names(tmp_path: Path) -> None:
    values = np.arange(4 * 3 * 5).reshape(4, 3, 5)
    made_by = {"Manufacturer": "Acme", "ManufacturerModelName": "One"}
    for z, pixels in enumerate(values):
        write_slice(tmp_path / f"{z}.dcm", pixels, z_mm=-2.0 * z, **made_by)
    by_name, by_position = read_by_name(tmp_path), read_series(tmp_path)
    np.testing.assert_array_equal(by_name.array_zyx, 2 * values - 1000)
    np.testing.assert_array_equal(by_name.array_zyx[::-1], by_position.array_zyx)
    assert by_name.array_zyx.dtype == by_position.array_zyx.dtype
    first, last = ([0, 0, z, 1] for z in (0, 3))
    np.testing.assert_allclose(by_name.affine_xyz @ first, by_position.affine_xyz @ last)
    np.testing.assert_allclose(by_name.affine_xyz @ last, by_position.affine_xyz @ first)
    assert by_name.spacing_zyx_mm == by_position.spacing_zyx_mm
    assert by_name.scanner == by_position.scanner
    assert by_name.scanner is not None


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"ImagePositionPatient": None}, r"b\.dcm: it does not say where its slice lies; expected one slice a file"),
        ({"NumberOfFrames": 3}, r"b\.dcm: it holds 3 slices; expected one slice a file"),
        ({"ImageOrientationPatient": [0, 1, 0, 1, 0, 0]}, r"b\.dcm: its size or orientation differs from a\.dcm"),
        ({"Rows": None}, r"its header does not say how many pixels of how many bits it has"),
    ],
    ids=["no place", "several frames", "turned", "no size"],
)
def test_a_file_that_is_no_slice_of_the_series_is_refused_by_name(
    tmp_path: Path, elements: dict[str, Any], expected: str
) -> None:
    write_slice(tmp_path / "a.dcm", np.zeros((4, 4)))
    write_slice(tmp_path / "b.dcm", np.zeros((4, 4)), z_mm=2.0, **elements)
    with pytest.raises(DataError, match=expected):
        read_by_name(tmp_path)


def test_a_single_slice_is_as_thick_as_it_says(tmp_path: Path) -> None:
    write_slice(tmp_path / "a.dcm", np.zeros((4, 4)))
    assert read_by_name(tmp_path).spacing_zyx_mm == (9, 0.5, 0.75)


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
