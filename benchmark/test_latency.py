"""How long does a user wait? One frame, one prompt, unbatched, synchronised, the checkpoint already loaded."""

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases.contracts import LoadedModel
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock


@pytest.mark.benchmark(group="embedding: one frame through the image encoder")
def test_embedding(benchmark: BenchmarkFixture, model: LoadedModel, frame: Frame, synchronised: Callable) -> None:
    """The image encoder, on the middle frame of the dataset's first volume."""
    embedding = benchmark(synchronised(model.image.embed), frame, clock=Clock())
    assert embedding.size_yx == frame.shape[:2]


@pytest.mark.benchmark(group="prediction: one prompt on an embedding")
def test_prediction(
    benchmark: BenchmarkFixture, model: LoadedModel, frame: Frame, prompt: Prompt, synchronised: Callable
) -> None:
    """The prompt encoder and mask decoder, on an embedding that is there already."""
    embedding = model.image.embed(frame, clock=Clock())
    prediction = benchmark(synchronised(model.image.predict), embedding, prompt, clock=Clock())
    assert prediction.mask_yx.shape == frame.shape[:2]
