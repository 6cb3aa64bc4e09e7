"""How long does a user wait? One frame, one prompt, unbatched, synchronised, the checkpoint already loaded.

`benchmark` is asked for last: where a model or scan cannot be had, it has not begun, and does not add a second error.
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


@pytest.mark.benchmark(group="embedding: one frame through the image encoder")
def test_embedding(segmenter: ImageSegmenter, frame: Frame, synchronised: Wrap, benchmark: BenchmarkFixture) -> None:
    """The image encoder, on the middle frame of the dataset's first volume."""
    embedding = benchmark(synchronised(segmenter.embed), frame, clock=Clock())
    assert embedding.size_yx == frame.shape[:2]


@pytest.mark.benchmark(group="prediction: one prompt on an embedding")
def test_prediction(
    segmenter: ImageSegmenter, frame: Frame, prompt: Prompt, synchronised: Wrap, benchmark: BenchmarkFixture
) -> None:
    """The prompt encoder and mask decoder, on an embedding that is there already."""
    embedding = segmenter.embed(frame, clock=Clock())
    prediction = benchmark(synchronised(segmenter.predict), embedding, prompt, clock=Clock())
    assert prediction.mask_yx.shape == frame.shape[:2]
