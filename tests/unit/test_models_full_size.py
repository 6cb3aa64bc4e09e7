"""Every published architecture is built at full size, without its memory, and compared with what is published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hydra.core.global_hydra import GlobalHydra

from bench_cases.errors import StrategyError
from bench_cases.models import _sam2_build, segment_anything
from bench_cases.models._recognise import recognise
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models._sam2_walk import memory_reach, memory_window
from tests.model_examples import WithoutMemory, load_untrained

MILLIONS = {
    "vit_b": 93.7,
    "vit_l": 312.3,
    "vit_h": 641.1,
    "sam2_tiny": 38.9,
    "sam2_small": 46.0,
    "sam2_base_plus": 80.8,
    "sam2_large": 224.4,
    "sam2.1_tiny": 38.9,
    "sam2.1_small": 46.0,
    "sam2.1_base_plus": 80.8,
    "sam2.1_large": 224.4,
}
"""Parameters in millions: for SAM counted on its builders, for SAM 2 the library's README, cut to one digit."""


def build(arch: str) -> Any:
    with WithoutMemory():
        return segment_anything.build(arch) if arch.startswith("vit") else _sam2_build.build(arch, fill_hole_area=0)


@pytest.fixture(params=MILLIONS)
def arch(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_each_architecture_has_the_published_number_of_parameters_and_is_recognised_by_them(arch: str) -> None:
    module = build(arch)
    count = sum(parameter.numel() for parameter in module.parameters())
    assert count / 1e6 == pytest.approx(MILLIONS[arch], abs=0.1)
    assert recognise({key: tuple(value.shape) for key, value in module.state_dict().items()}) == arch


def test_adapters_name_all_published_architectures_their_relatives_and_the_micro_ones() -> None:
    from bench_cases.models.sam2 import BACKEND as SAM2

    relatives = {"medsam", "medsam2", "vit_t"}
    names = {*segment_anything.BACKEND.architectures(), *SAM2.architectures()}
    efficient = {f"efficienttam_{size}{form}" for size in ("s", "ti") for form in ("", "_512", "_1", "_2")}
    assert names == {*MILLIONS, "sam_micro", "sam2_micro"} | relatives | efficient


@pytest.mark.parametrize("arch", ["sam2_tiny", "sam2.1_base_plus"])
def test_a_build_equals_the_librarys_own_builder_in_weights_and_settings_except_hole_filling(arch: str) -> None:
    from sam2.build_sam import build_sam2_video_predictor

    ours = build(arch)
    with WithoutMemory():
        theirs = build_sam2_video_predictor(_sam2_build.PUBLISHED[arch], None, device="meta")
    assert type(ours) is type(theirs)
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}
    for part in ("", "sam_mask_decoder", "image_encoder.neck", "memory_attention", "memory_encoder"):
        mine, his = (scalars(model.get_submodule(part)) for model in (ours, theirs))
        differing = {name for name in mine | his if mine.get(name) != his.get(name)}
        assert differing <= {"fill_hole_area", "training"}
    assert (ours.fill_hole_area, theirs.fill_hole_area) == (0, _sam2_build.FILLED_HOLE_PX)


def scalars(module: Any) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if isinstance(value, (bool, int, float, str))}


def test_a_published_sam_2_looks_back_fifteen_frames() -> None:
    # 7 memories and 16 pointers, each counting the prompted frame: models.md, lever 9.
    assert memory_reach(build("sam2.1_tiny")) == 15


@pytest.mark.parametrize("arch", ["sam2_large", "sam2.1_tiny"])
def test_a_published_sam_2_has_a_memory_of_seven_frames_and_candidates_where_a_frame_has_no_point_or_one(
    arch: str,
) -> None:
    module = build(arch)
    assert memory_window(module) == module.num_maskmem == 7
    assert module.multimask_output_for_tracking
    points = [None, *({"point_labels": torch.ones(1, count)} for count in (1, 2, 3))]
    assert [module._use_multimask(False, inputs) for inputs in points] == [True, True, False, False]
    video = Sam2Video(module=module, device="cpu", precision="fp32")
    with pytest.raises(StrategyError, match=r"a memory of 8 frames; expected 1 .* to 7, .* has 7 rows"):
        video.with_memory(8)


@pytest.fixture
def hydra_taken_away() -> Iterator[None]:
    import sam2  # noqa: F401 - takes Hydra for itself when it is first imported

    hydra = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    yield
    GlobalHydra.instance().hydra = hydra


@pytest.mark.usefixtures("hydra_taken_away")
def test_building_neither_needs_nor_touches_hydras_global_state() -> None:
    load_untrained("sam2_micro")
    build("sam2_tiny")
    assert not GlobalHydra.instance().is_initialized()


def test_building_works_in_a_thread() -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(load_untrained, "sam2_micro").result().parameters > 0
