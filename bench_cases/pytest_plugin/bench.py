"""What one pytest session holds of sambench: options read once, names resolved once, one runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench_cases import registry
from bench_cases.cases import Case, CaseResult
from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.engine.walk_facts import seeds_of_first_volumes
from bench_cases.errors import SambenchError
from bench_cases.floors import Floors
from bench_cases.models.run_load import load_for_run
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.pytest_plugin import options, study, worker
from bench_cases.pytest_plugin.case_ids import WHOLE
from bench_cases.pytest_plugin.marker import with_marker
from bench_cases.pytest_plugin.progress import Progress
from bench_cases.scale.engine import Engine
from bench_cases.seed_library.choice import SeedChoices
from bench_cases.selection import NotRun, Selection, Wishes, select
from bench_cases.studies import Plan, overrides, record
from bench_cases.surface import require_library
from bench_cases.time_limit import TimeLimit

if TYPE_CHECKING:
    from bench_cases.runner import Runner

KEY: pytest.StashKey[Bench] = pytest.StashKey()


@dataclass
class Bench:
    """The session's state; made at configuration, filled when first needed.

    Parameters
    ----------
    engine
        Who computes the cases, once that was needed: `bench_cases.pytest_plugin.engine.engine_of` makes it.
    """

    config: pytest.Config
    stacks_to: int | None = None
    by_id: dict[str, Case] = field(default_factory=dict)
    cases: list[Case] = field(default_factory=list)
    scored: list[Case] = field(default_factory=list)
    masks_of: frozenset[Case] = frozenset()
    not_run: dict[NotRun, None] = field(default_factory=dict)
    done: dict[str, CaseResult] = field(default_factory=dict)
    results: dict[Case, CaseResult] = field(default_factory=dict)
    models_seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    shard: dict[str, Any] | None = None
    engine: Engine | None = None
    _selections: dict[Wishes, Selection] = field(default_factory=dict)
    _floors: dict[Path, Floors] = field(default_factory=dict)
    _places: dict[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, config: pytest.Config) -> Bench:
        """Return the session's bench."""
        return config.stash[KEY]

    @cached_property
    def settings(self) -> Any:
        """The run's settings."""
        return replace(options.read_settings(self.config, self.plan), seeds=self.seeds.digests())

    @cached_property
    def seeds(self) -> SeedChoices:
        """Stored seeds that stand in for each dataset's own first volume."""
        return options.read_seeds(self.config, self.datasets)

    @cached_property
    def plan(self) -> Plan | None:
        """What of the study asked for can be run; None without ``--sam-study``."""
        return study.read_plan(
            self.config,
            datasets=self.datasets,
            checkpoints=self.checkpoints,
            missing=self.missing_weights,
            rules=self.rules,
        )

    @cached_property
    def typed(self) -> Wishes:
        """The names on the command line."""
        return study.read_typed(self.config, self.plan)

    @cached_property
    def wishes(self) -> Wishes:
        """The names asked for, a study's filled in."""
        return study.fill_in(self.config, self.plan, self.typed, self.datasets)

    @cached_property
    def study_record(self) -> dict[str, Any] | None:
        """The study and what was changed of it, as the report keeps them; None without ``--sam-study``."""
        if self.plan is None:
            return None
        return record(self.plan, overrides(self.plan, self.typed, self.settings), self.settings)

    @cached_property
    def datasets(self) -> Mapping[str, Any]:
        """Datasets by name."""
        return options.read_datasets(self.config)

    @cached_property
    def checkpoints(self) -> Mapping[str, Checkpoint]:
        """Checkpoints by name."""
        return options.read_checkpoints(self.config)

    def places(self, dataset: str) -> Mapping[str, int]:
        """Return the ids of a dataset's volumes, in order, each with its place.

        A folder is looked through once a session: it can hold a thousand volumes, and tens of thousands of cases ask.
        """
        name = dataset.partition(":")[0]
        if name not in self._places:
            self._places[name] = {volume: place for place, volume in enumerate(self.datasets[name].volume_ids())}
        return self._places[name]

    @cached_property
    def firsts(self) -> Mapping[str, str]:
        """Dataset to the volume that its one prompt comes from: the first when the run began, resumed or not.

        A volume that vanished meanwhile is an error of the cases that need its prompt, and no other takes its place.
        """
        names = dict.fromkeys(case.dataset.partition(":")[0] for case in self.cases)
        return {name: next(iter(self.places(name))) for name in names} | seeds_of_first_volumes(self.done.values())

    @cached_property
    def rules(self) -> RuleBook:
        """Prompt rules by name."""
        return registry.prompt_rules()

    @cached_property
    def missing_weights(self) -> Mapping[str, str]:
        """Name of each checkpoint that is not on disk, to the line that says so."""
        from bench_cases.models.checkpoints import missing

        lines = {name: missing(checkpoint) for name, checkpoint in self.checkpoints.items()}
        return {name: line for name, line in lines.items() if line is not None}

    @cached_property
    def unrunnable(self) -> Mapping[str, str]:
        """Name of each checkpoint that no adapter of this installation can run, to the line that says why."""
        from bench_cases.models.checkpoints import unrunnable

        lines = {name: unrunnable(checkpoint) for name, checkpoint in self.checkpoints.items()}
        return {name: line for name, line in lines.items() if line is not None}

    @cached_property
    def runner(self) -> Runner:
        """The runner over the cases that pytest will run."""
        from bench_cases.runner import Runner  # with the engine a tenth of what collecting takes

        # A worker of pytest-xdist is given cases here and there, and cannot know which volume comes next.
        in_order = not hasattr(self.config, "workerinput")
        return Runner(
            selection=[case for case in self.cases if case.volume != WHOLE and case.key not in self.done],
            settings=self.settings if in_order else replace(self.settings, volumes_together=1),
            datasets=self.datasets,
            checkpoints=self.checkpoints,
            rules=self.rules,
            load_model=self.load,
            seeds=self.seeds,
            firsts=self.firsts,
            watch=Progress(self.config).watch,
            limit=TimeLimit(seconds=self.config.getoption("--sam-timeout"), stacks_to=self.stacks_to),
            read_ahead=in_order,
        )

    def close(self) -> None:
        """End what runs beside the session."""
        if self.engine is not None:
            self.engine.close()
        if "runner" in self.__dict__:
            self.runner.close()

    def check_options(self) -> None:
        """Resolve names and read floors that were typed, so that a slip is one line before collection.

        Raises
        ------
        pytest.UsageError
            For a name that means nothing or cannot be had, or a malformed floors file.
        """
        try:
            if self.settings.surface_tolerance_mm is not None:
                require_library()
            asked = self.wishes
            if self.config.getoption("--sam-baseline") is None:
                asked = replace(asked, baselines=None)  # from a settings file, which stands for nothing typed
            if asked != Wishes() or self.seeds.seeds:
                selection = self.select(None)
                if asked.strategies:
                    self.seeds.refuse_unused(selection.strategies)
            _ = self.settings
        except SambenchError as error:
            raise options.usage(error) from error
        if self.config.getoption("--sam-floors") is not None:
            self.floors(self.config.rootpath)

    def select(self, marker: pytest.Mark | None) -> Selection:
        """Resolve what the command line asks for; a marker's names stand where the command line says nothing.

        Raises
        ------
        pytest.UsageError
            For a name that means nothing or cannot be had.
        """
        try:
            wishes = with_marker(self.wishes, marker)
            if wishes not in self._selections:
                self._selections[wishes] = select(
                    wishes,
                    datasets=self.datasets,
                    checkpoints=self.checkpoints,
                    missing=self.missing_weights,
                    unrunnable=self.unrunnable,
                    rules=self.rules,
                    limit_volumes=self.settings.limit_volumes,
                    memory=self.settings.memory,
                )
                self.seeds.refuse_unserved(self._selections[wishes].volumes, self._selections[wishes].strategies)
                left_out = () if self.plan is None else self.plan.left_out(self.typed)
                self.not_run.update(dict.fromkeys([*left_out, *self._selections[wishes].not_run]))
            return self._selections[wishes]
        except SambenchError as error:
            raise options.usage(error) from error

    def floors(self, test_file: Path) -> Floors:
        """Return the floors that hold for a test: ``--sam-floors``, or ``floors.toml`` beside the test, or none.

        Raises
        ------
        pytest.UsageError
            When the file is malformed.
        """
        path = self.config.getoption("--sam-floors") or test_file.with_name("floors.toml")
        if path not in self._floors:
            try:
                given = self.config.getoption("--sam-floors") is not None
                self._floors[path] = Floors.read(path) if given or path.exists() else Floors()
            except SambenchError as error:
                raise options.usage(error) from error
        return self._floors[path]

    def load(self, checkpoint: Checkpoint) -> LoadedModel:
        """Put a checkpoint on the device that was asked for, and note what was loaded."""
        threads = self.config.getoption("--sam-threads")
        if threads is None and worker.on_one_thread(self.config):
            threads = 1
        model, self.models_seen[checkpoint.name] = load_for_run(checkpoint, self.settings, threads=threads)
        return model
