"""Weights are put into an architecture strictly; what does not fit is told key by key, with the one that would."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from bench_cases.contracts import Checkpoint
from bench_cases.errors import CheckpointError
from bench_cases.models._fit import put_in
from bench_cases.models._recognise import recognise
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model
from tests.model_examples import load_untrained


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    module: torch.nn.Module = load_untrained("sam_micro").image.module  # type: ignore[union-attr]
    return module


def state_of(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in network.state_dict().items()}


def nested(network: torch.nn.Module, path: Path) -> Path:
    state = {f"module.{key}": value + 0.01 for key, value in state_of(network).items()}
    torch.save({"model": state, "epoch": 3}, path)
    return path


def test_a_local_file_is_loaded_with_no_code(network: torch.nn.Module, tmp_path: Path) -> None:
    path = nested(network, tmp_path / "mine=odd@name.pt")
    model = load_model(parse_checkpoint(f"mine={path}@sam_micro"), device="cpu")
    assert model.checkpoint.name == "mine"
    assert model.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    loaded = model.image.module.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(loaded[key], value + 0.01) for key, value in network.state_dict().items())


def test_half_precision_storage_is_widened(network: torch.nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "half.safetensors"
    save_file({key: value.half() for key, value in state_of(network).items()}, path)
    model = load_model(parse_checkpoint(f"half={path}@sam_micro"), device="cpu")
    loaded = model.image.module.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(loaded[key], value.half().float()) for key, value in network.state_dict().items())


def test_keys_that_differ_are_counted_and_the_first_are_named(network: torch.nn.Module) -> None:
    state = state_of(network)
    missing = [key for key in state if "neck" in key]
    for key in missing:
        del state[key]
    state["adapter.weight"] = torch.zeros(1)
    state["mask_decoder.iou_token.weight"] = torch.zeros(1, 7)
    with pytest.raises(CheckpointError) as caught:
        put_in(network, state, name="mine", arch="sam_micro")
    assert str(caught.value) == (
        f"checkpoint 'mine' does not fit architecture 'sam_micro': {len(missing)} missing "
        f"({', '.join(missing[:3])} and {len(missing) - 3} more); 1 unexpected (adapter.weight); "
        "1 of another shape (mask_decoder.iou_token.weight (1, 7) instead of (1, 128)). "
        "Its keys look like none of the known architectures; it needs an adapter of its own."
    )


def sam2_keys(*, width: int, depth: int, of_2_1: bool) -> dict[str, torch.Tensor]:
    state = {"image_encoder.trunk.patch_embed.proj.weight": torch.zeros(width, 3, 7, 7)}
    state |= {f"image_encoder.trunk.blocks.{number}.norm1.weight": torch.zeros(1) for number in range(depth)}
    return state | ({"no_obj_embed_spatial": torch.zeros(1, 64)} if of_2_1 else {})


@pytest.mark.parametrize(
    ("width", "depth", "of_2_1", "arch"),
    [(144, 48, True, "sam2.1_large"), (144, 48, False, "sam2_large"), (96, 12, True, "sam2.1_tiny")],
)
def test_the_architecture_that_would_fit_is_proposed(
    network: torch.nn.Module, width: int, depth: int, of_2_1: bool, arch: str
) -> None:
    with pytest.raises(CheckpointError, match=rf"Its keys look like '{arch}': give it as NAME=PATH@{arch}\.$"):
        put_in(network, sam2_keys(width=width, depth=depth, of_2_1=of_2_1), name="mine", arch="sam_micro")


def test_weights_beside_others_are_named_by_what_stands_in_front(network: torch.nn.Module) -> None:
    state = {f"student.{key}": value for key, value in sam2_keys(width=96, depth=12, of_2_1=True).items()}
    state["teacher.a"] = torch.zeros(1)
    message = r"Its keys under 'student\.' look like 'sam2\.1_tiny': save those alone, without what stands in front\.$"
    with pytest.raises(CheckpointError, match=message):
        put_in(network, state, name="mine", arch="sam_micro")


def test_an_architecture_with_a_twins_keys_is_not_taken_for_the_twin(network: torch.nn.Module) -> None:
    with pytest.raises(CheckpointError, match="It was made by a changed version of this architecture, which needs an"):
        put_in(network, sam2_keys(width=96, depth=12, of_2_1=True), name="mine", arch="medsam2")


def test_a_changed_version_of_the_right_architecture_is_called_so(network: torch.nn.Module) -> None:
    state = sam2_keys(width=96, depth=16, of_2_1=False)
    with pytest.raises(CheckpointError, match="It was made by a changed version of this architecture, which needs an"):
        put_in(network, state, name="mine", arch="sam2_small")


@pytest.mark.parametrize("shapes", [{}, {"image_encoder.patch_embed.proj.weight": (160, 3, 16, 16)}])
def test_unknown_keys_are_not_recognised(shapes: dict[str, tuple[int, ...]]) -> None:
    assert recognise(shapes) is None


def test_a_file_that_is_not_what_its_published_digest_says_is_refused(network: torch.nn.Module, tmp_path: Path) -> None:
    path = nested(network, tmp_path / "weights.pt")
    record: dict[str, Any] = {"name": "known", "backend": "segment_anything", "arch": "sam_micro", "modes": ("image",)}
    with pytest.raises(CheckpointError) as caught:
        load_model(Checkpoint(**record, file=str(path), sha256="0" * 64), device="cpu")
    assert str(caught.value) == (
        f"weights.pt is not 'known': its SHA-256 is {hashlib.sha256(path.read_bytes()).hexdigest()}; "
        f"expected {'0' * 64}. Delete it and run 'sambench fetch known', or use it under a name of its own with "
        "--sam-checkpoint NAME=PATH@sam_micro."
    )
