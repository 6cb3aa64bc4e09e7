"""``sambench doctor``: is this machine ready? Each line is a check, what was found, and what to do."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench_cases.locations import cache_dir, data_dir, offline, seeds_dir


class Check(NamedTuple):
    """One finding; `fine` is None where there is nothing to judge."""

    name: str
    found: str
    fine: bool | None = None
    remedy: str = ""


def examine() -> int:
    """Print all checks; return 1 when one failed."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    failed = False
    for check in checks():
        mark = {True: "ok  ", False: "FAIL", None: "    "}[check.fine]
        console.print(f"{mark}  {check.name:<22} {check.found}", style="red" if check.fine is False else None)
        if check.fine is False:
            failed = True
            console.print(f"      {'':<22} {check.remedy}")
    return int(failed)


def checks() -> Iterator[Check]:
    """Yield the checks, quick ones first."""
    version = platform.python_version()
    yield Check("python", version, sys.version_info >= (3, 11), "Install Python 3.11 or newer.")
    for package in (
        "sambench",
        "segment-anything",
        "sam2",
        "nibabel",
        "SimpleITK",
        "pydicom",
        "pytest",
        "pytest-benchmark",
    ):
        yield _installed(package)
    yield _torch_pair()
    yield _device()
    yield Check("cpu cores", str(os.cpu_count()))
    places = {
        "data (SAMBENCH_DATA)": data_dir(),
        "cache (SAMBENCH_CACHE)": cache_dir(),
        "seeds (SAMBENCH_SEEDS)": seeds_dir(),
    }
    for name, place in places.items():
        yield _writable(name, place)
    yield Check("network", "forbidden by SAMBENCH_OFFLINE" if offline() else "allowed")


def _installed(package: str) -> Check:
    try:
        return Check(package, importlib.metadata.version(package), fine=True)
    except importlib.metadata.PackageNotFoundError:
        return Check(package, "not installed", fine=False, remedy=f"pip install {package}")


def _torch_pair() -> Check:
    try:
        torch, vision = (importlib.metadata.version(name) for name in ("torch", "torchvision"))
        needs = importlib.metadata.requires("torchvision") or []
    except importlib.metadata.PackageNotFoundError as error:
        return Check(
            "torch, torchvision", f"{error.name} is not installed", fine=False, remedy="pip install torch torchvision"
        )
    remedy = "They were built for other releases of each other: pip install --upgrade torch torchvision"
    return Check("torch, torchvision", f"{torch}, {vision}", fine=is_met("torch", torch, needs), remedy=remedy)


def is_met(name: str, version: str, needs: Iterable[str]) -> bool:
    """Whether a release of a package is one that another's requirements ask for.

    Each torchvision says itself which torch it goes with: early ones one release, those since 0.29 all from one on.

    >>> is_met("torch", "2.11.0+cu130", ["numpy", "torch==2.11.0"]), is_met("torch", "2.13.0", ["torch==2.11.0"])
    (True, False)
    >>> is_met("torch", "2.15.0", ["torch (>=2.14.0)"])
    True
    """
    from packaging.requirements import Requirement

    asked = [it.specifier for it in map(Requirement, needs) if it.name == name]
    return all(specifier.contains(version, prereleases=True) for specifier in asked)


def _device() -> Check:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Check(
            "device", f"torch does not start: {error}", fine=False, remedy="pip install --force-reinstall torch"
        )
    if torch.cuda.is_available():
        return Check("device", f"cuda: {torch.cuda.get_device_name(0)}", fine=True)
    if torch.backends.mps.is_available():
        return Check("device", "mps (numbers differ slightly from other devices)", fine=True)
    return Check("device", "cpu (micro models run in seconds; full-size ones take minutes a volume)", fine=True)


def _writable(name: str, place: Path) -> Check:
    existing = next(parent for parent in (place, *place.parents) if parent.exists())
    free = shutil.disk_usage(existing).free / 1e9
    return Check(
        name,
        f"{place} ({free:,.0f} GB free)",
        fine=os.access(existing, os.W_OK),
        remedy="Point the variable to a place you may write to.",
    )
