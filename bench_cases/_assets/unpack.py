"""Unpacking zip and tar archives that are not trusted: plain files only, inside the folder, of bounded size."""

from __future__ import annotations

import bz2
import errno
import functools
import gzip
import io
import lzma
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple, cast

from bench_cases.errors import AssetError

DEFAULT_CEILING_BYTES = 200 * 10**9
_MOST_MEMBERS = 2_000_000
"""TotalSegmentator, the set of most files, has 145 000."""
_CHUNK = 1 << 20
_LARGEST_PIECE = 1 << 24
"""Bytes that are read of a tar at once: a long name takes some hundreds, a piece of a file `_CHUNK`."""

_DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError),
    *(RuntimeError, NotImplementedError, ValueError, struct.error),
    # zipfile and tarfile take fields of headers for indices, sizes and places; LZMA makes room for what it is told.
    *(LookupError, ArithmeticError, MemoryError),
)


class _Member(NamedTuple):
    name: str
    kind: str
    open: Callable[[], IO[bytes] | None] | None  # None for a folder


def unpack(archive: Path, into: Path, *, max_bytes: int = DEFAULT_CEILING_BYTES, replace: bool = False) -> Path:
    """Unpack an archive into a folder that appears only when everything is in it.

    Parameters
    ----------
    archive
        A zip or a tar (plain, gzip, bzip2 or xz), told by its content.
    into
        Folder to make. An empty one is replaced.
    max_bytes
        Ceiling of all files together, counted while they are written, whatever the archive declares.
    replace
        Replace a folder that is there and not empty.

    Returns
    -------
    pathlib.Path
        `into`.

    Raises
    ------
    AssetError
        For absolute names, ``..``, links, devices, two members of one name, too many bytes, no disk space, damaged
        archives, and a folder that is in the way.
    """
    if into.is_dir() and any(into.iterdir()) and not replace:
        msg = f"{into} is there and not empty; expected to make it. Move it away, or ask for it to be replaced."
        raise AssetError(msg)
    into.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=into.parent, prefix=f".{into.name}-"))
    try:
        fresh = work / "fresh"
        fresh.mkdir()
        try:
            _extract(archive, fresh, max_bytes)
        except OSError as error:
            # No number: gzip's and bzip2's own errors. EINVAL: a seek to a place before the first byte.
            if error.errno in {None, errno.EINVAL}:
                raise _damaged(archive, error) from error
            if error.errno != errno.ENOSPC:
                msg = (
                    f"{archive.name} cannot be unpacked into {into.parent} ({error.strerror}); expected a folder that "
                    "can be written, and names that this system can have. Nothing was kept. Choose another folder, or "
                    "do not use this archive."
                )
                raise AssetError(msg) from error
            msg = (
                f"{archive.name} does not fit on the disk of {into.parent}; expected room for what is in it. "
                "Nothing was kept. Free some, or set SAMBENCH_DATA to another disk."
            )
            raise AssetError(msg) from error
        except _DAMAGE as error:
            raise _damaged(archive, error) from error
        _put(fresh, into, aside=work / "old")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return into


def _damaged(archive: Path, error: Exception) -> AssetError:
    return AssetError(f"{archive.name} is damaged or locked ({error}); expected a complete archive. Download it again.")


def _put(fresh: Path, into: Path, *, aside: Path) -> None:
    if into.exists():
        into.rename(aside)
    fresh.rename(into)


def _extract(archive: Path, into: Path, max_bytes: int) -> None:
    written = 0
    with ExitStack() as stack:
        for number, member in enumerate(_members(archive, stack, into, max_bytes), start=1):
            if number > _MOST_MEMBERS:
                raise _unsafe(archive, member.name, f"is number {number}")
            target = into / _safe_name(archive, member)
            try:
                if member.open is None:
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as sink, member.open() or io.BytesIO() as source:
                    while chunk := source.read(_CHUNK):
                        written += len(chunk)
                        if written > max_bytes:
                            raise _too_large(archive, written, max_bytes)
                        sink.write(chunk)
            except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
                raise _unsafe(archive, member.name, "comes twice") from error


