"""Volumes in files: NIfTI, MetaImage, NRRD, GIPL and the pairs of header and voxels."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench_cases.datasets._files import Choice, ScanImage, align_mask, depths, oriented, read_image
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.errors import DataError
from tests.fuzz.target import Target

CHOICES = (Choice(), Choice(frame=0, channel=0, colour="luminance"))
"""What is asked of each file: its one grey volume; and of a file with several, the first."""

_DEEPEST = 1 << 12
"""Slices beyond which a scan is only read: a header may honestly claim millions of one voxel each."""


def read(path: Path) -> ScanImage:
    """Read a scan in every way that a dataset may ask for, and use it as a dataset does."""
    told = depths([("it", path)])
    scans, refused = [], None
    for choice in CHOICES:
        try:
            scans.append(read_image(path, choice=choice))
        except DataError as error:
            refused = error
    if not scans:
        raise refused or AssertionError(path)
    scan = scans[0]
    if scan.array_zyx.ndim != 3 or scan.array_zyx.dtype.kind not in "iuf":
        raise AssertionError(scan.array_zyx.dtype)
    if path.suffix in {".nii", ".gz", ".hdr"} and told.get("it") not in {None, len(scan.array_zyx)}:
        raise AssertionError(told)  # two readers of one header, which must not disagree
    if len(scan.array_zyx) < _DEEPEST:
        oriented(scan, "radiological") if scan.spacing_zyx_mm is not None else None
        labels_from_mask([align_mask(scan, scan)], where="it", labels=(1, 2))
    return scan


def as_file(name: str) -> Callable[[bytes, Path], object]:
    """Feed bytes as a file of a name."""

    def feed(content: bytes, folder: Path) -> object:
        (folder / name).write_bytes(content)
        return read(folder / name)

    return feed


def _compressed(content: bytes, folder: Path) -> object:
    """Feed bytes inside gzip, so that its checksum does not stop them; what begins as gzip stays as it is."""
    path = folder / "a.nii.gz"
    path.write_bytes(content if content[:2] == b"\x1f\x8b" else gzip.compress(content, 1))
    return read(path)


def _pair(content: bytes, folder: Path) -> object:
    (folder / "a.hdr").write_bytes(content[:348])
    (folder / "a.img").write_bytes(content[348:])
    return read(folder / "a.hdr")


def _detached(content: bytes, folder: Path) -> object:
    (folder / "a.mhd").write_bytes(content)
    (folder / "a.raw").write_bytes(bytes(240))
    return read(folder / "a.mhd")


def voxels() -> np.ndarray:
    """A small volume, ``(Z, Y, X)`` of 3 x 5 x 8."""
    return np.arange(120, dtype=np.int16).reshape(3, 5, 8)


def _nifti(folder: Path) -> Iterator[bytes]:
    import nibabel as nib

    affine = np.diag([-2.0, 2.0, 5.0, 1.0])
    shapes = ((8, 5, 3), (8, 5, 3, 2), (8, 5))
    for number, (kind, shape) in enumerate(itertools.product((nib.Nifti1Image, nib.Nifti2Image), shapes)):
        image = kind(np.resize(voxels(), shape), affine)
        image.header.set_xyzt_units("mm")
        if number == 1:
            image.header.set_slope_inter(2, -1024)
        nib.save(image, folder / f"{number}.nii")
        yield (folder / f"{number}.nii").read_bytes()
    colours = np.zeros((4, 4, 2), np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))
    nib.save(nib.Nifti1Image(colours, affine), folder / "rgb.nii")
    yield (folder / "rgb.nii").read_bytes()


def _pairs(folder: Path) -> Iterator[bytes]:
    import nibabel as nib

    for name, kind in (("n", nib.Nifti1Pair), ("a", nib.Spm99AnalyzeImage)):
        nib.save(kind(np.asfortranarray(voxels().T), np.diag([-2.0, 2.0, 5.0, 1.0])), folder / f"{name}.hdr")
        yield (folder / f"{name}.hdr").read_bytes()[:348].ljust(348, b"\0") + (folder / f"{name}.img").read_bytes()


def _itk(*names: str, compress: bool = True) -> Callable[[Path], Iterator[bytes]]:
    def make(folder: Path) -> Iterator[bytes]:
        import SimpleITK

        image = SimpleITK.GetImageFromArray(voxels())
        vectors = SimpleITK.GetImageFromArray(np.zeros((2, 3, 4, 3), np.uint8), isVector=True)
        for name in names:
            for number, (each, packed) in enumerate(((image, False), (image, compress), (vectors, False))):
                path = folder / f"{number}{name}"
                try:
                    SimpleITK.WriteImage(each, str(path), packed)
                except RuntimeError:  # GIPL has no vectors
                    continue
                yield path.read_bytes()

    return make


def _texts(*texts: str) -> Callable[[Path], Iterator[bytes]]:
    return lambda _: (text.encode() for text in texts)


_META = (
    *(b"ObjectType = Image\n", b"NDims = ", b"DimSize = ", b"ElementType = MET_FLOAT\n", b"MET_UCHAR", b"MET_STRING"),
    *(b"ElementNumberOfChannels = ", b"CompressedData = True\n", b"CompressedDataSize = ", b"HeaderSize = -1\n"),
    *(b"BinaryDataByteOrderMSB = True\n", b"TransformMatrix = ", b"ElementSpacing = ", b"ElementDataFile = LIST\n"),
    *(b"ElementDataFile = a%02d.raw 1 9 1\n", b"BinaryData = False\n", b"Offset = ", b"\n", b" "),
)
_NRRD = (
    *(b"type: ", b"double", b"block", b"dimension: ", b"sizes: ", b"encoding: gzip", b"encoding: hex", b"encoding: "),
    *(b"ascii", b"bzip2", b"line skip: ", b"byte skip: -1", b"data file: LIST\n", b"space: left", b"kinds: vector"),
    *(b"space directions: none ", b"space dimension: ", b"spacings: nan ", b"block size: ", b"\n\n", b":=", b"#"),
)
_DETACHED = (
    "ObjectType = Image\nNDims = 3\nDimSize = 8 5 3\nElementSpacing = 1 1 2\nElementType = MET_SHORT\n"
    "ElementDataFile = a.raw\n"
)

TARGETS = (
    Target(name="nifti", feed=as_file("a.nii"), corpus=_nifti, real=(".nii", ".nii.gz")),
    Target(name="nifti-gz", feed=_compressed, corpus=_nifti, real=(".nii.gz",)),
    Target(name="pair", feed=_pair, corpus=_pairs, real=(".hdr",)),
    Target(name="metaimage", feed=as_file("a.mha"), corpus=_itk(".mha"), words=_META, real=(".mha",)),
    Target(name="metaimage-detached", feed=_detached, corpus=_texts(_DETACHED), words=_META),
    Target(name="nrrd", feed=as_file("a.nrrd"), corpus=_itk(".nrrd"), words=_NRRD, real=(".nrrd",)),
    Target(name="gipl", feed=as_file("a.gipl"), corpus=_itk(".gipl", compress=False), real=(".gipl", ".gipl.gz")),
)
