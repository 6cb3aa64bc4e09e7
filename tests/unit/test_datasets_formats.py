"""MetaImage, NRRD, GIPL, pairs, pictures, and what is no image at all."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from PIL import Image

from bench_cases.datasets._files import Reader, read_image, readers
from bench_cases.errors import DataError
from tests.scan_files import write_png

NOISE = np.random.default_rng(0).integers(-1000, 1000, (8, 16, 12)).astype(np.int16)
ITK_NAMES = ["u.mha", "c.mha", "u.mhd", "c.mhd", "u.nrrd", "c.nrrd", "u.nhdr", "c.nhdr", "u.gipl", "u.gipl.gz"]
DATA_OF = {"u.mhd": "u.raw", "c.mhd": "c.zraw", "u.nhdr": "u.raw", "c.nhdr": "c.raw.gz"}


def refused(path: Path, match: str) -> None:
    with pytest.raises(DataError, match=match) as caught:
        read_image(path)
    message = str(caught.value)
    assert path.name in message
    assert "; expected " in message
    assert str(path.parent) not in message


def write_itk(path: Path, array_zyx: np.ndarray[Any, Any] = NOISE) -> Path:
    image = SimpleITK.GetImageFromArray(array_zyx)
    image.SetSpacing((0.5, 0.75, 3.0))
    if "gipl" not in path.name:
        image.SetOrigin((10.0, -20.0, 30.0))
        image.SetDirection((1, 0, 0, 0, -1, 0, 0, 0, 1))
    SimpleITK.WriteImage(image, str(path), path.name.startswith("c."))
    return path


@pytest.mark.parametrize("name", ITK_NAMES)
def test_every_format_of_simpleitk_gives_the_voxels_back(tmp_path: Path, name: str) -> None:
    scan = read_image(write_itk(tmp_path / name))
    np.testing.assert_array_equal(scan.array_zyx, NOISE)
    assert scan.array_zyx.dtype == np.int16
    assert scan.spacing_zyx_mm == pytest.approx((3.0, 0.75, 0.5))


@pytest.mark.parametrize("name", ["u.mha", "c.nrrd"])
def test_the_affine_is_the_one_nibabel_reads_from_the_same_image_as_nifti(tmp_path: Path, name: str) -> None:
    write_itk(tmp_path / name)
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(tmp_path / name)), str(tmp_path / "same.nii"))
    ours, theirs = read_image(tmp_path / name), read_image(tmp_path / "same.nii")
    np.testing.assert_allclose(ours.affine_xyz, theirs.affine_xyz)
    np.testing.assert_array_equal(ours.array_zyx, theirs.array_zyx)


@pytest.mark.parametrize("keep", [0.4, 0.95])
@pytest.mark.parametrize("name", ITK_NAMES)
def test_truncated_voxels_are_refused(tmp_path: Path, name: str, keep: float) -> None:
    write_itk(tmp_path / name)
    data = tmp_path / DATA_OF.get(name, name)
    data.write_bytes(data.read_bytes()[: int(data.stat().st_size * keep)])
    with pytest.raises(DataError, match=r"; expected a complete.*[Cc]opy"):
        read_image(tmp_path / name)


@pytest.mark.parametrize("name", ["c.mha", "c.nrrd", "u.gipl.gz"])
def test_damage_inside_compressed_voxels_is_refused(tmp_path: Path, name: str) -> None:
    path = write_itk(tmp_path / name)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 0xFF
    path.write_bytes(body)
    refused(path, "compressed data are damaged")


@pytest.mark.parametrize("name", ["u.mhd", "u.nhdr"])
def test_a_header_without_its_data_file_is_refused(tmp_path: Path, name: str) -> None:
    path = write_itk(tmp_path / name)
    (tmp_path / "u.raw").unlink()
    refused(path, r"its data file u\.raw is not beside it; expected header and data file together\. Copy both")


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ("/etc/hostname", "points outside its own folder"),
        ("../secret.raw", "points outside its own folder"),
        ("LIST", "spread over several files"),
        ("slice%03d.raw 1 8 1", "spread over several files"),
    ],
)
@pytest.mark.parametrize("name", ["u.mhd", "u.nhdr"])
def test_headers_that_point_elsewhere_are_refused(tmp_path: Path, name: str, named: str, wrong: str) -> None:
    path = write_itk(tmp_path / name)
    path.write_text(path.read_text().replace("u.raw", named))
    refused(path, wrong)


def test_declared_sizes_beyond_the_file_are_refused(tmp_path: Path) -> None:
    for name in ("u.mha", "c.mha", "u.mhd"):
        path = write_itk(tmp_path / name)
        path.write_bytes(path.read_bytes().replace(b"DimSize = 12 16 8", b"DimSize = 60000 60000 60000"))
        refused(path, "declares 432000000000000 bytes")
    path = write_itk(tmp_path / "u.nrrd")
    path.write_bytes(path.read_bytes().replace(b"sizes: 12 16 8", b"sizes: 60000 60000 60000"))
    refused(path, "declares 432000000000000 bytes")


def test_vectors_four_axes_and_nonsense_are_refused(tmp_path: Path) -> None:
    vectors = SimpleITK.GetImageFromArray(np.zeros((4, 4, 4, 3), np.float32), isVector=True)
    SimpleITK.WriteImage(vectors, str(tmp_path / "v.nrrd"))
    refused(tmp_path / "v.nrrd", "it has 3 values a voxel")
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.zeros((2, 3, 4, 5), np.int16), isVector=False), str(tmp_path / "t.mha")
    )
    refused(tmp_path / "t.mha", "it has 4 axes, shape 5 x 4 x 3 x 2")
    (tmp_path / "complex.mha").write_bytes(b"x")
    refused(tmp_path / "complex.mha", "does not end in ElementDataFile")
    (tmp_path / "complex.mha").write_bytes(b"ElementDataFile\n")
    refused(tmp_path / "complex.mha", "does not end in ElementDataFile")
    (tmp_path / "n.nrrd").write_text("not nrrd")
    refused(tmp_path / "n.nrrd", "does not start with NRRD")
    (tmp_path / "m.nrrd").write_text("NRRD0004\ntype: short\n\n")
    refused(tmp_path / "m.nrrd", "SimpleITK cannot read it")
    (tmp_path / "g.gipl").write_text("not gipl")
    refused(tmp_path / "g.gipl", "SimpleITK cannot read it")


def test_complex_numbers_are_refused(tmp_path: Path) -> None:
    image = SimpleITK.Cast(SimpleITK.GetImageFromArray(np.zeros((2, 3, 4), np.float32)), SimpleITK.sitkComplexFloat32)
    SimpleITK.WriteImage(image, str(tmp_path / "c.mha"))
    refused(tmp_path / "c.mha", "(values a voxel|are of type)")


@pytest.mark.parametrize("kind", [nib.Nifti1Pair, nib.Nifti2Pair])
@pytest.mark.parametrize("half", ["a.hdr", "a.img"])
def test_a_nifti_pair_is_read_from_either_half(tmp_path: Path, kind: Any, half: str) -> None:
    nib.save(kind(NOISE.T, np.diag([-1.0, 2, 3, 1])), tmp_path / "a.img")
    scan = read_image(tmp_path / half)
    np.testing.assert_array_equal(scan.array_zyx, NOISE)
    assert scan.spacing_zyx_mm == (3, 2, 1)


def test_an_analyze_pair_is_read_also_when_its_voxels_are_compressed(tmp_path: Path) -> None:
    nib.save(nib.AnalyzeImage(NOISE.T, np.diag([-1.0, 2, 3, 1])), tmp_path / "a.img")
    np.testing.assert_array_equal(read_image(tmp_path / "a.hdr").array_zyx, NOISE)
    voxels = tmp_path / "a.img"
    (tmp_path / "a.img.gz").write_bytes(gzip.compress(voxels.read_bytes()))
    voxels.unlink()
    for half in ("a.hdr", "a.img.gz"):
        np.testing.assert_array_equal(read_image(tmp_path / half).array_zyx, NOISE)


@pytest.mark.parametrize(("kind", "claims"), [(nib.Nifti1Pair, 540), (nib.Nifti2Pair, 348)])
def test_a_pair_whose_first_field_and_magic_are_of_two_formats_is_refused(
    tmp_path: Path, kind: Any, claims: int
) -> None:
    nib.save(kind(NOISE.T, np.eye(4)), tmp_path / "a.img")
    header = (tmp_path / "a.hdr").read_bytes()
    (tmp_path / "a.hdr").write_bytes(claims.to_bytes(4, "little") + header[4:])
    first = claims.to_bytes(4, "little").hex(" ")
    refused(tmp_path / "a.hdr", rf"its magic is ni. and its first bytes are {first}; expected the length of .* copy or")


@pytest.mark.parametrize("kind", [nib.Nifti1Pair, nib.AnalyzeImage])
def test_half_a_pair_and_a_cut_one_are_refused(tmp_path: Path, kind: Any) -> None:
    nib.save(kind(NOISE.T, np.eye(4)), tmp_path / "a.img")
    voxels = tmp_path / "a.img"
    voxels.write_bytes(voxels.read_bytes()[:100])
    refused(tmp_path / "a.hdr", "declares 3072 bytes of voxels but the file can hold at most 100")
    voxels.unlink()
    refused(tmp_path / "a.hdr", r"other half a\.img is not beside it; expected header \(\.hdr\) and voxels")
    (tmp_path / "a.hdr").rename(tmp_path / "b.img")
    refused(tmp_path / "b.img", r"other half b\.hdr is not beside it")


@pytest.mark.parametrize("suffix", ["png", "tif", "jpg"])
def test_grey_pictures_are_single_slices_without_spacing(tmp_path: Path, suffix: str) -> None:
    grey = np.full((6, 8), 77, np.uint8)
    scan = read_image(write_png(tmp_path / f"a.{suffix}", grey))
    np.testing.assert_array_equal(scan.array_zyx, grey[None])
    assert scan.spacing_zyx_mm is None
    np.testing.assert_array_equal(scan.affine_xyz, np.eye(4))


def test_sixteen_bits_and_one_bit_keep_their_values(tmp_path: Path) -> None:
    deep = np.array([[0, 300], [4000, 65535]], np.uint16)
    for suffix in ("png", "tif"):
        np.testing.assert_array_equal(read_image(write_png(tmp_path / f"a.{suffix}", deep)).array_zyx[0], deep)
    bits = read_image(write_png(tmp_path / "bits.png", deep > 0))
    assert bits.array_zyx.dtype == np.uint8
    assert bits.array_zyx.ravel().tolist() == [0, 1, 1, 1]


def test_the_pages_of_a_tiff_are_slices(tmp_path: Path) -> None:
    pages = [Image.fromarray(np.full((3, 4), value, np.uint8)) for value in (5, 6, 7)]
    pages[0].save(tmp_path / "a.tiff", save_all=True, append_images=pages[1:])
    assert read_image(tmp_path / "a.tiff").array_zyx[:, 0, 0].tolist() == [5, 6, 7]
    pages[0].save(tmp_path / "b.tiff", save_all=True, append_images=[pages[1].resize((9, 9))])
    refused(tmp_path / "b.tiff", "its 2 pages differ in size")


def test_equal_channels_are_grey_and_colours_are_refused_unless_luminance_is_asked_for(tmp_path: Path) -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    same = np.stack([grey] * 3, axis=2)
    np.testing.assert_array_equal(read_image(write_png(tmp_path / "same.png", same)).array_zyx[0], grey)
    opaque = np.dstack([same, np.full_like(grey, 255)])
    np.testing.assert_array_equal(read_image(write_png(tmp_path / "opaque.png", opaque)).array_zyx[0], grey)
    refused(write_png(tmp_path / "clear.png", np.dstack([same, grey])), r"mode RGBA")
    red = write_png(tmp_path / "red.png", same * np.array([1, 0, 0], np.uint8))
    refused(red, r'colour, palette or transparent picture \(mode RGB\).*channels that are equal\..*"luminance"')
    assert read_image(red, luminance=True).array_zyx.max() == 3  # 11 * 0.299, ITU-R 601-2
    Image.fromarray(grey).convert("P").save(tmp_path / "palette.png")
    refused(tmp_path / "palette.png", "mode P")


def test_broken_and_monstrous_pictures_are_refused(tmp_path: Path) -> None:
    path = write_png(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (64, 64)).astype(np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    refused(path, "truncated, damaged or not a picture; expected a complete PNG")
    (tmp_path / "b.png").write_text("no picture")
    refused(tmp_path / "b.png", "truncated, damaged or not a picture")
    bomb = write_png(tmp_path / "bomb.png", np.zeros((2, 2), np.uint8))
    body = bytearray(bomb.read_bytes())
    body[16:24] = (200_000).to_bytes(4, "big") * 2
    import zlib

    body[29:33] = zlib.crc32(body[12:29]).to_bytes(4, "big")
    bomb.write_bytes(body)
    refused(bomb, "it is too large")


def make_lfs(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n")


def make_annex(path: Path) -> None:
    path.write_text("/annex/objects/MD5E-s2--00.nii.gz\n")


def make_page(path: Path) -> None:
    path.write_text("\n<!DOCTYPE html><title>Sign in</title>")


def make_dicom(path: Path) -> None:
    path.write_bytes(bytes(128) + b"DICM" + bytes(9))


def make_dangling(path: Path) -> None:
    path.symlink_to("../.git/annex/objects/gone")


def make_dicom_folder(path: Path) -> None:
    path.mkdir()
    make_dicom(path / "1")


def make_mixture(path: Path) -> None:
    make_dicom_folder(path)
    write_png(path / "1.png", np.zeros((2, 2), np.uint8))


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (make_lfs, r"git-lfs pointer.*Run 'git lfs pull'"),
        (make_annex, r"git-annex pointer.*Run 'git annex get'"),
        (make_dangling, r"link to a file that is not there.*'git annex get'"),
        (make_page, r"web page.*Download it again"),
        (make_dicom, r"its DICOM header is damaged|another DICOM object that is no scan; expected a slice"),
        (make_dicom_folder, r"one of its files breaks off in its header, or has no pixels; expected complete slices"),
        (make_mixture, r"folder with DICOM files and pictures; expected a file, a DICOM series or one picture a slice"),
        (Path.mkdir, "it is a folder with neither DICOM files nor pictures; expected a file, a DICOM series"),
        (Path.touch, "the file is empty"),
        (lambda _path: None, "there is no such file"),
    ],
)
def test_what_is_no_image_is_named(tmp_path: Path, make: Callable[[Path], None], wrong: str) -> None:
    make(tmp_path / "image.nii.gz")
    refused(tmp_path / "image.nii.gz", wrong)


def test_a_file_with_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    (tmp_path / "scan.xyz").write_text("?")
    refused(tmp_path / "scan.xyz", r"ends in no known suffix; expected one of .*\.mha.*\.nii\.gz.*Convert it to NIfTI")


def test_a_dicom_name_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "1.dcm").write_bytes(b"old DICOM without a preamble")
    refused(
        tmp_path / "1.dcm",
        "named as a DICOM file and does not begin as one; expected DICM after 128 bytes.*export it again",
    )


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / ("long" * 100 + ".nii"), "cannot be read")


def test_every_suffix_has_one_reader_in_lower_case_with_its_dot() -> None:
    assert {".nii", ".nii.gz", ".mha", ".mhd", ".nrrd", ".gipl.gz", ".png"} <= set(readers())
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in readers())
    assert all(isinstance(reader, Reader) for reader in readers().values())


def test_looking_for_readers_and_datasets_imports_no_heavy_library() -> None:
    code = (
        "import sys, bench_cases.registry as r; r.datasets(); from bench_cases.datasets._files import readers; "
        "readers(); import bench_cases.datasets.folder, bench_cases.assets; "
        "print({'torch', 'nibabel', 'SimpleITK', 'PIL', 'pandas', 'scipy', 'pooch', 'requests'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["u.nrrd", "u.mha"])
def test_make_and_model_of_the_scanner_are_kept_and_nothing_else_of_the_header(tmp_path: Path, name: str) -> None:
    image = SimpleITK.GetImageFromArray(NOISE)
    header = {"0070": "SIEMENS ", "1090": "Avanto\t" + "x" * 99, "0080": "St Elsewhere", "1010": "STATION1"}
    for element, text in header.items():
        image.SetMetaData(f"DICOM_0008_{element}", text)
    image.SetMetaData("DICOM_0010_0010", "Doe^Jane")
    SimpleITK.WriteImage(image, str(tmp_path / name))
    scan = read_image(tmp_path / name)
    assert scan.scanner is not None
    assert scan.scanner.manufacturer == "SIEMENS"
    assert scan.scanner.model == "Avanto " + "x" * 57
    assert not any(word in repr(scan) for word in ("Doe", "Elsewhere", "STATION1"))


def test_a_header_without_a_scanner_has_none(tmp_path: Path) -> None:
    assert read_image(write_itk(tmp_path / "u.mha")).scanner is None
