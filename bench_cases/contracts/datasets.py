"""What a dataset must offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bench_cases.volume import Volume, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What is known of a dataset without reading a voxel.

    Parameters
    ----------
    targets
        Target name to the label ids that make it up, in order; the first is the default target.
    window
        Window applied to its images; None where they come windowed or need none.
    aliases
        Other names of the set, as studies call it (``MRI-Heart``); understood wherever its own name is.
    on_request
        True for sets that run only when they are asked for by name.
    facts
        Confidence notes on facts that are not certain, shown by ``sambench list``.
    """

    title: str
    modality: str
    targets: Mapping[str, tuple[int, ...]]
    licence: str
    citation: str
    source: str
    phantom: bool = False
    ordered: bool = True
    affine_trusted: bool = True
    window: Window | None = None
    aliases: tuple[str, ...] = ()
    on_request: bool = False
    facts: tuple[str, ...] = ()

    def labels_of(self, target: str) -> tuple[int, ...] | None:
        """Return the label ids of a target or of several joined by ``+``, in order; None if one is not there.

        >>> info = DatasetInfo(
        ...     title="", modality="MR", targets={"liver": (1,), "kidneys": (2, 3)}, licence="", citation="", source=""
        ... )
        >>> info.labels_of("kidneys+liver"), info.labels_of("kidneys+lever")
        ((2, 3, 1), None)
        """
        parts = target.split("+")
        if not all(part in self.targets for part in parts):
            return None
        return tuple(dict.fromkeys(label for part in parts for label in self.targets[part]))


class Dataset(Protocol):
    """A named collection of volumes. One file in `bench_cases.datasets` with a constant ``DATASETS`` adds some."""

    @property
    def name(self) -> str:
        """Name used on the command line and in ids, for instance ``coronacases``."""
        ...

    @property
    def info(self) -> DatasetInfo:
        """Modality, targets, licence, citation."""
        ...

    def missing(self) -> str | None:
        """Return None when the data are on disk, else one line: what is missing and the command that fetches it."""
        ...

    def volume_ids(self) -> Sequence[str]:
        """Return the ids of the volumes in the published order, from file names alone: no scan is opened."""
        ...

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume with the labels of `target` (default: the first of `info.targets`).

        Raises
        ------
        DataError
            With the file's name, what is wrong with it, and what to do.
        """
        ...


@runtime_checkable
class CountsSlices(Protocol):
    """What a dataset may offer beside: the depth of its volumes, for work that is shared out before it is read."""

    def slice_counts(self) -> Mapping[str, int]:
        """Return volume ids to numbers of slices, from headers or lists of files; what cannot be told is left out.

        An estimate: a file that is turned when it is read is counted along its third axis.
        """
        ...
