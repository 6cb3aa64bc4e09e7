"""Adopting what the user downloaded: checked, and put where the dataset's loader looks, without a second copy."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from bench_cases import assets
from bench_cases.contracts import Dataset
from bench_cases.datasets.fetching import Archive, Fetchable, FetchPlan, by_hand, holds, put
from bench_cases.errors import AssetError, SambenchError


def adopt(dataset: Dataset, given: Path, *, force: bool = False) -> Path:
    """Take a dataset from a place on this machine.

    Parameters
    ----------
    given
        A folder with the set's files as they are published (it is linked, not copied), a folder with its archives,
        or one archive; archives are checked against their digests and unpacked with the same care as downloads.
    force
        Put it in the place of what is there.

    Returns
    -------
    pathlib.Path
        The dataset's folder.

    Raises
    ------
    AssetError
        When nothing of the set is found there, files are absent, or the first volume cannot be read; then nothing of
        what was done stays.
    """
    if not isinstance(dataset, Fetchable):
        msg = f"{dataset.name} needs no files; expected a dataset that is fetched. Leave --from out."
        raise AssetError(msg)
    given = given.expanduser().resolve()
    if not given.exists():
        msg = f"there is no {given}; expected a folder or an archive of {dataset.name}. Check the path after --from."
        raise AssetError(msg)
    plan = dataset.fetch_plan()
    if dataset.missing() is None and not force:
        return plan.directory
    with contextlib.ExitStack() as undo:
        done = [step for archive in plan.archives if (step := _adopt_archive(plan, archive, given, undo, force=force))]
        if not plan.archives:
            done = [_adopt_folder(plan, given, undo, force=force)]
        absent = dataset.missing()
        if absent is not None:
            raise AssetError(_not_it(dataset.name, plan, given, absent, found=bool(done)))
        _read_one(dataset, given)
        undo.pop_all()
    for what in done:
        assets.record(plan.directory, what, {"licence": plan.licence, "source": dataset.info.source, "adopted": True})
    return plan.directory


def _adopt_archive(
    plan: FetchPlan, archive: Archive, given: Path, undo: contextlib.ExitStack, *, force: bool
) -> str | None:
    """Put one archive's files in place from what was given; return what was done, None if they are not in it."""
    into = plan.directory / archive.folder
    if plan.is_there(archive) and not force:
        return None
    alone = len(plan.archives) == 1
    for packed in (given, given / archive.file_name):
        if packed.is_file() and (packed.name == archive.file_name or (alone and packed == given)):
            _check_digest(packed, archive)
            _clear(into, undo, force=force)
            undo.callback(shutil.rmtree, into, ignore_errors=True)
            put(packed, archive, into, replace=False)
            return f"{archive.folder}/{archive.file_name}"
    for folder in (given / archive.folder, given / Path(archive.folder).name, *((given,) if alone else ())):
        if folder.is_dir() and archive.expected and holds(folder, archive):
            _link(folder, into, undo, force=force)
            return f"{archive.folder}/{archive.file_name}"
    return None


def _adopt_folder(plan: FetchPlan, given: Path, undo: contextlib.ExitStack, *, force: bool) -> str:
    """Put the folder of a set without archives in place; what was given may hold it under its name."""
    into = plan.directory / plan.folder if plan.folder else plan.directory
    if given.is_file():
        _clear(into, undo, force=force)
        undo.callback(shutil.rmtree, into, ignore_errors=True)
        assets.unpack(given, into)
        _unwrap(into)
    else:
        inside = given / into.name
        _link(inside if inside.is_dir() else given, into, undo, force=force)
    return f"{into.name}/{given.name}"


def _unwrap(folder: Path) -> None:
    """Take what lies in a folder of the same name, and nothing beside it, out of it: an archive had the name too."""
    inside = folder / folder.name
    if not inside.is_dir() or [*folder.iterdir()] != [inside]:
        return
    aside = folder.with_name(f".{folder.name}.wrapped")
    folder.rename(aside)
    (aside / folder.name).rename(folder)
    aside.rmdir()


def _check_digest(packed: Path, archive: Archive) -> None:
    expected = assets.Digest.parse(archive.sha256) if archive.sha256 else None
    if expected is not None and (found := expected.of(packed)) != expected:
        msg = (
            f"{packed.name} has the digest {found}; expected {expected}, the published file's. Download it again; if "
            "you trust this one, unpack it yourself and name the folder after --from."
        )
        raise AssetError(msg)


def _link(folder: Path, into: Path, undo: contextlib.ExitStack, *, force: bool) -> None:
    """Point to a folder; where the system has no links for us, copy it."""
    if into.resolve() == folder:
        return
    _clear(into, undo, force=force)
    into.parent.mkdir(parents=True, exist_ok=True)
    try:
        into.symlink_to(folder, target_is_directory=True)
        undo.callback(into.unlink)
    except OSError:
        undo.callback(shutil.rmtree, into, ignore_errors=True)
        shutil.copytree(folder, into)


def _clear(into: Path, undo: contextlib.ExitStack, *, force: bool) -> None:
    """Make room: an empty folder goes, another one only on request, and comes back if the adoption fails."""
    if into.is_symlink():
        if not force:
            raise _in_the_way(into)
        undo.callback(into.symlink_to, into.readlink())
        into.unlink()
    elif into.is_dir() and not any(into.iterdir()):
        into.rmdir()
    elif into.exists():
        if not force:
            raise _in_the_way(into)
        aside = into.with_name(f"{into.name}.before")
        if aside.exists():
            raise _in_the_way(aside)
        into.rename(aside)
        undo.callback(_put_back(aside, into))


def _put_back(aside: Path, into: Path) -> Callable[[], Path]:
    return lambda: aside.rename(into)


def _in_the_way(path: Path) -> AssetError:
    return AssetError(
        f"{path} is there and would be replaced; expected no such folder. Move it away, or add --force, which keeps it "
        "under a name that ends in .before."
    )


def _read_one(dataset: Dataset, given: Path) -> None:
    """Read the first volume: names can be right and files broken."""
    first = next(iter(dataset.volume_ids()), None)
    try:
        if first is not None:
            dataset.load(first)
    except SambenchError as error:
        msg = f"{given.name} has the layout of {dataset.name} and its first volume cannot be read: {error}"
        raise AssetError(msg) from error


def _not_it(name: str, plan: FetchPlan, given: Path, absent: str, *, found: bool) -> str:
    state = absent.partition("; ")[0]
    if not plan.archives:
        return f"{given} is not laid out as expected: {by_hand(name, plan, absent)}"
    wanted = "; ".join(
        f"{archive.file_name}, or {archive.folder}/ with {', '.join(archive.expected[:3]) or 'its files'}"
        + (", ..." if len(archive.expected) > 3 else "")
        for archive in plan.archives
    )
    how = "only a part of the set is in it" if found else "nothing of the set is in it"
    return f"{given}: {how} ({state}); expected {wanted}. Name the folder that holds them after --from."
