"""Scans and weights with a patient in every place where a format has room for words, and the search for her."""

from __future__ import annotations

import base64
import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.dicom_files import write_seg, write_series

NAME, ID, BORN, PLACE, ACCESSION = "Dœström^Jänequilla", "MRN47110815", "19420229", "Saint-Elsewheria", "ACC08154711"
ALL = f"{NAME} {ID} {BORN} {PLACE} {ACCESSION} Doestromia"

CORES = ("nequilla", "Doestromia", ID, PLACE, "Elsewheria", ACCESSION)
"""What is looked for: parts that no escape (JSON's, XML's) and no change to a safe name touches."""

_DATE = re.compile(rf"(?<![0-9.]){BORN}(?![0-9])".encode())
"""Eight digits may also be those of a score."""

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_WORDS = re.compile(
    b"|".join(re.escape(core.encode(encoding)) for core in CORES for encoding in ENCODINGS), re.IGNORECASE
)

DESCRIPTION = """
modality = "CT"
target = "dot"
image = "{{id}}/{image}"
mask = "{{id}}/{mask}"
labels = [1]
window = {{level = 0, width = 2000}}
"""

Array = NDArray[Any]


def body(number: int = 0) -> tuple[Array, Array]:
    """Two slices with a bright block, and its mask."""
    mask = np.zeros((2, 32, 32), np.uint8)
    mask[:, 10 : 20 + number, 8:22] = 1
    image = np.where(mask, 900, 0).astype(np.int16) + np.arange(32, dtype=np.int16)
    return image, mask


# ------------------------------------------------------------ one format each: image and mask into a volume's folder


