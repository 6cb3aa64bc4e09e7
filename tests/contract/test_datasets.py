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
from bench_cases.contracts import Dataset, DatasetInfo
from bench_cases.datasets.fetching import Fetchable
from bench_cases.errors import SelectionError
from tests.scan_files import covid_set, montgomery_set

DATASETS = registry.datasets()
SAFE = re.compile(r"[A-Za-z0-9._+=@-]+")


@pytest.fixture(scope="module", autouse=True)
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Each real set in its true layout, in small."""
    root = tmp_path_factory.mktemp("data")
    covid = {name: tuple(DATASETS[name].volume_ids()) for name in ("coronacases", "radiopaedia")}
    covid_set(root / "covid19-ct-seg", subsets=covid)
    montgomery_set(root / "montgomery", tuple(f"{number:04d}_0" for number in range(138)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMBENCH_DATA", str(root))
        yield


@pytest.fixture(params=sorted(DATASETS))
def dataset(request: pytest.FixtureRequest) -> Dataset:
    found: Dataset = DATASETS[request.param]
    return found


def test_the_datasets_of_the_first_release_are_found() -> None:
    assert set(DATASETS) >= {
        "coronacases",
        "radiopaedia",
        "montgomery",
        "coronacases-phantom",
        "radiopaedia-phantom",
    }


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


def test_ids_are_unique_and_can_stand_in_a_test_id(dataset: Dataset) -> None:
    ids: Sequence[str] = dataset.volume_ids()
    assert dataset.missing() is None
    assert len(ids) >= 1
    assert len(set(ids)) == len(ids)
    assert all(SAFE.fullmatch(each) for each in ids)


def test_a_volume_is_what_the_dataset_says_it_is(dataset: Dataset) -> None:
    first = dataset.volume_ids()[0]
    volume = dataset.load(first)
    assert (volume.dataset, volume.id) == (dataset.name, first)
    assert volume.target == next(iter(dataset.info.targets))
    assert (volume.modality, volume.ordered) == (dataset.info.modality, dataset.info.ordered)
    assert (volume.phantom, volume.affine_trusted) == (dataset.info.phantom, dataset.info.affine_trusted)
    assert volume.labels_zyx.max() <= len(dataset.info.targets[volume.target])
    assert volume.reference_zyx.any()
    if volume.spacing_zyx_mm is not None:
        sizes_xyz = np.linalg.norm(volume.affine_xyz[:3, :3], axis=0)
        assert volume.spacing_zyx_mm == pytest.approx(tuple(sizes_xyz[::-1]))
    assert dataset.load(first).digest() == volume.digest()


def test_every_target_can_be_loaded_and_names_the_volume(dataset: Dataset) -> None:
    first = dataset.volume_ids()[0]
    for target, labels in dataset.info.targets.items():
        volume = dataset.load(first, target)
        assert (volume.dataset, volume.target) == (f"{dataset.name}:{target}", target)
        assert set(np.unique(volume.labels_zyx)) <= set(range(len(labels) + 1))


def test_unknown_volumes_and_targets_are_refused_with_the_choices(dataset: Dataset) -> None:
    with pytest.raises(SelectionError, match=f"{dataset.name} has no volume 'no-such'; expected one of"):
        dataset.load("no-such")
    with pytest.raises(SelectionError, match=f"{dataset.name} has no target 'no-such'; expected one of"):
        dataset.load(dataset.volume_ids()[0], "no-such")


def test_absent_data_are_one_line_with_the_command(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    absent = dataset.missing()
    if isinstance(dataset, Fetchable):
        assert absent is not None
        assert "\n" not in absent
        assert absent.startswith(f"{dataset.name}: ")
        assert absent.endswith(f"sambench fetch {dataset.name}")
        assert str(tmp_path) not in absent
        assert dataset.fetch_plan().waiting()
    else:
        assert absent is None


def test_modules_with_datasets_are_public_and_say_what_they_hold() -> None:
    for module_info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        assert module.__doc__
        if module_info.name.startswith("_"):
            assert not hasattr(module, "DATASETS")
