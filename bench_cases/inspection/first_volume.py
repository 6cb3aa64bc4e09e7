"""A dataset's first volume gives its one prompt: whether it can, which could, and how to make that one give it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Final

from bench_cases import registry
from bench_cases.datasets.folder import FolderDataset
from bench_cases.inspection.checks import Finding
from bench_cases.inspection.promptable import plain_strategies
from bench_cases.inspection.resolve import Named

MOST_LISTED: Final = 12
"""Volumes that a line of `volumes` is written out for; of more, another is prompted by a stored seed."""


def first_volume_trouble(named: Named, findings: Sequence[Finding]) -> str:
    """Say which strategies fail on every volume because the first cannot be prompted, and what to do; else nothing.

    Parameters
    ----------
    findings
        Of all volumes, in order.
    """
    if not findings or not findings[0].no_seed:
        return ""
    head = (
        f"{prompted_by_the_first()} will fail on every volume: its prompt comes from the first one's middle slice, and "
        f"{findings[0].volume} cannot give it (see there)."
    )
    able = next((each.volume for each in findings if not each.no_seed), None)
    if able is not None:
        line = volumes_line(named.dataset, able)
        if line:
            return f"{head} {able} can: set {line} in its dataset.toml, above any [table]."
        return f"{head} {able} can: {_stored_seed(named, able)}"
    shown = next((each.volume for each in findings if each.slices_with_target), None)
    if shown is None:
        return f"{head} No volume that can be read shows the target; check its labels."
    return f"{head} No volume can from its middle; take another slice: {_stored_seed(named, shown, ' --slice largest')}"


def prompted_by_the_first() -> str:
    """Name what a plain run prompts from a dataset's first volume."""
    return " and ".join(str(it) for it in plain_strategies(registry.prompt_rules()) if it.foreign)


def volumes_line(dataset: object, first: str) -> str:
    """Return the line of a ``dataset.toml`` that puts a volume first; empty where that is not the way.

    That is so for a set with a name, for pictures that are stacked, whose first is not the one prompted, for more than
    `MOST_LISTED` volumes, and for file names that are not plain.
    """
    if not isinstance(dataset, FolderDataset) or dataset.config.stack:
        return ""
    ids = dataset.file_ids()
    if first not in ids or len(ids) > MOST_LISTED or any(not each.isascii() or not each.isprintable() for each in ids):
        return ""
    return f"volumes = {json.dumps([first, *(each for each in ids if each != first)])}"


def _stored_seed(named: Named, volume: str, which: str = "") -> str:
    """Word the commands that make a seed of one volume's slice and use it for all."""
    dataset = named.dataset.name
    asked = dataset if named.target is None else f"{dataset}:{named.target}"
    folder = "" if named.place is None else f" --folder {shlex.quote(f'{dataset}={named.place}')}"
    name = f"{dataset}-seed"
    # A folder of one's own may have another name in the run.
    given = f"{dataset}={name}" if named.place is None else name
    return f"`sambench seeds make {asked}/{volume}{folder}{which} --name {name}`, and give the run --sam-seed {given}."
