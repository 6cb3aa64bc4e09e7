"""What is measured before a checkpoint's first mask: each stage for itself, in this process and in a fresh one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bench_cases.errors import CheckpointError
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.load_cost import can_drop, measure, measure_fresh
from bench_cases.registry import checkpoints
from tests.model_examples import load_untrained


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
def test_read_build_move_first_and_next_inference_are_stages_of_their_own(tmp_path: Path, name: str) -> None:
    state = load_untrained("sam2_micro").image.module.state_dict()  # type: ignore[union-attr]
    path = tmp_path / name
    torch.save(state, path) if name.endswith(".pt") else save_file(state, path)
    cost = measure(parse_checkpoint(f"mine={path}@sam2_micro"), device="cpu", dropped=can_drop())
    assert list(cost.stages_s) == ["read", "build", "move", "first", "next"]
    assert all(seconds > 0 for seconds in cost.stages_s.values())
    assert cost.total_s == pytest.approx(sum(cost.stages_s.values()) - cost.stages_s["next"])
    assert (cost.file_bytes, cost.form) == (path.stat().st_size, path.suffix[1:])
    assert cost.page_cache == ("dropped" if can_drop() else "warm")


def test_a_fresh_process_pays_for_its_start_too_and_says_why_it_failed() -> None:
    baseline = checkpoints()["baseline_threshold"]
    cost = measure_fresh(baseline, device="cpu", precision="fp32")
    assert next(iter(cost.stages_s)) == "start"
    assert cost.stages_s["start"] > cost.stages_s["next"]
    assert (cost.form, cost.file_bytes, cost.page_cache) == ("none", 0, "warm")
    with pytest.raises(CheckpointError, match=r"'baseline_threshold' was not measured .*'threshhold'; expected one of"):
        measure_fresh(dataclasses.replace(baseline, arch="threshhold"), device="cpu", precision="fp32")
