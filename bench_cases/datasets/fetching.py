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
    """

    url: str
    file_name: str
    folder: str
    expected: tuple[str, ...]
    sha256: str | None = None
    sha256_confidence: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchPlan:
    """What `fetch` does for a dataset.

    Parameters
    ----------
    directory
        Folder of the dataset; downloads go to ``downloads`` in it until they are unpacked.
    manual
        Where to get it, for a set whose owners want a form, a login or a click; it has no archives then.
    """

    directory: Path
    licence: str
    archives: tuple[Archive, ...]
    manual: str = ""

    def waiting(self) -> tuple[Archive, ...]:
        """Archives whose files are not all on disk."""
        return tuple(archive for archive in self.archives if not self._is_there(archive))

    def _is_there(self, archive: Archive) -> bool:
        folder = self.directory / archive.folder
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
        Offline, download or digest wrong, unsafe archive, or an archive without the files that were expected.
    """
    if not isinstance(dataset, Fetchable):
        absent = dataset.missing()
        if absent is not None:
            msg = f"{absent} There is no download for it; expected the files on disk. Put them there."
            raise AssetError(msg)
        return None
    plan = dataset.fetch_plan()
    absent = dataset.missing()
    if plan.manual and not plan.archives and absent is not None:
        msg = f"{absent.rpartition(';')[0]}. It cannot be downloaded for you: its owners ask you to do it yourself."
        raise AssetError(msg)
    for archive in plan.archives if force else plan.waiting():
        _fetch_archive(plan, archive, force=force, progress=progress)
    return plan.directory


def _fetch_archive(plan: FetchPlan, archive: Archive, *, force: bool, progress: bool) -> None:
    into = plan.directory / archive.folder
    if into.is_dir() and any(into.iterdir()) and not force:
        msg = (
            f"{into} is there but not complete; expected all {len(archive.expected)} files of {archive.file_name}, or "
            "no folder. Move it away and fetch again."
        )
        raise AssetError(msg)
    downloaded = assets.fetch(
        archive.url,
        file_name=archive.file_name,
        directory=plan.directory / "downloads",
        sha256=archive.sha256,
        size_bytes=archive.size_bytes,
        licence=plan.licence,
        force=force,
        progress=progress,
    )
    folder = assets.unpack(downloaded, into, replace=force)
    absent = [name for name in archive.expected if not (folder / name).exists()]
    if absent:
        msg = (
            f"{archive.file_name} was unpacked but {len(absent)} of {len(archive.expected)} files are not in it, "
            f"first {absent[0]}; expected the published layout. Its source has changed: see the dataset's page."
        )
        raise AssetError(msg)
    downloaded.unlink()
