import json
from collections import Counter

import nibabel
import numpy as np
import pytest

from bench_cases import registry
from bench_cases.cases import Case, CaseResult, Floor
from bench_cases.datasets._names import check_volume
from bench_cases.engine.walk_facts import seeds_of_first_volumes
from bench_cases.errors import DataError, StrategyError
from bench_cases.masks import mask_path
from bench_cases.runner import Runner
from bench_cases.settings import RunSettings
from bench_cases.volume import Window
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded

STRATEGIES = ("every.composite", "middle.composite.both", "dataset.composite.both")


def make_runner(*, segmenters=None, dataset=None, models=("one", "two"), cases=None, firsts=None, **settings):
    dataset = dataset or BarDataset()
    segmenters = segmenters if segmenters is not None else {}
    cases = cases or [
        Case("bars", volume, model, strategy) for model in models for volume in dataset.ids for strategy in STRATEGIES
    ]

    def load(it):
        segmenters[it.name] = BrightSegmenter()
        return loaded(segmenters[it.name], it.name)

    return Runner(
        selection=cases,
        settings=RunSettings(**settings),
        datasets={"bars": dataset},
        checkpoints={name: checkpoint(name) for name in models},
        rules=registry.prompt_rules(),
        load_model=load,
        firsts=firsts or {},
    )


def test_each_checkpoint_loads_once_when_cases_come_in_order():
    runner = make_runner()
    for case in runner.selection:
        runner.outcome(case)
    assert runner.loads == Counter(one=1, two=1)


def test_a_volume_and_a_model_are_computed_in_one_pass_unless_isolated():
    together: dict[str, BrightSegmenter] = {}
    alone: dict[str, BrightSegmenter] = {}
    runner = make_runner(segmenters=together, models=("one",), warmups=0)
    isolated = make_runner(segmenters=alone, models=("one",), warmups=0, isolated=True)
    for case in runner.selection:
        a, b = runner.outcome(case).result, isolated.outcome(case).result
        assert a.digests == b.digests
        assert a.scores == b.scores
    assert together["one"].encoder_runs == 3 * (5 + 7 + 1)
    assert alone["one"].encoder_runs == 3 * (5 + 7 + 8)


def test_warm_ups_are_counted_and_left_out_of_the_timings():
    segmenters: dict[str, BrightSegmenter] = {}
    runner = make_runner(segmenters=segmenters, models=("one",), warmups=2)
    result = runner.outcome(runner.selection[0]).result
    assert result.warmups == {"embed": 2, "predict": 2, "encode": 2, "propagate": 4}
    assert len(result.timings_s["embed"]) == 5


def test_a_broken_volume_is_an_error_of_its_own_cases_and_no_others():
    runner = make_runner(dataset=BarDataset(broken="b"), models=("one",))
    for case in runner.selection:
        if case.volume == "b":
            with pytest.raises(DataError, match=r"b.nii.gz is truncated.*Fetch it again"):
                runner.outcome(case)
        else:
            assert runner.outcome(case).result.scores.dice_nonempty > 0


def test_a_broken_first_volume_stops_only_the_strategies_that_need_its_prompt():
    runner = make_runner(dataset=BarDataset(broken="a"), models=("one",))
    with pytest.raises(DataError, match=r"a\.nii\.gz is truncated"):
        runner.outcome(Case("bars", "b", "one", "dataset.composite.both"))
    assert runner.outcome(Case("bars", "b", "one", "every.composite")).result.status == "passed"


def test_the_datasets_prompt_comes_from_its_first_volume_even_when_that_is_not_selected():
    case = Case("bars", "c", "one", "dataset.composite.both")
    result = make_runner(models=("one",), cases=[case]).outcome(case).result
    assert result.details["seed"]["volume"] == "a"
    assert result.prompts_spent.frames == 0
    assert result.prompts_spent.frames_if_every_slice == 5


