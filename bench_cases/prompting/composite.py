"""The composite prompt of Gutiérrez et al. 2025: a box around all labels, a positive in each, one negative.

For lungs that is one box, two positive points and one negative. The paper's text puts the negative at the centre of
the frame, its code at the centre of the box; the code made the numbers, so that is ``composite``, and the text's
reading is ``composite-framecentre``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind
from bench_cases.errors import StrategyError
from bench_cases.prompt import NEGATIVE, POSITIVE, Prompt
from bench_cases.prompting._inside import inside_point


def tight_box(mask_yx: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return ``x0, y0, x1, y1`` of the smallest box around a mask, maxima inclusive.

    >>> mask = np.zeros((4, 5), bool); mask[1:3, 2:5] = True
    >>> tight_box(mask)
    (2.0, 1.0, 4.0, 2.0)
    """
    rows = np.flatnonzero(mask_yx.any(axis=1))
    columns = np.flatnonzero(mask_yx.any(axis=0))
    return float(columns[0]), float(rows[0]), float(columns[-1]), float(rows[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """One box, one positive point a label, one negative point.

    Parameters
    ----------
    negative_at
        ``"box"``: the centre of the box; ``"frame"``: the centre of the frame.
    """

    name: str
    negative_at: str
    gives: ClassVar[frozenset[PromptKind]] = frozenset({"points", "box"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:  # noqa: ARG002 - nothing is random
        """Draw the prompt for one slice; `seed` is not used.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        mask = labels_yx > 0
        if not mask.any():
            msg = "a composite prompt was asked for on a slice without the target; expected at least one pixel of it."
            raise StrategyError(msg)
        box = tight_box(mask)
        positives = [inside_point(labels_yx == label) for label in np.unique(labels_yx[mask])]
        height, width = labels_yx.shape
        extent = box if self.negative_at == "box" else (0.0, 0.0, width - 1.0, height - 1.0)
        negative = ((extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2)
        return Prompt(
            size_yx=(height, width),
            points_xy=(*((float(x), float(y)) for x, y in positives), negative),
            labels=(*(POSITIVE for _ in positives), NEGATIVE),
            box_xyxy=box,
        )


RULES = (
    Composite(name="composite", negative_at="box"),
    Composite(name="composite-framecentre", negative_at="frame"),
)
