"""Every dataset that discovery finds keeps the contract; a new file in `bench_cases.datasets` is tested unasked."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from bench_cases import datasets as package
from bench_cases import registry
from bench_cases.assets import Digest
from bench_cases.contracts import Dataset, DatasetInfo
from bench_cases.datasets.fetching import Fetchable
from bench_cases.errors import SelectionError

DATASETS = registry.datasets()
PHANTOMS = {name: each for name, each in DATASETS.items() if each.info.phantom}
REAL = {name: each for name, each in DATASETS.items() if not each.info.phantom}
SAFE = re.compile(r"[A-Za-z0-9._+=@-]+")
STUDIES = (
    "coronacases radiopaedia montgomery amos-ct amos-mr amos-mr-spleen chaos-ct chaos-mr chaos-mr-t1-in "
    "chaos-mr-t1-out chaos-mr-t2 totalsegmentator-ct totalsegmentator-ct-small totalsegmentator-mr camus "
    "camus-sequence hc18 fh-ps-aop "
    "msd-brain msd-heart msd-liver msd-hippocampus msd-prostate msd-lung msd-pancreas msd-hepatic-vessel msd-spleen "
    "msd-colon busi hip-xray ct-org autopet mmotu mmotu-ceus stmus us-nerve ct2us-kidney scgm-spine duke-breast lits "
    "brats i2cvb chest-xray"
)
NINETEEN = (
    "CT-Organ MRI-Spine CT-Spleen Xray-Chest Xray-Hip CT-Liver MRI-Heart US-Kidney CT-Colon CT-Pancreas MRI-Prostate "
    "US-Breast MRI-Breast PET-Wholebody CT-Hepaticvessel MRI-Brain US-Variantumor US-Nerve US-Muscle"
)
"""As printed in the table of Dong et al.'s parent study."""
FEW = 5
"""Targets of a set that are loaded; those of TotalSegmentator are 121, all read alike."""


@pytest.fixture(scope="module", autouse=True)
def no_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing was downloaded; phantoms are generated into the cache of the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMBENCH_DATA", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(params=sorted(DATASETS))
def dataset(request: pytest.FixtureRequest) -> Dataset:
    found: Dataset = DATASETS[request.param]
    return found


@pytest.fixture(params=sorted(PHANTOMS))
def phantom(request: pytest.FixtureRequest) -> Dataset:
    found: Dataset = PHANTOMS[request.param]
    return found


def test_the_sets_of_the_studies_are_there_each_with_a_phantom() -> None:
    assert set(REAL) == set(STUDIES.split())
    assert set(PHANTOMS) == {f"{name}-phantom" for name in REAL}


def test_the_nineteen_names_of_a_study_each_mean_one_set() -> None:
    meant = {name: registry.canonical(name, DATASETS) for name in NINETEEN.split()}
    assert set(meant.values()) <= set(REAL)
    assert len(set(meant.values())) == len(meant)
    assert registry.canonical("MRI-Heart-phantom", DATASETS) == "msd-heart-phantom"
    assert registry.canonical("msd-heart", DATASETS) == "msd-heart"
    everything = [alias for each in DATASETS.values() for alias in each.info.aliases]
    assert len(set(everything)) == len(everything)
    assert not set(everything) & set(DATASETS)


def test_without_being_named_only_the_embedded_phantoms_run() -> None:
    by_default = {name for name, each in PHANTOMS.items() if not each.info.on_request}
    assert by_default == {"coronacases-phantom", "radiopaedia-phantom"}
    assert not any(each.info.on_request for each in REAL.values())


def test_a_dataset_is_a_frozen_record(dataset: Dataset) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(dataset, "info", None)  # noqa: B010 - a plain assignment is what mypy forbids


def test_what_is_known_without_reading_is_complete(dataset: Dataset) -> None:
    info: DatasetInfo = dataset.info
    assert SAFE.fullmatch(dataset.name)
    assert all((info.title, info.modality, info.licence, info.citation, info.source))
    assert info.targets
    for target, labels in info.targets.items():
        assert SAFE.fullmatch(target)
        assert labels
        assert len(set(labels)) == len(labels)
        assert min(labels) > 0


def test_synthetic_data_say_so_in_name_and_title(dataset: Dataset) -> None:
    assert dataset.info.phantom == dataset.name.endswith("-phantom") == ("PHANTOM" in dataset.info.title)


def test_a_phantom_keeps_what_is_known_of_its_set(phantom: Dataset) -> None:
    real = REAL[phantom.name.removesuffix("-phantom")].info
    info = phantom.info
    assert (info.modality, info.ordered, info.affine_trusted, info.window) == (
        real.modality,
        real.ordered,
        real.affine_trusted,
        real.window,
    )
    assert dict(info.targets).items() >= dict(real.targets).items()
    assert next(iter(info.targets)) == next(iter(real.targets))


