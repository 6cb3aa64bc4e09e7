"""Which stored seed serves which dataset: what ``--sam-seed`` says."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench_cases import registry
from bench_cases.contracts import Dataset
from bench_cases.errors import SeedError, SelectionError
from bench_cases.prompting.strategy import Strategy
from bench_cases.seed_library.applied import record
from bench_cases.seed_library.library import Library
from bench_cases.seed_library.seed import Seed
from bench_cases.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedChoices:
    """Stored seeds by the dataset and the prompt rule that they serve; with none, each dataset's own first volume does.

    Parameters
    ----------
    seeds
        ``(dataset, rule)`` to the seed; the dataset with its target, without, or ``"*"`` for all.
    """

    seeds: Mapping[tuple[str, str], Seed]

    def serving(self, dataset: str, rule: str) -> Seed | None:
        """Return the seed of a dataset for strategies of one rule: what was said of it by name goes first."""
        return next((self.seeds[name, rule] for name in _names(dataset) if (name, rule) in self.seeds), None)

    def record(self, rule: str, volume: Volume) -> dict[str, Any]:
        """Return what is written down about the stored seed used on a volume, as ``library``; empty without one."""
        seed = self.serving(volume.dataset, rule)
        return {} if seed is None else {"library": record(seed, volume)}

    def digests(self) -> dict[str, str]:
        """Return what makes runs differ: dataset and rule to name and SHA-256 of the seed."""
        return {f"{name}.{rule}": f"{seed.name} {seed.digest()}" for (name, rule), seed in self.seeds.items()}

    def refuse_unserved(self, datasets: Iterable[str], strategies: Sequence[Strategy]) -> None:
        """Refuse strategies that need a dataset's prompt and ask for another rule than that of the seed chosen for it.

        Their prompt would come from the first volume while their neighbours' comes from the library.

        Raises
        ------
        SeedError
            With the strategy, the seed, and both rules.
        """
        for dataset in datasets:
            given = {rule: seed for (name, rule), seed in self.seeds.items() if name in _names(dataset)}
            for strategy in strategies if given else ():
                if strategy.foreign and strategy.prompt not in given:
                    holds = ", ".join(f"{seed.name!r} holds a {rule!r} prompt" for rule, seed in given.items())
                    msg = (
                        f"--sam-seed: {holds}, and strategy '{strategy}' of {dataset} asks for {strategy.prompt!r}; "
                        f"expected the same. Make a seed with --prompt {strategy.prompt} and name it too, or leave "
                        "that strategy out."
                    )
                    raise SeedError(msg)

    def refuse_unused(self, strategies: Sequence[Strategy]) -> None:
        """Refuse seeds that no strategy asked for would use.

        Raises
        ------
        SeedError
            With a strategy that would.
        """
        if self.seeds and not any(strategy.foreign for strategy in strategies):
            seed = next(iter(self.seeds.values()))
            msg = (
                f"--sam-seed {seed.name}: no strategy asked for uses one; expected for instance "
                f"dataset.{seed.rule}.both. Ask for it with --sam-strategy, or leave --sam-seed out."
            )
            raise SeedError(msg)


NO_CHOICES = SeedChoices(seeds={})


def read_choices(texts: Collection[str], library: Library, datasets: Mapping[str, Dataset]) -> SeedChoices:
    """Read the seeds that were named, each as ``NAME`` for all datasets or ``DATASET[:TARGET]=NAME`` for one.

    Raises
    ------
    SelectionError
        For an unknown dataset or target.
    SeedError
        For a seed that is not there or damaged, or two of one rule for the same datasets.
    """
    seeds: dict[tuple[str, str], Seed] = {}
    for text in texts:
        dataset, equals, name = text.rpartition("=")
        if equals:
            _must_be_known(dataset, datasets)
        seed = library.read(name)
        key = (dataset or "*", seed.rule)
        if key in seeds:
            of = dataset or "all datasets"
            msg = (
                f"--sam-seed names {seeds[key].name!r} and {seed.name!r}, both with a {seed.rule!r} prompt for {of}; "
                "expected one. Leave one out, or say DATASET=NAME."
            )
            raise SeedError(msg)
        seeds[key] = seed
    return SeedChoices(seeds=seeds)


def _must_be_known(name: str, datasets: Mapping[str, Dataset]) -> None:
    base, colon, target = name.partition(":")
    if base not in datasets:
        raise SelectionError(registry.unknown("dataset", base, datasets))
    if colon and target not in datasets[base].info.targets:
        raise SelectionError(registry.unknown(f"target of {base}", target, datasets[base].info.targets))


def _names(dataset: str) -> tuple[str, ...]:
    """Return the names under which a dataset may have been given a seed, the closest first."""
    return tuple(dict.fromkeys((dataset, dataset.partition(":")[0], "*")))
