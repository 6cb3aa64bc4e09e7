"""Where training lays a body in its frame."""

from __future__ import annotations

import numpy as np
import pytest

from bench_cases.models.micro import poses
from bench_cases.models.micro.poses import SAM2_CANVAS, SAM_CANVAS, Canvas, Display, Pose, draw_pose

AS_IT_IS = Display(flip_x=False, flip_y=False, quarter=False)


def drawn(seed: int, canvas: Canvas) -> Pose:
    return draw_pose(AS_IT_IS, (256, 256), np.random.Generator(np.random.PCG64(seed)), canvas)


def test_a_low_frame_shows_the_whole_slice_or_is_filled_from_side_to_side(monkeypatch: pytest.MonkeyPatch) -> None:
    low = [seed for seed in range(60) if drawn(seed, SAM_CANVAS).size_yx[0] < SAM_CANVAS.side]
    assert 15 < len(low) < 45
    for seed in low:
        monkeypatch.setattr(poses, "FILLED", 0.0)
        whole = drawn(seed, SAM_CANVAS)
        monkeypatch.setattr(poses, "FILLED", 1.0)
        filled = drawn(seed, SAM_CANVAS)
        height, width = whole.size_yx
        # The frame's corners are nearer to the body's middle by as much as the frame is lower than wide.
        assert np.allclose(filled.matrix[:, :2], whole.matrix[:, :2] * height / width, rtol=1e-5)


def test_a_stretched_frame_is_always_full() -> None:
    assert {drawn(seed, SAM2_CANVAS).size_yx for seed in range(20)} == {(SAM2_CANVAS.side, SAM2_CANVAS.side)}
