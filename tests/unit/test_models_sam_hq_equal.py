"""SAM-HQ's files give, under transformers, the masks of its authors' own package (Ke et al. 2023)."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench_cases.models._hf_families import HQ_SIZES, hq_config
from bench_cases.models._hq_decoder import MENDED
from bench_cases.models._hq_names import hq_names
from bench_cases.models._recognise import recognise
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model
from bench_cases.timing import Clock
from tests.model_examples import WithoutMemory, frame_of, prompt_of

SIZE_YX = (1024, 1024)
"""That of the network, so that both sides see the same pixels, whoever resizes."""

TOLERANCE = 1e-5

MICRO = (32, 2, 2, (1,))


@pytest.fixture(scope="module")
def authors() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it registers models that timm has, by a way that timm has left
        return pytest.importorskip("segment_anything_hq", reason="not installed: pip install '.[test]'")


def network(authors: Any, size: tuple[int, int, int, tuple[int, ...]]) -> Any:
    width, depth, heads, global_blocks = size
    # By its module's name: the package gives the same name to a function.
    return sys.modules[f"{authors.__name__}.build_sam"]._build_sam(
        encoder_embed_dim=width,
        encoder_depth=depth,
        encoder_num_heads=heads,
        encoder_global_attn_indexes=list(global_blocks),
    )


@pytest.mark.parametrize("kind", ["point", "box", "composite"])
def test_a_file_gives_the_masks_and_logits_of_the_authors_package(
    authors: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(HQ_SIZES, "sam_hq_vit_b", MICRO)  # all but the encoder at its true size
    torch.manual_seed(0)
    theirs = network(authors, MICRO).eval()
    torch.save(theirs.state_dict(), tmp_path / "sam_hq_vit_b.pth")
    model = load_model(parse_checkpoint(f"hq={tmp_path / 'sam_hq_vit_b.pth'}@sam_hq_vit_b"), device="cpu")
    assert model.settings["decoder"] == MENDED
    assert model.image is not None

    frame, prompt = frame_of(SIZE_YX), prompt_of(kind, SIZE_YX)
    predictor = authors.SamPredictor(theirs)
    predictor.set_image(frame)
    asked = {
        "point_coords": np.array(prompt.points_xy) if prompt.points_xy else None,
        "point_labels": np.array(prompt.labels) if prompt.points_xy else None,
        "box": None if prompt.box_xyxy is None else np.array(prompt.box_xyxy),
    }
    decoded = model.image.decode(model.image.embed(frame, clock=Clock()), prompt, clock=Clock())
    assert hasattr(decoded, "logits")
    # The authors hand out the most confident of three, with the high-quality mask added, as transformers' first.
    for multimask, place in ((False, "single"), (True, 0)):
        full, iou, logits = predictor.predict(**asked, multimask_output=multimask, return_logits=True)
        mine = model.image.mask_of(decoded, place, clock=Clock())  # type: ignore[arg-type]
        clear = np.abs(full[0]) > TOLERANCE  # of a million pixels a few lie on the edge of the threshold
        np.testing.assert_array_equal(mine.mask_yx[clear], full[0][clear] > 0)
        assert clear.mean() > 0.99
        assert 0 < mine.mask_yx.mean() < 1
        assert mine.score == pytest.approx(float(iou[0]), abs=1e-5)
        ours = decoded.logits[:, 0 if place == "single" else 1]
        torch.testing.assert_close(ours, torch.from_numpy(logits), rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("arch", HQ_SIZES)
def test_a_published_file_is_recognised_and_each_of_its_weights_has_a_place(authors: Any, arch: str) -> None:
    from transformers import SamHQModel

    with WithoutMemory():
        theirs = network(authors, HQ_SIZES[arch]).state_dict()
    with torch.device("meta"):
        ours = SamHQModel(hq_config(arch)).state_dict()
    assert recognise({name: tuple(value.shape) for name, value in theirs.items()}) == arch
    assert {name: value.shape for name, value in hq_names(theirs).items()} == {
        name: value.shape for name, value in ours.items()
    }
