"""Where a run takes place: versions, processor, code. No host name and no user name; nothing heavy is imported."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = (
    "hydra-core",
    "nibabel",
    "numpy",
    "pandas",
    "pillow",
    "pytest",
    "pytest-benchmark",
    "safetensors",
    "sam2",
    "scipy",
    "segment-anything",
    "surface-distance",
    "SimpleITK",
    "torch",
    "torchvision",
    "transformers",
)
"""Distributions whose versions may change a score or a timing."""


def describe() -> dict[str, Any]:
    """Return the ``environment`` of a report, but for the device, which the models of a run have to tell."""
    return {
        "python": {"implementation": platform.python_implementation(), "version": platform.python_version()},
        "platform": {"system": platform.system(), "release": platform.release(), "machine": platform.machine()},
        "cpu": {"name": _cpu_name(), "count": os.cpu_count()},
        "packages": {name: version_of_package(name) for name in PACKAGES},
        "code": describe_code(Path(__file__).resolve().parents[1]),
    }


def version_of_package(distribution: str) -> str | None:
    """Return the version of a distribution; None where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _cpu_name(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's name; `platform.processor` is empty on most Linux systems."""
    try:
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def describe_code(package: Path) -> dict[str, Any]:
    """Return commit, commit time and dirty flag of the repository that tracks `package`; nulls where none does.

    An installed copy inside somebody's repository (a virtual environment there) is not that repository's code.
    """
    unknown = {"commit": None, "dirty": None, "time": None}
    if _git(package, "ls-files", "--error-unmatch", "__init__.py") is None:
        return unknown
    commit = _git(package, "rev-parse", "HEAD")
    if not commit:
        return unknown
    changes = _git(package, "status", "--porcelain", "--", ".")
    return {
        "commit": commit,
        "dirty": None if changes is None else bool(changes),
        "time": _git(package, "show", "-s", "--format=%cI", "HEAD"),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    """Return the output of a git command, None when it fails or there is no git."""
    # A git hook sets GIT_DIR and its kin for another repository than the one asked about.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=folder,
            env=clean,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def machine_info(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return pytest-benchmark's ``machine_info``, without its host name."""
    system, python = environment.get("platform", {}), environment.get("python", {})
    cpu = environment.get("cpu", {})
    return {
        "system": system.get("system"),
        "release": system.get("release"),
        "machine": system.get("machine"),
        "processor": cpu.get("name"),
        "python_implementation": python.get("implementation"),
        "python_version": python.get("version"),
        "cpu": {"brand_raw": cpu.get("name"), "count": cpu.get("count")},
        "device": (environment.get("device") or {}).get("name"),
    }


def commit_info(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return pytest-benchmark's ``commit_info``."""
    code = environment.get("code", {})
    return {
        "id": code.get("commit") or "unversioned",
        "time": code.get("time"),
        "author_time": code.get("time"),
        "dirty": bool(code.get("dirty")),
        "project": "sambench",
        "branch": "(unknown)",
    }
