"""Environment variables: each that the package reads, set to anything that a shell can set it to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bench_cases import locations, registry
from bench_cases.contracts import Dataset
from bench_cases.models import checkpoints
from bench_cases.models._hub import cached_folder, hub_cache
from bench_cases.report.width import printed_width
from bench_cases.scale.gpus import visible_gpus
from bench_cases.seed_library import Library
from tests.fuzz.target import Target

FED: Final = (
    *("SAMBENCH_CACHE", "SAMBENCH_DATA", "SAMBENCH_SEEDS", "SAMBENCH_OFFLINE"),
    *("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME", "CUDA_VISIBLE_DEVICES"),
    "COLUMNS",
)
"""Variables whose value the package takes apart or looks for on the disk."""

PASSED_ON: Final = ("RAY_ADDRESS", "PYTORCH_ENABLE_MPS_FALLBACK")
"""Variables whose value goes to Ray, or into a report, as it is."""

_WORDS = (
    *(b"~", b"~nobody/x", b"~root", b"..", b"/", b"/dev/null", b"/dev/null/x", b"a" * 300, b"a/" * 2100, b"\xff", b"1"),
    *(b"0", b"no", b"FALSE", b" ", b"-1", b"GPU-", b"MIG-", b",", b"\x1b[2J", b"/proc/self/mem"),
)


def _environment(content: bytes, folder: Path) -> None:
    """Set ``NAME=VALUE``, ask for all that is kept on disk, and make nothing; a value ends where C ends it."""
    name, _, value = os.fsdecode(content.split(b"\0")[0]).partition("=")
    if name not in FED:
        name = FED[len(name) % len(FED)]
    homes = {"HF_HUB_CACHE": "", "HUGGINGFACE_HUB_CACHE": "", "SAMBENCH_CACHE": str(folder), "SAMBENCH_DATA": ""}
    with pytest.MonkeyPatch.context() as environment:
        for each, setting in {**homes, name: value}.items():
            environment.setenv(each, setting)
        locations.offline()
        visible_gpus(listing=str)
        printed_width()
        hub_cache()
        cached_folder("facebook/sam2-hiera-tiny")
        list(Library())
        for place in (locations.cache_dir(), locations.data_dir(), locations.seeds_dir()):
            place.exists()
        for dataset in _datasets():
            dataset.missing()
        for checkpoint in checkpoints.CHECKPOINTS:
            checkpoints.missing(checkpoint)


def _datasets() -> Iterator[Dataset]:
    return (dataset for name, dataset in registry.datasets().items() if not name.endswith("-phantom"))


def _settings(_: Path) -> Iterator[bytes]:
    yield from (f"{name}={value}".encode() for name in FED for value in ("scans", "~/scans", "0,1"))


TARGETS = (Target(name="environment", feed=_environment, corpus=_settings, words=_WORDS),)