class Watched:
    """Bars of which some may vanish; `reads` says what was read, in order."""

    def __init__(self):
        self.bars, self.reads = BarDataset(), []
        self.ids: tuple[str, ...] = self.bars.ids
        self.name, self.info = self.bars.name, self.bars.info

    def missing(self):
        return None

    def volume_ids(self):
        return self.ids

    def load(self, volume_id, target=None):
        check_volume(self.name, volume_id, self.ids)
        self.reads.append(volume_id)
        return self.bars.load(volume_id, target)


def test_the_first_volume_is_read_once_for_its_cases_and_the_datasets_prompt():
    dataset = Watched()
    runner = make_runner(dataset=dataset, models=("one",))
    for case in runner.selection:
        runner.outcome(case)
    assert dataset.reads == ["a", "b", "c"]


def test_the_datasets_prompt_comes_from_one_volume_all_run_long_whatever_becomes_the_first():
    rules = ("composite", "box")
    dataset = Watched()
    dataset.ids = ("b", "c")
    cases = [Case("bars", "c", "one", f"dataset.{rule}.both") for rule in rules]
    runner = make_runner(dataset=dataset, models=("one",), cases=cases, isolated=True)
    found = [runner.outcome(cases[0])]
    dataset.ids = ("a", "b", "c")
    found.append(runner.outcome(cases[1]))
    assert [it.result.details["seed"]["volume"] for it in found] == ["b", "b"]
    assert seeds_of_first_volumes(it.result for it in found) == {"bars": "b"}


def test_a_first_volume_that_vanished_is_an_error_and_no_other_takes_its_place():
    dataset = Watched()
    cases = [Case("bars", "b", "one", name) for name in ("dataset.composite.both", "every.composite")]
    runner = make_runner(dataset=dataset, models=("one",), cases=cases, firsts={"bars": "a"})
    dataset.ids = ("b", "c")
    message = (
        "the one prompt of bars comes from volume 'a', the first when the run began, and that is there no longer; "
        "expected the volumes of a run to stay. Put it back, or start the run afresh."
    )
    with pytest.raises(DataError, match=message):
        runner.outcome(cases[0])
    assert runner.outcome(cases[1]).result.status == "passed"


def test_prompts_are_counted_as_a_human_would_draw_them():
    runner = make_runner(models=("one",))
    spent = {case: runner.outcome(case).result.prompts_spent for case in runner.selection}
    every = spent[Case("bars", "a", "one", "every.composite")]
    assert (every.frames, every.points, every.boxes) == (5, 15, 5)
    middle = spent[Case("bars", "b", "one", "middle.composite.both")]
    assert (middle.frames, middle.points, middle.boxes) == (1, 3, 1)
    dataset = [spent[Case("bars", volume, "one", "dataset.composite.both")].frames for volume in "abc"]
    assert dataset == [1, 0, 0]


def test_a_slice_prompted_with_its_own_mask_is_not_scored_and_the_report_says_so():
    names = ("three.mask.both", "three.point.both", "dataset.mask.both")
    cases = [Case("bars", volume, "one", name) for volume in "ab" for name in names]
    runner = make_runner(models=("one",), cases=cases)
    results = {(it.volume, it.strategy): runner.outcome(it).result for it in cases}
    masked, pointed = results["a", "three.mask.both"], results["a", "three.point.both"]
    assert masked.details["left_out_of_scores"] == {
        "slices": [2, 3, 4],
        "why": "prompted with their own reference mask",
    }
    assert masked.scores.per_slice.index == [0, 1, 5, 6]
    assert (masked.scores.slices_nonempty, masked.prompts_spent.masks) == (2, 3)
    assert masked.prompts_spent.frames_if_every_slice == 5
    assert "left_out_of_scores" not in pointed.details
    assert pointed.scores.slices_nonempty == 5
    # The dataset's one prompt is the middle slice of its first volume: left out there, and nowhere else.
    assert results["a", "dataset.mask.both"].details["left_out_of_scores"]["slices"] == [3]
    assert "left_out_of_scores" not in results["b", "dataset.mask.both"].details


