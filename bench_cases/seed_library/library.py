"""The library: a folder with one folder for each seed."""

from __future__ import annotations

import difflib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench_cases.errors import SeedError
from bench_cases.locations import seeds_dir
from bench_cases.seed_library._files import LARGEST, from_files, to_files
from bench_cases.seed_library.seed import Seed, check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Stored seeds by name.

    Parameters
    ----------
    folder
        Where they are; by default `bench_cases.locations.seeds_dir`. Need not exist to be looked into.
    """

    folder: Path = field(default_factory=seeds_dir)

    def names(self) -> list[str]:
        """Return the names of what is stored, sorted; whether each can be read is not looked at."""
        if not self.folder.is_dir():
            return []
        return sorted(entry.name for entry in self.folder.iterdir() if entry.is_dir() and entry.name[0] != ".")

    def __iter__(self) -> Iterator[tuple[str, Seed | SeedError]]:
        """Yield every seed by its name, or what is wrong with it."""
        for name in self.names():
            try:
                yield name, self.read(name)
            except SeedError as error:
                yield name, error

    def path(self, name: str) -> Path:
        """Return the folder of a seed.

        Raises
        ------
        SeedError
            For what cannot be a name.
        """
        check_name(name)
        return self.folder / name

    def read(self, name: str) -> Seed:
        """Read a seed and compare its digests.

        Raises
        ------
        SeedError
            When there is none of that name, with the nearest, or it is damaged.
        """
        folder = self.path(name)
        if not folder.is_dir():
            known = self.names()
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            msg = (
                f"there is no seed {name!r} in {self.folder}; expected one of {listed or 'none yet'}.{hint} "
                "`sambench seeds make` makes one."
            )
            raise SeedError(msg)
        seed = from_files(lambda file: _read(folder / file, LARGEST[file]), f"seed {name}")
        if seed.name != name:
            msg = f"seed {name}: its record calls it {seed.name!r}; expected one name. Rename the folder to that."
            raise SeedError(msg)
        return seed

    def must_be_free(self, name: str, *, replace: bool = False) -> None:
        """Refuse a name that is taken, unless its seed is to be replaced.

        Raises
        ------
        SeedError
            With the name and the folder.
        """
        if self.path(name).exists() and not replace:
            msg = (
                f"there is a seed {name!r} in {self.folder} already; expected a new name. Choose another, or say "
                "--replace."
            )
            raise SeedError(msg)

    def write(self, seed: Seed, *, replace: bool = False) -> Path:
        """Store a seed; its folder appears whole or not at all.

        Raises
        ------
        SeedError
            When the name is taken and not to be replaced, or the disk refuses.
        """
        self.must_be_free(seed.name, replace=replace)
        folder = self.path(seed.name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            work = Path(tempfile.mkdtemp(dir=self.folder, prefix=f".{seed.name}-"))
            try:
                fresh = work / "fresh"
                fresh.mkdir()
                for name, content in to_files(seed).items():
                    (fresh / name).write_bytes(content)
                if folder.exists():
                    folder.rename(work / "old")
                fresh.rename(folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
        except OSError as error:
            msg = (
                f"{self.folder} cannot be written ({error.strerror or error}); expected a writable folder. Name "
                "another with --library, or set SAMBENCH_SEEDS."
            )
            raise SeedError(msg) from error
        return folder


def _read(path: Path, most_bytes: int) -> bytes:
    """Read a plain file of bounded size."""
    where = f"seed {path.parent.name}: {path.name}"
    if not path.is_file():
        msg = f"{where} is not there; expected a file. Make or import the seed again."
        raise SeedError(msg)
    try:
        with path.open("rb") as stream:
            content = stream.read(most_bytes + 1)
    except OSError as error:
        msg = f"{where} cannot be read ({error.strerror or error}); expected a readable file. Check its permissions."
        raise SeedError(msg) from error
    if len(content) > most_bytes:
        msg = f"{where} has more than {most_bytes} bytes; expected fewer. It is no seed that sambench made."
        raise SeedError(msg)
    return content
