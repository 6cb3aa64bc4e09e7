"""The prompts of the training: what a person or the benchmark's rules would give for a mask.

`inside_point` restates the inside rule of Gutiérrez et al. 2025 in a form that is fast enough to run on every sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.focus import BROAD, Focus

Mask = NDArray[np.bool_]
BOX_START, BOX_END = 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPrompt:
    """Points in pixels of the frame, with SAM's labels: 1 in, 0 out; ``box_xyxy`` may be missing."""

    points_xy: NDArray[np.float32]
    labels: NDArray[np.int64]
    box_xyxy: NDArray[np.float32] | None

    def joined(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the points with the box as its two corners in front, as SAM 2 takes it."""
        if self.box_xyxy is None:
            return self.points_xy, self.labels
        corners = self.box_xyxy.reshape(2, 2)
        labels = np.concatenate([np.array([BOX_START, BOX_END], np.int64), self.labels])
        return np.concatenate([corners, self.points_xy]).astype(np.float32), labels


def inside_point(mask_yx: Mask) -> tuple[int, int]:
    """Return ``(x, y)`` inside the mask, near its centre of mass and in the middle of its local run."""
    rows, columns = np.nonzero(mask_yx)
    y, x = round(float(rows.mean())), round(float(columns.mean()))
    if not mask_yx[y, x]:
        up, down = rows[(columns == x) & (rows < y)], rows[(columns == x) & (rows > y)]
        left, right = columns[(rows == y) & (columns < x)], columns[(rows == y) & (columns > x)]
        best = max((up, down, left, right), key=len)
        if len(best) == 0:
            nearest = int(np.argmin((rows - y) ** 2 + (columns - x) ** 2))
            y, x = int(rows[nearest]), int(columns[nearest])
        elif best is up or best is down:
            y = int(best[len(best) // 2])
        else:
            x = int(best[len(best) // 2])
    across, along = _run(mask_yx[y], x), _run(mask_yx[:, x], y)
    if across[1] - across[0] >= along[1] - along[0]:
        return sum(across) // 2, y
    return x, sum(along) // 2


def _run(line: Mask, at: int) -> tuple[int, int]:
    gaps = np.flatnonzero(~line)
    k = int(np.searchsorted(gaps, at))
    return (int(gaps[k - 1]) + 1 if k else 0), (int(gaps[k]) - 1 if k < len(gaps) else len(line) - 1)


def tight_box(mask_yx: Mask) -> NDArray[np.float32]:
    """Return ``x0, y0, x1, y1`` around the mask, maxima inclusive."""
    rows, columns = np.flatnonzero(mask_yx.any(axis=1)), np.flatnonzero(mask_yx.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1], rows[-1]], np.float32)


def composite(parts: list[Mask]) -> TrainingPrompt:
    """Return the benchmark's main prompt: a box around all parts, a point in each, a negative at the box's centre."""
    box = tight_box(np.logical_or.reduce(parts))
    inside = [inside_point(part) for part in parts]
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return TrainingPrompt(
        points_xy=np.array([*inside, centre], np.float32),
        labels=np.array([1] * len(inside) + [0], np.int64),
        box_xyxy=box,
    )


def random_points(mask_yx: Mask, count: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw pixels of the mask, with replacement."""
    rows, columns = np.nonzero(mask_yx)
    pick = rng.integers(len(rows), size=count)
    return np.stack([columns[pick], rows[pick]], axis=1).astype(np.float32)


def draw_prompt(parts: list[Mask], rng: np.random.Generator, focus: Focus = BROAD) -> TrainingPrompt:
    """Draw one of the prompt kinds for the union of ``parts``.

    A single point for two lungs is left out: it cannot say whether one lung or both are meant.
    """
    union: Mask = np.logical_or.reduce(parts)
    dwell = rng.random()
    if len(parts) > 1 and dwell < focus.one_label:
        return composite([union])
    if dwell < focus.one_label + focus.composite:
        return composite(parts)
    kind = rng.random()
    if kind < 0.38:
        prompt = composite(parts)
    elif kind < 0.56:
        # A data set that stores both lungs under one id has one positive point for the two.
        prompt = composite([union])
    elif kind < 0.68:
        prompt = _plain_box(union)
    elif kind < 0.79:
        centres = np.array([inside_point(part) for part in parts], np.float32)
        box = tight_box(union) if len(parts) > 1 or rng.random() < 0.35 else None
        prompt = TrainingPrompt(points_xy=centres, labels=np.ones(len(centres), np.int64), box_xyxy=box)
    elif kind < 0.91:
        points = np.concatenate([random_points(part, int(rng.integers(1, 3)), rng) for part in parts])
        box = tight_box(union) if rng.random() < 0.3 else None
        prompt = TrainingPrompt(points_xy=points, labels=np.ones(len(points), np.int64), box_xyxy=box)
    else:
        prompt = _with_negatives(parts, union, rng)
    return _shaken(prompt, union, rng) if rng.random() < 0.35 else prompt


def _plain_box(union: Mask) -> TrainingPrompt:
    return TrainingPrompt(
        points_xy=np.zeros((0, 2), np.float32), labels=np.zeros(0, np.int64), box_xyxy=tight_box(union)
    )


def _with_negatives(parts: list[Mask], union: Mask, rng: np.random.Generator) -> TrainingPrompt:
    """Positives at random and one or two negatives outside the mask but in its neighbourhood."""
    positives = np.concatenate([random_points(part, 1, rng) for part in parts])
    x0, y0, x1, y1 = tight_box(union).astype(int)
    mx, my = (x1 - x0) // 4 + 4, (y1 - y0) // 4 + 4
    window = np.zeros_like(union)
    window[max(y0 - my, 0) : y1 + my, max(x0 - mx, 0) : x1 + mx] = True
    outside = window & ~union
    count = int(rng.integers(1, 3)) if outside.any() else 0
    negatives = random_points(outside, count, rng) if count else np.zeros((0, 2), np.float32)
    return TrainingPrompt(
        points_xy=np.concatenate([positives, negatives]),
        labels=np.array([1] * len(positives) + [0] * count, np.int64),
        box_xyxy=tight_box(union) if rng.random() < 0.5 else None,
    )


def _shaken(prompt: TrainingPrompt, union: Mask, rng: np.random.Generator) -> TrainingPrompt:
    """Move the box by a few percent of its side, as a human's would be."""
    if prompt.box_xyxy is None:
        return prompt
    x0, y0, x1, y1 = prompt.box_xyxy
    share = rng.uniform(0, 0.06)
    size = np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0], np.float32)
    moved = prompt.box_xyxy + rng.uniform(-1, 1, 4).astype(np.float32) * (share * size + 1)
    box = np.clip(moved, 0, max(union.shape) - 1).astype(np.float32)
    return TrainingPrompt(points_xy=prompt.points_xy, labels=prompt.labels, box_xyxy=box)