def test_a_mask_on_every_slice_with_the_target_leaves_nothing_to_score():
    case = Case("bars", "a", "one", "three.mask.both")
    runner = make_runner(models=("one",), cases=[case], limit_slices=3)
    with pytest.raises(StrategyError, match=r"prompts all 3 slices of bars/a that carry bar with their own mask"):
        runner.outcome(case)


def test_a_target_is_asked_for_by_name():
    case = Case("bars:left", "a", "one", "every.composite")
    result = make_runner(models=("one",), cases=[case]).outcome(case).result
    assert result.case.dataset == "bars:left"


def test_a_strategy_that_does_not_parse_is_an_error_of_its_case():
    case = Case("bars", "a", "one", "every.nonsense")
    with pytest.raises(StrategyError, match="'nonsense' is not a prompt"):
        make_runner(models=("one",), cases=[case]).outcome(case)


def test_limits_and_scaling_reach_the_volume():
    runner = make_runner(models=("one",), limit_slices=3, scaling="volume")
    volume = runner.volume("bars", "a")
    assert (volume.n_slices, volume.slice_offset, volume.scaling) == (3, 2, "volume")


def test_a_window_replaces_the_datasets_own_and_each_case_says_which_it_had():
    case = Case("bars", "a", "one", "every.composite")
    plain = make_runner(models=("one",), cases=[case]).outcome(case).result
    assert (plain.details["window"], plain.details["scaling"]) == ("none", "slice")
    for windows in ({"bars": Window(205, 10)}, {"*": Window(205, 10)}):
        runner = make_runner(models=("one",), cases=[case], windows=windows)
        result = runner.outcome(case).result
        assert result.details["window"] == "level 205, width 10"
        assert result.scores.dice_nonempty == 0, "a bar of 200 is black in a window that begins at 200"
        assert result.digests["data"] == plain.digests["data"]
    assert make_runner(windows={"rods": Window(205, 10)}).volume("bars", "a").window is None


def test_settings_write_windows_down_as_numbers():
    record = RunSettings(windows={"*": Window(40, 400), "bars": None}).to_json()
    assert json.loads(json.dumps(record))["windows"] == {"*": {"level": 40, "width": 400}, "bars": None}


def test_saved_masks_have_the_shape_and_affine_of_the_source(tmp_path):
    runner = make_runner(models=("one",), limit_slices=3, save_masks=tmp_path)
    case = runner.selection[0]
    outcome = runner.outcome(case)
    path = mask_path(tmp_path, case)
    assert path == tmp_path / "bars" / "a" / "one-every.composite.nii.gz"
    image = nibabel.load(path)
    assert image.shape == (16, 12, 7)
    np.testing.assert_array_equal(image.affine, np.eye(4))
    np.testing.assert_array_equal(np.asarray(image.dataobj).transpose(2, 1, 0)[2:5], outcome.segmentation.masks_zyx)
    assert not np.asarray(image.dataobj)[..., [0, 1, 5, 6]].any()
    assert not [it for it in path.parent.iterdir() if it.name.startswith(".")]


@pytest.mark.parametrize(("qform", "sform"), [(2, 1), (1, 0), (0, 3)])
def test_a_saved_mask_says_of_its_affines_what_its_source_says(tmp_path, qform, sform):
    from bench_cases.datasets._files import read_image
    from bench_cases.masks import save_mask
    from bench_cases.volume import Volume

    affine = np.array([[-2.0, 0, 0, 10], [0, -2, 0, 20], [0, 0, 5, -30], [0, 0, 0, 1]])
    source = nibabel.Nifti1Image(np.zeros((3, 4, 5), np.int16), affine)
    source.set_sform(affine, code=sform)
    source.set_qform(affine, code=qform)
    nibabel.save(source, tmp_path / "scan.nii.gz")
    scan = read_image(tmp_path / "scan.nii.gz")
    masks = np.zeros((5, 4, 3), bool)
    volume = Volume(
        dataset="d",
        id="v",
        image_zyx=scan.array_zyx,
        labels_zyx=masks.astype(np.uint8),
        modality="CT",
        target="lungs",
        affine_xyz=scan.affine_xyz,
        affine_codes=scan.affine_codes,
    )
    save_mask(tmp_path / "mask.nii.gz", masks, volume)
    header = nibabel.load(tmp_path / "mask.nii.gz").header
    assert (int(header["qform_code"]), int(header["sform_code"])) == (qform, sform)
    np.testing.assert_allclose(nibabel.load(tmp_path / "mask.nii.gz").affine, affine)


