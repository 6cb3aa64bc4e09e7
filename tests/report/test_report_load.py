"""Reading: the frames hold what the cases said, and undefined numbers come back undefined."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.cases import PromptsSpent
from bench_cases.clicks import Click, ClickCurve, ClicksToReach
from bench_cases.findings import PastEnd, PropagationFailures, VolumeShape
from bench_cases.report import Journal, Report, costs, load, write_report
from bench_cases.report.slice_place import place_in_structure
from tests.report.report_examples import DICE, HEADER, TAIL, rescored, result

KEY = ["dataset", "volume", "model", "strategy"]


def written(path: Path, *results: object) -> Report:
    with Journal.open(path, HEADER) as journal:
        for entry in results:
            journal.append("case", entry.to_json())  # type: ignore[attr-defined]
        write_report(path, journal, tail=TAIL)
    return load(path)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return written(
        tmp_path / "run.json",
        result("v1", shared=True),
        result("v1", strategy="middle.composite.both", shared=True),
        result("v2", status="error"),
    )


def test_cases_have_a_row_each_an_error_included(report: Report) -> None:
    frame = report.cases
    assert list(frame.columns[:4]) == KEY
    assert list(frame.status) == ["passed", "passed", "error"]
    assert frame.dice_nonempty[0] == pytest.approx(sum(DICE) / 3)
    assert math.isnan(frame.dice_nonempty[2])
    assert frame.embed_median_s[0] == 0.2
    assert frame.predict_median_s[0] == 0.02
    assert math.isnan(frame.propagate_median_s[0])
    assert frame.propagate_median_s[1] == 0.02
    assert frame.total_s[0] == pytest.approx(0.5 + 0.6 + 0.06)
    assert frame.prompts_saved[1] == pytest.approx(1 - 1 / 3)
    assert bool(frame.phantom.all())


def test_slices_have_a_row_each_with_nan_where_both_masks_are_empty(report: Report) -> None:
    frame = report.slices
    assert len(frame) == 8
    assert list(frame.slice[:4]) == [0, 1, 2, 3]
    assert list(frame.dice[:3]) == list(DICE)
    assert math.isnan(frame.dice[3])
    assert str(frame.dice.dtype) == "float64"


def test_timings_have_a_row_for_each_raw_sample_and_say_which_were_shared(report: Report) -> None:
    frame = report.timings
    embed = frame[(frame.stage == "embed") & (frame.strategy == "every.composite")]
    assert list(embed.seconds) == [0.2, 0.1, 0.3]
    assert list(embed["sample"]) == [0, 1, 2]
    assert bool(embed.shared.all())
    assert not frame[frame.stage == "predict"].shared.any()


def test_prompts_have_a_row_for_each_prompted_frame(report: Report) -> None:
    frame = report.prompts
    assert list(frame["slice"]) == ["1", "1"]
    assert frame.box_xyxy[0] == [5.0, 5.0, 50.0, 50.0]


def test_models_have_a_row_each(report: Report) -> None:
    row = report.models.iloc[0]
    assert (row.model, row.arch, row.device, row.build_s) == ("model-a", "sam2_micro", "cpu", 0.2)


SHAPE = VolumeShape(
    slices=5,
    slices_with_target=3,
    first_with_target=0,
    last_with_target=2,
    thickness_mm=2.5,
    neighbours=2,
    similarity_mean=0.75,
    similarity_min=0.5,
)

FAILURES = PropagationFailures(
    prompted=[1],
    measured_from=[1],
    over_segmentation=0.25,
    past_first=PastEnd(slices=0, painted=0, share=None, painted_px=0, painted_mm2=None, reach=0),
    past_last=PastEnd(slices=2, painted=1, share=0.5, painted_px=7, painted_mm2=None, reach=1),
    slope_per_slice=-0.1,
    slope_per_mm=-0.04,
    farthest=1,
    dice_near=0.8,
    dice_far=None,
)


def test_cases_have_the_shape_of_their_volume_and_the_failures_of_propagation(tmp_path: Path) -> None:
    propagated = dataclasses.replace(
        result("v1", strategy="middle.composite.both"), failures=FAILURES, volume_shape=SHAPE
    )
    report = written(tmp_path / "run.json", result("v1"), propagated)
    assert report.results[1] == propagated
    older, row = (report.cases.iloc[number] for number in (0, 1))
    assert (row.depth, row.slices, row.slices_with_target, row.thickness_mm, row.neighbours) == (5, 4, 3, 2.5, 2)
    assert (row.similarity_mean, row.similarity_min) == (0.75, 0.5)
    assert (row.over_segmentation, row.slope_per_slice, row.slope_per_mm, row.farthest) == (0.25, -0.1, -0.04, 1)
    assert (row.past_last_share, row.past_last_painted_px, row.past_last_reach) == (0.5, 7, 1)
    assert math.isnan(row.past_first_share)
    assert math.isnan(row.dice_far)
    assert math.isnan(older.depth)
    assert math.isnan(older.over_segmentation)


def test_slices_have_their_place_in_the_structure_and_their_distance_from_the_prompt(tmp_path: Path) -> None:
    # Slice 0 carries the target and is left out of the scores: it is still where the structure begins.
    whole = dataclasses.replace(result("v1", strategy="middle.composite.both"), failures=FAILURES)
    shape = dataclasses.replace(SHAPE, slices_with_target=4, last_with_target=3)
    whole = rescored(
        whole,
        index=[1, 2, 3, 4],
        dice=[0.9, 0.9, 0.9, 0.0],
        jaccard=[0.8, 0.8, 0.8, 0.0],
        reference_px=[9, 9, 9, 0],
        predicted_px=[9, 9, 9, 9],
        intersection_px=[8, 8, 8, 0],
    )
    report = written(tmp_path / "run.json", dataclasses.replace(whole, volume_shape=shape), result("v2"))
    frame = report.slices
    assert list(frame.position[:3]) == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert math.isnan(frame.position[3])
    assert list(frame.distance[:4]) == [0, 1, 2, 3]
    # A report without the fields: the structure is that of the slices scored, and nothing is known of a prompt.
    assert list(frame.position[4:7]) == [0.0, 0.5, 1.0]
    assert math.isnan(frame.position[7])
    assert frame.distance[4:].isna().all()


def test_a_structure_of_one_slice_has_no_position() -> None:
    assert place_in_structure([3, 4, 5], first=4, last=4) == [None, None, None]


@given(st.lists(st.integers(0, 99), min_size=2, unique=True).map(sorted))
def test_positions_rise_from_nought_to_one(index: list[int]) -> None:
    placed = place_in_structure(index, first=index[0], last=index[-1])
    assert (placed[0], placed[-1]) == (0, 1)
    assert placed == sorted(placed, key=float)  # type: ignore[arg-type]


CURVE = ClickCurve(
    allowed=2,
    given=[Click(1, 0, 10, 20, 1, 30), Click(2, 0, 11, 21, 0, 4)],
    dice_nonempty=[0.5, 0.75, 1.0],
    jaccard_nonempty=[0.4, 0.6, 1.0],
    dice_all=[0.5, 0.7, 0.9],
    jaccard_all=[0.4, 0.5, 0.8],
    area_dice=0.75,
    area_jaccard=0.65,
    to_reach=[ClicksToReach("dice", 0.85, 2.0, 0, 1)],
    slice_index=[0, 1],
    slice_dice=[[0.5, None], [0.75, None], [1.0, None]],
    slice_jaccard=[[0.4, None], [0.6, None], [1.0, None]],
)


def test_clicks_have_a_row_for_each_number_of_them_and_count_among_the_costs(tmp_path: Path) -> None:
    plain = result("v1", strategy="every.point")
    assert plain.prompts_spent is not None
    spent = dataclasses.replace(plain.prompts_spent, clicks=2)
    clicked = dataclasses.replace(result("v1", strategy="every.point+clicks=2"), clicks=CURVE, prompts_spent=spent)
    report = written(tmp_path / "run.json", plain, clicked)
    assert report.results == [plain, clicked]
    frame = report.clicks
    assert list(frame.strategy) == ["every.point+clicks=2"] * 3
    assert list(frame.clicks) == [0, 1, 2]
    assert list(frame.dice_nonempty) == [0.5, 0.75, 1.0]
    assert list(frame.jaccard_all) == [0.4, 0.5, 0.8]
    before, after = (report.cases.iloc[number] for number in (0, 1))
    assert math.isnan(before.click_area_dice)
    assert (after.click_area_dice, after.click_area_jaccard, after.prompt_clicks) == (0.75, 0.65, 2)
    assert list(report.costs.strategy) == ["every.point", "every.point+clicks=2"]
    assert list(report.costs.clicks) == [0, 2]


def test_costs_set_the_score_beside_what_was_drawn_with_the_cheapest_strategy_first(tmp_path: Path) -> None:
    report = written(
        tmp_path / "run.json",
        *(result(volume, strategy="every.box.oracle", bonus=0.02) for volume in ("v1", "v2")),
        *(result(volume, strategy="every.composite", bonus=0.02) for volume in ("v1", "v2")),
        *(result(volume, strategy="middle.composite.both") for volume in ("v1", "v2")),
        result("v1", strategy="dataset.composite.both", bonus=-0.1, frames=1),
        result("v2", strategy="dataset.composite.both", bonus=-0.2, frames=0),
        result("v1", strategy="edge.composite.both", status="error"),
        result("v1", model="another", strategy="every.composite"),
    )
    frame = report.costs[report.costs.model == "model-a"].set_index("strategy")
    assert list(frame.index) == [
        "dataset.composite.both",
        "middle.composite.both",
        "every.box.oracle",
        "every.composite",
        "edge.composite.both",
    ]
    assert list(frame.frames[:4]) == [1, 2, 6, 6]
    assert list(frame.points[:4]) == [3, 6, 18, 18]
    assert list(frame.boxes[:4]) == [1, 2, 6, 6]
    assert list(frame.frames_if_every_slice[:4]) == [6] * 4
    mean = sum(DICE) / 3
    assert list(frame.dice[:4]) == pytest.approx([mean - 0.15, mean, mean + 0.02, mean + 0.02])
    assert list(frame.dice_all[:4]) == pytest.approx([mean - 0.15, mean, mean + 0.02, mean + 0.02])
    assert list(frame.prompts_saved[:4]) == pytest.approx([5 / 6, 4 / 6, 0, 0])
    assert list(frame.upper_bound) == [False, False, True, False, False]
    # An error has no cost and no score, and is not dropped.
    assert (frame.volumes["edge.composite.both"], frame.scored["edge.composite.both"]) == (1, 0)
    assert bool(frame.loc["edge.composite.both", ["frames", "dice"]].isna().all())
    assert set(report.costs.model) == {"another", "model-a"}
    assert costs(report.results)[0].model == "another"


def test_of_strategies_with_as_many_frames_the_one_with_less_to_draw_comes_first(tmp_path: Path) -> None:
    composite = result("v1", strategy="largest.composite.both")
    point = dataclasses.replace(
        result("v1", strategy="largest.point.both"),
        prompts_spent=PromptsSpent(frames=1, points=1, boxes=0, masks=0, frames_if_every_slice=3),
    )
    report = written(tmp_path / "run.json", composite, point)
    assert list(report.costs.strategy) == ["largest.point.both", "largest.composite.both"]


def test_frames_are_made_once(report: Report) -> None:
    assert report.cases is report.cases


def test_an_empty_report_has_frames_with_their_columns(tmp_path: Path) -> None:
    report = written(tmp_path / "run.json")
    for frame in (report.cases, report.slices, report.clicks, report.timings, report.prompts):
        assert len(frame) == 0
        assert list(frame.columns[:4]) == KEY
    assert len(report.costs) == 0
    assert list(report.costs.columns[:3]) == ["dataset", "model", "strategy"]


def test_a_mean_over_nothing_is_null_on_disk_and_nan_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    report = written(path, rescored(result("v1"), reference_px=[0] * 4))
    assert json.loads(path.read_text(encoding="utf-8"))["cases"][0]["scores"]["dice_nonempty"] is None
    assert report.results[0].scores is not None
    assert math.isnan(report.results[0].scores.dice_nonempty)


def test_a_report_is_strict_json_with_sorted_keys_and_any_name_survives(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    volume = "scan \udcff \N{GREEK SMALL LETTER ALPHA}</script>\u2028"
    report = written(path, dataclasses.replace(result("v1"), details={"ratio": math.inf}), result(volume))

    def refuse(word: str) -> None:
        raise AssertionError(word)

    raw = json.loads(path.read_bytes(), parse_constant=refuse)
    assert list(raw) == sorted(raw)
    assert raw["cases"][0]["details"] == {"ratio": None}
    assert report.results[1].case.volume == volume


def test_a_journal_is_read_as_a_report_that_is_not_complete(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "run.json", HEADER) as journal:
        journal.append("case", result("v1").to_json())
    report = load(tmp_path / "run.json.journal.jsonl")
    assert not report.complete
    assert report.run_id == HEADER["run"]["id"]
    assert report.raw["run"]["finished_utc"] is None
    assert report.notes == ["run.json.journal.jsonl is the journal of a run that has not ended."]
    assert len(report.cases) == 1


def test_the_settings_digest_does_not_depend_on_their_order(tmp_path: Path) -> None:
    a = written(tmp_path / "a.json")
    settings = dict(reversed(HEADER["settings"].items()))
    with Journal.open(tmp_path / "b.json", {**HEADER, "settings": settings}) as journal:
        write_report(tmp_path / "b.json", journal, tail=TAIL)
    assert load(tmp_path / "b.json").raw["settings"] == a.raw["settings"]
