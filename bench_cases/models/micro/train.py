"""Train a micro checkpoint: ``python -m bench_cases.models.micro.train sam --out DIR --minutes 60``.

Phantoms are generated into ``--cache`` on the first run. Run the same command again to go on from where it stopped.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.models.micro.architectures import build_sam2_micro, build_sam_micro
from bench_cases.models.micro.cache import PhantomCache, open_cache
from bench_cases.models.micro.crops import crop_step, load_teacher
from bench_cases.models.micro.focus import focus_of
from bench_cases.models.micro.loop import PHASES, STATE, Budget, Check, Step, Trainer
from bench_cases.models.micro.pairs import PAIRS, pair_step
from bench_cases.models.micro.poses import CLIPS_ELSEWHERE, SAM2_CANVAS, SAM2_ELSEWHERE, SAM_ELSEWHERE
from bench_cases.models.micro.train_image import StepResult, sam2_image_step, sam_step
from bench_cases.models.micro.train_video import clip_step, localise_memory
from bench_cases.models.micro.weights import start_from

CLIP_SHARES = ((0.2, 0.0), (0.46, 0.55), (0.72, 0.35), (1.0, 0.42))
"""Up to a progress of ..., this share of the steps are clips: the frame alone is learned first, and again later."""

LATER_CLIP_SHARE = {"finish": 0.25, "places": 0.6}


def build(name: str, seed: int) -> Any:
    """Build an untrained model, ``"sam"`` or ``"sam2"``, with seeded weights."""
    import torch

    torch.manual_seed(seed)
    if name == "sam":
        return build_sam_micro()
    model = build_sam2_micro()
    localise_memory(model)
    return model


def make_step(name: str, cache: PhantomCache, phase: str = "broad") -> Step:
    """Return the training step of a model in the phase ``"broad"``, ``"finish"`` or, of SAM 2, ``"places"``."""
    focus, elsewhere = focus_of(phase, name), phase == "places"
    if name == "sam":
        return lambda model, rng, _: sam_step(model, cache, rng, focus=focus)
    frames = SAM2_ELSEWHERE if elsewhere else SAM2_CANVAS
    clips = CLIPS_ELSEWHERE if elsewhere else SAM2_CANVAS

    def sam2(model: Any, rng: np.random.Generator, progress: float) -> StepResult:
        early = next(share for until, share in CLIP_SHARES if progress <= until)
        if rng.random() > (early if phase == "broad" else LATER_CLIP_SHARE[phase]):
            return sam2_image_step(model, cache, rng, focus=focus, canvas=frames)
        return clip_step(model, cache, rng, progress, focus=focus, canvas=clips)

    return sam2


def make_taught_step(cache: PhantomCache, phase: str, teacher: Path) -> Step:
    """Return the training step of the micro SAM in ``"crops"`` or ``"places"``; ``teacher``: its weights before."""
    before, focus = load_teacher(teacher), focus_of(phase, "sam")
    if phase == "crops":
        return lambda model, rng, _: crop_step(model, before, cache, rng, focus=focus)
    once = partial(sam_step, focus=focus, canvas=SAM_ELSEWHERE)

    def step(model: Any, rng: np.random.Generator, _: float) -> StepResult:
        return pair_step(model, before, cache, rng, focus=focus) if rng.random() < PAIRS else once(model, cache, rng)

    return step


def make_check(name: str) -> Check:
    """Return a quick held-out score: the composite prompt on every fourth slice of one phantom, three targets."""
    from bench_cases.models.micro.evaluate import SQUARE_ZYX, every_slice
    from bench_cases.models.micro.held_out import subjects_of
    from bench_cases.models.micro.predictors import image_predictor
    from bench_cases.phantoms import HELD_OUT_SEEDS

    subjects = subjects_of(HELD_OUT_SEEDS[-1], SQUARE_ZYX)
    chosen = [subjects[target].every(4) for target in ("lungs", "heart", "spleen")]

    def check(model: Any) -> float:
        predictor = image_predictor(model, name)
        return float(np.mean([np.mean(every_slice(predictor, subject)) for subject in chosen]))

    return check


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, then train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["sam", "sam2"])
    parser.add_argument("--out", type=Path, required=True, help="folder of the state, the log and the exported weights")
    parser.add_argument("--minutes", type=float, help="wall time in all, resumed runs included (default 60)")
    parser.add_argument("--steps", type=int, help="number of steps in all, instead of --minutes")
    phases = parser.add_mutually_exclusive_group()
    phases.add_argument("--finish", action="store_true", help="the finishing phase, with a budget of its own")
    phases.add_argument(
        "--crops", action="store_true", help="sam only: frames cut to the body, as --start-from has them whole"
    )
    phases.add_argument(
        "--places", action="store_true", help="the last phase: bodies anywhere in the frame; the encoder stays as it is"
    )
    parser.add_argument(
        "--start-from", type=Path, metavar="FILE", help="exported weights to go on from, where there is no state.pt"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--phantoms", type=int, default=400, help="how many training phantoms to use")
    parser.add_argument("--cache", type=Path, help="folder of the generated phantoms, 8 MB each (default OUT/phantoms)")
    parser.add_argument("--threads", type=int, default=1, help="torch threads; one is best on a busy machine")
    options = parser.parse_args(arguments)
    phase = next((it for it in PHASES if getattr(options, it, False)), "broad")
    taught = phase == "crops" or (phase == "places" and options.model == "sam")
    if phase == "crops" and options.model != "sam":
        parser.error(
            "--crops is a phase of the micro SAM; SAM 2 stretches its frames. Give: sam --crops --start-from FILE."
        )
    if taught and options.start_from is None:
        parser.error(
            f"--{phase} learns from what the model was before, also where it goes on from {STATE}. "
            f"Give: sam --{phase} --start-from FILE."
        )
    if phase != "broad" and options.start_from is None and not (options.out / STATE).exists():
        parser.error(
            f"--{phase} found no {STATE} in --out; expected that of an earlier phase. "
            "Train without it first, or give weights with --start-from."
        )

    import torch

    torch.set_num_threads(options.threads)
    minutes = options.minutes if options.minutes or options.steps else 60.0
    cache = open_cache(options.cache or options.out / "phantoms", options.phantoms)
    model = build(options.model, options.seed)
    if options.start_from is not None:
        start_from(model, options.start_from)
    if phase == "places":
        model.image_encoder.requires_grad_(requires_grad=False)
    trainer = Trainer(
        model,
        make_taught_step(cache, phase, options.start_from) if taught else make_step(options.model, cache, phase),
        out=options.out,
        name=f"{options.model}_micro",
        seed=options.seed,
        peak_rate=focus_of(phase, options.model).peak_rate,
        check=make_check(options.model),
    )
    trainer.resume()
    if phase != "broad":
        trainer.begin(phase)
    trainer.run(Budget(steps=options.steps, minutes=minutes))


if __name__ == "__main__":
    main()