def test_a_result_survives_json():
    runner = make_runner(models=("one",))
    result = runner.outcome(runner.selection[1]).result
    from dataclasses import replace

    result = replace(result, floor=Floor(0.5, 0.4, "a study"))
    assert CaseResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_settings_that_change_masks_change_the_digest_and_others_do_not():
    base = RunSettings().digest()
    assert RunSettings(jpeg=True).digest() != base
    assert RunSettings(isolated=True).digest() == base
    assert RunSettings(device="cpu").to_json()["save_masks"] is False


def test_failures_of_propagation_are_recorded_for_every_case_in_video_mode_and_for_no_other():
    runner = make_runner(models=("one",))
    failures = {(it.volume, it.strategy): runner.outcome(it).result.failures for it in runner.selection}
    assert failures["a", "every.composite"] is None
    middle = failures["a", "middle.composite.both"]
    assert (middle.prompted, middle.measured_from) == ([3], [3])
    assert middle.over_segmentation == 0
    # The empty end slices are stretched to full brightness, which the segmenter paints.
    assert (middle.past_first.slices, middle.past_first.share, middle.past_first.reach) == (1, 1.0, 1)
    assert middle.past_last.painted_mm2 == middle.past_last.painted_px
    # A prompt of another volume: no slice of this one is prompted, and the walk begins at its middle.
    foreign = failures["b", "dataset.composite.both"]
    assert (foreign.prompted, foreign.measured_from, foreign.over_segmentation) == ([], [3], None)
    assert foreign.farthest == 2


def test_the_failures_of_a_case_survive_json():
    case = Case("bars", "a", "one", "three.point.forward")
    result = make_runner(models=("one",), cases=[case]).outcome(case).result
    assert result.failures.prompted == [2, 3, 4]
    assert CaseResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_the_shape_of_a_volume_is_recorded_for_every_case():
    runner = make_runner()
    shapes = {runner.outcome(it).result.volume_shape for it in runner.selection if it.volume == "a"}
    (shape,) = shapes
    assert (shape.slices, shape.slices_with_target, shape.first_with_target, shape.last_with_target) == (7, 5, 1, 5)
    assert (shape.thickness_mm, shape.neighbours) == (5.0, 4)
    assert 0 < shape.similarity_min < shape.similarity_mean < 1


def test_surfaces_are_measured_when_the_run_asks_for_them_and_not_otherwise():
    case = Case("bars", "a", "one", "every.composite")
    assert make_runner(models=("one",), cases=[case]).outcome(case).result.surface is None
    surface = make_runner(models=("one",), cases=[case], surface_tolerance_mm=2.0).outcome(case).result.surface
    assert surface.tolerance_mm == 2.0
    assert 0 <= surface.nsd <= 1
    assert surface.hd95_mm >= 0


def test_surfaces_are_not_measured_where_slices_are_left_out_of_the_scores():
    case = Case("bars", "a", "one", "middle.mask.both")
    surface = make_runner(models=("one",), cases=[case], surface_tolerance_mm=1.0).outcome(case).result.surface
    assert (surface.hd95_mm, surface.nsd) == (None, None)
    assert surface.undefined == "1 slices are left out of the scores, which cuts the surface"


def test_an_error_that_all_volumes_share_shows_no_volume_the_way_of_the_others():
    runner = make_runner(dataset=BarDataset(broken="a"), models=("one",), warmups=0)
    shared = [case for case in runner.selection if case.strategy == "dataset.composite.both" and case.volume != "a"]
    ways = []
    for case in shared:
        with pytest.raises(DataError, match=r"a\.nii\.gz is truncated") as caught:
            runner.outcome(case)
        ways.append(len(caught.traceback))
    assert ways[0] == ways[1]
