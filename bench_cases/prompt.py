"""The noun `Prompt`: points with labels, a box, a mask, on one frame."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import StrategyError

POSITIVE = 1
NEGATIVE = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prompt:
    """What a model is told on one frame. Coordinates are pixels of the original frame, ``x`` right, ``y`` down.

    Parameters
    ----------
    size_yx
        Height and width of the frame that the coordinates refer to.
    points_xy
        ``(x, y)`` pairs at pixel centres.
    labels
        One label a point: 1 positive (inside), 0 negative (outside).
    box_xyxy
        ``x0, y0, x1, y1``; the maximum is inclusive: a box around one pixel has ``x0 == x1``.
    mask_yx
        A boolean mask of the frame's size.
    apart
        Further prompts on the same frame. Each is predicted on its own and the masks are joined by union.
    """

    size_yx: tuple[int, int]
    points_xy: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()
    box_xyxy: tuple[float, float, float, float] | None = None
    mask_yx: NDArray[np.bool_] | None = None
    apart: tuple[Prompt, ...] = ()

    def __post_init__(self) -> None:
        if len(self.points_xy) != len(self.labels):
            msg = f"{len(self.points_xy)} points and {len(self.labels)} labels; expected one label for each point."
            raise StrategyError(msg)
        if not self.points_xy and self.box_xyxy is None and self.mask_yx is None:
            msg = "an empty prompt; expected at least one point, a box or a mask."
            raise StrategyError(msg)
        if any(label not in (POSITIVE, NEGATIVE) for label in self.labels):
            msg = f"point labels {self.labels}; expected 1 (positive) or 0 (negative)."
            raise StrategyError(msg)
        if self.mask_yx is not None and self.mask_yx.shape != self.size_yx:
            msg = f"a mask prompt of shape {self.mask_yx.shape} on a frame of {self.size_yx}; expected the same size."
            raise StrategyError(msg)
        height, width = self.size_yx
        corners = () if self.box_xyxy is None else (self.box_xyxy[:2], self.box_xyxy[2:])
        for x, y in (*self.points_xy, *corners):
            if not (0 <= x <= width - 1 and 0 <= y <= height - 1):
                msg = f"the prompt touches ({x}, {y}), outside a frame {width} wide and {height} high."
                raise StrategyError(msg)
        if self.box_xyxy is not None and (self.box_xyxy[0] > self.box_xyxy[2] or self.box_xyxy[1] > self.box_xyxy[3]):
            msg = f"a box {self.box_xyxy} whose minimum lies beyond its maximum; expected x0 <= x1 and y0 <= y1."
            raise StrategyError(msg)
        if any(part.apart or part.size_yx != self.size_yx for part in self.apart):
            msg = f"prompts to be predicted apart are nested, or of other frames than {self.size_yx}; expected neither."
            raise StrategyError(msg)

    @property
    def parts(self) -> tuple[Prompt, ...]:
        """The prompts that are predicted on their own, one or more."""
        return (replace(self, apart=()), *self.apart) if self.apart else (self,)

    @property
    def n_boxes(self) -> int:
        """Number of boxes, over all parts."""
        return int(self.box_xyxy is not None) + sum(part.n_boxes for part in self.apart)

    @property
    def n_points(self) -> int:
        """Number of points, positive and negative, over all parts."""
        return len(self.points_xy) + sum(part.n_points for part in self.apart)

    def and_point(self, x: float, y: float, label: int) -> Prompt:
        """Return the prompt with one more point.

        Raises
        ------
        StrategyError
            When the point lies outside the frame or its label is none.
        """
        return replace(self, points_xy=(*self.points_xy, (float(x), float(y))), labels=(*self.labels, label))

    def scaled_to(self, size_yx: tuple[int, int]) -> Prompt:
        """Carry points and box over to a frame of another size, keeping relative positions of pixel centres.

        Raises
        ------
        StrategyError
            For a mask prompt, which has no meaning on another frame.
        """
        if size_yx == self.size_yx:
            return self
        if self.mask_yx is not None:
            msg = f"a mask prompt drawn on a frame of {self.size_yx} cannot be carried to one of {size_yx}."
            raise StrategyError(msg)
        scale_y = size_yx[0] / self.size_yx[0]
        scale_x = size_yx[1] / self.size_yx[1]

        def carry(x: float, y: float) -> tuple[float, float]:
            return (
                min(max((x + 0.5) * scale_x - 0.5, 0.0), size_yx[1] - 1.0),
                min(max((y + 0.5) * scale_y - 0.5, 0.0), size_yx[0] - 1.0),
            )

        box = self.box_xyxy
        return Prompt(
            size_yx=size_yx,
            points_xy=tuple(carry(x, y) for x, y in self.points_xy),
            labels=self.labels,
            box_xyxy=None if box is None else (*carry(box[0], box[1]), *carry(box[2], box[3])),
            apart=tuple(part.scaled_to(size_yx) for part in self.apart),
        )

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready record; a mask is represented by its SHA-256 and area, never by its pixels."""
        record: dict[str, Any] = {
            "size_yx": list(self.size_yx),
            "points_xy": [list(point) for point in self.points_xy],
            "labels": list(self.labels),
            "box_xyxy": None if self.box_xyxy is None else list(self.box_xyxy),
        }
        if self.mask_yx is not None:
            packed = np.packbits(self.mask_yx).tobytes()
            record["mask"] = {"sha256": hashlib.sha256(packed).hexdigest(), "area_px": int(self.mask_yx.sum())}
        if self.apart:
            record["apart"] = [part.to_json() for part in self.apart]
        return record

    def digest(self) -> str:
        """SHA-256 of the canonical JSON form, hex."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()
