"""All that is fed: each module of this package names its kinds of input in ``TARGETS``."""

from __future__ import annotations

import importlib
import pkgutil

from tests.fuzz.target import Target


def targets() -> dict[str, Target]:
    """Return every target by name."""
    found: dict[str, Target] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        for target in importlib.import_module(f"{__name__}.{info.name}").TARGETS:
            if target.name in found:
                raise AssertionError(target.name)
            found[target.name] = target
    return found
