"""The plain loop of image mode: for each strategy and slice ``set_image``, then ``predict``, one prompt at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench_cases.contracts import LoadedModel, Precision, PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed.contender import Masks, Work
from bench_cases.speed.library import as_in_the_readme, slice_predictor
from bench_cases.speed.naive import one_after_the_other
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def segment_slices(
    volume: Volume,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    precision: Precision,
    clock: Clock,
) -> Work:
    """Segment a volume as a short script would; frames, prompts and scores are made by the same code as the engine's.

    What is compared is then how the network is used, and nothing else.
    """
    predictor = slice_predictor(model)
    frames = FrameSequence(volume=volume)

    def paint(strategy: Strategy, predicted: Masks) -> None:
        for z in (int(place) for place in volume.nonempty_slices()):
            prompt = draw_prompt(volume, z, rules[strategy.prompt])
            with clock.stage("prepare"):
                frame = frames[z]
            with as_in_the_readme(model, precision):
                with clock.stage("embed"):
                    predictor.set_image(frame)
                with clock.stage("predict"):
                    for part in prompt.parts:
                        predicted[z] |= _predict(predictor, part, strategy.choice)

    return one_after_the_other(volume, strategies, paint, clock=clock)


def _predict(predictor: Any, prompt: Prompt, choice: str) -> Any:
    """Return the mask of one prompt, ``(Y, X)``, as a script that follows the library's example takes it."""
    several = choice != "single"
    points = np.array(prompt.points_xy, float) if prompt.points_xy else None
    labels = np.array(prompt.labels, int) if prompt.points_xy else None
    box = None if prompt.box_xyxy is None else np.array(prompt.box_xyxy, float)
    if hasattr(predictor, "predict_torch"):
        masks, iou = _of_sam(predictor, points, labels, box, several=several)
    else:
        masks, iou, _ = predictor.predict(point_coords=points, point_labels=labels, box=box, multimask_output=several)
    return masks[int(np.argmax(iou)) if choice == "confident" else 0] > 0


def _of_sam(predictor: Any, points: Any, labels: Any, box: Any, *, several: bool) -> tuple[Any, Any]:
    """Do what ``SamPredictor.predict`` does, which cannot hand out an IoU of fewer bits: numpy has no bfloat16."""
    import torch

    told = boxes = None
    if points is not None:
        coordinates = predictor.transform.apply_coords(points, predictor.original_size)
        told = torch.as_tensor(coordinates, dtype=torch.float, device=predictor.device)[None]
        labels = torch.as_tensor(labels, dtype=torch.int, device=predictor.device)[None]
    if box is not None:
        corners = predictor.transform.apply_boxes(box, predictor.original_size)
        boxes = torch.as_tensor(corners, dtype=torch.float, device=predictor.device)
    masks, iou, _ = predictor.predict_torch(told, labels, boxes, None, several)
    return masks[0].cpu().numpy(), iou[0].float().cpu().numpy()
