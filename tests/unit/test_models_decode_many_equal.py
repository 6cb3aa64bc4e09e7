"""Every other image adapter decodes prompts on many frames in one run, with the masks of each prompt alone.

``test_models_batches_equal.py`` holds the micro models to the same. Random weights make much of a last bit: so the
models of transformers compute in double precision here, where what is not rounding would stand out.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from bench_cases.contracts import BatchDecoder, BatchEmbedder, Choice, MaskChoice
from bench_cases.errors import StrategyError
from bench_cases.models._hf_families import FAMILIES
from bench_cases.models._hf_image import HfImage
from bench_cases.models._hq_decoder import mend
from bench_cases.models._medsam import MedSamImage
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.hf_examples import IMAGE, VIDEO, build, processors
from tests.model_examples import frame_of, load_untrained, prompt_of

CHOICES: tuple[MaskChoice | int, ...] = ("single", "confident", "first", 0, 1, 2)
KINDS = ("point", "box", "composite")
SIZES_YX = ((40, 56), (56, 40), (64, 64))


class Ready(NamedTuple):
    """A model, embeddings of frames of several sizes, the first of them three times, and by how much logits differ."""

    segmenter: Any
    embeddings: list[Any]
    tolerance: float


def embedded(segmenter: Any) -> list[Any]:
    found = [segmenter.embed(frame_of(size_yx, seed), clock=Clock()) for seed, size_yx in enumerate(SIZES_YX)]
    return [*found, found[0], found[0]]


def of_medsam() -> Ready:
    # The steps on a network of 2 million weights: MedSAM's own has 94.
    module = load_untrained("sam_micro").image.module  # type: ignore[union-attr]
    segmenter = MedSamImage(module=module, device="cpu", precision="fp32")
    return Ready(segmenter, embedded(segmenter), 1e-5)


def of_transformers(arch: str) -> Ready:
    module = build(arch)
    if arch == "SamHQ":
        mend(module.mask_decoder)
    processor = processors(arch).image_processor
    segmenter = HfImage(module=module, processor=processor, family=FAMILIES[arch], device="cpu", precision="fp32")
    in_single = embedded(segmenter)
    module.double()
    in_double = [replace(one, maps=tuple(level.double() for level in one.maps)) for one in in_single]
    return Ready(segmenter, in_double, 1e-10)


@pytest.fixture(scope="module", params=["MedSam", *IMAGE, *VIDEO])
def ready(request: pytest.FixtureRequest) -> Ready:
    return of_medsam() if request.param == "MedSam" else of_transformers(request.param)


def on_each(embeddings: list[Any], kind: str) -> list[Prompt]:
    """Another prompt on each."""
    return [shifted(prompt_of(kind, one.size_yx), number) for number, one in enumerate(embeddings)]


def shifted(prompt: Prompt, by: int) -> Prompt:
    box = prompt.box_xyxy
    return Prompt(
        size_yx=prompt.size_yx,
        points_xy=tuple((x + by, y) for x, y in prompt.points_xy),
        labels=prompt.labels,
        box_xyxy=None if box is None else (box[0] + by, *box[1:]),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_prompts_on_one_and_on_many_frames_decoded_together_give_the_masks_of_each_alone(
    ready: Ready, kind: str
) -> None:
    segmenter, embeddings, tolerance = ready
    prompts, clock = on_each(embeddings, kind), Clock()
    if isinstance(segmenter, MedSamImage) and kind != "box":
        with pytest.raises(StrategyError, match=r"was given to MedSAM; expected a box alone"):
            segmenter.decode_many(embeddings, prompts, clock=clock)
        return
    together = segmenter.decode_many(embeddings, prompts, clock=clock)
    alone = [segmenter.decode(*pair, clock=Clock()) for pair in zip(embeddings, prompts, strict=True)]
    assert len(clock.samples_s["predict"]) == 1
    for ours, plain in zip(together, alone, strict=True):
        assert ours.embedding is plain.embedding
        torch.testing.assert_close(ours.logits, plain.logits, rtol=0, atol=tolerance)
        torch.testing.assert_close(ours.iou, plain.iou, rtol=0, atol=tolerance)
    masks = segmenter.masks_of([Choice(*it) for it in product(together, CHOICES)], clock=clock)
    assert len(clock.samples_s["to_host"]) == 1
    plain_masks = [segmenter.mask_of(*it, clock=Clock()) for it in product(alone, CHOICES)]
    for prediction, expected in zip(masks, plain_masks, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, expected.mask_yx)
        assert prediction.score == pytest.approx(expected.score, abs=tolerance)
    assert any(prediction.mask_yx.any() and not prediction.mask_yx.all() for prediction in masks)


def test_a_single_prompt_decoded_as_a_batch_has_the_bits_of_one_decoded_alone(ready: Ready) -> None:
    embedding = ready.embeddings[0]
    box = prompt_of("box", embedding.size_yx)
    (together,) = ready.segmenter.decode_many([embedding], [box], clock=Clock())
    alone = ready.segmenter.decode(embedding, box, clock=Clock())
    assert torch.equal(together.logits, alone.logits)
    assert torch.equal(together.iou, alone.iou)


def test_it_offers_all_that_the_engine_can_ask_of_it(ready: Ready) -> None:
    assert isinstance(ready.segmenter, BatchEmbedder)
    assert isinstance(ready.segmenter, BatchDecoder)
