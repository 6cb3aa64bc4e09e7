"""Names as they are typed: datasets, volumes, models, strategies, checkpoints, seeds, studies, values of options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from bench_cases import registry
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import SelectionError
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.prompting.grids import expand
from bench_cases.pytest_plugin import option_values
from bench_cases.scale.shards import Shard
from bench_cases.seed_library import Library, read_choices
from bench_cases.selection import Wishes, select
from bench_cases.studies import find
from tests.fuzz.target import Target

LONGEST_NAME = 4096
"""Characters: what is typed, or stands in a script."""

_WORDS = (
    *(
        b"*",
        b"?",
        b"[",
        b"]",
        b"[!a]",
        b"[b-a]",
        b":",
        b"+",
        b".",
        b"=",
        b"@",
        b",",
        b"/",
        b"~",
        b"~nobody",
        b"..",
        b"\0",
    ),
    *(b"\xff", b"\xc2\x9b", b"\xe2\x80\xae", b"\x1b[2J", b"a" * 300, b"a/" * 2100, b"9" * 4400, b"-" * 400, b"\n"),
    *(b"precision=bf16", b"image_size=", b"compile=", b"slice=", b"+clicks=", b"-noisy10pct", b"grid-80", b"oracle"),
)


def text(content: bytes) -> str:
    """Return what is typed, as Python decodes a command line."""
    return content.decode("utf-8", "surrogateescape")[:LONGEST_NAME]


@cache
def _known() -> dict[str, Any]:
    checkpoints = registry.checkpoints()
    return {
        "datasets": {name: it for name, it in registry.datasets().items() if it.missing() is None},
        "checkpoints": {name: it for name, it in checkpoints.items() if name.startswith(("sam2_micro", "sam_micro"))},
        "missing": {},
        "rules": registry.prompt_rules(),
    }


def _dataset(content: bytes, _: Path) -> object:
    registry.canonical(text(content), registry.datasets())
    return select(Wishes(datasets=[text(content)]), **_known()).cases()


def _model(content: bytes, _: Path) -> object:
    return select(Wishes(models=[text(content)]), **_known()).cases()


def _volume(content: bytes, folder: Path) -> object:
    (folder / "dataset.toml").write_text('modality = "CT"\ntarget = "x"\nimage = "{id}.nii"\nmask = "{id}-m.nii"\n')
    (folder / "a.nii").write_bytes(b"no image")
    dataset = FolderDataset.from_directory("mine", folder)
    return dataset.load(text(content), None if len(content) % 2 else text(content))


def _folder_name(content: bytes, folder: Path) -> object:
    return FolderDataset.from_directory(text(content), folder / text(content[::-1]))


def _strategy(content: bytes, _: Path) -> object:
    return expand([text(content)], _known()["rules"])


def _checkpoint(content: bytes, _: Path) -> object:
    return parse_checkpoint(text(content))


def _seed(content: bytes, folder: Path) -> object:
    return read_choices([text(content)], Library(folder=folder), _known()["datasets"])


def _study(content: bytes, _: Path) -> object:
    return find(text(content))


_OPTIONS: tuple[Callable[[str], object], ...] = (
    *(
        option_values.at_least(1),
        option_values.auto_or_number("frames"),
        option_values.grey_window,
        option_values.seconds,
    ),
    *(option_values.part, option_values.tolerance_mm, option_values.gpu_share, Shard.parse),
)


def _option(content: bytes, _: Path) -> None:
    """Feed every option's parser; argparse words what it may raise."""
    refused = 0
    for parse in _OPTIONS:
        try:
            parse(text(content))
        except (ValueError, TypeError, argparse.ArgumentTypeError, SelectionError):
            refused += 1
    if refused == len(_OPTIONS):
        msg = "no option takes it"
        raise SelectionError(msg)


def _target(name: str, feed: Callable[[bytes, Path], object], *examples: str) -> Target:
    return Target(name=name, feed=feed, corpus=lambda _: [example.encode() for example in examples], words=_WORDS)


TARGETS = (
    _target(
        "dataset-name", _dataset, "lungs-phantom", "amos-ct:spleen", "chaos-mr:liver+spleen", "*-phantom", "corona*"
    ),
    _target("volume-name", _volume, "a", "b", "x"),
    _target("folder-name", _folder_name, "my-scans", "a.toml", "~/scans"),
    _target("model-name", _model, "sam2_micro", "sam*", "sam2.1_large"),
    _target(
        *("strategy", _strategy, "every.composite", "middle.composite.both", "slice=40.point.both", "largest.*.both.*"),
        *("dataset.box.forward.order=similar", "middle.box.both.interpolate=2", "every.point+clicks=3", "grid-24"),
        "every.box-noisy10pct",
    ),
    _target(
        *("checkpoint-option", _checkpoint, "mine=weights.pt@sam2.1_large,precision=bf16", "a=sam2.1_tiny,compile=1"),
        *("b=facebook/sam2-hiera-tiny@sam2_tiny", "c=~/x.pt@vit_b,image_size=512", "d=."),
        "e=sam_micro,precision=fp32",
    ),
    _target("seed-name", _seed, "lungs-ct", "lungs-phantom:lungs=lungs-ct", "*=a"),
    _target("study-name", _study, "mine", "a.toml", "~/a.toml", "g25-volumes"),
    _target("option-value", _option, "auto", "1", "-650,1500", "none", "600", "1/4", "2.0", "0.25"),
)
