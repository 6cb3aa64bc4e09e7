"""The runner: takes selected cases, loads each checkpoint and volume once, and answers for any case of the selection.

It knows nothing of pytest; the plugin asks it for one case at a time, and the first case of a (volume, model) pair
computes all strategies selected for that pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases import memory
from bench_cases.cases import Case, CaseResult
from bench_cases.contracts import Checkpoint, Dataset, LoadedModel, PromptRule
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.foreign_seed import ForeignSeed, seed_from
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.watch import Watch, nobody
from bench_cases.errors import SambenchError
from bench_cases.findings import VolumeShape
from bench_cases.groups import Groups
from bench_cases.judge import judge, with_reading
from bench_cases.masks import mask_path, save_mask
from bench_cases.prompting.strategy import Strategy, parse
from bench_cases.reading import Reader, Reading
from bench_cases.seed_library.choice import NO_CHOICES, SeedChoices
from bench_cases.settings import RunSettings
from bench_cases.time_limit import NO_LIMIT, TimeLimit, TimeLimitReached, too_long
from bench_cases.volume import Volume
from bench_cases.volume_shape import volume_shape
from bench_cases.warmup import warm_up


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """A segmentation with its scores and everything that is written down about it."""

    result: CaseResult
    segmentation: Segmentation


@dataclass(slots=True, kw_only=True)
class Runner:
    """Computes cases.

    Parameters
    ----------
    selection
        All cases that will be asked for; what shares a volume and a model is computed together.
    load_model
        Puts a checkpoint on the device.
    keep_mask
        Takes the masks of a case when the settings save them, with the path of their file; by default writes it.
    limit
        How long one pass over a volume under one model may take, from reading to scores.
    read_ahead
        Whether the next volume of the selection is read while one is segmented; for a runner that is asked for its
        cases in order. Never when cases are isolated.
    """

    selection: Sequence[Case]
    settings: RunSettings
    datasets: Mapping[str, Dataset]
    checkpoints: Mapping[str, Checkpoint]
    rules: Mapping[str, PromptRule]
    load_model: Callable[[Checkpoint], LoadedModel]
    watch: Callable[[str], Watch] = lambda _: nobody
    seeds: SeedChoices = NO_CHOICES
    keep_mask: Callable[[Path, NDArray[np.bool_], Volume], None] = save_mask
    limit: TimeLimit = NO_LIMIT
    read_ahead: bool = False
    loaded: dict[str, LoadedModel] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _outcomes: dict[Case, Outcome | Exception] = field(default_factory=dict)
    _reader: Reader = field(init=False)
    _held: Reading | None = None
    _groups: Groups = field(init=False)
    _seeds: dict[tuple[str, str], ForeignSeed | SambenchError] = field(default_factory=dict)
    _shapes: dict[tuple[str, str], VolumeShape] = field(default_factory=dict)
    _batch: BatchSize = field(default_factory=BatchSize)

    def __post_init__(self) -> None:
        self._reader = Reader(load=self._read)
        self._groups = Groups.of(self.selection)

    def select(self, cases: Sequence[Case]) -> None:
        """Take other cases as the selection; checkpoint, volume and seeds that are held stay."""
        self.selection = cases
        self._groups = Groups.of(cases)

    def outcome(self, case: Case) -> Outcome:
        """Return the outcome of a case, computing it and its siblings when it is not there yet.

        The outcomes of one volume and model are kept until another pair is asked for: masks of cases that are over
        would fill the memory of a long run.

        Raises
        ------
        Exception
            Whatever stopped this case; the same each time it is asked for.
        """
        if case not in self._outcomes:
            siblings = [case] if self.settings.isolated else self._groups.siblings(case)
            self._outcomes = self._compute_in_time(siblings)
        outcome = self._outcomes[case]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def volume(self, dataset: str, volume_id: str) -> Volume:
        """Return a volume, limited as the settings say; the last one read is kept.

        Raises
        ------
        DataError
            When it cannot be read.
        """
        if self._held is None or self._held.key != (dataset, volume_id):
            self._held = self._reader.read((dataset, volume_id))
        return _volume_of(self._held)

    def model(self, name: str) -> LoadedModel:
        """Return a checkpoint on the device; one is kept at a time, and loading another lets the first go."""
        if name not in self.loaded:
            self.loaded.clear()
            self.loaded[name] = self.load_model(self.checkpoints[name])
            self.loads[name] += 1
            on = self.loaded[name].device
            self._batch = BatchSize(wanted=self.settings.frames_at_once(), memory=memory.memory_of(on))
        return self.loaded[name]

    def close(self) -> None:
        """Let go of what is being read ahead. The runner can still be asked for cases."""
        self._reader.abandon()

    def _read(self, dataset: str, volume_id: str) -> Volume:
        name, _, target = dataset.partition(":")
        volume = self.datasets[name].load(volume_id, target or None)
        volume = replace(volume, dataset=dataset, id=volume_id, **self.settings.preparation(dataset))
        return volume if self.settings.limit_slices is None else volume.limited(self.settings.limit_slices)

    def _seed(self, dataset: str, rule: str) -> ForeignSeed:
        """Return the one prompt of a dataset: stored, or from its first volume, whether or not that is selected."""
        stored = self.seeds.serving(dataset, rule)
        if stored is not None:
            return stored.foreign(jpeg=self.settings.jpeg)
        key = (dataset, rule)
        if key not in self._seeds:
            first = self.datasets[dataset.partition(":")[0]].volume_ids()[0]
            try:
                held = self._held is not None and self._held.key == (dataset, first)
                volume = self.volume(dataset, first) if held else _volume_of(self._reader.read((dataset, first)))
                self._seeds[key] = seed_from(volume, self.rules[rule], jpeg=self.settings.jpeg)
            except SambenchError as error:
                self._seeds[key] = error
        seed = self._seeds[key]
        if isinstance(seed, SambenchError):
            raise seed
        return seed

    def _shape(self, volume: Volume) -> VolumeShape:
        """Describe a volume once, however many models see it."""
        key = (volume.dataset, volume.id)
        if key not in self._shapes:
            self._shapes[key] = volume_shape(volume)
        return self._shapes[key]

    def _compute_in_time(self, cases: Sequence[Case]) -> dict[Case, Outcome | Exception]:
        """Compute cases of one volume and one model; when they take too long, that is the error of each."""
        try:
            with self.limit.held():
                return self._compute(cases)
        except TimeLimitReached:
            self.loaded.clear()  # stopped anywhere: what is half done is not used again
            self._held = None
            self._reader.abandon()
            one = cases[0]
            return dict.fromkeys(
                cases, too_long(f"{one.dataset}/{one.volume} under {one.model}", len(cases), self.limit)
            )

    def _compute(self, cases: Sequence[Case]) -> dict[Case, Outcome | Exception]:
        """Compute cases of one volume and one model."""
        outcomes: dict[Case, Outcome | Exception] = {}
        strategies: dict[Strategy, Case] = {}
        foreign: dict[str, ForeignSeed] = {}
        for case in cases:
            try:
                strategy = parse(case.strategy, prompts=self.rules)
                if strategy.foreign:
                    foreign[strategy.prompt] = self._seed(case.dataset, strategy.prompt)
                strategies[strategy] = case
            except SambenchError as error:
                outcomes[case] = error
        try:
            outcomes.update(self._segment(strategies, foreign))
        except Exception as error:  # noqa: BLE001 - a broken volume or checkpoint is the error of its own cases
            outcomes.update(dict.fromkeys(strategies.values(), error))
        return outcomes

    def _segment(
        self, strategies: Mapping[Strategy, Case], foreign: Mapping[str, ForeignSeed]
    ) -> dict[Case, Outcome | Exception]:
        """Read the volume, load the model, warm it up, segment, score."""
        if not strategies:
            return {}
        one = next(iter(strategies.values()))
        volume = self.volume(one.dataset, one.volume)
        following = self._groups.volume_after(one)
        if self.read_ahead and not self.settings.isolated and following is not None:
            self._reader.read_ahead(following)
        model = self.model(one.model)
        modes = {it.mode for it in strategies}
        warmups = warm_up(model, volume, modes, count=self.settings.warmups, batch=self._batch)
        memory.reset_peak(model.device)
        results = segment(
            volume,
            model,
            list(strategies),
            rules=self.rules,
            foreign=foreign,
            settings=EngineSettings(
                jpeg=self.settings.jpeg,
                synchronised=not self.settings.unsynchronised,
                memory=self.settings.memory,
                walks_at_once=1 if self.settings.frames_at_once() == 1 else None,
                batch=self._batch,
            ),
            watch=self.watch(f"{one.dataset}/{one.volume} {one.model}"),
        )
        peak = memory.peak(model.device)
        data_digest = volume.digest()
        outcomes: dict[Case, Outcome | Exception] = {}
        for strategy, case in strategies.items():
            segmentation = results[strategy]
            if isinstance(segmentation, Exception):
                outcomes[case] = segmentation
                continue
            try:
                result = judge(
                    case,
                    volume,
                    segmentation,
                    shape=self._shape(volume),
                    seeds=self.seeds,
                    surface_tolerance_mm=self.settings.surface_tolerance_mm,
                    weights_sha256=model.weights_sha256,
                    data_digest=data_digest,
                )
                result = with_reading(result, self._held)
                result = replace(result, warmups=warmups, peak_memory_bytes=peak)
                outcomes[case] = Outcome(result=result, segmentation=segmentation)
            except SambenchError as error:
                outcomes[case] = error
            if self.settings.save_masks is not None:
                self.keep_mask(mask_path(self.settings.save_masks, case), segmentation.masks_zyx, volume)
        return outcomes


def _volume_of(reading: Reading) -> Volume:
    if isinstance(reading.volume, SambenchError):
        raise reading.volume
    return reading.volume
