"""How deep volumes are, told without reading them: by headers, by names, by recipes of phantoms."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from bench_cases import registry
from bench_cases.contracts import CountsSlices
from bench_cases.datasets._files import depths
from bench_cases.datasets._sets.public_set import PublicSet
from bench_cases.datasets._sets.template import fill
from bench_cases.datasets.folder import FolderDataset
from tests.dicom_files import write_series, write_slice
from tests.scan_files import covid_set, write_nifti, write_png

VOLUME = np.zeros((5, 6, 8), np.int16)


def files(folder: Path) -> dict[str, Path]:
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOLUME), folder / "v.mha")
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(VOLUME), folder / "v.nrrd")
    for z in range(3):
        write_png(folder / "pictures" / f"{z}.png", VOLUME[0].astype(np.uint8))
    return {
        "nifti": write_nifti(folder / "v.nii", VOLUME),
        "gzipped": write_nifti(folder / "v.nii.gz", VOLUME),
        "one slice": write_nifti(folder / "flat.nii.gz", VOLUME[0]),
        "mha": folder / "v.mha",
        "nrrd": folder / "v.nrrd",
        "pictures": folder / "pictures",
        "picture": folder / "pictures" / "0.png",
        "series": write_series(folder / "series", VOLUME[:4]),
        "dicom": write_slice(folder / "one.dcm", VOLUME[0]),
    }


def test_each_format_tells_its_depth(tmp_path):
    (tmp_path / "series").mkdir()
    expected = {"pictures": 3, "picture": 1, "series": 4, "dicom": 1, "one slice": 1}
    assert depths(files(tmp_path).items()) == {"nifti": 5, "gzipped": 5, "mha": 5, "nrrd": 5, **expected}


def test_the_voxels_need_not_be_there(tmp_path):
    path = write_nifti(tmp_path / "v.nii.gz", np.zeros((40, 32, 32), np.int16))
    header = gzip.decompress(path.read_bytes())[:352]
    path.write_bytes(gzip.compress(header))
    assert depths([("v", path)]) == {"v": 40}


@pytest.mark.parametrize("content", [b"", b"no scan", b"\x1f\x8b\x08broken"])
def test_what_cannot_be_told_is_left_out(tmp_path, content):
    for name in ("v.nii.gz", "v.nii", "v.mha", "v.dcm", "v.xyz"):
        (tmp_path / name).write_bytes(content)
    there = {name: tmp_path / name for name in ("v.nii.gz", "v.nii", "v.mha", "v.dcm", "v.xyz", "gone.nii.gz")}
    assert depths(there.items()) == {}


def test_sets_and_folders_say_how_deep_their_volumes_are(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path))
    known = registry.datasets()
    covid_set(tmp_path / "covid19-ct-seg", subsets={"radiopaedia": ("4_85506_1",)})
    radiopaedia = known["radiopaedia"]
    assert isinstance(radiopaedia, CountsSlices)
    assert radiopaedia.slice_counts() == {"4_85506_1": 3}
    lits = known["lits"]
    assert isinstance(lits, PublicSet)
    write_nifti(lits.root / fill(lits.layouts[0].image, dict.fromkeys(["id", "part", "folder"], "7")), VOLUME)
    assert list(lits.slice_counts().values()) == [5]
    write_nifti(tmp_path / "mine" / "a.nii.gz", VOLUME)
    (tmp_path / "mine" / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "lungs"\nimage = "{id}.nii.gz"\nmask = "{id}_mask.nii.gz"\nlabels = [1]\n'
    )
    assert FolderDataset.from_directory("mine", tmp_path / "mine").slice_counts() == {"a": 5}


def test_every_set_counts_and_phantoms_know_all_of_their_volumes():
    for name, dataset in registry.datasets().items():
        assert isinstance(dataset, CountsSlices), name
        if dataset.info.phantom:
            assert set(dataset.slice_counts()) == set(dataset.volume_ids()), name
    phantom = registry.datasets()["radiopaedia-phantom"]
    assert isinstance(phantom, CountsSlices)
    assert phantom.slice_counts()["4_85506_1"] == len(phantom.load("4_85506_1").image_zyx)