def test_listing_ids_makes_and_opens_nothing(phantom: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBENCH_CACHE", str(tmp_path / "cache"))
    ids: Sequence[str] = phantom.volume_ids()
    assert phantom.missing() is None
    assert 1 <= len(ids) <= 6
    assert len(set(ids)) == len(ids)
    assert all(SAFE.fullmatch(each) for each in ids)
    assert not (tmp_path / "cache").exists()


def test_a_volume_is_what_the_dataset_says_it_is(phantom: Dataset) -> None:
    first = phantom.volume_ids()[0]
    volume = phantom.load(first)
    assert (volume.dataset, volume.id) == (phantom.name, first)
    assert volume.target == next(iter(phantom.info.targets))
    assert (volume.modality, volume.ordered) == (phantom.info.modality, phantom.info.ordered)
    assert (volume.phantom, volume.affine_trusted) == (True, phantom.info.affine_trusted)
    assert volume.window == phantom.info.window
    assert volume.labels_zyx.max() <= len(phantom.info.targets[volume.target])
    assert volume.image_zyx.std() > 0
    assert 0 < volume.reference_zyx.mean() < 0.75
    assert (volume.n_slices > 1) == phantom.info.ordered
    if volume.spacing_zyx_mm is not None:
        sizes_xyz = np.linalg.norm(volume.affine_xyz[:3, :3], axis=0)
        assert volume.spacing_zyx_mm == pytest.approx(tuple(sizes_xyz[::-1]))
    assert phantom.load(first).digest() == volume.digest()


def test_targets_can_be_loaded_alone_and_together(phantom: Dataset) -> None:
    first = phantom.volume_ids()[0]
    targets = list(phantom.info.targets.items())[:FEW]
    alone = np.zeros((), np.bool_)
    for target, labels in targets:
        volume = phantom.load(first, target)
        assert (volume.dataset, volume.target) == (f"{phantom.name}:{target}", target)
        assert set(np.unique(volume.labels_zyx)) <= set(range(len(labels) + 1))
        alone = alone | volume.reference_zyx
    every = "+".join(target for target, _ in targets)
    together = phantom.load(first, every)
    assert together.target == every
    np.testing.assert_array_equal(together.reference_zyx, alone)


def test_the_affine_leads_from_the_turned_voxels_to_the_same_place(phantom: Dataset) -> None:
    # Upright slices have rows to the back and columns to the left, whatever the order in the file.
    real = REAL[phantom.name.removesuffix("-phantom")]
    if not getattr(real, "upright", False) or not phantom.info.affine_trusted:
        return
    volume = phantom.load(phantom.volume_ids()[0])
    if volume.spacing_zyx_mm is not None:
        steps = volume.affine_xyz[:3, :3]
        assert np.argmax(np.abs(steps), axis=0).tolist() == [0, 1, 2]
        assert np.sign(np.diag(steps)).tolist() == [-1, -1, 1]


def test_unknown_volumes_and_targets_are_refused_with_the_choices(phantom: Dataset) -> None:
    with pytest.raises(SelectionError, match=f"{phantom.name} has no volume 'no-such'; expected one of"):
        phantom.load("no-such")
    first = next(iter(phantom.info.targets))
    for target in ("no-such", f"{first}+no-such"):
        with pytest.raises(SelectionError, match=f"{phantom.name} has no target 'no-such'; expected one of {first}"):
            phantom.load(phantom.volume_ids()[0], target)


@pytest.mark.parametrize("name", sorted(REAL))
def test_absent_data_are_one_line_with_the_command(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    dataset = REAL[name]
    absent = dataset.missing()
    assert dataset.volume_ids() is not None
    assert absent is not None
    assert "\n" not in absent
    assert absent.startswith(f"{name}: ")
    assert absent.endswith(f"sambench fetch {name}")
    assert str(tmp_path) not in absent
    assert isinstance(dataset, Fetchable)
    plan = dataset.fetch_plan()
    assert plan.licence == dataset.info.licence
    assert bool(plan.waiting()) != bool(plan.manual)
    for archive in plan.archives:
        assert archive.url.startswith("https://")
        assert archive.sha256 is None or (Digest.parse(archive.sha256) and archive.sha256_confidence)


@pytest.mark.parametrize("name", sorted(REAL))
def test_a_folder_with_something_else_in_it_is_told_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    dataset = REAL[name]
    folder = tmp_path / getattr(dataset, "folder", "covid19-ct-seg")
    (folder / "holiday").mkdir(parents=True)
    (folder / "holiday" / "1.txt").touch()
    absent = dataset.missing() or ""
    assert absent.startswith(f"{name}: ")
    assert "\n" not in absent
    (folder / "PHANTOM.txt").touch()
    assert "holds a phantom, not the set" in (dataset.missing() or "")


def test_modules_with_datasets_are_public_and_say_what_they_hold() -> None:
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        assert module.__doc__
        if module_info.name.startswith("_"):
            assert not hasattr(module, "DATASETS")
