"""Interactive refinement in image mode: a prompt on a slice, a look at the mask, a click, and so on.

Each click goes into the decoder with all points before it and, where the model takes it, with the logits of the mask
that the user looked at (Kirillov et al. 2023, §5 and appendix A; Ravi et al. 2024). The reference is used here, to
click as a user would who knows the structure; no model ever sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Decoded, Embedding, ImageSegmenter, MaskChoice, Previous
from bench_cases.engine.oracle import match
from bench_cases.prompt import Prompt
from bench_cases.prompting.next_click import Correction, next_click
from bench_cases.prompting.strategy import Choice
from bench_cases.timing import Clock

FED_BACK: Mapping[bool, str] = {
    True: "fed back",
    False: "not fed back: the model takes points and boxes alone",
}
"""What a report says of the mask before a click."""


class Refinement(NamedTuple):
    """The masks of one slice after 0, 1, ... clicks, and the clicks; fewer than allowed where no error was left."""

    masks_yx: list[NDArray[np.bool_]]
    corrections: list[Correction]


def refine(
    model: ImageSegmenter,
    embedding: Embedding,
    prompt: Prompt,
    *,
    choice: Choice,
    clicks: int,
    reference_yx: NDArray[np.bool_],
    clock: Clock,
) -> Refinement:
    """Segment one slice and correct the mask by up to `clicks` clicks; ``choice`` holds after each of them."""
    refinement = Refinement([], [])
    previous: Previous | None = None
    while True:
        decoded = model.decode(embedding, prompt, previous=previous, clock=clock)
        mask_yx, chosen = _look(model, decoded, choice, reference_yx, clock)
        refinement.masks_yx.append(mask_yx)
        correction = next_click(mask_yx, reference_yx)
        if correction is None or len(refinement.corrections) == clicks:
            return refinement
        refinement.corrections.append(correction)
        prompt = prompt.and_point(correction.x, correction.y, correction.label)
        previous = Previous(decoded, chosen) if model.feeds_back else None


def _look(
    model: ImageSegmenter, decoded: Decoded, choice: Choice, reference_yx: NDArray[np.bool_], clock: Clock
) -> tuple[NDArray[np.bool_], MaskChoice | int]:
    """Return the mask that the user sees, and which it is."""
    if choice != "oracle":
        return model.mask_of(decoded, choice, clock=clock).mask_yx, choice
    masks = [model.mask_of(decoded, number, clock=clock).mask_yx for number in range(decoded.candidates)]
    best = max(range(len(masks)), key=lambda number: match(masks[number], reference_yx))  # the first on ties
    return masks[best], best


def describe_clicks(*, allowed: int, given: int, feeds_back: bool, where: str) -> dict[str, Any]:
    """Return what a report says of the clicks of one volume."""
    return {
        "allowed": allowed,
        "given": given,
        "where": where,
        "rule": "the deepest point of the largest error component",
        "placed_by": "a simulated user who knows the reference",
        "previous_mask": FED_BACK[feeds_back],
    }
