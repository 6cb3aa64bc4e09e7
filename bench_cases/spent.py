"""What a human would have drawn for a segmentation: frames, points, boxes, masks and clicks."""

from __future__ import annotations

from bench_cases.cases import PromptsSpent
from bench_cases.engine.segmentation import Segmentation


def prompts_spent(segmentation: Segmentation, slices_nonempty: int) -> PromptsSpent:
    """Count the prompts of one volume; a dataset's one prompt is charged to the volume it came from.

    A slice that was clicked on counts as a prompted frame, once however often. Clicks are no points: those are of first
    prompts.

    Parameters
    ----------
    slices_nonempty
        Slices that carry the target: the frames that a prompt on every one would take.
    """
    seed = segmentation.details.get("seed")
    foreign = seed is not None and not seed["own_volume"]
    drawn = {} if foreign else segmentation.prompts
    clicks = () if segmentation.rounds is None else segmentation.rounds.clicks
    return PromptsSpent(
        frames=len({*drawn, *(str(click.slice) for click in clicks)}),
        points=sum(prompt.n_points for prompt in drawn.values()),
        boxes=sum(prompt.n_boxes for prompt in drawn.values()),
        masks=sum(prompt.mask_yx is not None for prompt in drawn.values()),
        frames_if_every_slice=slices_nonempty,
        clicks=len(clicks),
    )
