"""``sambench phantom``: a small synthetic copy of a dataset's layout, to try a set before it is downloaded."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path
from typing import Protocol, runtime_checkable

from bench_cases import registry
from bench_cases.errors import DataError, SelectionError


@runtime_checkable
class Writable(Protocol):
    """A dataset that can write its own files."""

    def write(self, folder: Path) -> None:
        """Write all volumes below `folder`."""
        ...


def phantom(name: str, directory: str) -> int:
    """Write the phantom of a dataset, asked for by the set's name or its own, into a folder that is empty or new.

    Raises
    ------
    SelectionError
        For a name without a phantom.
    DataError
        When the folder holds something, or cannot be written.
    """
    known = registry.datasets()
    writable = {own: each for own, each in known.items() if isinstance(each, Writable)}
    own = f"{registry.canonical(name, known).removesuffix('-phantom')}-phantom"
    dataset = writable.get(own)
    if dataset is None:
        bases = [each.removesuffix("-phantom") for each in writable]
        near = difflib.get_close_matches(name, bases, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"{name!r} has no phantom; expected a dataset of `sambench list datasets`.{hint}"
        raise SelectionError(msg)
    folder = Path(directory).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            msg = f"{folder.name} is not empty; expected a new or empty folder, so that nothing is mixed. Name another."
            raise DataError(msg)
        dataset.write(folder)
    except OSError as error:
        msg = f"{folder.name} cannot be written ({error.strerror}); expected a writable folder. Name another."
        raise DataError(msg) from error
    files = sum(path.is_file() for path in folder.rglob("*"))
    sys.stdout.write(
        f"{own}: {files} files in {directory}, PHANTOM.txt among them. Synthetic; to run on it: "
        f"pytest benchmark --sam-dataset {own}\n"
    )
    return 0
