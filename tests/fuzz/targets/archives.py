"""Archives, the digests that are kept of downloads, and the notes about them."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bench_cases import assets
from bench_cases._assets.digests import LOCK_FILE, Digest, remember, remembered
from bench_cases._assets.records import RECORD_FILE, record
from tests.fuzz.target import Target
from tests.fuzz.trees import varied_json

_MOST_BYTES = 1 << 20
_NAMES = (b"../x", b"/x", b"C:\\x", b"a/../../x", b"a" * 300, b"\0", b".", b"..", b"a/b", b"a", b"\xff", b"a/", b"\\")


def _zip(content: bytes, folder: Path) -> None:
    (folder / "a.zip").write_bytes(content)
    _unpacked(folder / "a.zip", folder)


def _tar(content: bytes, folder: Path) -> None:
    """Feed a tar whose headers have the sums that they should have, compressed where it was."""
    plain = content[:2] not in {b"\x1f\x8b", b"BZ", b"\xfd7"}
    (folder / "a.tar").write_bytes(_summed(content) if plain else content)
    _unpacked(folder / "a.tar", folder)


def _tar_gz(content: bytes, folder: Path) -> None:
    (folder / "a.tar.gz").write_bytes(content if content[:2] == b"\x1f\x8b" else gzip.compress(_summed(content), 1))
    _unpacked(folder / "a.tar.gz", folder)


def _unpacked(archive: Path, folder: Path) -> None:
    """Unpack, and see that nothing lies outside the folder, and no link inside."""
    into = folder / "out"
    try:
        assets.unpack(archive, into, max_bytes=_MOST_BYTES)
    finally:
        outside = {path.name for path in folder.iterdir()} - {archive.name, "out"}
        links = [path for path in into.rglob("*") if path.is_symlink()] if into.exists() else []
        if outside or links:
            raise AssertionError(outside, links)


def _summed(content: bytes) -> bytes:
    out = bytearray(content)
    for at in range(0, len(out) - 511, 512):
        if out[at + 257 : at + 262] == b"ustar":
            out[at + 148 : at + 156] = b" " * 8
            out[at + 148 : at + 156] = b"%06o\0 " % sum(out[at : at + 512])
    return bytes(out)


def _zips(_: Path) -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as bundle:
            bundle.writestr("Task09/images/a.nii.gz", bytes(range(200)))
            bundle.writestr("Task09/b", b"b")
            bundle.writestr("empty/", b"")
        yield stream.getvalue()


def _tars(_: Path) -> Iterator[bytes]:
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=form) as bundle:
            for name in ("a/b.nii.gz", "c" * (90 if form == tarfile.USTAR_FORMAT else 200), "d-é"):
                member = tarfile.TarInfo(name)
                member.size = 20
                bundle.addfile(member, io.BytesIO(bytes(20)))
        yield stream.getvalue()


def _packed_tars(folder: Path) -> Iterator[bytes]:
    for content in _tars(folder):
        yield content
        yield gzip.compress(content, 1)


def _lock(content: bytes, folder: Path) -> None:
    (folder / LOCK_FILE).write_bytes(content)
    remembered(folder, "a.zip")
    remember(folder, "b.zip", Digest("sha256", "0" * 64))


def _digests(_: Path) -> Iterator[bytes]:
    yield b'{"a.zip": "sha256:' + b"a" * 64 + b'", "b.zip": "md5:' + b"b" * 32 + b'"}'


def _record(content: bytes, folder: Path) -> None:
    (folder / RECORD_FILE).write_bytes(content)
    record(folder, "b.zip", {"licence": "CC0", "adopted": True})


def _records(_: Path) -> Iterator[bytes]:
    yield b'{"a.zip": {"licence": "CC BY 4.0", "source": "https://example.org", "adopted": false}}'


TARGETS = (
    Target(name="zip", feed=_zip, corpus=_zips, words=(*_NAMES, b"PK\x01\x02", b"PK\x05\x06", b"PK\x06\x06")),
    Target(name="tar", feed=_tar, corpus=_tars, words=(*_NAMES, b"L", b"x", b"g", b"S", b"ustar", b"99 path=a\n")),
    Target(name="tar-gz", feed=_tar_gz, corpus=_packed_tars, words=_NAMES),
    Target(name="digests", feed=_lock, corpus=_digests, vary=varied_json),
    Target(name="records", feed=_record, corpus=_records, vary=varied_json),
)
