"""Discovery of adapters: one public module of this package with a constant ``BACKEND`` is one library."""

from __future__ import annotations

import difflib
import importlib
import pkgutil

from bench_cases.contracts import Backend
from bench_cases.errors import SelectionError


def backends() -> dict[str, Backend]:
    """Return the adapters by name; no library behind them is imported.

    Raises
    ------
    SelectionError
        When two modules offer the same name.
    """
    import bench_cases.models as package

    found: dict[str, Backend] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        if module_info.name.startswith("_") or module_info.ispkg:
            continue
        backend = getattr(importlib.import_module(f"{package.__name__}.{module_info.name}"), "BACKEND", None)
        if backend is None:
            continue
        if backend.name in found:
            msg = f"two modules of {package.__name__} offer a backend {backend.name!r}; expected one. Rename one."
            raise SelectionError(msg)
        found[backend.name] = backend
    return found


def backend_of(arch: str) -> Backend:
    """Return the adapter that builds an architecture.

    Raises
    ------
    SelectionError
        When none does, with the nearest name.
    """
    known = {name: backend for backend in backends().values() for name in backend.architectures()}
    if arch not in known:
        near = difflib.get_close_matches(arch, list(known), n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"{arch!r} is not an architecture; expected one of {', '.join(known)}.{hint}"
        raise SelectionError(msg)
    return known[arch]
