"""What a header claims is looked at before it is believed: a few bytes that claim terabytes are refused at once.

The tests run under a limit on the process's own memory, so that believing one of these headers fails.
"""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK  # here, because under the limit there is no room for its libraries
import torch
from PIL import Image

from bench_cases import assets, memory
from bench_cases.datasets._files import _open, depths, read_image
from bench_cases.errors import AssetError, CheckpointError, DataError
from bench_cases.models._weights import read_state
from tests.dicom_files import write_seg, write_slice

resource = pytest.importorskip("resource", reason="this system has no limits on a process")

ROOM = 1 << 30


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A gigabyte more than the process has now is the most that it can get."""
    monkeypatch.setattr(memory, "installed", lambda: ROOM // 4)
    _open.readers()
    used = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if Path("/proc").exists() else 0
    )
    before = resource.getrlimit(resource.RLIMIT_AS)
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def nifti(path: Path, *, shape: tuple[int, ...] = (4, 4, 4), offset: float = 352, tail: bytes = bytes(128)) -> Path:
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    content = bytearray(header.binaryblock)
    content[40:56] = struct.pack("<8h", len(shape), *shape, *[1] * (7 - len(shape)))
    content[108:112] = struct.pack("<f", offset)
    content[344:348] = b"n+1\0"
    whole = bytes(content) + bytes(4) + tail
    path.write_bytes(gzip.compress(whole, 1) if path.name.endswith(".gz") else whole)
    return path


def png(path: Path, width: int, height: int) -> Path:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b""))
    return path


def metaimage(path: Path, sizes: str, *, more: str = "", data: bytes = b"123") -> Path:
    head = f"ObjectType = Image\nNDims = 3\nDimSize = {sizes}\n{more}ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
    path.write_bytes(head.encode() + data)
    return path


def nrrd(path: Path, sizes: str, encoding: str, data: bytes = b"1 2 3\n") -> Path:
    head = f"NRRD0004\ntype: short\ndimension: 3\nsizes: {sizes}\nendian: little\nencoding: {encoding}\n\n"
    path.write_bytes(head.encode() + data)
    return path


def gipl(path: Path) -> Path:
    head = bytearray(256)
    head[:8] = struct.pack(">4H", 65535, 65535, 65535, 1)
    head[8:10] = struct.pack(">H", 15)
    head[252:256] = struct.pack(">I", 719555000)
    path.write_bytes(bytes(head) + bytes(99))
    return path


def tiff_of_one_strip(path: Path, *, side: int = 8000, pages: int = 20) -> Path:
    """Pages that all show the same few bytes."""
    data = zlib.compress(bytes(side * side))
    content = bytearray(b"II*\0" + struct.pack("<I", 8 + len(data)) + data)
    for page in range(pages):
        fields = [
            (256, side),
            (257, side),
            (258, 8),
            (259, 8),
            (262, 1),
            (273, 8),
            (277, 1),
            (278, side),
            (279, len(data)),
        ]
        following = 0 if page + 1 == pages else len(content) + 2 + 12 * len(fields) + 4
        content += struct.pack("<H", len(fields))
        content += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
        content += struct.pack("<I", following)
    path.write_bytes(bytes(content))
    return path


def dicom(path: Path, **claims: int) -> Path:
    return write_slice(path, np.zeros((4, 4), np.int16), **claims)


def far_segments(path: Path) -> Path:
    """Two frames of a segmentation that lie a world apart, with all the empty planes between them left out."""
    return write_seg(path, [(1, 0.0, np.ones((64, 64), np.uint8)), (1, 4e6, np.ones((64, 64), np.uint8))])


def deflated(path: Path) -> Path:
    """A DICOM file whose data set is a bomb."""
    uid = b"1.2.840.10008.1.2.1.99"
    meta = b"\x02\x00\x10\x00UI" + struct.pack("<H", len(uid)) + uid
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b"".join(packer.compress(bytes(1 << 24)) for _ in range(9)) + packer.flush()
    length = b"\x02\x00\x00\x00UL\x04\x00" + struct.pack("<I", len(meta))
    path.write_bytes(bytes(128) + b"DICM" + length + meta + body)
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nifti dims": (
        lambda it: nifti(it / "a.nii", shape=(32767, 32767, 32767)),
        "declares 70362301923326 bytes of voxels",
    ),
    "nifti dims, gz": (
        lambda it: nifti(it / "a.nii.gz", shape=(32767,) * 3),
        "declares 70362301923326 bytes of voxels",
    ),
    "nifti of seven axes": (lambda it: nifti(it / "a.nii", shape=(32767,) * 7), "it has 7 axes"),
    "nifti bomb": (
        lambda it: nifti(it / "a.nii.gz", shape=(512, 512, 300), tail=bytes(1 << 26)),
        "declares 157286400 bytes of voxels, and .* about 943718400; expected at most 134217728, half of this machine",
    ),
    "nifti offset": (
        lambda it: nifti(it / "a.nii.gz", offset=1e30),
        "voxels begin at byte 1e\\+30; expected 0 to 67108864",
    ),
    "nifti offset, nan": (lambda it: nifti(it / "a.nii", offset=float("nan")), "voxels begin at byte nan"),
    "png": (lambda it: png(it / "a.png", 60000, 60000), "it is too large"),
    "tiff pages": (lambda it: tiff_of_one_strip(it / "a.tif"), "half of this machine's memory"),
    "mha": (lambda it: metaimage(it / "a.mha", "65535 65535 65535"), "declares 562924184010750 bytes"),
    "mha overflow": (
        lambda it: metaimage(it / "a.mha", "4294967295 4294967295 4294967295"),
        "half of this machine's memory",
    ),
    "mha channels": (
        lambda it: metaimage(it / "a.mha", "9 9 9", more="ElementNumberOfChannels = 2000000000\n"),
        "values a voxel",
    ),
    "nrrd raw": (lambda it: nrrd(it / "a.nrrd", "60000 60000 60000", "raw"), "declares 432000000000000 bytes"),
    "nrrd ascii": (
        lambda it: nrrd(it / "a.nrrd", "200 200 100", "ascii"),
        "declares 8000000 bytes of voxels but the file",
    ),
    "nrrd bzip2": (
        lambda it: nrrd(it / "a.nrrd", "9 9 9", "bzip2"),
        "packed as 'bzip2'; expected raw, gzip or ascii",
    ),
    "gipl": (lambda it: gipl(it / "a.gipl"), "declares 562924184010750 bytes"),
    "dicom rows": (
        lambda it: dicom(it / "a.dcm", Rows=65535, Columns=65535),
        "declares 8589672450 bytes of voxels but",
    ),
    "dicom frames": (lambda it: dicom(it / "a.dcm", NumberOfFrames=2**31 - 1), "declares 68719476704 bytes"),
    "dicom no bits": (lambda it: dicom(it / "a.dcm", BitsAllocated=0), "does not say how many pixels of how many bits"),
    "dicom seg": (lambda it: far_segments(it / "a.dcm"), "half of this machine's memory"),
    "dicom deflated": (lambda it: deflated(it / "a.dcm"), "half of this machine's memory"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_scan_that_claims_more_than_there_can_be_is_refused_before_memory_is_taken(name: str, tmp_path: Path) -> None:
    write, wrong = HOSTILE[name]
    path = write(tmp_path)
    with pytest.raises(DataError, match=wrong) as caught:
        read_image(path)
    assert "does not fit into memory" not in str(caught.value)
    assert "; expected " in str(caught.value)


@pytest.mark.parametrize(("dtype", "times"), [(np.uint8, 10), (np.int16, 6), (np.float32, 4), (np.float64, 3)])
@pytest.mark.parametrize("name", ["a.nii.gz", "a.hdr", "a.mha"])
def test_a_scan_may_have_what_can_be_scored_in_half_of_the_memory_and_no_byte_more(
    name: str, dtype: type[np.generic], times: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = np.zeros((8, 16, 32), dtype)
    if name == "a.mha":
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), tmp_path / name)
    else:
        kind = nibabel.Nifti1Pair if name == "a.hdr" else nibabel.Nifti1Image
        nibabel.save(kind(array.T, np.eye(4)), tmp_path / name)
    monkeypatch.setattr(memory, "installed", lambda: 2 * times * array.nbytes)
    assert read_image(tmp_path / name).array_zyx.shape == array.shape
    monkeypatch.setattr(memory, "installed", lambda: 2 * times * array.nbytes - 2)
    taken = f"declares {array.nbytes} bytes of voxels, and to read and score them takes about {times * array.nbytes}"
    with pytest.raises(DataError, match=rf"{taken}; expected at most {times * array.nbytes - 1}, half of this machine"):
        read_image(tmp_path / name)


def test_a_picture_is_read_as_a_picture_whatever_program_its_content_would_start(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(DataError, match="Pillow cannot read it"):
        read_image(tmp_path / "a.png")
    Image.init()
    assert "EPS" in Image.OPEN  # it would have been


def test_a_header_beyond_its_pair_is_refused(tmp_path: Path) -> None:
    header = nibabel.nifti1.Nifti1PairHeader()
    header["magic"] = b"ni1"
    (tmp_path / "a.hdr.gz").write_bytes(gzip.compress(header.binaryblock + bytes(65 << 20), 1))
    (tmp_path / "a.img").write_bytes(bytes(9))
    with pytest.raises(DataError, match=r"its header is longer than 67108864 bytes; expected a header of 348"):
        read_image(tmp_path / "a.hdr.gz")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.hdr", "a.hdr.gz"])
@pytest.mark.parametrize("size", [348, 540])
def test_the_slices_of_a_file_are_counted_whatever_an_extension_claims(name: str, size: int, tmp_path: Path) -> None:
    kind = nibabel.Nifti1Header if size == 348 else nibabel.Nifti2Header
    header = kind()
    header.set_data_shape((4, 4, 3))
    header["magic"] = b"n%c%d" % (b"+" if "nii" in name else b"i", 1 if size == 348 else 2)
    header["vox_offset"] = 2**31 if "nii" in name else 0
    content = header.binaryblock + struct.pack("<4B2i", 1, 0, 0, 0, 2**31 - 16, 6) + bytes(8192)
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    assert depths([("it", tmp_path / name)]) == {"it": 3}


def safetensors(path: Path, header: bytes, claimed: int | None = None) -> Path:
    path.write_bytes(struct.pack("<Q", len(header) if claimed is None else claimed) + header)
    return path


def many(count: int) -> bytes:
    return json.dumps({"w": {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}}).encode()


@pytest.mark.parametrize(
    ("write", "wrong"),
    [
        (lambda it: safetensors(it / "a.safetensors", b"{}", 1 << 60), "header too large"),
        (lambda it: safetensors(it / "a.safetensors", many(10**12)), "cannot be read as safetensors"),
        (lambda it: safetensors(it / "a.safetensors", b"[" * 100_000), "cannot be read as safetensors"),
        (lambda it: packed(it / "a.pt"), r"unpacks to [\d,]+ bytes; expected tensors as torch.save writes them"),
        (lambda it: legacy(it / "a.pt"), "cannot be read as a torch checkpoint"),
    ],
    ids=["header", "tensor", "nesting", "packed", "older format"],
)
def test_a_checkpoint_that_claims_more_than_it_holds_is_refused(write, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=wrong):
        read_state(write(tmp_path))


def packed(path: Path) -> Path:
    torch.save({"w": torch.zeros(1 << 20)}, path.with_suffix(".whole"))
    with (
        zipfile.ZipFile(path.with_suffix(".whole")) as whole,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as small,
    ):
        for name in whole.namelist():
            small.writestr(name, whole.read(name))
    return path


def legacy(path: Path) -> Path:
    torch.save({"w": torch.zeros(16)}, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes().replace(b"K\x10", b"\x8a\x06\x00\x00\x00\x00\x00\x7f"))  # 16 numbers: 2**47
    return path


def test_a_tar_whose_header_claims_gigabytes_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("PaxHeaders/x")
    header.type, header.size = tarfile.XHDTYPE, 3 << 30
    with gzip.open(tmp_path / "a.tar.gz", "wb", compresslevel=1) as stream:
        first = tarfile.TarInfo("x.nii")
        stream.write(first.tobuf() + header.tobuf() + bytes(1 << 20))
    with pytest.raises(AssetError, match=r"a\.tar\.gz has a header of 3221225472 bytes; expected at most 16777216"):
        assets.unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_tar_of_holes_is_refused(tmp_path: Path) -> None:
    hole = tarfile.TarInfo("hole")
    hole.type = tarfile.GNUTYPE_SPARSE
    block = bytearray(hole.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"77777777777\0"  # eight gigabytes of nothing
    block[148:156] = b"        "
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    stream = io.BytesIO(bytes(block) + bytes(1024))
    (tmp_path / "a.tar").write_bytes(stream.getvalue())
    with pytest.raises(AssetError, match="member 'hole' is a file with holes"):
        assets.unpack(tmp_path / "a.tar", tmp_path / "out")
