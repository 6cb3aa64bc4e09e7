"""Stored seeds in a run: which serves what, what is recorded, and what may be compared or resumed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.analysis.comparable import refuse_different_inputs
from bench_cases.cases import Case, CaseResult
from bench_cases.errors import ReportError, SeedError, SelectionError
from bench_cases.prompting.strategy import parse
from bench_cases.report.journal import Journal
from bench_cases.runner import Runner
from bench_cases.seed_library import Library, read_choices
from bench_cases.seed_library.applied import differences, record, seed_warnings
from bench_cases.seed_library.choice import SeedChoices
from bench_cases.settings import RunSettings
from bench_cases.volume import Window
from tests.fakes import BarDataset, BrightSegmenter, bar_volume, checkpoint, loaded
from tests.report.report_examples import HEADER
from tests.seed_examples import RULES, bar_seed

DATASETS = {"bars": BarDataset(), "rods": BarDataset(name="rods")}


@pytest.fixture
def library(tmp_path):
    library = Library(folder=tmp_path)
    for seed in (bar_seed("demo"), bar_seed("demo-box", rule="box"), bar_seed("four", which="4")):
        library.write(seed)
    return library


def strategies(*names):
    return [parse(name, prompts=RULES) for name in names]


def test_a_seed_serves_every_dataset_or_the_one_it_was_given_to(library):
    choices = read_choices(["demo", "bars=four", "rods:left=demo", "demo-box"], library, DATASETS)
    serving = {
        name: choices.serving(name, "composite").name  # type: ignore[union-attr]
        for name in ("bars", "bars:left", "rods", "rods:left")
    }
    assert serving == {"bars": "four", "bars:left": "four", "rods": "demo", "rods:left": "demo"}
    assert choices.serving("bars", "box").name == "demo-box"  # type: ignore[union-attr]
    assert choices.serving("bars", "point") is None


@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (["dmo"], SeedError, "Did you mean 'demo'"),
        (["bar=demo"], SelectionError, "'bar' is not a dataset; .*Did you mean 'bars'"),
        (["bars:lft=demo"], SelectionError, "'lft' is not a target of bars; .*Did you mean 'left'"),
        (["demo", "four"], SeedError, "names 'demo' and 'four', both with a 'composite' prompt for all datasets"),
        (["../demo"], SeedError, "cannot name a seed"),
    ],
)
def test_what_is_mistyped_is_told(library, texts, error, message):
    with pytest.raises(error, match=message):
        read_choices(texts, library, DATASETS)


def test_a_strategy_with_another_rule_than_the_seeds_is_refused_not_served_by_the_first_volume(library):
    choices = read_choices(["bars=demo"], library, DATASETS)
    choices.refuse_unserved(["bars", "rods"], strategies("dataset.composite.both", "middle.box.both"))
    choices.refuse_unserved(["rods"], strategies("dataset.box.both"))
    with pytest.raises(
        SeedError,
        match=r"'demo' holds a 'composite' prompt, and strategy 'dataset.box.both' of bars asks for 'box'; .*",
    ):
        choices.refuse_unserved(["bars"], strategies("dataset.box.both"))


def test_a_seed_that_no_strategy_uses_is_refused(library):
    choices = read_choices(["demo"], library, DATASETS)
    choices.refuse_unused(strategies("every.box", "dataset=coordinates.composite.both"))
    with pytest.raises(SeedError, match=r"--sam-seed demo: no strategy asked for uses one; .*dataset\.composite\.both"):
        choices.refuse_unused(strategies("every.box"))


def run(seed, strategy="dataset.composite.both", *, dataset="bars", volume="b", **settings):
    segmenter = BrightSegmenter()
    case = Case(dataset, volume, "one", strategy)
    runner = Runner(
        selection=[case],
        settings=RunSettings(warmups=0, **settings),
        datasets=DATASETS,
        checkpoints={"one": checkpoint("one")},
        rules=registry.prompt_rules(),
        load_model=lambda it: loaded(segmenter, it.name),
        seeds=SeedChoices(seeds={} if seed is None else {("*", seed.rule): seed}),
    )
    return runner.outcome(case).result


def test_the_first_volumes_seed_stored_and_used_gives_the_same_masks_and_digests():
    mine, stored = run(None), run(bar_seed())
    assert stored.digests == mine.digests
    assert stored.details["seed"]["sha256"] == mine.details["seed"]["sha256"]
    assert "library" not in mine.details["seed"]
    assert run(bar_seed(), jpeg=True).details["seed"]["sha256"] == run(None, jpeg=True).details["seed"]["sha256"]


def test_a_stored_seed_takes_the_place_of_the_first_volume_and_is_recorded():
    seed = bar_seed("four", which="4")
    result = run(seed)
    place = result.details["seed"]
    assert (place["dataset"], place["volume"], place["slice"], place["own_volume"]) == ("bars", "a", 4, False)
    assert place["library"]["name"] == "four"
    assert place["library"]["sha256"] == place["sha256"] == seed.digest()
    assert place["library"]["source"]["licence"] == "CC0"
    assert place["library"]["warnings"] == []
    assert CaseResult.from_json(json.loads(json.dumps(result.to_json()))).details == result.details


def test_a_seed_of_another_size_is_scaled_with_its_prompt_to_the_volumes_frame():
    volume = bar_volume()
    twice = replace(
        volume,
        image_zyx=volume.image_zyx.repeat(2, axis=1).repeat(2, axis=2),
        labels_zyx=volume.labels_zyx.repeat(2, axis=1).repeat(2, axis=2),
        spacing_zyx_mm=(5.0, 0.5, 0.5),
    )
    result = run(bar_seed(volume=twice), "dataset=coordinates.composite.both", volume="a")
    assert result.prompts["3"]["size_yx"] == [12, 16]
    assert result.prompts["3"]["box_xyxy"] == pytest.approx([2.75, 3.75, 12.25, 7.25])
    assert result.details["seed"]["library"]["warnings"] == []


def test_the_own_volume_of_a_seed_is_charged_for_its_prompt_even_when_its_name_is_withheld():
    for own in (False, True):
        seed = bar_seed(own=own)
        assert run(seed, volume="a").prompts_spent.frames == 1
        assert run(seed, volume="b").prompts_spent.frames == 0
        assert run(seed, volume="a", dataset="bars:left").prompts_spent.frames == 1
    assert run(bar_seed(own=True), volume="a", limit_slices=3).prompts_spent.frames == 1
    assert run(bar_seed(own=True, which="1"), volume="a", limit_slices=3).prompts_spent.frames == 0


def test_a_mask_seeds_own_slice_is_left_out_of_the_scores():
    details = run(bar_seed(rule="mask", which="4"), "dataset.mask.both", volume="a").details
    assert details["left_out_of_scores"]["slices"] == [4]
    assert "left_out_of_scores" not in run(bar_seed(rule="mask"), "dataset.mask.both", volume="b").details


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modality": "MR"}, "the seed is MR, the volume CT: the same grey is other tissue in the two"),
        ({"target": "spleen"}, "the seed prompts spleen, and what is scored is bar"),
        ({"window": Window(-650, 1500)}, r"made with window -650/1500 \(level/width\), the volume's with no window"),
        ({"scaling": "volume"}, "stretched by volume, the volume's are by slice"),
        (
            {"frame": np.zeros((12, 32, 3), np.uint8)},
            "12 x 32 pixels, the volume's 12 x 16: .* changes its proportions",
        ),
        ({"spacing_zyx_mm": (5.0, 2.0, 2.0)}, "shows 24 mm from top to bottom, the volume's 12 mm"),
        ({"source": replace(bar_seed().source, phantom=True)}, "the seed is a phantom, the volume a real scan"),
    ],
)
def test_each_difference_between_seed_and_volume_is_one_warning(changes, message):
    import re

    (line,) = differences(bar_seed(**changes), bar_volume())
    assert re.search(message, line)


def test_nothing_is_said_against_a_seed_that_fits_or_whose_spacing_is_not_known():
    assert differences(bar_seed(), bar_volume()) == []
    assert differences(bar_seed(spacing_zyx_mm=None), bar_volume()) == []
    assert differences(bar_seed(modality="ct"), bar_volume()) == []


def test_warnings_of_a_run_are_told_once_a_dataset():
    seed = bar_seed(modality="MR")
    results = [run(seed, volume=volume) for volume in "abc"]
    assert seed_warnings([*results, run(None)]) == [
        "seed 'demo' on bars (3 volumes): the seed is MR, the volume CT: the same grey is other tissue in the two"
    ]
    assert record(seed, bar_volume())["warnings"]


def test_results_under_different_seeds_are_not_compared_even_when_their_prompts_are_equal():
    seed = bar_seed()
    other = bar_seed(frame=255 - seed.frame)
    one, two = run(seed), run(other)
    assert one.digests["prompts"] == two.digests["prompts"]
    with pytest.raises(ReportError, match=r"the seeds of bars/b under dataset.composite.both differ .*same --sam-seed"):
        refuse_different_inputs([one, two], "A and B")
    refuse_different_inputs([one, run(seed), run(other, "middle.composite.both")], "A and B")
    older = replace(two, details={"seed": {"dataset": "bars"}})
    refuse_different_inputs([one, older], "A and B")  # a report from before seeds had digests


def test_a_run_is_not_resumed_with_a_seed_that_has_changed(tmp_path):
    def header(seed):
        seeds = {} if seed is None else SeedChoices(seeds={("*", "composite"): seed}).digests()
        return {**HEADER, "settings": RunSettings(seeds=seeds).to_json()}

    Journal.open(tmp_path / "run.json", header(bar_seed())).close()
    Journal.open(tmp_path / "run.json", header(bar_seed()), resume=True).close()
    changed = bar_seed(which="4")
    for other in (changed, None):
        with pytest.raises(ReportError, match=r"had other settings \(seeds.*was .*demo .*expected the same"):
            Journal.open(tmp_path / "run.json", header(other), resume=True)


def test_settings_without_seeds_are_those_of_older_runs():
    assert "seeds" not in RunSettings().to_json()
    assert RunSettings(seeds={"*.composite": "demo abc"}).digest() == RunSettings().digest()


def test_nothing_of_the_library_is_read_when_no_seed_is_named(tmp_path):
    assert read_choices([], Library(folder=tmp_path / "nowhere"), DATASETS).seeds == {}
