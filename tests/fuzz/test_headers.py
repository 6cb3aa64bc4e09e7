"""Headers of which single fields are extreme: each file is refused in one sentence, or what is read is sound."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench_cases import memory
from bench_cases.datasets._files import Choice, read_image
from bench_cases.datasets._files._scan import ScanImage
from bench_cases.errors import DataError
from tests.dicom_files import write_slice
from tests.fuzz.session import MACHINE_BYTES

BRIEFLY = settings(
    max_examples=20,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EDGES = (-32768, -1, 0, 1, 2, 7, 255, 256, 32767)
SIZES = st.sampled_from(EDGES)
LARGE = st.sampled_from((*EDGES, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 10**30))
REALS = st.sampled_from((0.0, -0.0, 1.0, -2.0, 1e-45, 3e38, -3e38, float("nan"), float("inf"), float("-inf")))
PARTS = st.sampled_from((Choice(), Choice(frame=0, channel=0, colour="luminance"), Choice(slices_are_channels=True)))


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "installed", lambda: MACHINE_BYTES)


def sound_or_refused(path: Path, choice: Choice) -> None:
    try:
        scan = read_image(path, choice=choice)
    except DataError as error:
        message = str(error)
        assert message.startswith(f"{path.parent.name}/{path.name}: ")
        assert "; expected " in message
        assert "\n" not in message
        assert "does not fit into memory" not in message
    else:
        assert isinstance(scan, ScanImage)
        assert scan.array_zyx.ndim == 3
        assert scan.array_zyx.size > 0
        assert scan.array_zyx.dtype.kind in "iuf"
        assert np.isfinite(scan.affine_xyz).all()
        assert scan.array_zyx.dtype.kind != "f" or np.isfinite(scan.array_zyx.astype(np.float64)).all()
        assert scan.spacing_zyx_mm is None or min(scan.spacing_zyx_mm) > 0


@BRIEFLY
@given(
    dims=st.lists(SIZES, min_size=8, max_size=8),
    kept=st.integers(0, 255),
    kind=st.sampled_from((0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1536, 2304, -1)),
    bits=st.sampled_from((None, 0, 1, 16, -8)),
    reals=st.fixed_dictionaries({}, optional=dict.fromkeys(("offset", "slope", "inter", "spacing", "row"), REALS)),
    codes=st.tuples(*[st.sampled_from((None, 0, 1, -1, 9999))] * 2),
    choice=PARTS,
)
def test_nifti(
    tmp_path: Path,
    *,
    dims: list[int],
    kept: int,
    kind: int,
    bits: int | None,
    reals: dict[str, float],
    codes: tuple[int | None, int | None],
    choice: Choice,
) -> None:
    """`kept` says, a bit a field, which sizes stay as they should be."""
    header = nib.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((4, 3, 2))
    header.set_sform(np.diag([-2.0, 2.0, 5.0, 1.0]), 1)
    content = bytearray(header.binaryblock)
    for axis, size in enumerate(dims):
        if not kept >> axis & 1:
            struct.pack_into("<h", content, 40 + 2 * axis, size)
    if kind:
        struct.pack_into("<h", content, 70, kind)
    places = {"offset": 108, "slope": 112, "inter": 116, "spacing": 80, "row": 284}
    struct.pack_into("<f", content, places["offset"], 352)
    for name, value in reals.items():
        struct.pack_into("<f", content, places[name], value)
    for place, number in ((72, bits), (252, codes[0]), (254, codes[1])):
        if number is not None:
            struct.pack_into("<h", content, place, number)
    content[344:348] = b"n+1\0"
    path = tmp_path / "a.nii"
    path.write_bytes(bytes(content) + bytes(4 + 200))
    sound_or_refused(path, choice)


@BRIEFLY
@given(
    sizes=st.lists(LARGE, min_size=1, max_size=5),
    dims=st.one_of(st.none(), LARGE),
    kind=st.sampled_from(("MET_SHORT", "MET_UCHAR", "MET_DOUBLE", "MET_NONE", "MET_STRING", "MET_ULONG_LONG_ARRAY")),
    channels=st.one_of(st.none(), LARGE),
    spacing=st.one_of(st.none(), st.lists(REALS, min_size=1, max_size=4)),
    packed=st.booleans(),
    choice=PARTS,
)
def test_metaimage(
    tmp_path: Path,
    *,
    sizes: list[int],
    dims: int | None,
    kind: str,
    channels: int | None,
    spacing: list[float] | None,
    packed: bool,
    choice: Choice,
) -> None:
    lines = ["ObjectType = Image", f"NDims = {len(sizes) if dims is None else dims}"]
    lines += [f"DimSize = {' '.join(map(str, sizes))}", f"ElementType = {kind}", f"CompressedData = {packed}"]
    lines += [f"ElementNumberOfChannels = {channels}"] if channels is not None else []
    lines += [f"ElementSpacing = {' '.join(map(str, spacing))}"] if spacing is not None else []
    path = tmp_path / "a.mha"
    path.write_bytes("\n".join([*lines, "ElementDataFile = LOCAL\n"]).encode() + bytes(200))
    sound_or_refused(path, choice)


@BRIEFLY
@given(
    sizes=st.lists(LARGE, min_size=1, max_size=5),
    dims=st.one_of(st.none(), LARGE),
    kind=st.sampled_from(("short", "uchar", "double", "block", "int64", "nonsense")),
    encoding=st.sampled_from(("raw", "gzip", "ascii", "hex", "bzip2", "")),
    spacing=st.one_of(st.none(), st.lists(REALS, min_size=1, max_size=4)),
    skip=st.one_of(st.none(), LARGE),
    choice=PARTS,
)
def test_nrrd(
    tmp_path: Path,
    *,
    sizes: list[int],
    dims: int | None,
    kind: str,
    encoding: str,
    spacing: list[float] | None,
    skip: int | None,
    choice: Choice,
) -> None:
    lines = ["NRRD0004", f"type: {kind}", f"dimension: {len(sizes) if dims is None else dims}", "endian: little"]
    lines += [f"sizes: {' '.join(map(str, sizes))}", f"encoding: {encoding}"]
    lines += [f"spacings: {' '.join(map(str, spacing))}"] if spacing is not None else []
    lines += [f"byte skip: {skip}"] if skip is not None else []
    path = tmp_path / "a.nrrd"
    path.write_bytes("\n".join([*lines, "", ""]).encode() + b"1 2 3 " * 40)
    sound_or_refused(path, choice)


@BRIEFLY
@given(
    sizes=st.lists(st.sampled_from((0, 1, 2, 255, 32768, 65535)), min_size=4, max_size=4),
    kind=st.sampled_from((0, 1, 7, 8, 15, 16, 31, 64, 65, 144, 65535)),
    reals=st.lists(REALS, min_size=4, max_size=4),
    choice=PARTS,
)
def test_gipl(tmp_path: Path, sizes: list[int], kind: int, reals: list[float], choice: Choice) -> None:
    head = bytearray(256)
    struct.pack_into(">5H4f", head, 0, *sizes, kind, *reals)
    struct.pack_into(">I", head, 252, 719555000)
    path = tmp_path / "a.gipl"
    path.write_bytes(bytes(head) + bytes(200))
    sound_or_refused(path, choice)


@BRIEFLY
@given(
    whole=st.dictionaries(
        st.sampled_from(("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SamplesPerPixel")),
        st.sampled_from((0, 1, 8, 12, 16, 32, 33, 65535)),
        max_size=2,
    ),
    frames=st.one_of(st.none(), LARGE.filter(lambda number: abs(number) < 10**11)),
    spacing=st.one_of(st.none(), st.lists(st.sampled_from((0, -1, 1e-30, 1e30)), min_size=2, max_size=2)),
    meaning=st.sampled_from(("MONOCHROME2", "MONOCHROME1", "RGB", "PALETTE COLOR", "YBR_FULL", "")),
    choice=PARTS,
)
def test_dicom(
    tmp_path: Path,
    *,
    whole: dict[str, int],
    frames: int | None,
    spacing: list[float] | None,
    meaning: str,
    choice: Choice,
) -> None:
    more: dict[str, Any] = {**whole, "PhotometricInterpretation": meaning}
    more |= {"NumberOfFrames": frames} if frames is not None else {}
    more |= {"PixelSpacing": spacing} if spacing is not None else {}
    path = write_slice(tmp_path / "a.dcm", np.arange(48).reshape(6, 8), **more)
    sound_or_refused(path, choice)
