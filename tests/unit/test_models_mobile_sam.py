"""MobileSAM's way through the loader, on a stand-in for its package with the published names of weights."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor

from bench_cases.errors import CheckpointError
from bench_cases.models._choose import AllMasks
from bench_cases.models._facts import source_sha256
from bench_cases.models.checkpoints import resolve, unrunnable
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model
from bench_cases.timing import Clock
from tests import mobile_sam_stand_in
from tests.model_examples import frame_of, prompt_of

SIZE_YX = (160, 256)


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "installed" / "mobile_sam"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from tests.mobile_sam_stand_in import sam_model_registry\n")
    monkeypatch.syspath_prepend(folder.parent)
    monkeypatch.delitem(sys.modules, "mobile_sam", raising=False)
    source_sha256.cache_clear()
    yield
    sys.modules.pop("mobile_sam", None)
    source_sha256.cache_clear()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    state = mobile_sam_stand_in.build().state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            state[name] = torch.rand_like(value) if "bn." in name else 0.3 * torch.randn_like(value)
    torch.save(state, tmp_path / "mobile_sam.pt")
    return tmp_path / "mobile_sam.pt"


def test_the_file_is_recognised_loaded_and_gives_the_packages_masks(weights: Path) -> None:
    checkpoint = parse_checkpoint(f"tiny={weights}")
    assert (checkpoint.backend, checkpoint.arch, checkpoint.modes) == ("segment_anything", "vit_t", ("image",))
    model = load_model(checkpoint, device="cpu")
    assert (model.settings["image_size"], model.settings["library_sha256"] != "not installed") == (256, True)
    theirs = mobile_sam_stand_in.build()
    theirs.load_state_dict(torch.load(weights, weights_only=True))
    theirs.eval()  # once more: the table of biases is worked out then
    frame, prompt, clock = frame_of(SIZE_YX), prompt_of("composite", SIZE_YX), Clock()
    predictor = SamPredictor(theirs)
    predictor.set_image(frame)
    masks, iou, logits = predictor.predict(
        np.array(prompt.points_xy), np.array(prompt.labels), np.array(prompt.box_xyxy), multimask_output=False
    )
    assert model.image is not None
    decoded = model.image.decode(model.image.embed(frame, clock=clock), prompt, clock=clock)
    assert isinstance(decoded, AllMasks)
    torch.testing.assert_close(decoded.logits[0, :1], torch.from_numpy(logits), rtol=0, atol=1e-5)
    assert logits.std() > 0.1
    ours = model.image.mask_of(decoded, clock=clock)
    np.testing.assert_array_equal(ours.mask_yx, masks[0])
    assert ours.score == pytest.approx(float(iou[0]), abs=1e-6)


def test_weights_of_another_network_are_refused_by_name(weights: Path) -> None:
    state = torch.load(weights, weights_only=True)
    state["image_encoder.layers.3.blocks.1.attn.attention_biases"] = torch.zeros(10, 49)
    torch.save(state, weights)
    with pytest.raises(CheckpointError, match=r"layers\.3\.blocks\.1\.attn\.attention_biases"):
        load_model(parse_checkpoint(f"tiny={weights}@vit_t"), device="cpu")


def test_the_record_in_the_table_can_be_run_once_the_package_is_there() -> None:
    record = resolve("mobile_sam")
    assert unrunnable(record) is None
    assert "needs the package" in str(unrunnable(replace(record, requires="no_such_module: pip install it")))
