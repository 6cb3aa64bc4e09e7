"""The table at the end of a run: what is counted, what is averaged, what is said below it."""

from __future__ import annotations

import dataclasses
import io
import math

import pytest
from rich.console import Console

from bench_cases.cases import PromptsSpent
from bench_cases.report import SummaryRow, render, summarise
from bench_cases.report.prompts_spent import spending
from bench_cases.report.table import number, percent
from tests.report.report_examples import result


def shown(rows: list[SummaryRow], width: int = 200) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(render(rows))
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_row_averages_over_volumes_and_takes_medians_over_samples() -> None:
    (row,) = summarise([result("v1"), result("v2", bonus=0.02, embed_s=(0.4,), decode_s=(0.04,))])
    assert (row.dataset, row.model, row.strategy) == ("lungs-phantom", "model-a", "every.composite")
    assert (row.volumes, row.scored, row.errors, row.failed) == (2, 2, 0, 0)
    assert row.dice == pytest.approx((0.9 + 0.8 + 0.95) / 3 + 0.01)
    assert row.dice_all == pytest.approx((0.9 + 0.8 + 0.95) / 3 + 0.01)
    assert row.embed_ms == pytest.approx(250)
    assert row.predict_ms == pytest.approx(25)
    assert row.prompts_saved == 0.0


def test_a_video_strategy_shows_the_time_of_a_propagated_frame() -> None:
    (row,) = summarise([result("v1", strategy="middle.composite.both", decode_s=(0.05,), shared=True)])
    assert row.predict_ms == pytest.approx(50)
    assert row.embed_shared
    assert row.prompts_saved == pytest.approx(2 / 3)


def test_an_oracle_is_labelled_an_upper_bound_wherever_it_stands() -> None:
    rows = summarise([result("v1", strategy="every.box.oracle"), result("v1", strategy="every.box.first")])
    text = shown(rows)
    assert "every.box.oracle UPPER BOUND" in text
    assert "every.box.first UPPER BOUND" not in text
    assert "UPPER BOUND: of three masks the one that matches the reference best; no user can choose so." in text
    assert "UPPER BOUND" not in shown(summarise([result("v1")]))


def test_a_row_below_the_one_to_be_beaten_is_marked() -> None:
    bar = result("v1", model="baseline_threshold", bonus=-0.2)
    worse, better, elsewhere = (
        result("v1", model="worse", bonus=-0.3),
        result("v1", model="better"),
        result("v1", model="elsewhere", bonus=-0.4, strategy="every.box"),
    )
    lines = shown(summarise([worse, better, elsewhere, bar])).splitlines()
    marked = [line.split()[1] for line in lines if "!" in line and line.startswith("lungs-phantom")]
    assert len(marked) == 1
    assert any("worse" in line and "0.583!" in line for line in lines)
    assert "!: below the BASELINE row of the same dataset and strategy." in "\n".join(lines)
    assert "!" not in shown(summarise([better, bar]))


def test_an_error_is_counted_and_is_in_no_mean() -> None:
    (row,) = summarise([result("v1"), result("v2", status="error"), result("v3", status="failed")])
    assert (row.volumes, row.scored, row.errors, row.failed) == (3, 2, 1, 1)
    assert row.dice == pytest.approx((0.9 + 0.8 + 0.95) / 3)
    text = shown([row])
    assert "2/3" in text
    assert "errors: cases without a result; n is scored/all, the means leave them out." in text


def test_a_row_of_errors_only_has_no_means_and_no_times() -> None:
    (row,) = summarise([result("v1", status="error")])
    assert (row.dice, row.jaccard, row.dice_all, row.embed_ms, row.predict_ms, row.prompts_saved) == (None,) * 6
    assert "0/1" in shown([row])


def test_an_undefined_mean_is_left_out_of_the_mean() -> None:
    empty = result("v2")
    assert empty.scores is not None
    empty = dataclasses.replace(empty, scores=dataclasses.replace(empty.scores, dice_nonempty=math.nan))
    (row,) = summarise([result("v1"), empty])
    assert row.dice == pytest.approx((0.9 + 0.8 + 0.95) / 3)


def test_rows_stand_in_the_order_of_their_first_case() -> None:
    rows = summarise([result("v1", model="z"), result("v1", model="a"), result("v2", model="z")])
    assert [row.model for row in rows] == ["z", "a"]


def test_a_phantom_is_called_so() -> None:
    text = shown(summarise([result("v1"), result("v1", dataset="coronacases", phantom=False)]))
    (phantom,) = [line for line in text.splitlines() if line.startswith("lungs-phantom")]
    (real,) = [line for line in text.splitlines() if line.startswith("coronacases")]
    assert "PHANTOM" in phantom
    assert "PHANTOM" not in real
    assert "PHANTOM: synthetic volumes; these scores say nothing about patients." in text


def test_a_real_dataset_brings_no_word_of_phantoms() -> None:
    assert "PHANTOM" not in shown(summarise([result("v1", dataset="coronacases", phantom=False)]))


