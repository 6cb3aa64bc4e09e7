"""What a preset says, as records: each thing it names, and where in the paper that stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, NamedTuple

from bench_cases.contracts import Precision
from bench_cases.settings import Empty, Unit
from bench_cases.studies.figures import Published
from bench_cases.volume import Scaling, Window

OWN: Final = "own"
"""The window of a set for which a preset says none: the dataset's own."""


class Named(NamedTuple):
    """A model or a strategy that a study used, and where it says so.

    `phantom` is the model that takes its place in a run on phantoms; empty for the micro model of its family.
    """

    name: str
    source: str
    phantom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySet:
    """A set that a study used.

    Parameters
    ----------
    name
        Dataset, with its target after a colon where it is not the first: ``amos-ct:spleen``.
    window
        The study's window; None for no window; `OWN` where the preset leaves it to the dataset.
    phantom
        Phantom that stands in where the set has none of its own (``NAME-phantom``); empty for none.
    """

    name: str
    source: str
    window: Window | Literal["own"] | None = OWN
    phantom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySettings:
    """Settings of a study; None where the preset does not say, which leaves the option's own default.

    Parameters
    ----------
    empty
        Whether slices without target count (``all``: 3D, over every voxel) or are left out (``nonempty``).
    unit
        What is averaged and tested: ``slice``, pooled over the volumes, or ``volume``.
    scaling, jpeg, precision
        As the options of the same names.
    latency
        Whether the study timed embedding and prediction, so that a run of it does too.
    sources
        Setting to where the study says so.
    """

    empty: Empty | None = None
    unit: Unit | None = None
    scaling: Scaling | None = None
    jpeg: bool | None = None
    precision: Precision | None = None
    latency: bool | None = None
    sources: tuple[tuple[str, str], ...] = ()

    def stated(self) -> dict[str, Any]:
        """Return the settings that the preset states, by name."""
        values = {it.name: getattr(self, it.name) for it in fields(self) if it.name != "sources"}
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One preset.

    Parameters
    ----------
    file
        Name of the file it was read from, without its folder.
    sha256
        Digest of the file.
    phantom_limits
        ``limit_volumes`` and ``limit_slices`` of a run on phantoms, so that it takes minutes.
    notes
        What a reader must know, one line each: what the sources leave open.
    """

    name: str
    title: str
    citation: str
    file: str
    sha256: str
    sets: Sequence[StudySet]
    models: Sequence[Named]
    strategies: Sequence[Named]
    settings: StudySettings = field(default_factory=StudySettings)
    published: Sequence[Published] = ()
    phantom_limits: tuple[tuple[str, int], ...] = ()
    notes: Sequence[str] = ()
