"""One seed as one file, to be handed on: a zip with ``seed.json``, ``frame.png`` and perhaps ``mask.png`` in it.

An archive comes from somebody else. It is never unpacked: its few members are known by name, and each is read into
memory up to a bound, whatever the archive declares.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench_cases.errors import SeedError
from bench_cases.seed_library._files import FRAME, LARGEST, RECORD, from_files, to_files
from bench_cases.seed_library.seed import Seed

SUFFIX: Final = ".seed.zip"

LARGEST_ARCHIVE: Final = sum(LARGEST.values())
_LARGEST_DIRECTORY: Final = 4096
"""Bytes of the table of contents; three members take some 200."""

_END: Final = struct.Struct("<4s4H2LH")
_LONG_ENDS: Final = b"PK\x06\x07"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""Equal seeds give equal archives; when and where one was written is nobody's business."""


def must_be_willing(seed: Seed, *, yes: bool) -> str:
    """Return what an export gives away, in words; refuse for somebody's own scan unless `yes`.

    Raises
    ------
    SeedError
        For a slice of the user's own scan, when that was not said to be fine.
    """
    if not seed.source.own:
        return f"the archive shows one slice of {seed.source}, whose licence is: {seed.source.licence or 'not stated'}"
    warning = (
        f"seed {seed.name!r} holds THE PIXELS OF ONE SLICE OF YOUR OWN SCANS ({seed.source}), as anybody will see who "
        "gets the archive, with whatever text is burned into them"
    )
    if not yes:
        msg = (
            f"{warning}; expected your word that it may leave this machine. Look at it (sambench seeds show "
            f"{seed.name}), and say --yes if it may."
        )
        raise SeedError(msg)
    return warning


def export_seed(seed: Seed, path: Path, *, yes: bool = False, replace_file: bool = False) -> str:
    """Write one archive; equal seeds give equal bytes.

    Parameters
    ----------
    yes
        The user's word that a slice of their own scans may be handed on.
    replace_file
        Overwrite what is there.

    Returns
    -------
    str
        What was given away, in words.

    Raises
    ------
    SeedError
        Without that word, or when the file is there or cannot be written.
    """
    given = must_be_willing(seed, yes=yes)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in to_files(seed).items():
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED if name == RECORD else zipfile.ZIP_STORED
            archive.writestr(member, content)
    try:
        with path.open("wb" if replace_file else "xb") as sink:
            sink.write(stream.getvalue())
    except FileExistsError as error:
        msg = f"{path} is there already; expected a new file. Name another with --out, or say --replace."
        raise SeedError(msg) from error
    except OSError as error:
        msg = (
            f"{path} cannot be written ({error.strerror or error}); expected a writable place. Name another with --out."
        )
        raise SeedError(msg) from error
    return given


def import_seed(path: Path, *, name: str | None = None) -> Seed:
    """Read an archive; nothing is written.

    Parameters
    ----------
    name
        A name for it instead of its own.

    Raises
    ------
    SeedError
        For anything that is not as an export makes it.
    """
    content = _bounded(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = _members(archive, path.name)
            seed = from_files(lambda file: _member(archive, members, file, path.name), path.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError) as error:
        msg = f"{path.name} is damaged or locked ({error}); expected what `sambench seeds export` writes. Get it again."
        raise SeedError(msg) from error
    return seed if name is None else replace(seed, name=name)


def _bounded(path: Path) -> bytes:
    """Return the bytes of an archive whose size and whose table of contents are bounded."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST_ARCHIVE + 1)
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror or error}); expected an archive of a seed. Check the name."
        raise SeedError(msg) from error
    if len(content) > LARGEST_ARCHIVE:
        msg = (
            f"{path.name} has more than {LARGEST_ARCHIVE} bytes; expected fewer. It is no seed that sambench exported."
        )
        raise SeedError(msg)
    end = content[-_END.size :]
    if len(end) < _END.size or end[:4] != b"PK\x05\x06" or content[-_END.size - 20 :][:4] == _LONG_ENDS:
        msg = f"{path.name} is no zip as `sambench seeds export` writes it, or is cut off; expected one. Get it again."
        raise SeedError(msg)
    _, _, _, _, count, directory_bytes, _, _ = _END.unpack(end)
    if count > len(LARGEST) or directory_bytes > _LARGEST_DIRECTORY:
        msg = (
            f"{path.name} lists {count} members in {directory_bytes} bytes; expected {', '.join(LARGEST)} at most. "
            "It is no seed that sambench exported."
        )
        raise SeedError(msg)
    return content


def _members(archive: zipfile.ZipFile, where: str) -> dict[str, zipfile.ZipInfo]:
    """Return the members by name; any that a seed does not have is refused, whatever its path."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename not in LARGEST or info.filename in members:
            twice = "twice" if info.filename in members else "among its members"
            msg = (
                f"{where} has {info.filename[:80]!r} {twice}; expected {RECORD}, {FRAME} and perhaps mask.png, each "
                "once and in no folder. It is no seed that sambench exported."
            )
            raise SeedError(msg)
        if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            msg = f"{where}: {info.filename} is packed with method {info.compress_type}; expected 0 or 8. Zip it anew."
            raise SeedError(msg)
        members[info.filename] = info
    return members


def _member(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str, where: str) -> bytes:
    if name not in members:
        msg = f"{where} has no {name}; expected {RECORD} and {FRAME}. It is no seed that sambench exported."
        raise SeedError(msg)
    with archive.open(members[name]) as stream:
        content = stream.read(LARGEST[name] + 1)
    if len(content) > LARGEST[name]:
        msg = f"{where}: {name} unpacks to more than {LARGEST[name]} bytes; expected fewer. Do not use this archive."
        raise SeedError(msg)
    return content
