"""A worker: computes groups with a runner of its own, and keeps the checkpoint loaded between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases import registry
from bench_cases.cases import Case, CaseResult
from bench_cases.contracts import Checkpoint, Dataset, LoadedModel
from bench_cases.engine.segmentation import Segmentation
from bench_cases.masks import mask_file
from bench_cases.models.run_load import load_for_run
from bench_cases.runner import Runner
from bench_cases.scale.code import code_identity
from bench_cases.scale.work import Assignment, Failure, Reply, Work
from bench_cases.time_limit import TimeLimit
from bench_cases.volume import Volume


class GroupWorker:
    """Computes one group at a time.

    Parameters
    ----------
    assignment
        What every group needs.
    datasets
        Those of this node by name; None for all that are discovered, and the user's folders.
    """

    def __init__(self, assignment: Assignment, datasets: Mapping[str, Dataset] | None = None) -> None:
        self._assignment = assignment
        self._datasets = datasets
        self._models: dict[str, dict[str, Any]] = {}
        self._masks: dict[str, bytes] = {}
        self._runner: Runner | None = None

    def code(self) -> dict[str, str]:
        """Say what code this worker runs."""
        return code_identity()

    def run(self, work: Work) -> Reply:
        """Compute a group. What stops a case is part of the reply; only the worker's own end is none."""
        self._masks = {}
        answers: dict[Case, CaseResult | Failure] = {}
        segmentations: dict[Case, Segmentation] = {}
        for case in work.group.cases:
            try:
                outcome = self._runner_for(work).outcome(case)
            except Exception as error:  # noqa: BLE001 - it is the case's error, raised again by the driver
                answers[case] = Failure.of(error)
                continue
            answers[case] = outcome.result
            if case in work.masks_of:
                segmentations[case] = outcome.segmentation
        return Reply(
            answers=answers,
            segmentations=segmentations,
            mask_files=self._masks,
            model=self._models.get(work.key.model),
        )

    def _keep(self, path: Path, masks_zyx: NDArray[np.bool_], volume: Volume) -> None:
        """Keep a mask in memory: a worker writes nothing of a scan to its disk, where a killed one would leave it."""
        self._masks[path.as_posix()] = mask_file(masks_zyx, volume)

    def _runner_for(self, work: Work) -> Runner:
        """Return the runner with a group as its selection; what a node lacks is said when it is first asked for."""
        settings = self._assignment.settings
        if settings.save_masks is not None:  # the driver's disk may be another: files travel, named below its folder
            settings = replace(settings, save_masks=Path())
        if self._runner is None:
            self._runner = Runner(
                selection=(),
                settings=settings,
                datasets=_datasets(self._assignment) if self._datasets is None else self._datasets,
                checkpoints=self._assignment.checkpoints,
                rules=registry.prompt_rules(),
                load_model=self._load,
                seeds=self._assignment.seeds,
                firsts=self._assignment.firsts,
                keep_mask=self._keep,
                limit=TimeLimit(seconds=self._assignment.timeout_s),
            )
        self._runner.settings = settings
        self._runner.select(work.group.cases)
        return self._runner

    def _load(self, checkpoint: Checkpoint) -> LoadedModel:
        model, self._models[checkpoint.name] = load_for_run(
            checkpoint, self._assignment.settings, threads=self._assignment.threads
        )
        return model


def _datasets(assignment: Assignment) -> dict[str, Dataset]:
    """Return this node's datasets by name: its own SAMBENCH_DATA, and the user's folders."""
    from bench_cases.datasets.folder import FolderDataset

    known = registry.datasets()
    for name, place in assignment.folders.items():
        known[name] = FolderDataset.from_directory(name, place)
    return known
