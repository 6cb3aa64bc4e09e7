"""Defects that were found, each by a small input that shows it: what came of it once is in no message any more."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import tracemalloc
import zipfile
from pathlib import Path
from random import Random

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

from bench_cases import volume
from bench_cases.datasets._files import depths, read_image
from bench_cases.errors import DataError, SambenchError
from tests.dicom_files import write_slice
from tests.fuzz.corpus import inputs
from tests.fuzz.targets import targets


def _zipped(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as bundle:
        for name in names:
            bundle.writestr(name, b"1")
    return stream.getvalue()


def _tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as bundle:
        member = tarfile.TarInfo("a")
        member.size = 2000
        bundle.addfile(member, io.BytesIO(Random(0).randbytes(2000)))  # noqa: S311 - bytes, not secrets
    return stream.getvalue()


def _nameless() -> bytes:
    """A zip whose one member has its name for an extra field."""
    content = bytearray(_zipped("a"))
    for place in (26, content.index(b"PK\x01\x02") + 28):
        content[place : place + 4] = b"\0\0\1\0"
    return bytes(content)


def _endless() -> bytes:
    """A tar with a line of its header that says to be longer than anything."""
    header = tarfile.TarInfo("a")
    header.type = tarfile.XHDTYPE
    header.size = 512
    return header.tobuf(tarfile.USTAR_FORMAT) + b"9223372036854775808 path=a\n".ljust(512, b"\0") + bytes(1024)


_TAR = _tarred()
_DEEP = b"a = " + b"[" * 9000
_LONG = b"9" * 400

FOUND: dict[str, tuple[str, bytes, str]] = {
    "floors that are a number": ("floors-toml", b"volume = 3", r"volume is 3; expected entries, each under \[\[vol"),
    "floors that are numbers": ("floors-toml", b"dataset = [1]", r"dataset is \[1\]; expected entries"),
    "a tolerance in words": (
        "floors-toml",
        b'[[volume]]\ndice = 0.9\njaccard = 0.8\ntolerance = "small"',
        r"lacks dice or jaccard; expected both as numbers, as a tolerance is",
    ),
    "deep floors": ("floors-toml", _DEEP, r"floors\.toml cannot be read: it is nested too deeply\. Expected a TOML"),
    "a deep folder": ("dataset-toml", _DEEP, r"cannot be read \(it is nested too deeply\); expected TOML"),
    "a deep study": ("study-toml", _DEEP, r"mine\.toml cannot be read: it is nested too deeply; expected the TOML"),
    "a deep gate": ("gate-toml", _DEEP, r"gate\.toml cannot be read: it is nested too deeply\. Expected a TOML"),
    "a long number": ("dataset-toml", b"threshold = " + _LONG, r"it has an integer of 1329 bits, and 64 with its sign"),
    "a longer number": ("floors-toml", b"a = " + b"9" * 5000, r"floors\.toml cannot be read: .*4300"),
    "a long file": ("gate-toml", b"#" * (1 << 20) + b"\n", r"cannot be read: it has more than 1048576 bytes"),
    "a key without end": ("floors-toml", b"a." * 60_000 + b"a = 1", r"it has a line with more than 500 dots"),
    "a threshold that is none": (
        "dataset-toml",
        b'modality = "CT"\ntarget = "x"\nimage = "{id}.png"\nmask = "m/{id}.png"\nthreshold = nan',
        r"threshold = nan; expected",
    ),
    "a window without end": (
        "dataset-toml",
        b'modality = "CT"\ntarget = "x"\nimage = "{id}.png"\nmask = "m/{id}.png"\nwindow = {level = 0, width = inf}',
        r"window = .*; expected \{level = -650, width = 1500\}",
    ),
    "a name that steers the terminal": ("floors-toml", b'"\\u001b[2J" = 1', r"floors\.toml: \[\[\\x1b\[2J\]\] is not"),
    "deep digests": ("digests", b"[" * 100_000, r"digests\.json cannot be read \(.*\); expected a JSON object"),
    "a damaged gzip": ("tar-gz", _TAR[:1500] + b"\xff\xff" + _TAR[1502:], r"a\.tar\.gz is damaged or locked \("),
    "a gzip of another sum": ("tar-gz", _TAR[:-8] + bytes(4) + _TAR[-4:], r"a\.tar\.gz is damaged or locked \(CRC"),
    "a file without a name": ("zip", _nameless(), r"a\.zip is damaged or locked \(.*index out of range"),
    "a line of endless length": ("tar", _endless(), r"a\.tar is damaged or locked \(Python int too large"),
    "a file that is a folder": ("zip", _zipped("a", "a/b"), r"a\.zip: member 'a/b' comes twice; expected plain files"),
    "a folder that is a file": ("zip", _zipped("a/b", "a"), r"a\.zip: member 'a' comes twice; expected plain files"),
    "a name that no disk has": ("zip", _zipped("a" * 300), r"a\.zip cannot be unpacked into .* \(File name too long\)"),
    "a description that is a list": ("model-folder", b"[]", r"config\.json of .* holds a list; expected an object"),
    "a deep description": ("model-folder", b"[" * 100_000, r"has no readable config\.json \(.*\); expected a folder"),
    "nobody's home": (
        "checkpoint-option",
        b"a=~nobody-here/x.pt",
        r"cannot be looked for \(no home directory is known",
    ),
    "a path that no system has": (
        "checkpoint-option",
        b"a=" + b"x" * 300,
        r"cannot be looked for \(File name too long",
    ),
    "a number of pixels": (
        "checkpoint-option",
        b"a=sam_micro,image_size=" + b"9" * 4000,
        r"expected a number of pixels",
    ),
    "a folder that makes a path too long": (
        "checkpoint-option",
        b"a=" + b"x/" * 2047,
        r"be looked for \(File name too",
    ),
    "a hub's name that no disk has": (
        "checkpoint-option",
        b"a=b/" + b"x" * 250,
        r"no file at .*; expected a file there\. Check",
    ),
    "nobody's study": ("study-name", b"~nobody-here/a.toml", r"cannot be looked for \(no home directory is known for"),
    "nobody's cache": (
        "environment",
        b"SAMBENCH_CACHE=~nobody-here/x",
        r"SAMBENCH_CACHE is .*; expected the path of a direct",
    ),
    "a hub's cache": (
        "environment",
        b"HF_HOME=" + b"a" * 300,
        r"HF_HOME is .* \(File name too long\); expected the path of a dir",
    ),
}


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_is_refused_in_so_many_words(what: str, tmp_path: Path) -> None:
    name, content, message = FOUND[what]
    with pytest.raises(SambenchError, match=message):
        targets()[name].feed(content, tmp_path)


def test_notes_about_downloads_that_are_no_notes_are_written_anew(tmp_path: Path) -> None:
    targets()["records"].feed(b"[1, 2]", tmp_path)
    assert list(json.loads((tmp_path / "fetched.json").read_text())) == ["b.zip"]


def _whole(name: str, folder: Path) -> bytes:
    (folder / "corpus").mkdir()
    (folder / "fed").mkdir()
    return inputs(targets()[name], folder / "corpus")[-1]


@pytest.mark.parametrize(
    ("line", "key", "value", "message"),
    [
        (0, "run", [], r"line 1: run of the journal's header is \[\]; expected a mapping"),
        (0, "settings", 1, r"line 1: settings of the journal's header is 1; expected a mapping"),
        (0, "study", {"sets": 3}, r"its records do not make a report \(.*\); expected the journal of a run"),
        (1, "", [1], r"line 2 of 5 is damaged \(a record of kind 'model' is \[1\]; expected an object"),
    ],
)
def test_a_journal_whose_parts_are_of_another_kind_is_refused(
    line: int, key: str, value: object, message: str, tmp_path: Path
) -> None:
    lines = [json.loads(each) for each in _whole("journal", tmp_path).splitlines()]
    lines[line]["record"] = {**lines[line]["record"], key: value} if key else value
    content = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
    with pytest.raises(SambenchError, match=message):
        targets()["journal"].feed(content, tmp_path / "fed")


@pytest.mark.parametrize("number", [10**400, 2**63])
def test_a_report_with_a_number_that_no_number_type_holds_is_refused(number: int, tmp_path: Path) -> None:
    report = json.loads(_whole("report", tmp_path))
    for key in ("dice_nonempty", "slices"):
        changed = json.loads(json.dumps(report))
        changed["cases"][0]["scores"][key] = number
        with pytest.raises(SambenchError, match=rf"cases\[0\]\.scores\.{key} is [0-9.]+; expected a"):
            targets()["report"].feed(json.dumps(changed).encode(), tmp_path / "fed")


def test_inputs_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    content = _whole("report", tmp_path)
    for name in ("report", "nifti"):
        target = targets()[name]
        made = [[target.vary(content, Random(it), target.words) for it in range(9)] for _ in "ab"]  # noqa: S311 - bytes
        assert made[0] == made[1]
        assert len(set(made[0])) > 1


@pytest.mark.parametrize("claim", ["1\\1", "nan", "9" * 30])
def test_the_depth_of_a_file_whose_header_makes_no_sense_is_left_out(claim: str, tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", np.zeros((4, 4)), NumberOfFrames=1)
    content = path.read_bytes()
    plain = b"\x28\x00\x08\x00IS\x02\x001 "
    assert plain in content
    wrong = claim.encode() + b" " * (len(claim) % 2)
    path.write_bytes(content.replace(plain, plain[:6] + len(wrong).to_bytes(2, "little") + wrong))
    assert depths([("it", path)]) == {}


def test_an_element_that_is_longer_than_its_file_is_refused_before_another_parser_makes_room(tmp_path: Path) -> None:
    path = write_slice(tmp_path / "a.dcm", np.zeros((4, 4)))
    pixels = b"\xe0\x7f\x10\x00OW"
    claim = b"\x29\x00\x10\x10UN\0\0" + (1 << 30).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(pixels, claim + pixels, 1))
    with pytest.raises(DataError, match=r"its DICOM header is damaged \(ValueError\); expected DICOM"):
        read_image(path)


def test_a_picture_is_not_asked_for_more_than_its_file_holds(tmp_path: Path) -> None:
    """Pillow reads what a chunk says that it has, and Python makes room for all of it first."""
    Image.fromarray(np.zeros((9, 12), np.uint8)).save(tmp_path / "a.png")
    content = bytearray((tmp_path / "a.png").read_bytes())
    at = content.index(b"IDAT") - 4
    content[at : at + 4] = (1 << 31).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(content)
    tracemalloc.start()
    try:
        read_image(tmp_path / "a.png")
    except DataError as error:
        assert "Pillow cannot read it" in str(error)  # noqa: PT017 - other releases of Pillow read it
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 24


@pytest.mark.parametrize("axes", ["4294967296", "0", "-1", "11", "x", ""])
def test_a_metaimage_of_so_many_axes_is_refused_before_they_are_counted(axes: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    path.write_text(f"NDims = {axes}\nDimSize = 8 5 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n")
    with pytest.raises(DataError, match=r"its header has NDims = .* and DimSize = 8 5 3; expected 1 to 5 axes"):
        read_image(path)
    assert depths([("it", path)]) == {}


@pytest.mark.parametrize("field", ["type: unsigned ch7,", "space directions: (", "sizes: ", "unknown: "])
def test_a_field_of_an_nrrd_that_would_end_the_process_is_refused_before(field: str, tmp_path: Path) -> None:
    path = tmp_path / "a.nrrd"
    path.write_text(f"NRRD0004\n{field}{'9' * 5000}\ntype: short\ndimension: 3\nsizes: 1 1 1\nencoding: raw\n\nab")
    with pytest.raises(DataError, match=r"a line of its header, .*, has 50[0-9]{2} bytes; expected at most 500"):
        read_image(path)
    assert depths([("it", path)]) == {}


@pytest.mark.parametrize("line", ["NDims = 3", "NDims: 3"])
def test_a_metaimage_that_two_readers_could_read_in_two_ways_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mha"
    path.write_text(f"NDims = 3\n{line} = 3\nDimSize = 8 5 3\nElementType = MET_SHORT\nElementDataFile = LOCAL\n")
    with pytest.raises(DataError, match=r"line 2 of its header is of a key that was there, or has another sign"):
        read_image(path)


def test_a_rescaled_scan_has_the_values_that_one_step_gives_however_many_it_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(volume, "VOXELS_AT_ONCE", 20)
    stored = np.arange(8 * 5 * 7, dtype=np.int16).reshape(8, 5, 7)
    image = nib.Nifti1Image(stored, np.eye(4))
    image.header.set_slope_inter(0.37, -1024.5)
    image.header.set_data_dtype(np.int16)
    path = tmp_path / "a.nii"
    nib.save(image, path)
    raw = nib.load(path).dataobj
    expected = (raw.get_unscaled().astype(np.float64) * float(raw.slope) + float(raw.inter)).astype(np.float32)
    assert np.array_equal(read_image(path).array_zyx, expected.T)


def test_a_message_cannot_steer_a_terminal_and_can_always_be_encoded() -> None:
    error = DataError("a \x1b[2J b \u202e c \udcff d\n\te é")
    assert str(error) == "a \\x1b[2J b \\u202e c \\udcff d\n\te é"
    assert str(error).encode()


def test_a_bmp_packed_by_run_length_whose_hundred_bytes_claim_millions_of_pixels_is_refused_at_once(
    tmp_path: Path,
) -> None:
    header = struct.pack("<2sIHHI", b"BM", 98, 0, 0, 62)
    shape = struct.pack("<IiiHHIIiiII", 40, 3_801_100, 9, 1, 1, 1, 36, 3780, 0, 0, 2)
    (tmp_path / "a.bmp").write_bytes(header + shape + bytes([0, 0, 0, 0, 255, 255, 255, 0]) + bytes(34))
    with pytest.raises(DataError, match=r"a.bmp: it is a BMP packed by run length; expected .* Save it as PNG\."):
        read_image(tmp_path / "a.bmp")


def test_an_extension_of_a_nifti_takes_no_memory_that_its_file_has_not(tmp_path: Path) -> None:
    content = bytearray(nib.Nifti1Image(np.zeros((2, 2, 2), np.int16), np.eye(4)).to_bytes())
    struct.pack_into("<f", content, 108, 4096)  # voxels begin there, and before them stand extensions
    struct.pack_into("<4B2i", content, 348, 1, 0, 0, 0, 1_500_000_000, 6)
    (tmp_path / "a.nii").write_bytes(content.ljust(8192, b"\0"))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"a\.nii: .*make no sense to nibabel|a\.nii: its data end"):
        read_image(tmp_path / "a.nii")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6
