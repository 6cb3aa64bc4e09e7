"""The volumes of a run that are in use: read as its settings say, kept while their cases are computed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench_cases.contracts import Dataset, PromptRule
from bench_cases.engine.foreign_seed import ForeignSeed, seed_from
from bench_cases.errors import DataError, SambenchError
from bench_cases.findings import VolumeShape
from bench_cases.reading import Key, Reader, Reading
from bench_cases.seed_library.choice import SeedChoices
from bench_cases.settings import RunSettings
from bench_cases.volume import Volume
from bench_cases.volume_shape import volume_shape


@dataclass(slots=True, kw_only=True)
class Shelf:
    """Keeps the volumes of the pass in hand, and behind them those that are read ahead.

    Parameters
    ----------
    rules
        Prompt rules by name.
    seeds
        Stored seeds, which stand in for a dataset's own.
    firsts
        Name of a dataset, without a target, to the volume that is its first; what is not there is looked up once.
    """

    datasets: Mapping[str, Dataset]
    settings: RunSettings
    rules: Mapping[str, PromptRule]
    seeds: SeedChoices
    firsts: Mapping[str, str] = field(default_factory=dict)
    _reader: Reader = field(init=False)
    _kept: dict[Key, Reading] = field(default_factory=dict)
    _seeds: dict[tuple[str, str], ForeignSeed | SambenchError] = field(default_factory=dict)
    _shapes: dict[Key, VolumeShape] = field(default_factory=dict)
    _firsts: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._firsts = dict(self.firsts)
        self._reader = Reader(load=self._load)

    def clear_for(self, keys: Collection[Key]) -> None:
        """Let go of all volumes but these, before others are read."""
        self._kept = {key: reading for key, reading in self._kept.items() if key in keys}

    def get(self, key: Key) -> Reading:
        """Return a volume, or what is wrong with it, and keep it."""
        if key not in self._kept:
            self._kept[key] = self._reader.read(key)
        return self._kept[key]

    def volume(self, key: Key) -> Volume:
        """Return a volume; one that is not here takes the place of those that are.

        Raises
        ------
        DataError
            When it cannot be read.
        """
        if key not in self._kept:
            self.clear_for(())
        return volume_of(self.get(key))

    def read_ahead(self, keys: Sequence[Key]) -> None:
        """Begin to read those of some volumes that are not here."""
        absent = [key for key in keys if key not in self._kept]
        if absent:
            self._reader.read_ahead(*absent)

    def clear(self) -> None:
        """Let go of everything, also of what is being read, which may never come."""
        self._kept = {}
        self.abandon()

    def abandon(self) -> None:
        """Let go of what is being read ahead."""
        self._reader.abandon()

    def first(self, dataset: str) -> str:
        """Return the id of a dataset's first volume, the same each time: files may come and go during a run."""
        name = dataset.partition(":")[0]
        if name not in self._firsts:
            self._firsts[name] = self.datasets[name].volume_ids()[0]
        return self._firsts[name]

    def seed(self, dataset: str, rule: str) -> ForeignSeed:
        """Return the one prompt of a dataset: stored, or from its first volume, whether or not that is selected.

        Raises
        ------
        SambenchError
            When that volume cannot be read, or not be prompted; the same each time.
        """
        stored = self.seeds.serving(dataset, rule)
        if stored is not None:
            return stored.foreign(jpeg=self.settings.jpeg)
        if (dataset, rule) not in self._seeds:
            first = dataset, self.first(dataset)
            try:
                volume = volume_of(self._kept.get(first) or self._reader.read(first))
                self._seeds[dataset, rule] = seed_from(volume, self.rules[rule], jpeg=self.settings.jpeg)
            except SambenchError as error:
                self._seeds[dataset, rule] = self._vanished(*first) or error
        seed = self._seeds[dataset, rule]
        if isinstance(seed, SambenchError):
            raise seed.with_traceback(None)  # or each case would show the way of all that asked before it
        return seed

    def _vanished(self, dataset: str, volume_id: str) -> DataError | None:
        """Return what to say when a dataset's first volume is not there any more; None where it is."""
        name = dataset.partition(":")[0]
        if volume_id in self.datasets[name].volume_ids():
            return None
        return DataError(
            f"the one prompt of {dataset} comes from volume {volume_id!r}, the first when the run began, and that is "
            "there no longer; expected the volumes of a run to stay. Put it back, or start the run afresh."
        )

    def shape(self, volume: Volume) -> VolumeShape:
        """Describe a volume once, however many models see it."""
        key = (volume.dataset, volume.id)
        if key not in self._shapes:
            self._shapes[key] = volume_shape(volume)
        return self._shapes[key]

    def _load(self, dataset: str, volume_id: str) -> Volume:
        name, _, target = dataset.partition(":")
        volume = self.datasets[name].load(volume_id, target or None)
        volume = replace(volume, dataset=dataset, id=volume_id, **self.settings.preparation(dataset))
        return volume if self.settings.limit_slices is None else volume.limited(self.settings.limit_slices)


def volume_of(reading: Reading) -> Volume:
    """Return the volume of a reading.

    Raises
    ------
    SambenchError
        What is wrong with it.
    """
    if isinstance(reading.volume, SambenchError):
        raise reading.volume
    return reading.volume
