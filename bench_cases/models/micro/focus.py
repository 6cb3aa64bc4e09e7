"""What a phase of the training dwells on: a broad first phase, a finish on what is hard, then where the body lies.

The finish goes on from the broad phase's weights with a smaller learning rate. It shows more of the lung's ends, thin
crescents at the base and caps at the apex, whose Dice counts in a mean over slices as much as that of the middle; and
more of the benchmark's own prompt, also with both lungs under one label, as many data sets store them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Focus:
    """Shares of samples, each 0..1.

    Attributes
    ----------
    peak_rate
        Learning rate at the start of the phase; it falls to 1 % on a cosine.
    slice_targets, clip_targets
        How often each target is drawn: both lungs, left lung, right lung, heart, spleen, liver, kidneys, stomach.
    base, apex
        Share of slices drawn from the lowest four, and from the highest three, that show the target.
    composite
        Share of prompts that are the benchmark's composite, beyond those drawn among all kinds.
    one_label
        Share of prompts on two lungs that are a composite of their union, with one positive point.
    """

    peak_rate: float
    slice_targets: tuple[float, ...]
    clip_targets: tuple[float, ...]
    base: float
    apex: float
    composite: float
    one_label: float


BROAD: Final = Focus(
    peak_rate=1.2e-3,
    slice_targets=(0.42, 0.12, 0.12, 0.11, 0.16, 0.05, 0.01, 0.01),
    clip_targets=(0.42, 0.11, 0.11, 0.10, 0.14, 0.10, 0.01, 0.01),
    base=0.25,
    apex=0.25,
    composite=0.0,
    one_label=0.0,
)

FINISH: Final = {
    "sam": Focus(
        peak_rate=5e-4,
        slice_targets=(0.36, 0.07, 0.07, 0.18, 0.28, 0.02, 0.01, 0.01),
        clip_targets=BROAD.clip_targets,
        base=0.35,
        apex=0.20,
        composite=0.30,
        one_label=0.20,
    ),
    "sam2": Focus(
        peak_rate=2.0e-3,
        slice_targets=(0.34, 0.06, 0.06, 0.06, 0.45, 0.01, 0.01, 0.01),
        clip_targets=(0.55, 0.08, 0.08, 0.08, 0.14, 0.05, 0.01, 0.01),
        base=0.30,
        apex=0.15,
        composite=0.40,
        one_label=0.25,
    ),
}

CROPS: Final = Focus(
    peak_rate=4e-4,
    slice_targets=(0.30, 0.06, 0.06, 0.20, 0.33, 0.03, 0.01, 0.01),
    clip_targets=BROAD.clip_targets,
    base=0.25,
    apex=0.15,
    composite=0.40,
    one_label=0.20,
)

PLACES: Final = {
    "sam": CROPS,
    "sam2": Focus(
        peak_rate=5e-4,
        slice_targets=(0.32, 0.06, 0.06, 0.14, 0.36, 0.04, 0.01, 0.01),
        clip_targets=(0.40, 0.06, 0.06, 0.30, 0.12, 0.04, 0.01, 0.01),
        base=0.25,
        apex=0.15,
        composite=0.40,
        one_label=0.25,
    ),
}


def focus_of(phase: str, name: str) -> Focus:
    """Return what a phase of the training of a model, ``"sam"`` or ``"sam2"``, dwells on."""
    return {"broad": BROAD, "finish": FINISH[name], "crops": CROPS, "places": PLACES[name]}[phase]
