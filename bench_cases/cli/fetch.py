"""``sambench fetch``: datasets and checkpoints by name, or a dataset from a place on this machine."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench_cases import registry
from bench_cases.assets import Digest
from bench_cases.contracts import Checkpoint, Dataset
from bench_cases.errors import SelectionError


def fetch(names: Sequence[str], *, source: str | None = None, dry_run: bool = False, force: bool = False) -> int:
    """Fetch each named dataset or model; names are checked before the first byte is asked for.

    Parameters
    ----------
    source
        Folder or archive on this machine that a dataset is taken from.
    dry_run
        Say what would be downloaded, with sizes and licences, and touch nothing.
    force
        Download, or adopt, also what is there.

    Raises
    ------
    SelectionError
        For a name or pattern that is neither a dataset nor a model, and for ``--from`` with other than one dataset.
    AssetError
        When a download fails or is not what its digest says.
    """
    from bench_cases.datasets import adopting, fetching
    from bench_cases.models import checkpoints

    datasets, models = registry.datasets(), registry.checkpoints()
    own = [registry.canonical(name, datasets) for name in names]
    wanted = registry.pick("dataset or model", own, {**datasets, **models})
    if source is not None and (len(wanted) != 1 or not wanted.keys() <= datasets.keys()):
        msg = f"--from was given with {', '.join(wanted)}; expected one dataset. Adopt them one by one."
        raise SelectionError(msg)
    if dry_run:
        return _show_plan({name: datasets.get(name) or models[name] for name in wanted})
    for name in wanted:
        if source is not None:
            adopting.adopt(datasets[name], Path(source), force=force)
        elif name in datasets:
            fetching.fetch(datasets[name], force=force)
        else:
            checkpoints.fetch(models[name], force=force)
        sys.stdout.write(f"{name}: ready\n")
    return 0


def _show_plan(wanted: Mapping[str, Dataset | Checkpoint]) -> int:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table("name", "file", "size", "state", "digest", "licence", title="what would be downloaded", box=None)
    total = 0
    for name, each in wanted.items():
        for file, size, state, digest, licence in _rows(each):
            table.add_row(name, file, _size(size), state, digest, licence)
            total += (size or 0) if state == "download" else 0
    console.print(table)
    console.print(f"in all about {_size(total)}; nothing was downloaded")
    return 0


def _rows(each: Dataset | Checkpoint) -> list[tuple[str, int | None, str, str, str]]:
    """File, size in bytes, state, kind of digest and licence of all that belongs to a dataset or checkpoint."""
    from bench_cases.datasets.fetching import Fetchable
    from bench_cases.models.checkpoints import missing

    if isinstance(each, Checkpoint):
        state = "on disk" if missing(each) is None else "download"
        return [(each.file, each.size_bytes, state, "published" if each.sha256 else "recorded at first", each.licence)]
    if not isinstance(each, Fetchable):
        return [("-", None, "made on this machine", "-", each.info.licence)]
    plan = each.fetch_plan()
    if not plan.archives:
        state = "by hand" if each.missing() else "on disk"
        return [(plan.manual or "-", None, state, "-", plan.licence)]
    waiting = plan.waiting()
    return [
        (
            archive.file_name,
            archive.size_bytes,
            "download" if archive in waiting else "on disk",
            "none" if archive.sha256 is None else Digest.parse(archive.sha256).algorithm,
            plan.licence,
        )
        for archive in plan.archives
    ]


def _size(size_bytes: int | None) -> str:
    if size_bytes is None:
        return "?"
    return f"{size_bytes / 1e9:,.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:,.0f} MB"
