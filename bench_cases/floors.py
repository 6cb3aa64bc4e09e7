"""Floors: the least Dice and Jaccard that a case, or a whole dataset, must reach. Read from ``floors.toml``.

An entry names any of ``dataset``, ``volume``, ``model`` and ``strategy`` (shell patterns), and either ``dice`` and
``jaccard``, or published figures with a tolerance that is taken off both::

    [[volume]]
    dataset = "coronacases"
    volume = "001"
    model = "sam_vit_l"
    strategy = "every.composite"
    published = { dice = 0.9587, jaccard = 0.9280 }
    tolerance = 0.02
    source = "Gutiérrez et al. 2025, raw scores"

``[[volume]]`` entries hold for the mean over one volume's slices, ``[[dataset]]`` entries for the mean over all slices
of a dataset. The most specific entry wins.
"""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Literal

from bench_cases.cases import Case, CaseResult, Floor, Scores, is_baseline
from bench_cases.errors import ConfigError
from bench_cases.toml_file import read_toml

NO_FLOOR: Final = Floor(dice=0.0, jaccard=0.0, source="no floor is set for this case")

_PATTERNS: Final = ("volume", "strategy", "model", "dataset")  # the order in which they break a tie
_KEYS: Final = {*_PATTERNS, "dice", "jaccard", "published", "tolerance", "source"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    patterns: Mapping[str, str]
    floor: Floor

    def matches(self, case: Case) -> bool:
        if is_baseline(case.model) and not is_baseline(self.patterns.get("model", "*")):
            return False
        return all(fnmatch.fnmatchcase(getattr(case, field), glob) for field, glob in self.patterns.items())

    @property
    def specificity(self) -> tuple[int, ...]:
        """More fields named without a wildcard win; ties go by volume, strategy, model, dataset."""
        exact = [int(field in self.patterns and not _wild(self.patterns[field])) for field in _PATTERNS]
        partly = [int(self.patterns.get(field, "*") != "*") for field in _PATTERNS]
        return (sum(exact), *exact, sum(partly), *partly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The entries of one file, by what they hold for."""

    volume: Sequence[_Entry] = ()
    dataset: Sequence[_Entry] = ()

    @classmethod
    def read(cls, path: Path) -> Floors:
        """Read a floors file.

        Raises
        ------
        ConfigError
            When the file is not TOML, or an entry has an unknown key, a missing figure, or one outside 0..1.
        """
        try:
            tables = read_toml(path)
        except (OSError, ValueError) as error:
            msg = f"{path.name} cannot be read: {error}. Expected a TOML file with [[volume]] and [[dataset]] entries."
            raise ConfigError(msg) from error
        for table in set(tables) - {"volume", "dataset"}:
            msg = f"{path.name}: [[{table}]] is not known; expected [[volume]] or [[dataset]] entries."
            raise ConfigError(msg)
        return cls(
            volume=_entries(path.name, "volume", tables.get("volume", [])),
            dataset=_entries(path.name, "dataset", tables.get("dataset", [])),
        )

    def for_volume(self, case: Case) -> Floor:
        """Return the floor of a case; `NO_FLOOR` when no entry matches.

        A baseline is there to be beaten: it has a floor only where an entry names it.
        """
        return _best(self.volume, case) or NO_FLOOR

    def for_dataset(self, case: Case) -> Floor | None:
        """Return the floor of a whole dataset under a case's model and strategy, if there is one."""
        return _best(self.dataset, case)


def shortfall(floor: Floor, *, dice: float, jaccard: float, what: str) -> str:
    """Say by how much scores miss a floor; an empty string when they do not.

    >>> shortfall(Floor(0.9, 0.8, "a study"), dice=0.95, jaccard=0.75, what="mean over 30 slices")
    'Jaccard 0.7500 < 0.8000 (mean over 30 slices; the floor comes from: a study)'
    """
    missed = [
        f"{name} {value:.4f} < {least:.4f}"
        for name, value, least in (("Dice", dice, floor.dice), ("Jaccard", jaccard, floor.jaccard))
        if not value >= least  # NaN is below any floor
    ]
    return f"{', '.join(missed)} ({what}; the floor comes from: {floor.source})" if missed else ""


def volume_shortfall(floor: Floor, scores: Scores) -> str:
    """Apply `shortfall` to a volume's mean over its non-empty slices (never to its worst slice)."""
    what = f"mean over the {scores.slices_nonempty} slices that carry the target"
    return shortfall(floor, dice=scores.dice_nonempty, jaccard=scores.jaccard_nonempty, what=what)


def dataset_shortfall(floor: Floor, results: Sequence[CaseResult]) -> str:
    """Apply `shortfall` to the mean over all slices with the target of all volumes, pooled as the studies pool them.

    A volume without scores is a shortfall of its own: what failed is counted as failed.
    """
    failed = [result.case.volume for result in results if result.scores is None]
    if failed:
        return f"{len(failed)} of {len(results)} volumes left no scores ({', '.join(failed)}); expected all of them."
    scored = [result.scores.per_slice for result in results if result.scores is not None]
    dice = [value for slices in scored for value, px in zip(slices.dice, slices.reference_px, strict=True) if px]
    jaccard = [value for slices in scored for value, px in zip(slices.jaccard, slices.reference_px, strict=True) if px]
    return shortfall(
        floor,
        dice=fmean(value or 0.0 for value in dice),
        jaccard=fmean(value or 0.0 for value in jaccard),
        what=f"mean over {len(dice)} slices of {len(results)} volumes",
    )


def _best(entries: Sequence[_Entry], case: Case) -> Floor | None:
    fitting = [entry for entry in entries if entry.matches(case)]
    return max(fitting, key=lambda entry: entry.specificity).floor if fitting else None


def _wild(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?[")


def _entries(file: str, kind: Literal["volume", "dataset"], tables: Any) -> tuple[_Entry, ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        msg = f"{file}: {kind} is {tables!r:.80}; expected entries, each under [[{kind}]]."
        raise ConfigError(msg)
    entries: list[_Entry] = []
    seen: set[frozenset[tuple[str, str]]] = set()
    for number, table in enumerate(tables, start=1):
        where = f"{file}: [[{kind}]] entry {number}"
        allowed = _KEYS - ({"volume"} if kind == "dataset" else set())
        for key in table:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                msg = f"{where} has the key {key!r}; expected {', '.join(sorted(allowed))}.{hint}"
                raise ConfigError(msg)
        patterns: dict[str, str] = {field: str(table[field]) for field in _PATTERNS if field in table}
        entry = _Entry(patterns=patterns, floor=_floor(where, file, table))
        if (names := frozenset(patterns.items())) in seen:
            msg = f"{where} names the same cases as an earlier entry; expected each set of names once. Remove one."
            raise ConfigError(msg)
        seen.add(names)
        entries.append(entry)
    return tuple(entries)


def _floor(where: str, file: str, table: Mapping[str, Any]) -> Floor:
    published = table.get("published")
    figures = table if published is None else published
    try:
        dice, jaccard = float(figures["dice"]), float(figures["jaccard"])
        tolerance = float(table.get("tolerance", 0.0))
    except (KeyError, TypeError, ValueError) as error:
        msg = (
            f"{where} lacks dice or jaccard; expected both as numbers, as a tolerance is, or published = "
            "{ dice = .., jaccard = .. }."
        )
        raise ConfigError(msg) from error
    if not (0 <= dice <= 1 and 0 <= jaccard <= 1 and 0 <= tolerance <= 1):
        msg = f"{where} has dice {dice}, jaccard {jaccard}, tolerance {tolerance}; expected shares between 0 and 1."
        raise ConfigError(msg)
    source = str(table.get("source", f"{file}"))
    if published is not None:
        source = f"{source}: Dice {dice:.4f}, Jaccard {jaccard:.4f}, less a tolerance of {tolerance:g}"
    return Floor(dice=max(dice - tolerance, 0.0), jaccard=max(jaccard - tolerance, 0.0), source=source)