@pytest.mark.parametrize("width", [80, 100, 200])
def test_every_number_is_shown_whole_at_any_usual_width(width: int) -> None:
    rows = summarise(
        [
            result(v, dataset="radiopaedia-phantom", model="sam2_micro", strategy=s, shared=True)
            for v in ("v1", "v2")
            for s in ("every.composite", "middle.composite.both", "dataset.composite.both")
        ]
    )
    text = shown(rows, width)
    lines = [line for line in text.splitlines() if "composite" in line]
    assert len(lines) == 3
    for word in ("0.883", "0.797", "200.0", "20.0"):
        assert all(word in line for line in lines)
    assert all(line.count("0.883") == 2 for line in lines), "Dice and Dice 3D"
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert "radiopaedia-phantom" in text


def test_a_strategy_stays_whole_in_a_terminal_of_eighty_columns() -> None:
    strategies = ("middle.composite.both", "dataset.composite.both")
    rows = [result("v1", model="baseline_threshold", strategy=strategy) for strategy in strategies]
    text = shown(summarise([*rows, result("v2", status="error", strategy="middle.composite.both")]), 80)
    assert all(f"\n{strategy} " in text for strategy in strategies)
    assert "lungs-phantom PHANTOM\nbaseline_threshold BASELINE\n" in text
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80


def test_a_name_with_markup_is_shown_as_it_is() -> None:
    assert "[bold]x[/bold]" in shown(summarise([result("v1", model="[bold]x[/bold]")]))


def test_the_published_reductions_come_out_for_coronacases() -> None:
    nonempty = (227, 176, 150, 251, 270, 180, 219, 249, 222, 212)  # Gutierrez et al. 2025, slices with lung
    assert sum(nonempty) == 2156

    def cases(strategy: str, frames: tuple[int, ...]) -> list[object]:
        return [
            dataclasses.replace(
                result(f"coronacases_{number_:03}", strategy=strategy),
                prompts_spent=PromptsSpent(frames=spent, points=0, boxes=0, masks=0, frames_if_every_slice=slices),
            )
            for number_, (slices, spent) in enumerate(zip(nonempty, frames, strict=True), start=1)
        ]

    (volume,) = summarise(cases("middle.composite.both", (1,) * 10))  # type: ignore[arg-type]
    (dataset,) = summarise(cases("dataset.composite.both", (1, *(0,) * 9)))  # type: ignore[arg-type]
    assert (volume.frames_prompted, volume.frames_if_every_slice) == (10, 2156)
    assert percent(volume.prompts_saved) == "99.54 %"
    assert percent(dataset.prompts_saved) == "99.95 %"


def drawn(frames: int, points: int, boxes: int, masks: int, frames_if_every_slice: int) -> PromptsSpent:
    return PromptsSpent(
        frames=frames, points=points, boxes=boxes, masks=masks, frames_if_every_slice=frames_if_every_slice
    )


@pytest.mark.parametrize("seed", ["dataset", "dataset=coordinates"])
def test_a_prompt_for_a_dataset_costs_one_frame_even_without_its_own_volume(seed: str) -> None:
    strategy = f"{seed}.composite.both"
    alone = spending([result("v2", strategy=strategy, frames=0), result("v3", strategy=strategy, frames=0)])
    assert alone["lungs-phantom", strategy] == drawn(1, 3, 1, 0, 6)
    with_its_own = spending([result("v1", strategy=strategy, frames=1), result("v2", strategy=strategy, frames=0)])
    assert with_its_own["lungs-phantom", strategy] == drawn(1, 3, 1, 0, 6)


def test_the_parts_of_a_prompt_for_a_dataset_are_counted_and_so_is_a_mask() -> None:
    one = result("v2", strategy="dataset.boxes.both", frames=0)
    box = {"size_yx": [8, 8], "points_xy": [], "labels": [], "box_xyxy": [1.0, 1.0, 2.0, 2.0]}
    boxes = dataclasses.replace(one, prompts={"seed": {**box, "apart": [box, box]}})
    assert spending([boxes])["lungs-phantom", "dataset.boxes.both"] == drawn(1, 0, 3, 0, 3)
    mask = dataclasses.replace(one, prompts={"seed": {**box, "box_xyxy": None, "mask": {"area_px": 4}}})
    assert spending([mask])["lungs-phantom", "dataset.boxes.both"] == drawn(1, 0, 0, 1, 3)


def test_prompts_are_drawn_once_however_many_models_see_them() -> None:
    spent = spending([result("v1", model="a"), result("v1", model="b"), result("v2", status="error")])
    assert spent == {("lungs-phantom", "every.composite"): drawn(3, 9, 3, 0, 3)}
    assert spent["lungs-phantom", "every.composite"].reduction == 0


def test_there_is_no_reduction_where_nothing_could_be_prompted() -> None:
    assert drawn(0, 0, 0, 0, 0).reduction is None
    assert percent(None) == "-"


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100.00 %"), (0.999999, "99.99 %"), (0.0, "0.00 %"), (0.5, "50.00 %")]
)
def test_a_share_is_never_rounded_up_to_all(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_missing_number_is_a_dash() -> None:
    assert number(None, 3) == "-"


def test_a_prompt_decoded_once_for_several_mask_choices_is_said_below_the_table() -> None:
    shared = dataclasses.replace(result("v1"), shared_stages=["predict"])
    assert "predict: timed once, shared by the mask choices of a prompt." in shown(summarise([shared]))
    assert "predict: timed once" not in shown(summarise([result("v1", shared=True)]))
