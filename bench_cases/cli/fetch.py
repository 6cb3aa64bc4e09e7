"""``sambench fetch``: datasets and checkpoints by name."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from bench_cases import registry


def fetch(names: Sequence[str]) -> int:
    """Fetch each named dataset or model; names are checked before the first byte is asked for.

    Raises
    ------
    SelectionError
        For a name or pattern that is neither a dataset nor a model.
    AssetError
        When a download fails or is not what its digest says.
    """
    from bench_cases.datasets import fetching
    from bench_cases.models import checkpoints

    datasets, models = registry.datasets(), registry.checkpoints()
    own = [registry.canonical(name, datasets) for name in names]
    wanted = registry.pick("dataset or model", own, {**datasets, **models})
    for name in wanted:
        if name in datasets:
            fetching.fetch(datasets[name])
        else:
            checkpoints.fetch(models[name])
        sys.stdout.write(f"{name}: ready\n")
    return 0
