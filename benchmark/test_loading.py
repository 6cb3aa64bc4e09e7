"""What does loading once save? The first mask from a loaded checkpoint, against loading anew before each image."""

from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases.contracts import LoadedModel
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock


def first_mask(model: LoadedModel, frame: Frame, prompt: Prompt) -> bool:
    """Embed, predict, wait for the device; whether anything was painted."""
    mask = model.image.predict(model.image.embed(frame, clock=Clock()), prompt, clock=Clock()).mask_yx
    if model.synchronise is not None:
        model.synchronise()
    return mask.shape == frame.shape[:2]


@pytest.mark.benchmark(group="loading: one image to its mask")
def test_load_once(benchmark: BenchmarkFixture, model: LoadedModel, frame: Frame, prompt: Prompt) -> None:
    """The checkpoint stays loaded; an image costs embedding and prediction."""
    assert benchmark(first_mask, model, frame, prompt)


@pytest.mark.benchmark(group="loading: one image to its mask")
def test_reload(
    benchmark: BenchmarkFixture, reload_model: Callable[[], LoadedModel], frame: Frame, prompt: Prompt
) -> None:
    """Each image pays for reading, building and moving the checkpoint and a first inference (page cache warm)."""
    assert benchmark.pedantic(lambda: first_mask(reload_model(), frame, prompt), rounds=3, warmup_rounds=1)
