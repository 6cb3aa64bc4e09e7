"""Stored seeds: an archive, the record in a library's folder, a picture in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench_cases.seed_library import Library, export_seed, import_seed
from bench_cases.seed_library._files import FRAME, RECORD, to_files
from tests.fuzz.target import Target
from tests.fuzz.targets.pictures import mended
from tests.fuzz.trees import varied_json
from tests.seed_examples import bar_seed

_RULES = ("composite", "mask", "boxes")


def _archive(content: bytes, folder: Path) -> object:
    (folder / "a.seed.zip").write_bytes(content)
    return import_seed(folder / "a.seed.zip")


def _archives(folder: Path) -> Iterator[bytes]:
    for rule in _RULES:
        export_seed(bar_seed(rule=rule), folder / f"{rule}.seed.zip")
        yield (folder / f"{rule}.seed.zip").read_bytes()


def _in_library(name: str, content: bytes, folder: Path) -> object:
    (folder / "demo").mkdir()
    for each, whole in {**to_files(bar_seed(rule="mask")), name: content}.items():
        (folder / "demo" / each).write_bytes(whole)
    library = Library(folder=folder)
    list(library)
    return library.read("demo")


def _record(content: bytes, folder: Path) -> object:
    return _in_library(RECORD, content, folder)


def _picture(content: bytes, folder: Path) -> object:
    return _in_library(FRAME, mended(content), folder)


def _records(_: Path) -> Iterator[bytes]:
    yield from (to_files(bar_seed(rule=rule))[RECORD] for rule in _RULES)


def _pictures(_: Path) -> Iterator[bytes]:
    yield to_files(bar_seed())[FRAME]


TARGETS = (
    Target(name="seed-archive", feed=_archive, corpus=_archives, words=(RECORD.encode(), FRAME.encode(), b"../a")),
    Target(name="seed-record", feed=_record, corpus=_records, vary=varied_json),
    Target(name="seed-picture", feed=_picture, corpus=_pictures, words=(b"IHDR", b"IDAT", b"IEND", b"zTXt")),
)
