"""COVID-19-CT-Seg and Montgomery: fetched from a local server and read, in small, in their true layouts."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench_cases.datasets import covid19_ct_seg
from bench_cases.datasets.covid19_ct_seg import CORONACASES, RADIOPAEDIA, CovidCtSeg
from bench_cases.datasets.fetching import fetch
from bench_cases.datasets.folder import FolderDataset
from bench_cases.datasets.montgomery import MONTGOMERY
from bench_cases.errors import AssetError, DataError, SelectionError
from bench_cases.volume import Window
from tests.scan_files import Site, covid_set, montgomery_set, serve, write_nifti, write_png, zip_folder

coronacases, radiopaedia = covid19_ct_seg.DATASETS
FOLDERS = ("COVID-19-CT-Seg_20cases", "Lung_Mask", "Infection_Mask", "Lung_and_Infection_Mask")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("SAMBENCH_OFFLINE", raising=False)
    return tmp_path / "data"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serve(tmp_path / "www") as running:
        yield running


def served(dataset: CovidCtSeg, site: Site) -> CovidCtSeg:
    """The dataset as a local record has it."""

    digests = {name: hashlib.sha256((site.folder / f"{name}.zip").read_bytes()).hexdigest() for name in FOLDERS}
    return dataclasses.replace(dataset, base_url=site.url, sha256=digests)


@pytest.fixture
def record(site: Site, tmp_path: Path) -> Site:
    """A local copy of the Zenodo record, without the gigabyte."""
    covid_set(tmp_path / "src", subsets={"coronacases": CORONACASES, "radiopaedia": RADIOPAEDIA})
    for folder in FOLDERS:
        zip_folder(tmp_path / "src" / folder, site.folder / f"{folder}.zip")
    return site


def test_the_whole_way_from_the_archives_to_a_volume(record: Site, data: Path) -> None:
    dataset = served(coronacases, record)
    assert str(dataset.missing()) == "coronacases: not downloaded (about 1.1 GB, CC BY 4.0); sambench fetch coronacases"
    assert fetch(dataset, progress=False) == data / "covid19-ct-seg"
    assert [each.missing() for each in (dataset, radiopaedia)] == [None, None]
    seen = sorted(path.name for path in (data / "covid19-ct-seg").iterdir() if not path.name.startswith("."))
    assert seen == sorted([*FOLDERS, "downloads", "fetched.json"])
    assert not [each for each in (data / "covid19-ct-seg" / "downloads").iterdir() if each.suffix != ".lock"]

    volume = coronacases.load("002")
    assert (volume.dataset, volume.id, volume.target, volume.modality) == ("coronacases", "002", "lungs", "CT")
    assert volume.image_zyx.dtype == np.int16
    assert volume.image_zyx[0, 0, 0] == 1  # the second volume
    assert volume.spacing_zyx_mm == pytest.approx((5, 2, 2))
    assert volume.window == Window(level=-650, width=1500)
    assert volume.affine_trusted
    assert [int((volume.labels_zyx == label).sum()) for label in (1, 2)] == [4, 4]
    assert volume.labels_zyx[1, 2, 1] == 1

    other = radiopaedia.load("4_85506_1")
    assert other.image_zyx.dtype == np.uint8
    assert other.window is None
    assert not other.affine_trusted


def test_fetching_twice_downloads_once_and_force_downloads_again(record: Site, data: Path) -> None:
    dataset = served(coronacases, record)
    fetch(dataset, progress=False)
    fetch(dataset, progress=False)
    assert sorted(record.requests) == sorted(f"/{folder}.zip" for folder in FOLDERS)
    (data / "covid19-ct-seg" / "Lung_Mask" / "coronacases_003.nii.gz").unlink()
    assert "1 of 20 files absent, first Lung_Mask/coronacases_003.nii.gz" in (dataset.missing() or "")
    with pytest.raises(AssetError, match=r"is there but not complete; expected all 20 files.*Move it away"):
        fetch(dataset, progress=False)
    fetch(dataset, force=True, progress=False)
    assert dataset.missing() is None
    assert len(record.requests) == 8


@pytest.mark.usefixtures("data")
def test_an_archive_with_another_layout_is_told(record: Site, tmp_path: Path) -> None:
    (tmp_path / "src" / "Lung_Mask" / "coronacases_001.nii.gz").unlink()
    zip_folder(tmp_path / "src" / "Lung_Mask", record.folder / "Lung_Mask.zip")
    with pytest.raises(
        AssetError, match=r"Lung_Mask\.zip was unpacked but 1 of 20 files.*coronacases_001.*published layout"
    ):
        fetch(served(coronacases, record), progress=False)


@pytest.mark.usefixtures("data")
def test_offline_fetching_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBENCH_OFFLINE", "1")
    with pytest.raises(AssetError, match="SAMBENCH_OFFLINE forbids downloads"):
        fetch(coronacases)


def test_only_digests_seen_in_a_source_are_pinned() -> None:
    for dataset in (*covid19_ct_seg.DATASETS, MONTGOMERY):
        for archive in dataset.fetch_plan().archives:
            assert archive.sha256 is not None
            assert len(archive.sha256) == 64
            assert "seen in" in archive.sha256_confidence
            assert archive.url.startswith("https://")


def test_targets_take_their_ids_from_the_right_masks(data: Path) -> None:
    covid_set(data / "covid19-ct-seg", subsets={"radiopaedia": ("4_85506_1",)})
    counts = {
        target: int(radiopaedia.load("4_85506_1", target).reference_zyx.sum()) for target in radiopaedia.info.targets
    }
    assert counts == {"lungs": 8, "left_lung": 4, "right_lung": 4, "infection": 1}
    infection = radiopaedia.load("4_85506_1", "infection")
    assert infection.dataset == "radiopaedia:infection"
    assert infection.labels_zyx.max() == 1


def test_a_wrong_affine_of_radiopaedia_is_passed_over_and_one_of_coronacases_is_not(data: Path) -> None:
    covid_set(data / "covid19-ct-seg", subsets={"radiopaedia": ("4_85506_1",), "coronacases": ("001",)})
    for name in ("radiopaedia_4_85506_1.nii.gz", "coronacases_001.nii.gz"):
        mask = np.ones((3, 6, 8), np.uint16)
        write_nifti(data / "covid19-ct-seg" / "Lung_Mask" / name, mask, np.eye(4))
    assert radiopaedia.load("4_85506_1").reference_zyx.all()
    with pytest.raises(DataError, match=r"Lung_Mask/coronacases_001\.nii\.gz.*mm apart"):
        coronacases.load("001")


def test_a_mask_with_foreign_ids_is_refused(data: Path) -> None:
    covid_set(data / "covid19-ct-seg", subsets={"coronacases": ("001",)})
    write_nifti(data / "covid19-ct-seg" / "Lung_Mask" / "coronacases_001.nii.gz", np.full((3, 6, 8), 7, np.uint16))
    with pytest.raises(DataError, match="holds 7; expected ids among 1, 2"):
        coronacases.load("001")


def test_ids_are_in_the_order_of_the_study() -> None:
    assert coronacases.volume_ids()[0] == "001"
    assert coronacases.volume_ids()[-1] == "010"
    assert list(radiopaedia.volume_ids())[:4] == ["4_85506_1", "7_85703_0", "10_85902_1", "10_85902_3"]
    assert len(radiopaedia.volume_ids()) == 10


def test_a_mistyped_volume_or_target_is_corrected() -> None:
    with pytest.raises(SelectionError, match=r"coronacases has no volume '01'; expected one of 001.*Did you mean '0"):
        coronacases.load("01")
    with pytest.raises(SelectionError, match=r"has no target 'lung'; expected one of lungs,.*Did you mean 'lungs'\?"):
        coronacases.load("001", "lung")


# ---------------------------------------------------------------- Montgomery


def test_radiographs_are_volumes_of_one_slice_with_the_lungs_as_the_study_numbers_them(data: Path) -> None:
    montgomery_set(data / "montgomery", ("0001_0", "0126_1"))
    dataset = dataclasses.replace(MONTGOMERY, volumes=2)
    assert dataset.missing() is None
    assert list(dataset.volume_ids()) == ["0001_0", "0126_1"]
    volume = dataset.load("0126_1")
    assert volume.image_zyx.shape == (1, 6, 8)
    assert volume.spacing_zyx_mm is None
    assert not volume.ordered
    assert volume.labels_zyx[0, 2].tolist() == [0, 1, 1, 0, 0, 2, 2, 0]
    right = dataset.load("0001_0", "right_lung")  # of the patient: the left of the picture
    assert right.labels_zyx[0, 2].tolist() == [0, 1, 1, 0, 0, 0, 0, 0]
    assert dataset.load("0001_0", "left_lung").labels_zyx[0, 2].tolist() == [0, 0, 0, 0, 0, 1, 1, 0]


@pytest.mark.usefixtures("data")
def test_montgomery_is_fetched_into_its_place(site: Site, tmp_path: Path) -> None:
    montgomery_set(tmp_path / "src", ("0001_0", "0002_0"))
    archive = zip_folder(tmp_path / "src", site.folder / "NLM-MontgomeryCXRSet.zip")
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    (published,) = MONTGOMERY.archives
    local = dataclasses.replace(published, url=f"{site.url}/NLM-MontgomeryCXRSet.zip", sha256=sha256)
    dataset = dataclasses.replace(MONTGOMERY, volumes=2, archives=(local,))
    assert "not on disk (0.617 GB" in (dataset.missing() or "")
    assert dataset.volume_ids() == ()
    fetch(dataset, progress=False)
    assert dataset.missing() is None
    assert dataset.load("0002_0").n_slices == 1
    assert MONTGOMERY.missing() == "montgomery: 2 of 138 volumes on disk; sambench fetch montgomery"


def test_a_radiograph_without_a_mask_is_an_error_of_its_own(data: Path) -> None:
    montgomery_set(data / "montgomery", ("0001_0", "0002_0"))
    masks = data / "montgomery" / "MontgomerySet" / "ManualMask"
    (masks / "leftMask" / "MCUCXR_0001_0.png").unlink()
    write_png(masks / "rightMask" / "MCUCXR_0002_0.png", np.zeros((9, 9), np.bool_))
    with pytest.raises(DataError, match=r"expected MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0\.png"):
        MONTGOMERY.load("0001_0")
    with pytest.raises(DataError, match=r"8 x 6 x 1 voxels and the mask 9 x 9 x 1"):
        MONTGOMERY.load("0002_0")


def test_a_dataset_without_a_download_is_left_alone_or_told_to_be_absent(tmp_path: Path) -> None:
    toml = 'modality = "CT"\ntarget = "x"\nimage = "{id}.nii"\nmask = "{id}_m.nii"\n'
    (tmp_path / "dataset.toml").write_text(toml)
    with pytest.raises(AssetError, match=r"no file matches image.*There is no download for it"):
        fetch(FolderDataset.from_directory("mine", tmp_path))
    (tmp_path / "a.nii").touch()
    assert fetch(FolderDataset.from_directory("mine", tmp_path)) is None


def test_parts_from_masks_of_different_folders_make_one_target(data: Path) -> None:
    covid_set(data / "covid19-ct-seg", subsets={"coronacases": ("001",)})
    volume = coronacases.load("001", "infection+lungs")
    assert volume.target == "infection+lungs"
    assert volume.labels_zyx[1, 2].tolist() == [0, 1, 2, 0, 0, 3, 3, 0]
    assert coronacases.load("001", "left_lung+right_lung").digest() == coronacases.load("001").digest()