def nifti(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    import nibabel as nib

    for name, array in (("image", image), ("mask", mask)):
        scan = nib.Nifti1Image(array.T, np.diag([1.0, 1, 2, 1]))
        _fill_nifti(scan)
        # The name of the packed file and a remark stand in gzip's own header.
        packed = io.BytesIO()
        with gzip.GzipFile(filename=f"{ID}_{PLACE}.nii", fileobj=packed, mode="wb", compresslevel=1) as stream:
            stream.write(scan.to_bytes())
        (folder / f"{name}.nii.gz").write_bytes(packed.getvalue())
    return "image.nii.gz", "mask.nii.gz"


def _fill_nifti(scan: Any) -> None:
    import nibabel as nib

    scan.header["descrip"] = f"{ID} {PLACE} Jaenequilla {BORN}".encode()
    scan.header["aux_file"] = ACCESSION.encode()
    scan.header["intent_name"] = ID.encode()
    scan.header["db_name"] = PLACE.encode()
    for code, content in (("comment", ALL.encode()), ("afni", f"<{NAME}/>".encode()), (2, _dicom_words())):
        scan.header.extensions.append(nib.nifti1.Nifti1Extension(code, content))


def _dicom_words() -> bytes:
    """Return a data set as NIfTI's DICOM extension has it."""
    return b"".join(
        struct.pack("<HH2sH", group, element, kind, len(value)) + value
        for group, element, kind, value in (
            (0x10, 0x10, b"PN", b"Doestromia"),
            (0x10, 0x30, b"DA", BORN.encode()),
            (0x18, 0x50, b"DS", b"Doestromia"),  # a thickness that is no number
        )
    )


def pair(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    import nibabel as nib

    for name, array in (("image", image), ("mask", mask)):
        scan = nib.Nifti1Pair(array.T, np.diag([1.0, 1, 2, 1]))
        _fill_nifti(scan)
        nib.save(scan, folder / f"{name}.img")
    return "image.hdr", "mask.hdr"


def analyze(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    import nibabel as nib

    for name, array in (("image", image), ("mask", mask.astype(np.int16))):
        scan = nib.AnalyzeImage(array.T, np.eye(4))
        for field, text in (("descrip", f"Doestromia {BORN} {PLACE}"), ("aux_file", ACCESSION), ("db_name", PLACE)):
            scan.header[field] = text.encode()
        nib.save(scan, folder / f"{name}.img")
        header = bytearray((folder / f"{name}.hdr").read_bytes())
        header[278:288] = b"nequilla\0\0"  # patient_id
        (folder / f"{name}.hdr").write_bytes(header)
    return "image.hdr", "mask.hdr"


WORDS: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "PatientName": NAME,
    "PatientID": ID,
    "PatientBirthDate": BORN,
    "StudyDate": BORN,
    "AcquisitionDateTime": BORN,
    "InstitutionName": PLACE,
    "InstitutionalDepartmentName": PLACE,
    "ReferringPhysicianName": "Doestromia^Doctor",
    "OperatorsName": "Doestromia^Nurse",
    "StudyDescription": ALL[:64],
    "ImageComments": ALL,
    "AccessionNumber": ACCESSION,
    "StudyID": ACCESSION,
    "StationName": "Elsewheria-CT",
    "DeviceSerialNumber": ID,
    "ProtocolName": "Doestromia special",
    "SeriesInstanceUID": "1.2.826.0.9.19420229",
    "StudyInstanceUID": "1.2.826.0.9.19420229.1",
}


def dicom(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    write_series(folder / "series", (image + 1000) // 2, **WORDS)
    write_seg(folder / "seg.dcm", [(1, 2.0 * z, plane) for z, plane in enumerate(mask)], **WORDS)
    for number, path in enumerate(sorted((folder / "series").iterdir())):
        path.rename(path.with_name(f"{ID}_Jaenequilla_{number}"))
    for path in (*(folder / "series").iterdir(), folder / "seg.dcm"):
        _fill_dicom(path)
    return "series", "seg.dcm"


def _fill_dicom(path: Path) -> None:
    """Add what keywords do not reach: private elements, the file's own meta information, its preamble, labels."""
    import pydicom

    header = pydicom.dcmread(path)
    block = header.private_block(0x0011, "DOESTROMIA PRIVATE", create=True)
    block.add_new(0x01, "LO", NAME)
    block.add_new(0x02, "UT", ALL)
    header.file_meta.SourceApplicationEntityTitle = "DOESTROMIA"
    header.file_meta.PrivateInformationCreatorUID = "1.2.826.0.9.19420229"
    header.file_meta.PrivateInformation = ALL.encode()
    for segment in header.get("SegmentSequence", ()):
        segment.SegmentLabel = f"lesion of {NAME}"
        segment.SegmentDescription = ALL[:64]
    header.preamble = ALL.encode().ljust(128, b"\0")[:128]
    header.save_as(path, enforce_file_format=True)


def nrrd(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    import SimpleITK

    for name, array in (("image", image), ("mask", mask)):
        scan = SimpleITK.GetImageFromArray(array)
        for key, value in (("patient", NAME), ("DICOM_0010_0020", ID), ("Segment0_Name", ALL), ("0010|0030", BORN)):
            scan.SetMetaData(key, value)
        path = folder / f"{name}.nrrd"
        SimpleITK.WriteImage(scan, str(path), useCompression=True)
        head, empty, voxels = path.read_bytes().partition(b"\n\n")
        path.write_bytes(head + f"\n# {ALL}\ncontent: Doestromia".encode() + empty + voxels)
    return "image.nrrd", "mask.nrrd"


def metaimage(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    for name, array, kind in (("image", image, "MET_SHORT"), ("mask", mask, "MET_UCHAR")):
        size = " ".join(map(str, array.shape[::-1]))
        lines = [
            *("ObjectType = Image", "NDims = 3", f"Comment = {ALL}", f"Name = {NAME}", "BinaryData = True"),
            *("BinaryDataByteOrderMSB = False", f"PatientID = {ID}", "TransformMatrix = 1 0 0 0 1 0 0 0 1"),
            *("Offset = 0 0 0", "ElementSpacing = 1 1 2", f"DimSize = {size}", f"ElementType = {kind}"),
            f"AcquisitionDate = {BORN}",
        ]
        text = "".join(f"{line}\n" for line in [*lines, "ElementDataFile = LOCAL"])
        (folder / f"{name}.mha").write_bytes(text.encode() + array.tobytes())
    return "image.mha", "mask.mha"


def gipl(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    import SimpleITK

    for name, array in (("image", image), ("mask", mask)):
        path = folder / f"{name}.gipl"
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path))
        content = bytearray(path.read_bytes())
        content[26:106] = f"Doestromia {ID} {BORN} {PLACE}".encode().ljust(80)[:80]  # the line of description
        path.write_bytes(content)
    return "image.gipl", "mask.gipl"


def png(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    _png(folder / "image.png", (image[0] // 5).astype(np.uint8))
    _png(folder / "mask.png", mask[0])
    return "image.png", "mask.png"


def _png(path: Path, array_yx: Array) -> None:
    from PIL import Image, PngImagePlugin

    words = PngImagePlugin.PngInfo()
    words.add_text("Patient", f"Doestromia {ID}")
    words.add_text("Comment", ALL.encode("ascii", "replace").decode(), zip=True)
    words.add_itxt("Description", ALL, lang="en", tkey=NAME)
    Image.fromarray(array_yx).save(path, pnginfo=words)


def tiff(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    from PIL import Image, TiffImagePlugin

    words = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, text in ((270, f"Doestromia {ID} {BORN}"), (315, PLACE), (306, BORN), (33432, ACCESSION), (65000, ID)):
        words[tag] = text
    for name, array in (("image", (image // 5).astype(np.uint8)), ("mask", mask)):
        pages = [Image.fromarray(page) for page in array]
        pages[0].save(folder / f"{name}.tif", save_all=True, append_images=pages[1:], tiffinfo=words)
    return "image.tif", "mask.tif"


def jpeg(folder: Path, image: Array, mask: Array) -> tuple[str, str]:
    from PIL import Image

    words = Image.Exif()
    words[270], words[315], words[37510] = f"Doestromia {ID}", PLACE, ALL.encode()
    grey = Image.fromarray((image[0] // 5).astype(np.uint8))
    grey.save(folder / "image.jpg", exif=words, comment=ALL.encode())
    _png(folder / "mask.png", mask[0])
    return "image.jpg", "mask.png"


FORMATS: dict[str, Callable[[Path, Array, Array], tuple[str, str]]] = {
    each.__name__: each for each in (nifti, pair, analyze, dicom, nrrd, metaimage, gipl, png, tiff, jpeg)
}


def plant(root: Path, kind: str, volumes: str = "a") -> Path:
    """Write a folder of scans of a format, described, with files beside them that are named after the patient."""
    folder = root / kind
    for number, name in enumerate(volumes):
        (folder / name).mkdir(parents=True)
        image, mask = FORMATS[kind](folder / name, *body(number))
        (folder / name / f"{ID}_Jaenequilla.txt").write_text(ALL, encoding="utf-8")
    (folder / "dataset.toml").write_text(DESCRIPTION.format(image=image, mask=mask))
    return folder


def plant_weights(path: Path) -> Path:
    """Write the weights of ``sam2_micro`` as a file that says on whom they were trained."""
    import torch
    from safetensors.torch import load_file, save_file

    from bench_cases.models.checkpoints import locate, resolve

    shipped = locate(resolve("sam2_micro"))
    assert shipped is not None
    weights = load_file(shipped)
    if path.suffix == ".safetensors":
        save_file(weights, path, metadata={"patient": ALL, "source": PLACE})
    else:
        torch.save({"model": weights, "patient": ALL, ID: NAME, "meta": {"source": PLACE}}, path)
    return path


# ------------------------------------------------------------ the search


def found_in(content: bytes) -> set[str]:
    """Return the words of the patient that are in some bytes, in any width of text, and in what is packed in them."""
    found: set[str] = set()
    for layer in _layers(content):
        found |= {match.decode("utf-8", "replace") for match in _WORDS.findall(layer)}
        found |= {match.decode() for match in _DATE.findall(layer)}
    return found


def _layers(content: bytes) -> Iterator[bytes]:
    """Yield bytes and, unpacked, what they hold: gzip, zip, PNG's chunks, pictures within a page."""
    yield content
    if content[:2] == b"\x1f\x8b":
        yield from _layers(gzip.decompress(content))
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield from _layers(archive.read(member))
    elif content[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _chunks(content)
    for packed in re.findall(rb"data:[\w/+.-]+;base64,([A-Za-z0-9+/=]+)", content):
        yield from _layers(base64.b64decode(packed))


def _chunks(content: bytes) -> Iterator[bytes]:
    at = 8
    while at + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        body, at = content[at + 8 : at + 8 + length], at + 12 + length
        for start in (0, *(place.end() for place in re.finditer(rb"\0", body[:100]))):
            try:
                yield zlib.decompress(body[start:])
            except zlib.error:
                continue


def leaks(root: Path, *, but: frozenset[bytes]) -> list[str]:
    """Return every file below a folder that tells of the patient, in its name or in its bytes.

    Parameters
    ----------
    but
        Contents that were planted, or taken over as they are: those files may.
    """
    found = []
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        content = path.read_bytes()
        if content in but:
            continue
        told = found_in(content) | found_in(path.name.encode())
        found += [f"{word} in {path.relative_to(root)}" for word in sorted(told)]
    return found


def contents(*roots: Path) -> frozenset[bytes]:
    """Return the contents of all files below some folders, or of files."""
    every = (path for root in roots for path in ([root] if root.is_file() else root.rglob("*")))
    return frozenset(path.read_bytes() for path in every if path.is_file())


def damaged(path: Path) -> Iterator[bytes]:
    """Yield a file cut short, with bytes changed in its header, and with words where numbers belong."""
    whole = path.read_bytes()
    for keep in (0.97, 0.5, 0.1):
        yield whole[: int(len(whole) * keep)]
    for at in range(4, min(len(whole), 400), 88):
        yield whole[:at] + b"Doestromia"[: len(whole) - at] + whole[at + 10 :]
    for old, new in _MISPLACED:
        if old in whole:
            yield whole.replace(old, new, 1)
    if path.suffix == ".gz":
        inner = gzip.decompress(whole)
        for at in range(4, 400, 44):
            yield gzip.compress(inner[:at] + b"Doestromia" + inner[at + 10 :], 1)


_MISPLACED = (
    (b"type: short", b"type: Doestromia"),
    (b"type: unsigned char", b"type: Doestromia"),
    (b"encoding: gzip", b"encoding: Doestromia"),
    (b"sizes: 32 32 2", b"sizes: 32 Doestromia 2"),
    (b"space directions: (1", b"space directions: (Doestromia"),
    (b"MET_SHORT", b"Doestromia"),
    (b"MET_UCHAR", b"Doestromia"),
    (b"DimSize = 32", b"DimSize = Doestromia"),
    (b"ElementSpacing = 1", b"ElementSpacing = Doestromia"),
    (b"ObjectType = Image", b"ObjectType = Doestromia"),
    (b"BinaryData = True", b"BinaryData = Doestromia"),
    (b"0.5\\0.75", b"nequilla"),  # DICOM's pixel spacing, and a position
    (b"10\\20\\0.0 ", b"Doestromia"),
)
"""What a header has, and the same with a name in its place."""


def plant_broken_weights(folder: Path) -> list[Path]:
    """Write files of weights whose words stand where none belong."""
    import torch

    headers: dict[str, Any] = {
        "metadata-is-text": {"__metadata__": ALL},
        "metadata-of-numbers": {"__metadata__": {NAME: 5}},
        "unknown-type": {"w": {"dtype": NAME, "shape": [1], "data_offsets": [0, 4]}},
        "shape-is-text": {"w": {"dtype": "F32", "shape": ALL, "data_offsets": [0, 4]}},
        "unknown-field": {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4], ID: PLACE}},
    }
    files = []
    for name, header in headers.items():
        text = json.dumps(header, ensure_ascii=False).encode()
        files.append(folder / f"{name}.safetensors")
        files[-1].write_bytes(struct.pack("<Q", len(text)) + text + b"\0\0\0\0")
    for name, content in (("words", {"model": {"w": ALL}}), ("only-words", ALL), ("list", [ALL])):
        files.append(folder / f"{name}.pt")
        torch.save(content, files[-1])
    return files
