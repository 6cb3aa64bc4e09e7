"""EfficientTAM's way through the loader, on a stand-in for its package with the published names of weights."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.utils import instantiate

from bench_cases.errors import SelectionError
from bench_cases.models import _efficienttam
from bench_cases.models._choose import AllMasks
from bench_cases.models._facts import source_sha256
from bench_cases.models._sam2_build import POSTPROCESSING
from bench_cases.models._sam2_image import LOGIT_BOUND
from bench_cases.models.checkpoints import resolve, unrunnable
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model
from bench_cases.timing import Clock
from tests import efficient_tam_stand_in
from tests.model_examples import frame_of, prompt_of
from tests.unit.test_models_sam2_video_equal import jpeg, library

SIZE_YX = (160, 256)


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    efficient_tam_stand_in.install(tmp_path / "installed", _efficienttam.CONFIGURATIONS["efficienttam_ti_512"])
    monkeypatch.syspath_prepend(tmp_path / "installed")
    forget()
    yield tmp_path / "installed"
    forget()


def forget() -> None:
    source_sha256.cache_clear()
    for name in (_efficienttam.PACKAGE, _efficienttam.LIBRARY):
        sys.modules.pop(name, None)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save({"model": efficient_tam_stand_in.state_dict()}, tmp_path / "tam.pt")
    return tmp_path / "tam.pt"


def test_a_file_is_recognised_loaded_and_gives_the_packages_masks_in_both_modes(weights: Path, tmp_path: Path) -> None:
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    assert parse_checkpoint(f"tam={weights}").arch == "efficienttam_ti"
    model = load_model(parse_checkpoint(f"tam={weights}@efficienttam_ti_512"), device="cpu")
    theirs = instantiate(efficient_tam_stand_in.configuration() | {"compile_image_encoder": False, **POSTPROCESSING})
    theirs.load_state_dict(torch.load(weights, weights_only=True)["model"])
    theirs.eval()
    frames = [jpeg(frame_of(SIZE_YX, seed), tmp_path / f"{seed:05d}.jpg") for seed in range(3)]
    prompt, clock = prompt_of("composite", SIZE_YX), Clock()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # its category changes with torch
        predictor = SAM2ImagePredictor(theirs)
    predictor._bb_feat_sizes = [(64, 64), (32, 32), (16, 16)]
    predictor.set_image(frames[0])
    masks, iou, logits = predictor.predict(
        np.array(prompt.points_xy), np.array(prompt.labels), np.array(prompt.box_xyxy), multimask_output=True
    )
    assert model.image is not None
    decoded = model.image.decode(model.image.embed(frames[0], clock=clock), prompt, clock=clock)
    assert isinstance(decoded, AllMasks)
    given = decoded.logits[0, 1:].clamp(-LOGIT_BOUND, LOGIT_BOUND)
    torch.testing.assert_close(given, torch.from_numpy(logits), rtol=0, atol=1e-5)
    first = model.image.mask_of(decoded, "first", clock=clock)
    np.testing.assert_array_equal(first.mask_yx, masks[0].astype(bool))
    assert first.score == pytest.approx(float(iou[0]), abs=1e-6)

    assert model.video is not None
    encoded = [model.video.encode(frame, clock=clock) for frame in frames]
    walked = list(model.video.propagate(encoded, {0: prompt}, size_yx=SIZE_YX, clock=clock))
    expected = library(theirs, str(tmp_path), {0: prompt})
    assert walked[2].mask_yx.any()
    for prediction, his in zip(walked, expected, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())


def test_the_encoder_is_compiled_when_it_is_asked_for_alone_and_the_package_is_part_of_identity(weights: Path) -> None:
    model = load_model(parse_checkpoint(f"tam={weights}@efficienttam_ti_512"), device="cpu")
    assert "forward" not in vars(model.image.module.image_encoder)  # type: ignore[union-attr]
    assert (model.settings["compile"], model.settings["image_size"]) == (False, 256)
    assert len(model.settings["network_library_sha256"]) == len(model.settings["library_sha256"]) == 64
    assert "network_library" not in load_model(resolve("sam2_micro"), device="cpu").settings


def test_an_install_that_left_the_configurations_out_is_told_from_one_that_did_not(weights: Path) -> None:
    with pytest.raises(SelectionError) as caught:
        load_model(parse_checkpoint(f"tam={weights}@efficienttam_ti"), device="cpu")
    message = str(caught.value)
    assert message.startswith("the package efficient_track_anything in ")
    assert "has no configs/efficienttam/efficienttam_ti.yaml; expected the configurations of its repository" in message
    assert message.endswith(f"Install it anew: {_efficienttam.INSTALL}")


def test_records_and_files_can_be_run_once_the_package_is_there(weights: Path) -> None:
    for name in ("efficienttam_s", "efficienttam_ti", "efficienttam_s_512", "efficienttam_ti_512"):
        record = resolve(name)
        assert unrunnable(record) is None
        assert parse_checkpoint(f"tam={weights}@{name}").requires == record.requires
    lacking = replace(resolve("efficienttam_s"), requires=f"no_such_module: {_efficienttam.INSTALL}")
    assert unrunnable(lacking) == (
        "efficienttam_s needs the package no_such_module, which is not installed: pip install --no-deps -e "
        "'git+https://github.com/yformer/EfficientTAM.git#egg=efficient_track_anything'"
    )
    assert parse_checkpoint(f"tam={weights}@vit_t").requires == resolve("mobile_sam").requires
