"""The plain script of video mode: JPEG files in a folder, ``init_state``, a prompt, ``propagate_in_video``.

One strategy at a time, one pass after the other, each with a folder of its own, as the studies did.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.contracts import LoadedModel, Precision, PromptRule
from bench_cases.engine.passes import Pass, plan
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.scratch import scratch
from bench_cases.speed.contender import Masks, Work
from bench_cases.speed.library import as_in_the_readme, network_of
from bench_cases.speed.naive import one_after_the_other
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def propagate_volume(
    volume: Volume,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    precision: Precision,
    clock: Clock,
) -> Work:
    """Segment a volume by sam2's own predictor; prompts, passes and scores are those of the engine.

    The predictor cannot be told to take the ``first`` of three masks; it does the same work and takes its own choice.
    """
    predictor = network_of(model)
    frames = FrameSequence(volume=volume)

    def paint(strategy: Strategy, predicted: Masks) -> None:
        for walk in plan(strategy, volume, rules[strategy.prompt]):
            with scratch("speed") as folder:
                with clock.stage("prepare"):
                    _write(folder, frames, walk)
                # The library's progress bars are noise here, and would be timed.
                with redirect_stderr(io.StringIO()), as_in_the_readme(model, precision):
                    _walk(predictor, str(folder), walk, predicted, clock)

    return one_after_the_other(volume, strategies, paint, clock=clock)


def _write(folder: Path, frames: FrameSequence, walk: Pass) -> None:
    """Write the frames of a pass as the studies did, with Pillow's default quality."""
    from PIL import Image

    for position, key in enumerate(walk.keys):
        Image.fromarray(frames.at(key)).save(folder / f"{position:05d}.jpg")


def _walk(predictor: Any, folder: str, walk: Pass, predicted: Masks, clock: Clock) -> None:
    with clock.stage("to_device"):
        state = predictor.init_state(folder)
    with clock.stage("propagate"):
        for position, prompt in walk.by_position.items():
            for number, part in enumerate(prompt.parts):
                _tell(predictor, state, position, number, part)
        # From the first frame: by default it begins at the first prompt, and frames before that get no mask.
        for position, _, logits in predictor.propagate_in_video(state, start_frame_idx=0):
            if walk.keep[position]:
                predicted[int(walk.keys[position])] |= (logits[:, 0] > 0).any(0).cpu().numpy()


def _tell(predictor: Any, state: Any, position: int, number: int, prompt: Prompt) -> None:
    if prompt.mask_yx is not None:
        predictor.add_new_mask(state, position, number, prompt.mask_yx)
        return
    predictor.add_new_points_or_box(
        state,
        position,
        number,
        points=np.array(prompt.points_xy, np.float32) if prompt.points_xy else None,
        labels=np.array(prompt.labels, np.int32) if prompt.points_xy else None,
        box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy, np.float32),
    )
