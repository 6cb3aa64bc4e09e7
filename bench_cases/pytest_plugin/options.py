"""The ``--sam-*`` options: declared, read, and turned into a selection and settings before collection."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import pytest

from bench_cases import registry
from bench_cases.contracts import Precision
from bench_cases.errors import SambenchError
from bench_cases.prompting.strategy import FORM
from bench_cases.pytest_plugin.option_values import (
    at_least,
    auto_or_number,
    grey_window,
    part,
    seconds,
    tolerance_mm,
)
from bench_cases.seed_library.choice import NO_CHOICES, SeedChoices, read_choices
from bench_cases.seed_library.library import Library
from bench_cases.selection import Wishes
from bench_cases.settings import ALL, Empty, RunSettings, Unit
from bench_cases.surface import TOLERANCE_MM
from bench_cases.volume import Scaling

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from bench_cases.contracts import Checkpoint, Dataset
    from bench_cases.studies import Plan

T = TypeVar("T")

BASELINE_INI = "sambench_baseline"


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; each has its row in docs/options.md."""
    group = parser.getgroup("sambench", "benchmarking promptable segmentation models")
    group.addoption(
        "--sam-study",
        metavar="NAME",
        help="reproduce a published study: a preset (`sambench list studies`) or the .toml file of your own",
    )
    group.addoption(
        "--sam-phantom", action="store_true", help="phantom sets and micro models only; of a study, those for its own"
    )
    names = {"action": "append", "default": [], "metavar": "NAME[,NAME...]"}
    group.addoption(
        "--sam-dataset", **names, help="datasets, by name or pattern, with an optional target: amos-ct:spleen"
    )
    group.addoption(
        "--sam-folder",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="a folder of your own scans with a dataset.toml, or the path of such a file",
    )
    group.addoption("--sam-model", **names, help="models, by name or pattern")
    group.addoption(
        "--sam-checkpoint",
        action="append",
        default=[],
        metavar="NAME=PATH@ARCH[,OPTION=VALUE...]",
        help="a checkpoint of your own: a file, a transformers folder, or a named one run in another way",
    )
    group.addoption(
        "--sam-baseline",
        metavar="NAME|none",
        help="a model that joins all others as a row to be beaten (default: the ini option sambench_baseline)",
    )
    parser.addini(BASELINE_INI, "model that joins all others, as --sam-baseline", default="")
    group.addoption("--sam-strategy", **names, help=f"strategies: {FORM}, a grid, or a pattern")
    group.addoption(
        "--sam-seed",
        action="append",
        default=[],
        metavar="[DATASET=]NAME",
        help="a stored seed (sambench seeds) for strategies of one prompt a dataset",
    )
    group.addoption("--sam-seed-library", type=Path, metavar="DIR", help="where stored seeds are, instead of yours")
    group.addoption(
        "--sam-device",
        default="auto",
        choices=["auto", "cpu", "cuda", "mps"],
        help="device (default: the best there is)",
    )
    group.addoption(
        "--sam-precision", choices=list(get_args(Precision)), help="arithmetic of the model (default: fp32)"
    )
    group.addoption("--sam-deterministic", action="store_true", help="bit-identical repeat runs on one machine; slower")
    group.addoption("--sam-threads", type=at_least(1), metavar="N", help="CPU threads (default: 1 for micro models)")
    group.addoption("--sam-limit-volumes", type=at_least(1), metavar="N", help="the first N volumes of each dataset")
    group.addoption("--sam-limit-slices", type=at_least(1), metavar="N", help="N slices around each volume's middle")
    group.addoption(
        "--sam-scaling", choices=list(get_args(Scaling)), help="rescale grey values per slice or per volume"
    )
    group.addoption(
        "--sam-window",
        type=grey_window,
        metavar="LEVEL,WIDTH|none",
        help="grey values to keep, instead of each set's own window; write it with =",
    )
    group.addoption(
        "--sam-jpeg",
        action=argparse.BooleanOptionalAction,
        help="pass the frames of video mode through JPEG, as the studies did, or do not",
    )
    group.addoption(
        "--sam-empty",
        choices=list(get_args(Empty)),
        help="slices in the measured figures of a study: those with the target, or all",
    )
    group.addoption(
        "--sam-unit",
        choices=list(get_args(Unit)),
        help="unit of a study's figures and of the test that ttest.py does by default (default: volume)",
    )
    group.addoption(
        "--sam-memory", type=at_least(1), metavar="N", help="frames in SAM 2's memory (default: as it was trained)"
    )
    group.addoption(
        "--sam-batch",
        type=auto_or_number("frames"),
        metavar="auto|N",
        help="frames through an encoder at once (default: auto, 1 on a CPU, on a GPU what its memory holds)",
    )
    group.addoption(
        "--sam-volumes-together",
        type=auto_or_number("volumes"),
        metavar="auto|N",
        help="volumes propagated through as one batch (default: auto, 1 on a CPU, on a GPU what its memory holds)",
    )
    group.addoption("--sam-isolated", action="store_true", help="compute every case alone; same masks, no sharing")
    group.addoption(
        "--sam-unsynchronised", action="store_true", help="time without waiting for the device (a known artefact)"
    )
    group.addoption(
        "--sam-warmups", type=at_least(0), default=1, metavar="N", help="inferences left out of the timings"
    )
    group.addoption(
        "--sam-timeout",
        type=seconds,
        metavar="SECONDS",
        help="stop a pass over a volume (all its strategies under one model) that takes longer; its cases are errors",
    )
    group.addoption(
        "--sam-floors", type=Path, metavar="FILE", help="floors.toml to use instead of the one beside the test"
    )
    group.addoption("--sam-save-masks", type=Path, metavar="DIR", help="write predicted masks as NIfTI under DIR")
    group.addoption(
        "--sam-surface",
        nargs="?",
        type=tolerance_mm,
        const=TOLERANCE_MM,
        metavar="TOLERANCE_MM",
        help=f"measure surfaces too: HD95, and NSD at this tolerance (default {TOLERANCE_MM:g} mm)",
    )
    group.addoption(
        "--sam-shard",
        type=part,
        metavar="I/N",
        help="run part I of N of the selection, for array jobs; `sambench merge` brings the parts together",
    )
    group.addoption("--sam-report", type=Path, metavar="FILE", help="where the JSON report goes (default: reports/)")
    group.addoption("--sam-resume", action="store_true", help="go on with the run that was interrupted")


