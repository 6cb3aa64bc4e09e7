"""What does loading once save? One image to its mask with a loaded checkpoint, against loading anew for each image.

`benchmark` is asked for last, as in ``test_latency.py``.
"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases.contracts import ImageSegmenter
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


@pytest.mark.benchmark(group="loading: one image to its mask")
def test_load_once(
    segmenter: ImageSegmenter, frame: Frame, prompt: Prompt, synchronised: Wrap, benchmark: BenchmarkFixture
) -> None:
    """The checkpoint stays loaded; an image costs embedding and prediction."""
    prediction = benchmark(synchronised(one_image), segmenter, frame, prompt)
    assert prediction.mask_yx.shape == frame.shape[:2]


@pytest.mark.benchmark(group="loading: one image to its mask")
def test_reload(
    reload_segmenter: Callable[[], ImageSegmenter],
    frame: Frame,
    prompt: Prompt,
    synchronised: Wrap,
    benchmark: BenchmarkFixture,
) -> None:
    """Each image pays for reading, building and moving the checkpoint and a first inference (page cache warm)."""
    anew = synchronised(lambda: one_image(reload_segmenter(), frame, prompt))
    assert benchmark.pedantic(anew, rounds=3, warmup_rounds=1).mask_yx.shape == frame.shape[:2]


def one_image(segmenter: ImageSegmenter, frame: Frame, prompt: Prompt) -> Any:
    """Embed and predict."""
    return segmenter.predict(segmenter.embed(frame, clock=Clock()), prompt, clock=Clock())
