"""How deep volumes are, told without reading them: by headers, by names, by recipes of phantoms."""

import gzip
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from bench_cases import registry
from bench_cases.contracts import CountsSlices
from bench_cases.datasets._files import depths, read_image
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


@pytest.mark.parametrize("shape", [(8, 6), (8, 6, 5), (8, 6, 5, 1), (8, 6, 5, 2)])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *((kind, name) for kind in (nib.Nifti1Image, nib.Nifti2Image) for name in ("v.nii", "v.nii.gz")),
        *((kind, name) for kind in (nib.Nifti1Pair, nib.Nifti2Pair) for name in ("v.hdr", "v.img", "v.img.gz")),
        *((nib.Spm99AnalyzeImage, name) for name in ("v.hdr", "v.img", "v.hdr.gz")),
        (nib.AnalyzeImage, "v.img"),
    ],
)
def test_the_first_bytes_tell_what_nibabel_tells(
    tmp_path: Path, kind: Any, name: str, order: str, shape: tuple[int, ...]
) -> None:
    header = kind.header_class(endianness=order)
    header.set_data_dtype(np.int16)
    nib.save(kind(np.zeros(shape, np.int16), np.eye(4), header), tmp_path / name)
    again = nib.load(tmp_path / name)
    assert again.header.endianness == order
    told = depths([("v", tmp_path / name)])
    assert told == {"v": (*again.shape, 1)[2]}
    if shape[3:] != (2,):  # of a time series one volume must be named
        assert told == {"v": len(read_image(tmp_path / name).array_zyx)}


def test_the_other_half_of_a_pair_is_looked_for(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Pair(VOLUME.T, np.eye(4)), tmp_path / "v.img.gz")
    assert depths([("v", tmp_path / "v.hdr.gz")]) == depths([("v", tmp_path / "v.img.gz")]) == {"v": 5}
    (tmp_path / "v.hdr.gz").unlink()
    assert depths([("v", tmp_path / "v.img.gz")]) == {}


@pytest.mark.parametrize(("axes", "depth"), [(0, 5), (8, 5), (-3, 5), (0x0300, 5), (3, 0), (3, -5)])
def test_a_header_whose_axes_make_no_sense_tells_no_depth(tmp_path: Path, axes: int, depth: int) -> None:
    path = write_nifti(tmp_path / "v.nii", VOLUME)
    content = bytearray(path.read_bytes())
    struct.pack_into("<h", content, 40, axes)
    struct.pack_into("<h", content, 46, depth)
    path.write_bytes(content)
    assert depths([("v", path)]) == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "v.nii")
    assert depths([("v", tmp_path / "v.nii")]) == {}


def test_no_parser_of_the_whole_header_is_loaded(tmp_path: Path) -> None:
    nib.save(nib.Spm99AnalyzeImage(VOLUME.T, np.eye(4)), tmp_path / "v.hdr")
    paths = [str(tmp_path / "v.hdr"), str(write_nifti(tmp_path / "v.nii.gz", VOLUME))]
    code = (
        "import sys; from pathlib import Path; from bench_cases.datasets._files import depths; "
        "print(depths((it, Path(it)) for it in sys.argv[1:]), {'nibabel', 'SimpleITK'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{dict.fromkeys(paths, 5)} set()"


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
