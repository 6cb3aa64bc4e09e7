"""Fetching a dataset: its archives are downloaded, checked, unpacked where its loader looks, and thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from bench_cases import assets
from bench_cases.contracts import Dataset
from bench_cases.errors import AssetError


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """One archive of a dataset.

    Parameters
    ----------
    url, file_name
        Where it comes from, and its name in ``downloads``.
    folder
        Folder, below the plan's directory, that it is unpacked into.
    expected
        Files or folders that must be there afterwards, relative to `folder`; none where the archive's inside is not
        known well enough to say.
    sha256
        As `bench_cases.assets.fetch` takes it; None if no digest was seen in a source.
    sha256_confidence
        Where the digest comes from.
    size_bytes
        Approximate size of the download.
    unpacked
        False for a file that is no archive (a table, a single scan): it is moved into `folder` as it is.
    ceiling_bytes
        More than this is not unpacked; by default, `bench_cases.assets.unpack`'s.
    """

    url: str
    file_name: str
    folder: str
    expected: tuple[str, ...]
    sha256: str | None = None
    sha256_confidence: str = ""
    size_bytes: int | None = None
    unpacked: bool = True
    ceiling_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan:
    """What `fetch` does for a dataset.

    Parameters
    ----------
    directory
        Folder of the dataset; downloads go to ``downloads`` in it until they are unpacked.
    manual
        Where to get it, for a set whose owners want a form, a login or a click; it has no archives then.
    folder
        Folder, below `directory`, that a set without archives is looked for in; empty: `directory` itself.
    layout
        What that folder must look like, as a tree of a few lines.
    """

    directory: Path
    licence: str
    archives: tuple[Archive, ...]
    manual: str = ""
    folder: str = ""
    layout: str = ""

    def waiting(self) -> tuple[Archive, ...]:
        """Archives whose files are not all on disk."""
        return tuple(archive for archive in self.archives if not self.is_there(archive))

    def is_there(self, archive: Archive) -> bool:
        """Whether the files of an archive are where they are looked for."""
        return holds(self.directory / archive.folder, archive)


def holds(folder: Path, archive: Archive) -> bool:
    """Whether a folder has what is expected of an archive; anything at all where nothing is said."""
    if not archive.expected:
        return folder.is_dir() and any(folder.iterdir())
    return all((folder / name).exists() for name in archive.expected)


@runtime_checkable
class Fetchable(Protocol):
    """A dataset that can be downloaded."""

    def fetch_plan(self) -> FetchPlan:
        """Return the archives and where each goes; nothing is downloaded."""
        ...


def fetch(dataset: Dataset, *, force: bool = False, progress: bool = True) -> Path | None:
    """Put a dataset on disk; what is there already is left alone.

    Parameters
    ----------
    force
        Download and unpack everything again, replacing the folders.
    progress
        Show bars on standard error.

    Returns
    -------
    pathlib.Path or None
        The dataset's folder; None for datasets that need no fetching (phantoms).

    Raises
    ------
    AssetError
        Offline, download or digest wrong, unsafe archive, an archive without the files that were expected, or a set
        that cannot be downloaded: then with the place to get it from and what its folder must look like.
    """
    if not isinstance(dataset, Fetchable):
        absent = dataset.missing()
        if absent is not None:
            msg = f"{absent} There is no download for it; expected the files on disk. Put them there."
            raise AssetError(msg)
        return None
    plan = dataset.fetch_plan()
    if not plan.archives and (absent := dataset.missing()) is not None:
        raise AssetError(by_hand(dataset.name, plan, absent))
    for archive in plan.archives if force else plan.waiting():
        _fetch_archive(plan, archive, source=dataset.info.source, force=force, progress=progress)
    return plan.directory


def by_hand(name: str, plan: FetchPlan, absent: str) -> str:
    """Word how to get a set that is not downloaded for the user."""
    layout = f"\nIts folder must look like this:\n{plan.layout.rstrip()}\n" if plan.layout else " "
    return (
        f"{absent.rpartition('; sambench fetch')[0] or absent}. It cannot be downloaded for you: its owners ask you to "
        f"do it yourself ({plan.manual or 'see its page'}; licence: {plan.licence}).{layout}"
        f"Then check and adopt it: sambench fetch {name} --from PATH, the folder or the archive that you have."
    )


def _fetch_archive(plan: FetchPlan, archive: Archive, *, source: str, force: bool, progress: bool) -> None:
    into = plan.directory / archive.folder
    with assets.only_one(into):
        if plan.is_there(archive) and not force:  # another process was quicker
            return
        if archive.unpacked and into.is_dir() and any(into.iterdir()) and not force:
            msg = (
                f"{into} is there but not complete; expected all {len(archive.expected)} files of "
                f"{archive.file_name}, or no folder. Move it away and fetch again."
            )
            raise AssetError(msg)
        downloaded = assets.fetch(
            archive.url,
            file_name=archive.file_name,
            directory=plan.directory / "downloads",
            sha256=archive.sha256,
            size_bytes=_room(archive),
            licence=plan.licence,
            force=force,
            progress=progress,
        )
        put(downloaded, archive, into, replace=force)
        assets.record(
            plan.directory,
            f"{archive.folder}/{archive.file_name}",
            {
                "licence": plan.licence,
                "source": source,
                "url": archive.url,
                "digest": str(assets.SHA256.of(downloaded)),
            },
        )
        downloaded.unlink()


def _room(archive: Archive) -> int | None:
    """Bytes that must be free: the download and, until it is thrown away, what it unpacks to, which is not less."""
    return None if archive.size_bytes is None else archive.size_bytes * (2 if archive.unpacked else 1)


def put(downloaded: Path, archive: Archive, into: Path, *, replace: bool) -> None:
    """Unpack a file into its folder, or copy it there if it is no archive; what is expected must be there then.

    Raises
    ------
    AssetError
        For unsafe archives, and for one without the files that were expected.
    """
    if archive.unpacked:
        ceiling = {} if archive.ceiling_bytes is None else {"max_bytes": archive.ceiling_bytes}
        assets.unpack(downloaded, into, replace=replace, **ceiling)
    else:
        assets.copy_whole(downloaded, into / archive.file_name)
    absent = [name for name in archive.expected if not (into / name).exists()]
    if absent:
        msg = (
            f"{archive.file_name} was unpacked but {len(absent)} of {len(archive.expected)} files are not in it, "
            f"first {absent[0]}; expected the published layout. Its source has changed: see the dataset's page."
        )
        raise AssetError(msg)
