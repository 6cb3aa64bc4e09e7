"""What stands in for downloads when commands of the pages are typed: small files in true layouts, from a local server.

The archives of COVID-19-CT-Seg hold all twenty volumes under their true names, made of small phantoms; behind the names
of published checkpoints, and of their architectures, stand the micro networks. `sambench fetch coronacases sam_vit_l`
asks a server, checks digests and unpacks, and what follows it on a page runs on what it has brought.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from tests.scan_files import Site, serve, zip_folder

SITE, FOLDER = "SAMBENCH_TEST_SITE", "SAMBENCH_TEST_SITE_FOLDER"
"""Where the local server listens, and the folder that it serves."""

CHECKPOINTS = {
    "sam_vit_b": "sam_micro",
    "sam_vit_l": "sam_micro",
    "sam2_large": "sam2_micro",
    "sam2.1_large": "sam2_micro",
}
"""Published names, and whose weights stand behind them."""

SHAPE_ZYX = (16, 96, 96)


def file_of(name: str) -> str:
    """The file of a checkpoint's stand-in; SAM's own names would promise the MD5 of SAM's own files."""
    return f"{name}_stand_in.pt"


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """Write the stand-ins below a folder and serve them."""
    import torch
    from safetensors.torch import load_file

    from bench_cases.datasets import covid19_ct_seg as covid
    from bench_cases.datasets._phantom_files import write_phantom
    from bench_cases.models.checkpoints import locate, resolve

    tree, site = folder / "tree", folder / "site"
    site.mkdir(parents=True)
    subsets: tuple[tuple[Literal["coronacases", "radiopaedia"], tuple[str, ...]], ...] = (
        ("coronacases", covid.CORONACASES),
        ("radiopaedia", covid.RADIOPAEDIA),
    )
    for subset, ids in subsets:
        for number, each in enumerate(ids):
            write_phantom(tree, f"{subset}_{each}", subset=subset, seed=900 + number, shape_zyx=SHAPE_ZYX)
    for archive in covid.SHA256:
        zip_folder(tree / archive, site / f"{archive}.zip")
    for name, stands_in in CHECKPOINTS.items():
        weights = locate(resolve(stands_in))
        assert weights is not None
        torch.save({"model": load_file(weights)}, site / file_of(name))
    with serve(site) as running:
        yield running


def install_where_asked() -> None:
    """Change the tables of this process, where the environment names a server."""
    if SITE in os.environ:
        _install(os.environ[SITE], Path(os.environ[FOLDER]))


@functools.cache
def _install(url: str, folder: Path) -> None:
    from bench_cases.datasets import covid19_ct_seg as covid
    from bench_cases.models import _sam2_build, checkpoints, segment_anything

    def digest(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()

    archives = {name: digest(f"{name}.zip") for name in covid.SHA256}
    sets = tuple(dataclasses.replace(each, base_url=url, sha256=archives) for each in covid.DATASETS)
    records = tuple(
        dataclasses.replace(
            record,
            url=f"{url}/{file_of(record.name)}",
            file=file_of(record.name),
            sha256=digest(file_of(record.name)),
            size_bytes=(folder / file_of(record.name)).stat().st_size,
        )
        if record.name in CHECKPOINTS
        else record
        for record in checkpoints.CHECKPOINTS
    )
    build, configuration = segment_anything.build, _sam2_build._configuration
    replaced: tuple[tuple[Any, str, Any], ...] = (
        (covid, "DATASETS", sets),
        (covid, "_SIZE_BYTES", {}),
        (checkpoints, "CHECKPOINTS", records),
        (_sam2_build, "_configuration", lambda _arch: configuration("sam2_micro")),
        (segment_anything, "build", lambda _arch: build("sam_micro")),
    )
    for module, name, value in replaced:
        setattr(module, name, value)
