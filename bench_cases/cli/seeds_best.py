"""``sambench seeds best``: every slice tried as the seed, and where the middle one stands among them."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bench_cases import registry
from bench_cases.cli.seeds_best_table import show
from bench_cases.cli.volumes import load, named_datasets, rule_named, volume_named
from bench_cases.contracts import Checkpoint, Dataset, LoadedModel
from bench_cases.engine.watch import Watch
from bench_cases.errors import SeedError, SelectionError
from bench_cases.seed_library.search import SeedSearch, candidates
from bench_cases.seed_library.standing import Trial, summary
from bench_cases.volume import Volume

SCHEMA = {"name": "sambench-seed-search", "version": 1}

_SMALL_BYTES = 10_000_000
"""Checkpoints smaller than this run on one CPU thread: more threads spin and cost time."""


def best(parsed: argparse.Namespace) -> int:
    """Try the slices, print a table, and write the scores where asked; 1 when a slice could not be scored."""
    known = named_datasets(parsed.folder)
    name, volume_id = volume_named(parsed.volume, known)
    rules = registry.prompt_rules()
    rule_named(parsed.prompt, rules)
    checkpoint = _checkpoint(parsed)
    others = _others(name, volume_id, known) if parsed.dataset else []
    volume = _read(parsed, name, volume_id, known)
    model = _load(checkpoint, parsed)
    search = SeedSearch(
        volume=volume,
        model=model,
        rules=rules,
        prompt=parsed.prompt,
        direction=parsed.direction,
        choice=parsed.choice,
        every=parsed.every,
        feature_budget_bytes=int(parsed.keep_gb * 2**30),
        jpeg=parsed.jpeg,
    )
    trials: list[Trial] = []
    with _progress() as watch:
        if parsed.dataset:
            for other in others:
                trials.extend(search.foreign(_read(parsed, name, other, known), watch))
        else:
            trials.extend(search.own(watch))
    frames = volume.n_slices + (len(trials) if parsed.dataset else 0)
    show(
        trials,
        title=f"{parsed.volume}: {model.checkpoint.name}, {_strategy(parsed)}",
        phantom=volume.phantom,
        top=parsed.top,
    )
    if search.encoder_runs > frames:
        sys.stdout.write(
            f"note: {search.encoder_runs} encoder runs for {frames} frames; a higher --keep-gb spares some\n"
        )
    if parsed.json_file is not None:
        _write(parsed, volume, model, trials, search.encoder_runs)
    return int(any(trial.dice is None for trial in trials))


def _others(name: str, volume_id: str, known: Mapping[str, Dataset]) -> list[str]:
    others = [other for other in known[name.partition(":")[0]].volume_ids() if other != volume_id]
    if not others:
        msg = f"{name} has no volume but {volume_id}; expected others to take seeds from. Leave --dataset out."
        raise SelectionError(msg)
    return others


def _checkpoint(parsed: argparse.Namespace) -> Checkpoint:
    from bench_cases.models.checkpoints import missing
    from bench_cases.models.command_line import parse_checkpoint

    if parsed.checkpoint is not None:
        return parse_checkpoint(parsed.checkpoint)
    known = registry.checkpoints()
    if parsed.model not in known:
        raise SelectionError(registry.unknown("model", parsed.model, known))
    if (lack := missing(known[parsed.model])) is not None:
        raise SelectionError(lack)
    return known[parsed.model]


def _load(checkpoint: Checkpoint, parsed: argparse.Namespace) -> LoadedModel:
    import torch

    from bench_cases.models.loading import load_model

    if (checkpoint.size_bytes or _SMALL_BYTES) < _SMALL_BYTES:
        torch.set_num_threads(1)
    return load_model(checkpoint, device=parsed.device, precision=parsed.precision)


def _read(parsed: argparse.Namespace, name: str, volume_id: str, known: Mapping[str, Dataset]) -> Volume:
    volume = load(name, volume_id, known, scaling=parsed.scaling)
    volume = volume if parsed.limit_slices is None else volume.limited(parsed.limit_slices)
    if not candidates(volume, 1):
        msg = f"{name}/{volume_id} carries no {volume.target}; expected some. Choose another volume or target."
        raise SeedError(msg)
    return volume


@contextmanager
def _progress() -> Iterator[Watch]:
    """Show a bar on standard error while there is something to wait for."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True, markup=False)) as progress:
        bars: dict[str, Any] = {}

        def watch(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what, total=total)
            progress.update(bars[what], completed=done + 1)

        yield watch


def _strategy(parsed: argparse.Namespace) -> str:
    seed = "dataset" if parsed.dataset else "slice=N"
    return ".".join([seed, parsed.prompt, parsed.direction, *([parsed.choice] if parsed.choice != "single" else [])])


def _write(
    parsed: argparse.Namespace, volume: Volume, model: LoadedModel, trials: list[Trial], encoder_runs: int
) -> None:
    """Write everything as strict JSON."""
    from bench_cases import __version__

    record = {
        "schema": SCHEMA,
        "sambench": __version__,
        "volume": {
            "dataset": volume.dataset,
            "id": volume.id,
            "target": volume.target,
            "modality": volume.modality,
            "phantom": volume.phantom,
            "slices": volume.n_slices,
            "slices_with_target": len(volume.nonempty_slices()),
            "sha256": volume.digest(),
        },
        "model": {
            "name": model.checkpoint.name,
            "weights_sha256": model.weights_sha256,
            "device": model.device,
            "precision": model.precision,
        },
        "strategy": _strategy(parsed),
        "settings": {
            "every": parsed.every,
            "dataset": parsed.dataset,
            "limit_slices": parsed.limit_slices,
            "scaling": volume.scaling,
            "jpeg": parsed.jpeg,
        },
        "encoder_runs": encoder_runs,
        **summary(trials),
    }
    try:
        parsed.json_file.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        msg = f"{parsed.json_file} cannot be written ({error.strerror or error}); expected a writable file."
        raise SeedError(msg) from error
    sys.stdout.write(f"written: {parsed.json_file}\n")
