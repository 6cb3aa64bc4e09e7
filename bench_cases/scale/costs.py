"""What a volume and a model cost, estimated without reading a voxel; the same wherever the same data are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median_low
from typing import Final

from bench_cases.contracts import Checkpoint, CountsSlices, Dataset

UNKNOWN_SLICES: Final = 100
"""Slices of a volume in a set of which no depth is known: about those of a CT; images that are no volumes have 1."""

UNKNOWN_MEGABYTES: Final = 400
"""Weights of a checkpoint whose size is not known: about those of SAM's and SAM 2's middle sizes."""


class SliceCounts:
    """Asks datasets how deep their volumes are: from headers, file names, or what is known of phantoms.

    Where a dataset does not know the depth of a volume (a header that cannot be read), the median of its other volumes
    stands in; where it knows none, `UNKNOWN_SLICES`. So a broken file changes the balance and stops nothing: it is the
    error of its own cases later.

    Parameters
    ----------
    limit
        Most slices that a run takes of a volume; None takes all.
    """

    def __init__(self, datasets: Mapping[str, Dataset], *, limit: int | None = None) -> None:
        self._datasets = datasets
        self._limit = limit
        self._counts: dict[str, Mapping[str, int]] = {}

    def __call__(self, dataset: str, volume: str) -> int:
        """Return the number of slices that a run sees of a volume, or an estimate of it."""
        base = dataset.partition(":")[0]
        if base not in self._counts:
            known = self._datasets.get(base)
            self._counts[base] = known.slice_counts() if isinstance(known, CountsSlices) else {}
        counts = self._counts[base]
        count = counts.get(volume) or (median_low(counts.values()) if counts else self._unknown(base))
        return count if self._limit is None else min(count, self._limit)

    def _unknown(self, base: str) -> int:
        dataset = self._datasets.get(base)
        return UNKNOWN_SLICES if dataset is None or dataset.info.ordered else 1


def model_weights(checkpoints: Mapping[str, Checkpoint]) -> Callable[[str], int]:
    """Return a function from a model's name to what a slice costs it: the megabytes of its weights.

    An encoder sees a fixed number of tokens, so that its arithmetic grows as its parameters do. A rough measure, which
    keeps ViT-H and SAM 2 tiny from counting the same.
    """

    def weight(name: str) -> int:
        checkpoint = checkpoints.get(name)
        sizes = () if checkpoint is None else (checkpoint.size_bytes, checkpoint.about_bytes)
        size = next((size for size in sizes if size is not None), None)
        return UNKNOWN_MEGABYTES if size is None else max(1, size // 1_000_000)

    return weight
