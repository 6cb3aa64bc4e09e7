"""The shipped micro checkpoints load as they are, and the recipe trains and resumes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench_cases.models.micro.architectures import (
    SAM2_MICRO_WEIGHTS,
    SAM_MICRO_WEIGHTS,
    build_sam2_micro,
    build_sam_micro,
    sam2_micro_config,
)
from bench_cases.models.micro.weights import load_weights

BUILDERS = {"sam": (build_sam_micro, SAM_MICRO_WEIGHTS), "sam2": (build_sam2_micro, SAM2_MICRO_WEIGHTS)}
SIX_MEGABYTES = 6_000_000


@pytest.mark.parametrize("name", BUILDERS)
def test_shipped_weights_fit_their_architecture_strictly(name: str) -> None:
    build, path = BUILDERS[name]
    model = load_weights(build(), path)
    assert not model.training
    assert all(bool(p.isfinite().all()) for p in model.parameters())
    assert {str(p.dtype) for p in model.parameters()} == {"torch.float32"}


@pytest.mark.parametrize("name", BUILDERS)
def test_shipped_weights_are_small(name: str) -> None:
    assert BUILDERS[name][1].stat().st_size <= SIX_MEGABYTES


@pytest.mark.parametrize("name", BUILDERS)
def test_a_model_card_lies_beside_the_weights(name: str) -> None:
    card = BUILDERS[name][1].with_suffix(".md").read_text()
    for word in ("Apache-2.0", "phantom", "held-out", "Limits", "steps"):
        assert word in card


def test_the_sam2_configuration_is_plain_data() -> None:
    def plain(value: Any) -> bool:
        if isinstance(value, dict):
            return all(isinstance(k, str) and plain(v) for k, v in value.items())
        if isinstance(value, list):
            return all(map(plain, value))
        return value is None or isinstance(value, (str, int, float, bool))

    config = sam2_micro_config()
    assert plain(config)
    assert config["fill_hole_area"] == 0
    assert config["_target_"].endswith("SAM2VideoPredictor")


def test_an_export_survives_the_round_trip(tmp_path: Path) -> None:
    import torch

    from bench_cases.models.micro.weights import export_weights

    torch.manual_seed(3)
    model = build_sam_micro()
    export_weights(model.state_dict(), tmp_path / "w.safetensors")
    again = load_weights(build_sam_micro(), tmp_path / "w.safetensors")
    for key, value in model.state_dict().items():
        assert torch.allclose(again.state_dict()[key], value, atol=2e-3), key
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_held_out_phantom_is_segmented_by_the_shipped_sam() -> None:
    from bench_cases.models.micro.evaluate import dice
    from bench_cases.models.micro.held_out import lung_subject
    from bench_cases.models.micro.predictors import image_predictor, segment_slice, set_slice
    from bench_cases.models.micro.prompt_rules import composite
    from bench_cases.phantoms import HELD_OUT_SEEDS

    subject = lung_subject(HELD_OUT_SEEDS[700], (24, 256, 256))
    z = int(subject.mask_zyx.sum(axis=(1, 2)).argmax())
    predictor = image_predictor(load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS), "sam")
    set_slice(predictor, subject.grey_zyx[z])
    assert dice(segment_slice(predictor, composite(subject.parts(z))), subject.mask_zyx[z]) > 0.85


def test_preparation_truncates_and_survives_constant_slices() -> None:
    from bench_cases.models.micro.held_out import prepare

    grey = prepare(np.array([[[0.0, 1.0, 2.0]], [[7.0, 7.0, 7.0]]]), None)
    assert grey.tolist() == [[[0, 127, 255]], [[0, 0, 0]]]


def test_the_evaluation_scores_slices_and_both_video_strategies() -> None:
    from bench_cases.models.micro.evaluate import phantom_scores
    from bench_cases.phantoms import HELD_OUT_SEEDS

    model = load_weights(build_sam2_micro(), SAM2_MICRO_WEIGHTS)
    scores = phantom_scores(model, "sam2", HELD_OUT_SEEDS[800:802], (16, 64, 80))
    assert {"lungs", "heart", "spleen", "middle", "dataset"} <= set(scores)
    assert scores["middle"]["n"] == 2
    assert scores["dataset"]["n"] == 1
    assert 0 <= scores["middle"]["min"] <= scores["middle"]["mean"] <= 1


@pytest.mark.parametrize(("option", "value"), [("--threshold", "127"), ("--label", "200")])
def test_the_evaluation_reads_a_folder_of_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    from PIL import Image

    from bench_cases.models.micro.evaluate import main

    folder = tmp_path / "scans" / "one"
    folder.mkdir(parents=True)
    mask = np.zeros((40, 50), np.uint8)
    mask[10:30, 10:25] = 200
    Image.fromarray(255 - mask).save(folder / "image.png")
    Image.fromarray(mask).save(folder / "mask.png")
    main(["sam", "--volumes", "0", "--real", str(tmp_path / "scans"), "--no-window", option, value])
    scores = json.loads(capsys.readouterr().out)
    assert scores["scans"]["one"]["every"]["n"] == 1
