"""Is this file the one that its name promises? Published digests are checked; others are trusted once and locked."""

from __future__ import annotations

from pathlib import Path

from bench_cases.assets import Digest, remembered, trust
from bench_cases.contracts import Checkpoint
from bench_cases.errors import CheckpointError
from bench_cases.locations import cache_dir
from bench_cases.models._weights import file_digest, weights_sha256


def verified(checkpoint: Checkpoint, path: Path) -> str:
    """Return the SHA-256 of a checkpoint's file or folder, after comparing it with what is expected of its name.

    A file of the user's own is what it is. A named one must have its published digest or, where there is none, the one
    of its first use here.

    Raises
    ------
    CheckpointError
        When it differs.
    """
    if checkpoint.sha256 is not None or checkpoint.url or checkpoint.hub or checkpoint.page:
        lock_name = checkpoint.hub or checkpoint.file
        try:
            check_or_trust(path, lock_name=lock_name, published=checkpoint.sha256)
        except _DiffersError as error:
            how = f"run 'sambench fetch {checkpoint.name}'" if not checkpoint.page else "download it again"
            msg = (
                f"{path.name} is not {checkpoint.name!r}: {error}. Delete it and {how}, or use it under a name of its "
                f"own with --sam-checkpoint NAME=PATH@{checkpoint.arch}."
            )
            raise CheckpointError(msg) from error
    return weights_sha256(path)


def check_or_trust(path: Path, *, lock_name: str, published: str | None) -> None:
    """Compare a file or folder with its published digest, else with the locked one, else lock the one it has.

    Raises
    ------
    CheckpointError
        When it differs.
    """
    lock = cache_dir() / "checkpoints"
    expected = Digest.parse(published) if published else remembered(lock, lock_name)
    if expected is None:
        lock.mkdir(parents=True, exist_ok=True)
        trust(lock, lock_name, Digest("sha256", weights_sha256(path)))
        return
    found = weights_sha256(path) if expected.algorithm == "sha256" else file_digest(path, expected.algorithm)
    if found != expected.value:
        kind = "SHA-256" if expected.algorithm == "sha256" else expected.algorithm.upper()
        origin = "" if published else ", which it had when it was first used here"
        raise _DiffersError(f"its {kind} is {found}; expected {expected.value}{origin}")


class _DiffersError(CheckpointError):
    """A file is not what its digest says."""
