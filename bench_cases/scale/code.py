"""Which code runs where: what driver and workers must have in common before their results stand in one report."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from bench_cases import __version__
from bench_cases.models._facts import source_sha256
from bench_cases.report.environment import PACKAGES, version_of_package

SHOWN = 12
"""Characters of a digest in a message."""


def code_identity() -> dict[str, str]:
    """Return versions of everything that may change a score, and the digest of this package's source."""
    return {
        "sambench": __version__,
        "sambench's source": source_sha256("bench_cases")[:SHOWN],
        "python": ".".join(platform.python_version_tuple()[:2]),
        **{name: version_of_package(name) or "not installed" for name in PACKAGES},
    }


def code_differences(worker: Mapping[str, str], driver: Mapping[str, str]) -> str:
    """Return in one line where a worker's code differs from the driver's; empty when it does not.

    >>> code_differences({"torch": "2.5", "numpy": "2.1"}, {"torch": "2.6", "numpy": "2.1"})
    'torch 2.5 (here 2.6)'
    """
    return ", ".join(
        f"{name} {worker.get(name, 'unknown')} (here {driver.get(name, 'unknown')})"
        for name in dict.fromkeys([*driver, *worker])
        if worker.get(name) != driver.get(name)
    )
