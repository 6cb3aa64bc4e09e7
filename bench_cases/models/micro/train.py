"""Train a micro checkpoint: ``python -m bench_cases.models.micro.train sam --out DIR --minutes 60``.

Phantoms are generated into ``--cache`` on the first run. Run the same command again to go on from where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.models.micro.architectures import build_sam2_micro, build_sam_micro
from bench_cases.models.micro.cache import PhantomCache, open_cache
from bench_cases.models.micro.loop import Budget, Step, Trainer
from bench_cases.models.micro.train_image import StepResult, sam2_image_step, sam_step
from bench_cases.models.micro.train_video import clip_step, localise_memory

IMAGE_PHASE = 0.2
"""Share of the SAM 2 training that sees single slices only; afterwards most steps are clips."""

CLIP_SHARE = 0.55


def build(name: str, seed: int) -> Any:
    """Build an untrained model, ``"sam"`` or ``"sam2"``, with seeded weights."""
    import torch

    torch.manual_seed(seed)
    if name == "sam":
        return build_sam_micro()
    model = build_sam2_micro()
    localise_memory(model)
    return model


def make_step(name: str, cache: PhantomCache) -> Step:
    """Return the training step of a model."""

    def sam(model: Any, rng: np.random.Generator, progress: float) -> StepResult:
        del progress
        return sam_step(model, cache, rng)

    def sam2(model: Any, rng: np.random.Generator, progress: float) -> StepResult:
        if progress < IMAGE_PHASE or rng.random() > CLIP_SHARE:
            return sam2_image_step(model, cache, rng)
        return clip_step(model, cache, rng, progress)

    return sam if name == "sam" else sam2


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, then train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["sam", "sam2"])
    parser.add_argument("--out", type=Path, required=True, help="folder of the state, the log and the exported weights")
    parser.add_argument("--minutes", type=float, help="wall time in all, resumed runs included (default 60)")
    parser.add_argument("--steps", type=int, help="number of steps in all, instead of --minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--phantoms", type=int, default=400, help="how many training phantoms to use")
    parser.add_argument("--cache", type=Path, help="folder of the generated phantoms, 8 MB each (default OUT/phantoms)")
    parser.add_argument("--threads", type=int, default=1, help="torch threads; one is best on a busy machine")
    options = parser.parse_args(arguments)

    import torch

    torch.set_num_threads(options.threads)
    minutes = options.minutes if options.minutes or options.steps else 60.0
    cache = open_cache(options.cache or options.out / "phantoms", options.phantoms)
    model = build(options.model, options.seed)
    trainer = Trainer(
        model, make_step(options.model, cache), out=options.out, name=f"{options.model}_micro", seed=options.seed
    )
    trainer.resume()
    trainer.run(Budget(steps=options.steps, minutes=minutes))


if __name__ == "__main__":
    main()
