"""What travels between the driver and its workers: an assignment once, work and replies group by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench_cases import errors
from bench_cases.cases import Case, CaseResult
from bench_cases.contracts import Checkpoint
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import SambenchError, ScaleError
from bench_cases.scale.groups import Group, GroupKey
from bench_cases.seed_library.choice import NO_CHOICES, SeedChoices
from bench_cases.settings import RunSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a worker has to know before its first group. Data and weights are not in it: each node has its own.

    Parameters
    ----------
    checkpoints
        Records by name; the files are found in the node's own cache, the user's own at the same path.
    folders
        Name to place of the user's own scans (``--sam-folder``), absolute; the same place on every node.
    seeds
        Stored seeds, with their pixels.
    firsts
        Name of a dataset to the volume that its one prompt comes from: the driver's choice, on every node.
    threads
        CPU threads; None for one for micro models, and torch's own number for others.
    timeout_s
        Seconds that a group may take (``--sam-timeout``); None sets no limit.
    """

    settings: RunSettings
    checkpoints: Mapping[str, Checkpoint]
    folders: Mapping[str, str] = field(default_factory=dict)
    seeds: SeedChoices = NO_CHOICES
    firsts: Mapping[str, str] = field(default_factory=dict)
    threads: int | None = None
    timeout_s: float | None = None


class Work(NamedTuple):
    """A group to be computed, and the cases whose masks are to come back: few, since masks are large."""

    group: Group
    masks_of: frozenset[Case] = frozenset()

    @property
    def key(self) -> GroupKey:
        """Dataset, volume and model."""
        return self.group.key


class Failure(NamedTuple):
    """An exception in a form that travels: those of other libraries often cannot be unpickled.

    Parameters
    ----------
    kind
        Name of the class, one of `bench_cases.errors` or any other.
    message
        What it says.
    trace
        The worker's traceback, for the terminal; no report holds it.
    """

    kind: str
    message: str
    trace: str = ""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an exception."""
        from traceback import format_exception

        return cls(type(error).__name__, str(error), "".join(format_exception(error)))

    def error(self) -> SambenchError:
        """Return an exception whose message in a report is that of the original.

        >>> Failure("DataError", "a.nii is truncated").error()
        DataError('a.nii is truncated')
        >>> Failure("RuntimeError", "out of luck").error()
        ScaleError('RuntimeError: out of luck')
        """
        own = getattr(errors, self.kind, None)
        if isinstance(own, type) and issubclass(own, SambenchError):
            error: SambenchError = own(self.message)
        else:
            error = ScaleError(f"{self.kind}: {self.message}")
        if self.trace:
            error.add_note(f"on the worker:\n{self.trace}")
        return error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reply:
    """What a worker made of a group.

    Parameters
    ----------
    answers
        Each case of the group to its result, or what stopped it.
    segmentations
        Of the cases whose masks were asked for.
    mask_files
        Path below ``--sam-save-masks`` to the bytes of the NIfTI; empty unless the run saves masks.
    model
        Facts of the checkpoint, as the report keeps them; None when it did not load.
    """

    answers: Mapping[Case, CaseResult | Failure]
    segmentations: Mapping[Case, Segmentation] = field(default_factory=dict)
    mask_files: Mapping[str, bytes] = field(default_factory=dict)
    model: Mapping[str, Any] | None = None

    @property
    def slices(self) -> int:
        """Slices that were segmented, each strategy counting."""
        scored = (it.scores for it in self.answers.values() if isinstance(it, CaseResult))
        return sum(scores.slices for scores in scored if scores is not None)
