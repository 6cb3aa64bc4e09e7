"""The runner: takes selected cases, loads each checkpoint and volume once, and answers for any case of the selection.

It knows nothing of pytest; the plugin asks it for one case at a time, and the first case of a (volume, model) pair
computes all strategies selected for that pair, and for the volumes that are propagated through together with it.
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
from bench_cases.contracts import BatchPropagator, Checkpoint, Dataset, LoadedModel, PromptRule
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.request import Request
from bench_cases.engine.segment import EngineSettings, segment_volumes
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.video_passes import WALKS_AT_ONCE
from bench_cases.engine.watch import Watch, nobody
from bench_cases.errors import SambenchError
from bench_cases.groups import Groups
from bench_cases.masks import mask_path, save_mask
from bench_cases.prompting.strategy import Strategy, parse
from bench_cases.reading import Reading
from bench_cases.scoring import score_case, with_reading
from bench_cases.seed_library.choice import NO_CHOICES, SeedChoices
from bench_cases.settings import RunSettings
from bench_cases.shelf import Shelf, volume_of
from bench_cases.time_limit import NO_LIMIT, TimeLimit, TimeLimitReached, too_long
from bench_cases.volume import Volume
from bench_cases.warmup import warm_up

Answers = dict[Case, "Outcome | Exception"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """A segmentation with its scores and everything that is written down about it."""

    result: CaseResult
    segmentation: Segmentation


@dataclass(slots=True, kw_only=True, eq=False)
class _Group:
    """Cases of one volume and one model that are computed: what is asked of the model, and who asks."""

    request: Request
    cases: Mapping[Strategy, Case]
    reading: Reading
    warmups: Mapping[str, int] = field(default_factory=dict)


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
        How long one pass over a volume under one model may take, from reading to scores; as many times that where
        several volumes are in a pass.
    firsts
        Name of a dataset, without a target, to the volume that its one prompt comes from; without it the first that is
        found when the prompt is needed.
    read_ahead
        Whether the next volumes of the selection are read while these are segmented; for a runner that is asked for its
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
    firsts: Mapping[str, str] = field(default_factory=dict)
    read_ahead: bool = False
    loaded: dict[str, LoadedModel] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _outcomes: Answers = field(default_factory=dict)
    _shelf: Shelf = field(init=False)
    _groups: Groups = field(init=False)
    _batch: BatchSize = field(default_factory=BatchSize)
    _volumes: BatchSize = field(default_factory=BatchSize)

    def __post_init__(self) -> None:
        self._shelf = Shelf(
            datasets=self.datasets,
            settings=self.settings,
            rules=self.rules,
            seeds=self.seeds,
            firsts=self.firsts,
        )
        self._groups = Groups.of(self.selection)

    def select(self, cases: Sequence[Case]) -> None:
        """Take other cases as the selection; checkpoint, volume and seeds that are held stay."""
        self.selection = cases
        self._groups = Groups.of(cases)

    def outcome(self, case: Case) -> Outcome:
        """Return the outcome of a case, computing it and its siblings when it is not there yet.

        The outcomes of one pass are kept until a case of another is asked for: masks of cases that are over would fill
        the memory of a long run.

        Raises
        ------
        Exception
            Whatever stopped this case; the same each time it is asked for.
        """
        if case not in self._outcomes:
            self._outcomes = {}
            self._outcomes = self._compute_in_time(self._in_one_pass_with(case))
        outcome = self._outcomes[case]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def volume(self, dataset: str, volume_id: str) -> Volume:
        """Return a volume, limited as the settings say; those of the pass in hand are kept, or else the last one read.

        Raises
        ------
        DataError
            When it cannot be read.
        """
        return self._shelf.volume((dataset, volume_id))

    def first_volume(self, dataset: str) -> Volume:
        """Return a dataset's first volume, as `volume` does.

        Raises
        ------
        DataError
            When it cannot be read.
        """
        return self.volume(dataset, self._shelf.first(dataset))

    def model(self, name: str) -> LoadedModel:
        """Return a checkpoint on the device; one is kept at a time, and loading another lets the first go."""
        if name not in self.loaded:
            self.loaded.clear()
            self.loaded[name] = self.load_model(self.checkpoints[name])
            self.loads[name] += 1
            on = self.loaded[name].device
            self._batch = BatchSize(wanted=self.settings.frames_at_once(), memory=memory.memory_of(on))
            self._volumes = BatchSize(wanted=self.settings.volumes_at_once(), memory=memory.memory_of(on))
        return self.loaded[name]

    def close(self) -> None:
        """Let go of what is being read ahead. The runner can still be asked for cases."""
        self._shelf.abandon()

    def _in_one_pass_with(self, case: Case) -> list[list[Case]]:
        """Return the cases that are computed with this one, by volume: its own volume's first."""
        if self.settings.isolated:
            return [[case]]
        return self._groups.following(case, self._volumes_with(case))

    def _volumes_with(self, case: Case) -> int:
        """Return how many volumes are to be in a pass with a case.

        One for image mode, which has no propagations to put together, and for a model that takes them one by one. Where
        the number is to be chosen by memory the first goes alone, to be measured, and no more are taken than fill a
        batch of walks, of which a strategy has two.
        """
        wanted, held = self.settings.volumes_at_once(), self.loaded.get(case.model)
        walked = sum(_is_walked(it.strategy, self.rules) for it in self._groups.siblings(case))
        if not walked or (held is not None and not isinstance(held.video, BatchPropagator)):
            return 1
        if wanted is not None:
            return wanted
        return 1 if held is None else min(self._volumes.following, -(-WALKS_AT_ONCE // (2 * walked)))

    def _compute_in_time(self, groups: Sequence[Sequence[Case]]) -> Answers:
        """Compute cases of some volumes and one model; a volume that takes too long is the error of its own cases."""
        try:
            with self.limit.times(len(groups)).held():
                return self._compute(groups)
        except TimeLimitReached:
            self.loaded.clear()  # stopped anywhere: what is half done is not used again
            self._shelf.clear()
        if len(groups) > 1:  # nobody knows whose fault it was
            return {case: answer for group in groups for case, answer in self._compute_in_time([group]).items()}
        (cases,) = groups
        one = cases[0]
        return dict.fromkeys(cases, too_long(f"{one.dataset}/{one.volume} under {one.model}", len(cases), self.limit))

    def _compute(self, groups: Sequence[Sequence[Case]]) -> Answers:
        """Read the volumes, load the model, warm it up, segment, score."""
        self._shelf.clear_for({(cases[0].dataset, cases[0].volume) for cases in groups})
        answers: Answers = {}
        ready = [group for cases in groups if (group := self._ready(cases, answers)) is not None]
        if self.read_ahead and not self.settings.isolated:
            last = groups[-1][-1]
            self._shelf.read_ahead(self._groups.volumes_after(last, max(len(groups), self._volumes_with(last))))
        warm = [group for group in ready if self._warmed_up(group, answers)]
        if not warm:
            return answers
        one = next(iter(warm[0].cases.values()))
        model = self.model(one.model)
        memory.reset_peak(model.device)
        others = f" and {len(warm) - 1} more" if len(warm) > 1 else ""
        results = segment_volumes(
            [group.request for group in warm],
            model,
            rules=self.rules,
            settings=EngineSettings(
                jpeg=self.settings.jpeg,
                synchronised=not self.settings.unsynchronised,
                memory=self.settings.memory,
                walks_at_once=self.settings.walks_at_once(),
                batch=self._batch,
                volumes=self._volumes,
            ),
            watch=self.watch(f"{one.dataset}/{one.volume}{others} {one.model}"),
        )
        peak = memory.peak(model.device)
        for group, found in zip(warm, results, strict=True):
            try:
                answers.update(self._scored(group, found, model, peak))
            except Exception as error:  # noqa: BLE001 - what is wrong with one volume's scores is its own cases' error
                answers.update(dict.fromkeys(group.cases.values(), error))
        return answers

    def _ready(self, cases: Sequence[Case], answers: Answers) -> _Group | None:
        """Read a volume and find what its cases ask for; what stops some of them is put among the answers."""
        try:
            # Before any seed, which may come of this very volume: it is read once, and is the same in both places.
            reading = self._shelf.get((cases[0].dataset, cases[0].volume))
            volume = volume_of(reading)
        except Exception as error:  # noqa: BLE001 - a broken volume is the error of its own cases
            answers.update(dict.fromkeys(cases, error))
            return None
        strategies: dict[Strategy, Case] = {}
        foreign: dict[str, ForeignSeed] = {}
        for case in cases:
            try:
                strategy = parse(case.strategy, prompts=self.rules)
                if strategy.foreign:
                    foreign[strategy.prompt] = self._shelf.seed(case.dataset, strategy.prompt)
                strategies[strategy] = case
            except SambenchError as error:
                answers[case] = error
        if not strategies:
            return None
        request = Request(volume=volume, strategies=list(strategies), foreign=foreign)
        return _Group(request=request, cases=strategies, reading=reading)

    def _warmed_up(self, group: _Group, answers: Answers) -> bool:
        """Load the model if that is not done, and warm it up; tell whether that went well."""
        try:
            model = self.model(next(iter(group.cases.values())).model)
            modes = {strategy.mode for strategy in group.cases}
            group.warmups = warm_up(model, group.request.volume, modes, count=self.settings.warmups, batch=self._batch)
        except Exception as error:  # noqa: BLE001 - a broken checkpoint is the error of its own cases
            answers.update(dict.fromkeys(group.cases.values(), error))
            return False
        return True

    def _scored(
        self,
        group: _Group,
        found: Mapping[Strategy, Segmentation | Exception],
        model: LoadedModel,
        peak: Mapping[str, int | None],
    ) -> Answers:
        """Score what was found on one volume, and save its masks if that is wanted."""
        volume = group.request.volume
        data_digest = volume.digest()
        answers: Answers = {}
        for strategy, case in group.cases.items():
            segmentation = found[strategy]
            if isinstance(segmentation, Exception):
                answers[case] = segmentation
                continue
            try:
                result = score_case(
                    case,
                    volume,
                    segmentation,
                    shape=self._shelf.shape(volume),
                    seeds=self.seeds,
                    surface_tolerance_mm=self.settings.surface_tolerance_mm,
                    weights_sha256=model.weights_sha256,
                    data_digest=data_digest,
                )
                result = with_reading(result, group.reading)
                result = replace(result, warmups=dict(group.warmups), peak_memory_bytes=dict(peak))
                answers[case] = Outcome(result=result, segmentation=segmentation)
            except SambenchError as error:
                answers[case] = error
            if self.settings.save_masks is not None:
                self.keep_mask(mask_path(self.settings.save_masks, case), segmentation.masks_zyx, volume)
        return answers


def _is_walked(name: str, rules: Mapping[str, PromptRule]) -> bool:
    """Tell whether a strategy propagates; one that does not parse is told of elsewhere."""
    try:
        return parse(name, prompts=rules).mode == "video"
    except SambenchError:
        return False