def _members(archive: Path, stack: ExitStack, into: Path, max_bytes: int) -> Iterator[_Member]:
    if zipfile.is_zipfile(archive):
        bundle = stack.enter_context(zipfile.ZipFile(archive))
        total = sum(info.file_size for info in bundle.infolist())
        if total > max_bytes:
            raise _too_large(archive, total, max_bytes)
        _check_space(archive, total, into)
        for info in bundle.infolist():
            mode = info.external_attr >> 16
            kind = "a link" if stat.S_ISLNK(mode) else "a file"
            opened = None if info.is_dir() else functools.partial(bundle.open, info)
            yield _Member(info.filename, kind, opened)
        return
    if not tarfile.is_tarfile(archive):
        msg = f"{archive.name} is no archive; expected zip or tar. If it is a web page, download it again."
        raise AssetError(msg)
    stream = stack.enter_context(_inflated(archive))
    with tarfile.open(fileobj=cast("IO[bytes]", Pieces(stream, archive.name)), mode="r:") as tar:
        yield from _tar_members(tar)
    behind = 0
    while chunk := stream.read(_CHUNK):  # to the end, where gzip, bzip2 and xz compare their checksums
        behind += len(chunk)
        if behind > max_bytes:
            raise _too_large(archive, behind, max_bytes)


def _inflated(archive: Path) -> IO[bytes]:
    """Open a tar as what it is inside gzip, bzip2 or xz."""
    with archive.open("rb") as probe:
        start = probe.read(6)
    for magic, inflate in ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open)):
        if start.startswith(magic):
            return cast("IO[bytes]", inflate(archive, "rb"))
    return archive.open("rb")


class Pieces:
    """A stream that hands out pieces of bounded size: a tar's headers say how long they are, and are read whole.

    Parameters
    ----------
    stream
        What is read.
    name
        Of the archive, for the message.
    """

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self._stream, self._name = stream, name
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes.

        Raises
        ------
        AssetError
            When more are asked for than a header has.
        """
        if not 0 <= size <= _LARGEST_PIECE:
            msg = (
                f"{self._name} has a header of {size} bytes; expected at most {_LARGEST_PIECE}. Nothing was unpacked. "
                "Do not use this archive."
            )
            raise AssetError(msg)
        return self._stream.read(size)


def _tar_members(tar: tarfile.TarFile) -> Iterator[_Member]:
    for member in tar:
        kind = "a file" if member.isfile() or member.isdir() else "a link" if member.issym() or member.islnk() else ""
        kind = "a file with holes" if member.issparse() else kind
        opened = functools.partial(tar.extractfile, member) if member.isfile() else None
        yield _Member(member.name, kind or "a device", opened)


def _safe_name(archive: Path, member: _Member) -> PurePosixPath:
    """Return the member's name if it stays inside and is a plain file or folder."""
    name = PurePosixPath(member.name.replace("\\", "/"))
    if name.is_absolute() or PureWindowsPath(member.name).drive or PureWindowsPath(member.name).root:
        raise _unsafe(archive, member.name, "has an absolute path")
    if ".." in name.parts:
        raise _unsafe(archive, member.name, "leads out of the folder")
    if member.kind != "a file":
        raise _unsafe(archive, member.name, f"is {member.kind}")
    return name


def _check_space(archive: Path, total: int, into: Path) -> None:
    free = shutil.disk_usage(into).free
    if total > free:
        msg = (
            f"{archive.name} unpacks to {total / 1e9:.1f} GB and {free / 1e9:.1f} GB are free; expected room for it. "
            "Free some, or set SAMBENCH_DATA to another disk."
        )
        raise AssetError(msg)


def _unsafe(archive: Path, name: str, wrong: str) -> AssetError:
    return AssetError(
        f"{archive.name}: member {name!r} {wrong}; expected plain files inside one folder, each once. "
        "Nothing was unpacked. Do not use this archive unless you know why."
    )


def _too_large(archive: Path, found: int, ceiling: int) -> AssetError:
    return AssetError(
        f"{archive.name} unpacks to at least {found} bytes; expected at most {ceiling}. "
        "Nothing was unpacked. If the size is right, raise the ceiling."
    )
