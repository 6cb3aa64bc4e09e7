"""Discovery: what datasets, checkpoints and prompt rules there are, found by looking into their packages."""

from __future__ import annotations

import difflib
import fnmatch
import importlib
import pkgutil
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from bench_cases.cases import is_baseline
from bench_cases.contracts import Checkpoint, Dataset
from bench_cases.errors import SelectionError
from bench_cases.prompting.rule_book import RuleBook

T = TypeVar("T")

LISTED = 24
"""Choices that a message names; a target of TotalSegmentator is one of 121."""


def discover(package: str, constant: str) -> dict[str, Any]:
    """Collect, by name, the members of `constant` in every public module of `package`.

    Raises
    ------
    SelectionError
        When two modules offer the same name.
    """
    root = importlib.import_module(package)
    found: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for module_info in sorted(pkgutil.iter_modules(root.__path__), key=lambda info: info.name):
        if module_info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{module_info.name}")
        for member in getattr(module, constant, ()):
            if member.name in found:
                msg = (
                    f"{member.name!r} is offered twice, by {origin[member.name]} and {module.__name__}; "
                    "expected names to be unique. Rename one."
                )
                raise SelectionError(msg)
            found[member.name] = member
            origin[member.name] = module.__name__
    return found


def datasets() -> dict[str, Dataset]:
    """All datasets by name."""
    return discover("bench_cases.datasets", "DATASETS")


def canonical(name: str, known: Mapping[str, Dataset]) -> str:
    """Return the dataset's own name for one that a study gives it; others come back as they are.

    ``MRI-Heart`` is ``msd-heart``, and ``MRI-Heart-phantom`` its phantom.
    """
    base = name.removesuffix("-phantom")
    for own, dataset in known.items():
        if base in dataset.info.aliases:
            return own + name[len(base) :]
    return name


def checkpoints() -> dict[str, Checkpoint]:
    """All named checkpoints by name, baselines last."""
    found: dict[str, Checkpoint] = discover("bench_cases.models", "CHECKPOINTS")
    return dict(sorted(found.items(), key=lambda entry: is_baseline(entry[0])))


def prompt_rules() -> RuleBook:
    """All prompt rules by name, those of families included."""
    package = "bench_cases.prompting"
    families = discover(package, "FAMILIES")
    return RuleBook(listed=discover(package, "RULES"), families=tuple(families.values()))


def pick(what: str, wanted: Iterable[str], known: Mapping[str, T]) -> dict[str, T]:
    """Return the members of `known` that the names or shell patterns in `wanted` select, in the order asked for.

    Parameters
    ----------
    what
        What is picked, for the message: ``"dataset"``.

    Raises
    ------
    SelectionError
        When a name or pattern selects nothing, with the nearest name.

    Examples
    --------
    >>> pick("model", ["sam2*"], {"sam_vit_b": 1, "sam2_tiny": 2})
    {'sam2_tiny': 2}
    """
    picked: dict[str, T] = {}
    for name in wanted:
        matches = [known_name for known_name in known if fnmatch.fnmatchcase(known_name, name)]
        if not matches:
            raise SelectionError(unknown(what, name, known))
        picked.update({match: known[match] for match in matches})
    return picked


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """Word the message for a name that means nothing."""
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    listed = ", ".join(list(known)[:LISTED]) + (f", ... ({len(known)} in all)" if len(known) > LISTED else "")
    return f"{name!r} is not a {what}; expected one of {listed}.{hint}"
