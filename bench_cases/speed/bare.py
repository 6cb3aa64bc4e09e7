"""A plain script for the same masks: ``python -m bench_cases.speed.bare MODEL DATASET STRATEGY``.

It loads a checkpoint, reads the volumes of a dataset, and calls the library's predictor for each slice or pass; no
pytest, no report. What it prints are the digests of its masks. `benchmark/overhead.py` runs it beside ``pytest``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> dict[str, str]:
    """Segment every volume of a dataset, and return the digest of the masks of each."""
    from bench_cases import registry
    from bench_cases.engine.segmentation import masks_digest
    from bench_cases.models.checkpoints import resolve
    from bench_cases.models.loading import load_model
    from bench_cases.speed.naive_image import segment_slices
    from bench_cases.speed.naive_video import propagate_volume
    from bench_cases.speed.strategies import comparable
    from bench_cases.speed.threads import set_threads
    from bench_cases.timing import Clock

    name, dataset_name, strategy_name = arguments
    dataset = registry.datasets()[dataset_name]
    (strategy,) = comparable([strategy_name], name)
    set_threads(name, None)
    model = load_model(resolve(name), device="cpu")
    segment = segment_slices if strategy.mode == "image" else propagate_volume
    digests = {}
    for volume_id in dataset.volume_ids():
        volume = dataset.load(volume_id)
        work = segment(volume, model, [strategy], rules=registry.prompt_rules(), precision="fp32", clock=Clock())
        digests[volume_id] = masks_digest(work.masks_zyx[str(strategy)])
    return digests


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])) + "\n")