def read_settings(config: pytest.Config, plan: Plan | None = None) -> RunSettings:
    """Return the settings that the options ask for, and where they say nothing, those of the study.

    Micro models on phantoms compute in fp32 unless told otherwise: fewer bits are a thing of the study's machine.

    Raises
    ------
    pytest.UsageError
        For an option that means something with a study only.
    """
    option = config.getoption
    if plan is None and option("--sam-empty") is not None:
        msg = (
            "--sam-empty says how the measured figures of a study are taken; expected --sam-study beside it. "
            "Without one every report has both policies."
        )
        raise pytest.UsageError(msg)
    stated = {} if plan is None else plan.study.settings.stated()
    limits: dict[str, int] = {}
    if plan is not None and plan.phantom:
        stated.pop("precision", None)
        limits = dict(plan.study.phantom_limits)

    def either(name: str, default: Any) -> Any:
        typed = option("--sam-" + name.replace("_", "-"))
        return typed if typed is not None else {**stated, **limits}.get(name, default)

    window = option("--sam-window")
    return RunSettings(
        device=option("--sam-device"),
        precision=either("precision", "fp32"),
        deterministic=option("--sam-deterministic"),
        limit_volumes=either("limit_volumes", None),
        limit_slices=either("limit_slices", None),
        scaling=either("scaling", None),
        windows=({} if plan is None else plan.windows)
        if window is None
        else {ALL: None if window == "none" else window},
        jpeg=either("jpeg", False),
        isolated=option("--sam-isolated"),
        unsynchronised=option("--sam-unsynchronised"),
        warmups=option("--sam-warmups"),
        batch=option("--sam-batch"),
        volumes_together=option("--sam-volumes-together"),
        memory=option("--sam-memory"),
        empty=either("empty", "nonempty"),
        unit=either("unit", "volume"),
        save_masks=option("--sam-save-masks"),
        surface_tolerance_mm=option("--sam-surface"),
    )


def read_wishes(config: pytest.Config, *, named: Collection[str] = ()) -> Wishes:
    """Return the names asked for; folders and checkpoints of the user's own are asked for by being given.

    Parameters
    ----------
    named
        Names in a study's preset: an own folder or checkpoint of such a name is known to it, and asks for no other.
    """
    own_datasets = [text.partition("=")[0] for text in config.getoption("--sam-folder")]
    own_models = [text.partition("=")[0] for text in config.getoption("--sam-checkpoint")]
    baseline = config.getoption("--sam-baseline") or config.getini(BASELINE_INI)
    own_datasets, own_models = ([name for name in own if name not in named] for own in (own_datasets, own_models))
    datasets = _split(config.getoption("--sam-dataset"))
    models = _split(config.getoption("--sam-model"))
    return Wishes(
        datasets=[*datasets, *own_datasets] or None,
        models=list(dict.fromkeys([*models, *own_models])) or None,
        strategies=_split(config.getoption("--sam-strategy")) or None,
        baselines=None if baseline in {"", "none"} else [baseline],
    )


def read_datasets(config: pytest.Config) -> dict[str, Dataset]:
    """Return all datasets by name: those discovered and the user's folders."""
    from bench_cases.datasets.folder import FolderDataset, named_folder

    known = registry.datasets()
    for text in config.getoption("--sam-folder"):
        name, place = named_folder("--sam-folder", text)
        _add(known, "dataset", name, FolderDataset.from_directory(name, place))
    return known


def read_checkpoints(config: pytest.Config) -> dict[str, Checkpoint]:
    """Return all checkpoints by name: those in the table and the user's own."""
    from bench_cases.models.command_line import parse_checkpoint

    known = registry.checkpoints()
    for text in config.getoption("--sam-checkpoint"):
        checkpoint = parse_checkpoint(text)
        _add(known, "model", checkpoint.name, checkpoint)
    return known


def read_seeds(config: pytest.Config, datasets: Mapping[str, Dataset]) -> SeedChoices:
    """Return the stored seeds that were named; nothing is looked at when there are none.

    Raises
    ------
    SambenchError
        For a name that means nothing, or a seed that is damaged.
    """
    names = _split(config.getoption("--sam-seed"))
    if not names:
        return NO_CHOICES
    folder = config.getoption("--sam-seed-library")
    return read_choices(names, Library() if folder is None else Library(folder=folder), datasets)


def usage(error: SambenchError) -> pytest.UsageError:
    """Turn an error in what was typed into pytest's own kind, which is shown without a traceback (exit code 4)."""
    return pytest.UsageError(str(error))


def _add(known: dict[str, T], what: str, name: str, member: T) -> None:
    if name in known:
        msg = f"{name!r} is already the name of a {what}; expected a new name for your own. Choose another."
        raise pytest.UsageError(msg)
    known[name] = member


def _split(values: Sequence[Any]) -> list[str]:
    return [name.strip() for value in values for name in str(value).split(",") if name.strip()]
