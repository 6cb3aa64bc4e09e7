"""Real images laid out as their sets lay them out, read through the sets: what they show is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from bench_cases import registry
from bench_cases.contracts import Dataset
from bench_cases.datasets import chaos
from bench_cases.datasets._files import read_image
from bench_cases.datasets._sets.orient import to_axes
from tests.real.real_data import real_data

DATASETS = registry.datasets()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    return tmp_path


def link(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source)


def grey(dataset: Dataset, volume: str, target: str) -> float:
    """Median grey value inside a target."""
    read = dataset.load(volume, target)
    return float(np.median(read.image_zyx[read.reference_zyx].astype(np.float64)))


def centre(dataset: Dataset, volume: str, target: str) -> tuple[float, ...]:
    """Centre of a target in voxels z, y, x."""
    return tuple(float(each) for each in ndimage.center_of_mass(dataset.load(volume, target).reference_zyx))


def test_breasts_with_one_two_and_no_lesion(data: Path) -> None:
    source = real_data("us_breast_busi")
    for folder in source.iterdir():
        kind, number = folder.name.split("_")
        place = data / "busi" / "Dataset_BUSI_with_GT" / kind
        link(folder / "image.png", place / f"{kind} ({number}).png")
        for order, mask in enumerate(sorted(folder.glob("mask*.png"))):
            link(mask, place / f"{kind} ({number})_mask{f'_{order}' if order else ''}.png")
    dataset = DATASETS["busi"]
    assert list(dataset.volume_ids())[:3] == ["benign_1", "benign_25", "benign_234"]
    lesions = {each: ndimage.label(dataset.load(each).reference_zyx[0])[1] for each in dataset.volume_ids()}
    assert lesions["benign_1"] == 1
    assert lesions["benign_25"] == 2
    assert lesions["normal_1"] == lesions["normal_10"] == 0
    volume = dataset.load("benign_1")
    inside = volume.image_zyx[volume.reference_zyx].mean()
    assert inside < volume.image_zyx[~volume.reference_zyx].mean()  # a cyst is dark


def test_fetal_heads_whose_ellipses_come_filled(data: Path) -> None:
    for folder in real_data("us_fetal_hc18").iterdir():
        link(folder / "image.png", data / "hc18" / "training_set" / f"{folder.name}.png")
        link(folder / "mask.png", data / "hc18" / "training_set" / f"{folder.name}_Annotation.png")
    dataset = DATASETS["hc18"]
    assert len(dataset.volume_ids()) == 10
    assert list(dataset.volume_ids())[:3] == ["000_HC", "011_HC", "019_HC"]
    for each in dataset.volume_ids():
        volume = dataset.load(each)
        assert volume.image_zyx.shape == (1, 540, 800)
        assert 0.05 < volume.reference_zyx.mean() < 0.5


@pytest.mark.parametrize("name", ["000_HC", "028_HC"])
def test_an_ellipse_drawn_around_a_real_head_is_filled_to_the_same_head(data: Path, name: str) -> None:
    source = real_data("us_fetal_hc18", name)
    dataset = DATASETS["hc18"]
    link(source / "image.png", data / "hc18" / "training_set" / f"{name}.png")
    head = np.greater(read_image(source / "mask.png", luminance=True).array_zyx, 127)
    masks = dataset.layouts[0].masks[0]  # type: ignore[attr-defined]
    path = data / "hc18" / "training_set" / f"{name}_Annotation.png"
    masks.form.write(path, (masks.coding.encode(head.astype(np.uint8)),), np.eye(4))
    read = dataset.load(name).reference_zyx
    assert np.count_nonzero(read ^ head) < 0.01 * np.count_nonzero(head)


def test_the_spleen_of_the_decathlon_reads_86_hounsfield(data: Path) -> None:
    source = real_data("msd_spleen_crop", "spleen2")
    task = data / "msd-spleen" / "Task09_Spleen"
    link(source / "image.nii.gz", task / "imagesTr" / "spleen_2.nii.gz")
    link(source / "mask.nii.gz", task / "labelsTr" / "spleen_2.nii.gz")
    dataset = DATASETS["msd-spleen"]
    volume = dataset.load("spleen_2")
    assert volume.image_zyx.shape == (26, 166, 164)
    assert volume.image_zyx[volume.reference_zyx].mean() == pytest.approx(86, abs=3)


def test_the_hippocampus_has_its_head_in_front(data: Path) -> None:
    task = data / "msd-hippocampus" / "Task04_Hippocampus"
    for folder in real_data("msd_hippocampus").iterdir():
        link(folder / "image.nii.gz", task / "imagesTr" / f"hippocampus_{folder.name}.nii.gz")
        link(folder / "mask.nii.gz", task / "labelsTr" / f"hippocampus_{folder.name}.nii.gz")
    dataset = DATASETS["msd-hippocampus"]
    assert len(dataset.volume_ids()) == 8
    for each in dataset.volume_ids():
        front, back = centre(dataset, each, "anterior"), centre(dataset, each, "posterior")
        assert front[1] < back[1]  # rows run to the back
        assert dataset.load(each).labels_zyx.max() == 2


def test_organs_of_totalsegmentator_lie_and_look_as_they_should(data: Path) -> None:
    source = real_data("totalsegmentator", "ct_sm")
    subject = data / "totalsegmentator-ct" / "s0001"
    link(source / "image.nii.gz", subject / "ct.nii.gz")
    link(source / "organs_fast", subject / "segmentations")
    dataset = DATASETS["totalsegmentator-ct"]
    assert list(dataset.volume_ids()) == ["s0001"]
    names = {path.name.removesuffix(".nii.gz") for path in (source / "organs_fast").iterdir()}
    single = {name for name, labels in dataset.info.targets.items() if len(labels) == 1}
    assert names == single
    assert 30 < grey(dataset, "s0001", "liver") < 150
    assert 30 < grey(dataset, "s0001", "spleen") < 170
    # Upright: the patient's right on the left of the picture, the spine at the bottom.
    liver, spleen = centre(dataset, "s0001", "liver"), centre(dataset, "s0001", "spleen")
    assert liver[2] < spleen[2]
    assert centre(dataset, "s0001", "autochthon_left")[1] > liver[1]
    both = dataset.load("s0001", "liver+spleen")
    assert set(np.unique(both.labels_zyx)) == {0, 1, 2}
    assert not dataset.load("s0001", "brain").reference_zyx.any()


def test_an_mr_of_totalsegmentator_is_turned_upright_too(data: Path) -> None:
    source = real_data("totalsegmentator", "mr_sm")
    subject = data / "totalsegmentator-mr" / "s0001"
    link(source / "image.nii.gz", subject / "mri.nii.gz")
    link(source / "mask_liver.nii.gz", subject / "segmentations" / "liver.nii.gz")
    volume = DATASETS["totalsegmentator-mr"].load("s0001")
    assert volume.image_zyx.shape == (20, 91, 117)
    assert volume.reference_zyx.any()
    assert np.sign(np.diag(volume.affine_xyz)[:3]).tolist() == [-1, -1, 1]


@pytest.mark.parametrize("volume", ["01", "15"])
def test_a_real_abdomen_comes_back_from_the_dicom_and_png_of_chaos(data: Path, volume: str) -> None:
    source = real_data("chaos_mr_t2", volume)
    image, mask = (read_image(source / name) for name in ("image.nii.gz", "mask.nii.gz"))
    grey_zyx, affine = to_axes(np.rint(image.array_zyx).astype(np.int16), image.affine_xyz, "LPS")
    ids, _ = to_axes(mask.array_zyx.astype(np.uint8), image.affine_xyz, "LPS")
    (data / "chaos").mkdir()
    chaos.T2.write(
        data / "chaos", {"id": str(int(volume))}, channels=(grey_zyx,), ids_zyx=ids.astype(np.uint8), affine_xyz=affine
    )
    dataset = DATASETS["chaos-mr-t2"]
    read = dataset.load(str(int(volume)), "liver+kidney_right+kidney_left+spleen")
    np.testing.assert_array_equal(read.image_zyx, grey_zyx)
    np.testing.assert_array_equal(read.labels_zyx, ids)
    np.testing.assert_allclose(read.affine_xyz, affine, atol=1e-3)
    liver, spleen = (centre(dataset, str(int(volume)), organ) for organ in ("liver", "spleen"))
    assert liver[2] < spleen[2]
    right, left = (centre(dataset, str(int(volume)), f"kidney_{side}") for side in ("right", "left"))
    assert right[2] < left[2]


def test_radiographs_have_both_lungs(data: Path) -> None:
    for folder in real_data("cxr_montgomery").iterdir():
        if (folder / "image.png").is_file():
            place = data / "chest-xray" / "Lung Segmentation"
            link(folder / "image.png", place / "CXR_png" / f"{folder.name}.png")
            link(folder / "mask.png", place / "masks" / f"{folder.name}_mask.png")
    dataset = DATASETS["chest-xray"]
    assert len(dataset.volume_ids()) >= 20
    for each in list(dataset.volume_ids())[:6]:
        volume = dataset.load(each)
        assert 0.1 < volume.reference_zyx.mean() < 0.5
        columns = np.nonzero(volume.reference_zyx)[2]
        middle = (columns.min() + columns.max()) // 2
        rows = np.unique(np.nonzero(volume.reference_zyx)[1])
        spine = volume.image_zyx[0, rows[len(rows) // 2 :], middle - 8 : middle + 8]
        assert volume.image_zyx[volume.reference_zyx].mean() < spine.mean()  # air lets rays through
