"""Phantoms lie on disk as the real set does, and are read back by the same code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from bench_cases.datasets import covid19_phantoms
from bench_cases.datasets._covid_layout import TARGETS
from bench_cases.datasets._files import read_image
from bench_cases.datasets.covid19_phantoms import CovidPhantoms, PhantomVolume
from bench_cases.errors import DataError
from bench_cases.phantoms import BENCHMARK_SEEDS, Organ, generate

SHAPE = (16, 48, 64)
FOLDERS = {"COVID-19-CT-Seg_20cases", "Lung_Mask", "Infection_Mask", "Lung_and_Infection_Mask", "Phantom_Organ_Mask"}
TINY: dict[str, CovidPhantoms] = {
    shipped.subset: CovidPhantoms(
        subset=shipped.subset,
        info=shipped.info,
        volumes=(PhantomVolume(id=shipped.volumes[0].id, seed=5, shape_zyx=SHAPE),),
    )
    for shipped in covid19_phantoms.DATASETS
}
PHANTOM = generate(5, shape_zyx=SHAPE)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of this file share, so that each phantom is generated once."""
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture(autouse=True)
def shared(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBENCH_CACHE", str(filled))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, empty."""
    monkeypatch.setenv("SAMBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def on_disk(dataset: CovidPhantoms, folder: str = "COVID-19-CT-Seg_20cases") -> nib.Nifti1Image:
    return nib.load(dataset.root / folder / f"{dataset.subset}_{dataset.volumes[0].id}.nii.gz")


def test_nothing_is_generated_before_a_volume_is_read(cache: Path) -> None:
    for dataset in covid19_phantoms.DATASETS:
        assert dataset.missing() is None
        assert len(dataset.volume_ids()) == 3
    assert not cache.exists()


def test_the_files_have_names_folders_types_and_axes_of_the_real_set() -> None:
    for subset, dtype in (("coronacases", np.int16), ("radiopaedia", np.uint8)):
        dataset = TINY[subset]
        dataset.load(dataset.volume_ids()[0])
        assert {path.name for path in dataset.root.iterdir()} == FOLDERS
        image = on_disk(dataset)
        assert image.shape == SHAPE[::-1]
        assert image.get_data_dtype() == dtype
        assert nib.aff2axcodes(image.affine) == ("L", "A", "S")
        for folder in FOLDERS - {"COVID-19-CT-Seg_20cases"}:
            mask = on_disk(dataset, folder)
            assert mask.get_data_dtype() == np.uint16
            assert nib.aff2axcodes(mask.affine) == ("L", "A", "S")
            np.testing.assert_array_equal(mask.affine, image.affine)


def test_coronacases_runs_to_anterior_and_radiopaedia_to_posterior_whatever_its_affine_says() -> None:
    # Phantoms are upright: row 0 is anterior, column 0 the patient's right, slice 0 the lowest.
    upside_down = np.asarray(on_disk_image("coronacases").dataobj)
    np.testing.assert_array_equal(upside_down, PHANTOM.image_zyx[:, ::-1].T)
    upright = np.asarray(on_disk_image("radiopaedia").dataobj)
    expected = ((np.clip(PHANTOM.image_zyx, -1250, 250) + 1250.0) / 1500 * 255).astype(np.uint8)
    np.testing.assert_array_equal(upright, expected.T)


def on_disk_image(subset: str) -> nib.Nifti1Image:
    dataset = TINY[subset]
    dataset.load(dataset.volume_ids()[0])
    return on_disk(dataset)


def test_the_left_lung_is_label_one_and_lies_at_high_columns_in_both() -> None:
    for dataset in TINY.values():
        volume = dataset.load(dataset.volume_ids()[0])
        columns = [np.nonzero(volume.labels_zyx == label)[2].mean() for label in (1, 2)]
        assert columns[0] > columns[1]
        assert set(np.unique(volume.labels_zyx)) == {0, 1, 2}
        assert volume.phantom
        assert volume.spacing_zyx_mm == pytest.approx(PHANTOM.spacing_zyx_mm, rel=1e-5)


def test_the_window_and_the_trust_in_the_affine_are_those_of_the_real_set() -> None:
    corona, radio = (dataset.load(dataset.volume_ids()[0]) for dataset in TINY.values())
    assert corona.window is not None
    assert corona.affine_trusted
    assert radio.window is None
    assert not radio.affine_trusted


@pytest.mark.parametrize(
    ("target", "organ"),
    [
        ("left_lung", Organ.LEFT_LUNG),
        ("right_lung", Organ.RIGHT_LUNG),
        ("heart", Organ.HEART),
        ("spleen", Organ.SPLEEN),
        ("liver", Organ.LIVER),
    ],
)
def test_every_organ_can_be_the_target(target: str, organ: Organ) -> None:
    volume = TINY["radiopaedia"].load("4_85506_1", target)
    assert (volume.dataset, volume.target) == (f"radiopaedia-phantom:{target}", target)
    np.testing.assert_array_equal(volume.reference_zyx, organ == PHANTOM.labels_zyx)


def test_the_infection_is_inside_the_lungs_and_label_three_of_the_joint_mask() -> None:
    dataset = TINY["radiopaedia"]
    infection = dataset.load("4_85506_1", "infection")
    np.testing.assert_array_equal(infection.reference_zyx, PHANTOM.lesions_zyx)
    assert (dataset.load("4_85506_1").reference_zyx | ~infection.reference_zyx).all()
    assert set(np.unique(np.asarray(on_disk(dataset, "Lung_and_Infection_Mask").dataobj))) == {0, 1, 2, 3}
    assert set(np.unique(np.asarray(on_disk(dataset, "Infection_Mask").dataobj))) == {0, 1}


@pytest.mark.usefixtures("cache")
def test_a_volume_is_generated_once(capsys: pytest.CaptureFixture[str]) -> None:
    dataset = TINY["coronacases"]
    first = dataset.load("001")
    assert capsys.readouterr().err == "Generating phantom coronacases_001 (16 x 48 x 64 voxels, seed 5) ...\n"
    assert dataset.load("001", "heart").digest() != first.digest()
    assert dataset.load("001").digest() == first.digest()
    assert capsys.readouterr().err == ""


def test_two_processes_at_once_leave_whole_files(cache: Path) -> None:
    code = (
        "from pathlib import Path; import sys; from bench_cases.datasets._phantom_files import write_phantom as write; "
        "write(Path(sys.argv[1]), 'x', subset='radiopaedia', seed=5, shape_zyx=(16, 48, 64))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(cache)]) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert {path.name for path in cache.iterdir()} == FOLDERS
    for folder in FOLDERS:
        assert [path.name for path in (cache / folder).iterdir()] == ["x.nii.gz"]
        assert read_image(cache / folder / "x.nii.gz").array_zyx.shape == SHAPE


def test_a_cache_that_cannot_be_written_is_told(cache: Path) -> None:
    cache.write_text("a file in the way")
    with pytest.raises(
        DataError, match=r"coronacases_001 cannot be written to the cache.*expected a writable.*SAMBENCH"
    ):
        TINY["coronacases"].load("001")


def test_shipped_volumes_have_seeds_of_the_benchmark_and_the_promised_sizes() -> None:
    recipes = [volume for dataset in covid19_phantoms.DATASETS for volume in dataset.volumes]
    assert len({volume.seed for volume in recipes}) == len(recipes)
    assert all(volume.seed in BENCHMARK_SEEDS and volume.shape_zyx[0] >= 32 for volume in recipes)
    assert [volume.id for volume in recipes if volume.shape_zyx[1] != volume.shape_zyx[2]] == ["14_85914_0"]


def test_ids_written_out_for_speed_are_those_of_the_generator() -> None:
    targets = covid19_phantoms.DATASETS[0].info.targets
    extra = {name: ids for name, ids in targets.items() if name not in TARGETS}
    assert extra == {name: (Organ[name.upper()].value,) for name in extra}
    assert (TARGETS["left_lung"], TARGETS["right_lung"]) == ((Organ.LEFT_LUNG,), (Organ.RIGHT_LUNG,))
