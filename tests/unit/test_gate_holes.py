"""Ways in which a bad run once passed, or might: each is shut, and says what it was."""

import dataclasses
import json
import math
import re

import pytest

from bench_cases.analysis.gate.config import FloorRule, GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.analysis.gate.verdict import exit_status
from bench_cases.cases import Floor
from bench_cases.cli import main
from bench_cases.errors import ConfigError, ReportError
from bench_cases.findings import SurfaceScores
from bench_cases.report import load
from tests.report.study_examples import scored, study, written
from tests.unit.test_gate import timed

QUIET = GateConfig(speed=(), memory_limit=None)
WORSE = -0.15


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base.json", study({"sam2": 0.0}, volumes=3))


@pytest.fixture
def run(tmp_path):
    def of(results, **more):
        return written(tmp_path / "run.json", results, **more)

    return of


def bad(found):
    return [it for it in found if it.outcome != "pass"]


def never_let_through(found):
    """Whether no choice of --undecided makes it pass."""
    return exit_status(found, undecided="pass") != 0


# ------------------------------------------------------------------------------------------------ scores


def surfaced(results, hd95_mm):
    surface = SurfaceScores(tolerance_mm=1.0, hd95_mm=hd95_mm, nsd=0.9)
    return [dataclasses.replace(it, surface=surface) for it in results]


@pytest.mark.parametrize("measured", ["base", "neither", "run"])
def test_a_metric_that_was_not_measured_is_undecided(tmp_path, measured):
    """One dropped --sam-surface disarmed every check of a surface, and nothing was printed."""
    old, new = study({"sam2": 0.0}), study({"sam2": WORSE})
    base = written(tmp_path / "base.json", surfaced(old, 1.0) if measured == "base" else old)
    run = written(tmp_path / "run.json", surfaced(new, 1.0) if measured == "run" else new)
    found = [it for it in judge(run, base, dataclasses.replace(QUIET, metrics=("hd95",))) if it.kind == "quality"]
    where = {"base": "the run", "neither": "the run and the baseline", "run": "the baseline"}[measured]
    reason = f"hd95 was not measured in {where}; expected it in both. Run both with --sam-surface, or leave it out of"
    assert [(it.outcome, it.more_data) for it in found] == [("undecided", False)]
    assert found[0].reason == f"{reason} [quality] metrics"


def test_a_volume_of_which_nothing_was_predicted_has_no_distance_and_is_no_gap(tmp_path):
    results = study({"sam2": 0.0})
    nothing = SurfaceScores(tolerance_mm=1.0, hd95_mm=None, nsd=0.0, undefined="nothing was predicted")
    base = written(tmp_path / "base.json", surfaced(results, 1.0))
    lost = [dataclasses.replace(it, surface=nothing) for it in surfaced(results, 1.0)[:2]]
    run = written(tmp_path / "run.json", [*lost, *surfaced(results, 1.0)[2:]])
    (found,) = [it for it in judge(run, base, dataclasses.replace(QUIET, metrics=("hd95",))) if it.kind == "quality"]
    assert (found.outcome, found.more_data) == ("undecided", False)
    assert "v00 (undefined: nothing was predicted in the run)" in found.reason
    assert "2 with a score in the baseline and none in the run: expected a score of each" in found.reason


def test_nothing_asked_of_the_masks_is_refused(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("[quality]\nmetrics = []\n")
    with pytest.raises(ConfigError, match=r"metrics is \[\] and there is no \[\[floor\]\], so nothing is asked of the"):
        GateConfig.read(path)
    path.write_text("[quality]\nmetrics = []\n[[floor]]\ndice = 0\n")
    with pytest.raises(ConfigError, match=r"dice is 0; expected a number above 0, up to 1"):
        GateConfig.read(path)
    path.write_text("[quality]\nmetrics = []\n[[floor]]\ndice = 0.5\n")
    assert GateConfig.read(path).metrics == ()


@pytest.mark.parametrize("status", ["failed", "error"])
def test_volumes_without_a_score_do_not_leave_the_rest_equal(base, run, status):
    """Even where [allow] failed excuses the case: it may fail, which is not to be as good as before."""
    lost = dataclasses.replace(base.results[0], status=status, scores=None, message="no room")
    config = dataclasses.replace(QUIET, allow_failed=("*/v00-*",))
    found = judge(run([lost, *base.results[1:]]), base, config)
    judged = [it for it in found if it.kind == "quality"]
    assert {(it.outcome, it.more_data) for it in judged} == {("undecided", False)}
    assert "left out: v00 (error (no room) in the run)" in judged[0].reason
    assert never_let_through(found)


def test_a_volume_that_may_be_missing_is_named_and_does_not_lower_the_least_number_of_pairs(base, run):
    config = dataclasses.replace(QUIET, allow_missing=("*/v00-*",))
    found = [it for it in judge(run(base.results[1:]), base, config) if it.kind == "quality"]
    assert {it.outcome for it in found} == {"undecided"}
    assert found[0].reason == (
        "2 pairs; expected at least 3: too few to judge; left out: v00 (not in the run)"
    )  # fmt: skip
    config = dataclasses.replace(config, min_pairs=2)
    found = [it for it in judge(run(base.results[1:]), base, config) if it.kind == "quality"]
    assert {(it.outcome, it.reason) for it in found} == {
        ("pass", "equal on all 2 volumes; left out: v00 (not in the run)")
    }


def test_a_regression_stays_one_where_a_volume_has_no_score(tmp_path, run):
    base = written(tmp_path / "base.json", study({"sam2": 0.0}, volumes=6))
    lost = dataclasses.replace(base.results[0], status="failed", scores=None, message="no room")
    worse = study({"sam2": WORSE}, volumes=6)[1:]
    found = [it for it in judge(run([lost, *worse]), base, QUIET) if it.kind == "quality"]
    assert {it.outcome for it in found} == {"regression"}
    assert "left out: v00" in found[0].reason


# ------------------------------------------------------------------------------------------------ files


def edited(report, change, *, version=None, sealed=False):
    """Change a report's JSON as with an editor, and take its checksum out."""
    raw = json.loads(report.path.read_text(encoding="utf-8"))
    if not sealed:
        del raw["checksum"]
    change(raw)
    if version is not None:
        raw["schema"]["version"] = version
    path = report.path.with_name("edited.json")
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def another_run(raw):
    raw["run"]["id"] = "a" * 32


@pytest.mark.parametrize("version", [None, 1])
@pytest.mark.parametrize("side", ["run", "baseline"])
def test_a_report_without_its_checksum_is_not_judged_though_it_is_read(base, side, version):
    other = load(edited(base, another_run, version=version))
    assert not other.sealed
    assert other.notes[0].startswith("this report has no checksum")
    found = judge(other, base, QUIET) if side == "run" else judge(base, other, QUIET)
    (only,) = bad(found)
    assert (only.outcome, only.kind, only.subject) == ("undecided", "run", f"{side} edited.json")
    assert only.reason.startswith("it has no checksum, so it may not be as it was written; expected the file that")
    assert never_let_through(found)


def test_a_checksum_that_does_not_match_says_nothing_of_how_to_get_round_it(base):
    with pytest.raises(ReportError, match=r"its checksum does not match; expected the file as .* run the benchmark a"):
        load(edited(base, another_run, sealed=True))


@pytest.mark.parametrize("name", ["dice_nonempty", "jaccard_nonempty", "dice_all", "jaccard_all"])
def test_scores_of_a_volume_must_follow_from_those_of_its_slices(base, name):
    def better(raw):
        raw["cases"][1]["scores"][name] = 0.99

    def unknown(raw):
        raw["cases"][1]["scores"][name] = None

    with pytest.raises(ReportError, match=rf"v01-sam2-every.composite: {name} is 0\.99; expected 0\.\d+, which is"):
        load(edited(base, better))
    with pytest.raises(ReportError, match=rf"{name} is nan; expected 0\.\d+, which is what its slices give"):
        load(edited(base, unknown))


def test_lists_of_slices_must_be_of_one_length(base):
    def shorter(raw):
        for name in ("reference_px", "predicted_px"):
            raw["cases"][0]["scores"]["per_slice"][name].pop()

    with pytest.raises(ReportError, match=r"the lists of its slices differ in length; expected one entry a slice"):
        load(edited(base, shorter))


def test_rounding_is_no_disagreement(base):
    def rounded(raw):
        for case in raw["cases"]:
            case["scores"]["dice_nonempty"] = math.nextafter(case["scores"]["dice_nonempty"], 1)

    assert len(load(edited(base, rounded)).results) == 3


def test_a_case_that_stands_twice_is_refused(base):
    """Of two results of one case the better one might be the one that is looked at."""

    def twice(raw):
        raw["cases"].append(raw["cases"][0])

    with pytest.raises(ReportError, match=r"coronacases/v00-sam2-every.composite stands there twice; expected each"):
        load(edited(base, twice))


# ------------------------------------------------------------------------------------------------ runs


@pytest.mark.parametrize(("complete", "exit_status_of_run"), [(False, 2), (False, 0), (True, 2), (True, 3), (True, 5)])
def test_a_run_that_was_stopped_is_undecided_however_many_cases_it_has(base, run, complete, exit_status_of_run):
    report = run(base.results, complete=complete)
    report.raw["run"]["exit_status"] = exit_status_of_run
    found = judge(report, base, QUIET)
    (only,) = bad(found)
    assert (only.subject, only.more_data) == ("run run.json", False)
    assert only.reason == "it was stopped before its end; expected a complete run. Go on with --sam-resume"
    assert never_let_through(found)
    (only,) = bad(judge(base, report, QUIET))
    assert only.subject == "baseline run.json"


def test_a_test_that_failed_and_is_no_case_is_not_overlooked(base, run):
    """The floor of a whole dataset was missed: every case passed, and so did the gate."""
    report = run(base.results)
    report.raw["run"]["exit_status"] = 1
    (only,) = bad(judge(report, base, QUIET))
    assert only.reason.startswith("a test of it failed that is no case, such as the floor of a whole dataset; expected")


def test_a_run_is_never_its_own_baseline(tmp_path, base, capsys):
    found = judge(base, base, QUIET)
    assert [it.kind for it in bad(found)] == ["run"]
    assert bad(found)[0].reason.startswith("the run is its own baseline: both have one run id; expected two runs")
    assert main(["gate", str(base.path), "--baseline", str(base.path)]) == 2
    assert capsys.readouterr().out.startswith("run base.json: 3 cases, sam2, commit 0000000000, 2026-01-01T00:00:00")
    both = written(tmp_path / "both.json", study({"sam2": 0.0, "other": WORSE, "new": 0.0}))
    found = judge(both, both, dataclasses.replace(QUIET, models={"new": "sam2"}))
    assert not [it for it in bad(found) if it.kind != "quality"]
    assert {it.subject.split()[2] for it in found if it.kind == "quality"} == {"new"}
    assert {it.subject: it.reason for it in found if it.reason.startswith("not judged")} == {
        "other": "not judged: it would be judged by its own results",
        "sam2": "not judged: new takes its place ([models])",
    }


def test_a_run_of_no_case_is_no_pass(base, run):
    assert {it.outcome for it in bad(judge(run([]), base, QUIET))} == {"regression", "undecided"}
    everything = dataclasses.replace(QUIET, allow_missing=("*",), allow_new=("*",), allow_failed=("*",))
    assert never_let_through(judge(run([]), base, everything))
    assert never_let_through(judge(base, run([]), everything))


def test_fewer_strategies_and_another_name_of_a_dataset_are_missing_cases(tmp_path, base):
    two = written(tmp_path / "two.json", [*base.results, *study({"sam2": 0.0}, volumes=3, strategy="every.box")])
    run = written(tmp_path / "run.json", base.results)
    assert sum(it.outcome == "regression" for it in judge(run, two, QUIET)) == 3
    renamed = written(tmp_path / "r.json", study({"sam2": 0.0}, volumes=3, dataset="corona2"))
    assert exit_status(judge(renamed, base, QUIET)) == 1


def test_inputs_that_nobody_can_prove_to_be_the_same_are_undecided(base, run):
    results = [dataclasses.replace(it, digests={"weights": "a" * 64}) for it in base.results]
    (only,) = bad(judge(run(results), base, QUIET))
    assert only.reason.startswith(
        "3 cases of the run have no digest of data and prompts (coronacases/v00-sam2-every.composite is the first)"
    )


# ------------------------------------------------------------------------------------------------ exceptions, floors


def test_an_exception_that_leaves_nothing_is_undecided(base, run):
    for config, name in (
        (dataclasses.replace(QUIET, allow_missing=("corona*",)), "missing"),
        (dataclasses.replace(QUIET, allow_failed=("corona*",)), "failed"),
    ):
        (only,) = bad(judge(run(base.results), base, config))
        assert (only.outcome, only.subject) == ("undecided", f"[allow] {name}")


def with_floor(results, dice, jaccard=0.0):
    return [dataclasses.replace(it, floor=Floor(dice, jaccard, "floors.toml")) for it in results]


@pytest.mark.parametrize("floor", [Floor(0.1, 0.0, "lowered"), None])
def test_a_floor_that_was_lowered_since_the_baseline_is_held_to(tmp_path, floor):
    results = study({"sam2": 0.0}, volumes=3)
    base = written(tmp_path / "base.json", with_floor(results, 0.75))
    lower = [dataclasses.replace(it, floor=floor) for it in study({"sam2": -0.2}, volumes=3)]
    run = written(tmp_path / "run.json", lower)
    config = dataclasses.replace(QUIET, metrics=())
    found = [it for it in judge(run, base, config) if it.kind == "floor"]
    assert [it.outcome for it in found] == ["regression", "pass"]
    assert found[0].subject == "coronacases every.composite sam2"
    assert re.fullmatch(
        r"below the floor that the baseline had: v00 Dice 0\.6\d+ < 0\.7500; v01 .*; v02 .*", found[0].reason
    )
    assert found[-1].reason == "3 cases have a lower floor than in the baseline; they are held to the old one"
    allowed = dataclasses.replace(config, allow_failed=("*/v00-*", "*/v01-*"))
    (left,) = (it for it in judge(run, base, allowed) if it.kind == "floor" and it.outcome == "regression")
    assert re.search(r"had: v02 Dice", left.reason)


# ------------------------------------------------------------------------------------------------ times


@pytest.mark.parametrize("lacking", ["no samples", "nought"])
@pytest.mark.parametrize("side", ["run", "baseline"])
def test_a_stage_that_only_one_of_the_two_timed_is_undecided(tmp_path, lacking, side):
    whole = timed(study({"sam2": 0.0}, volumes=3))
    times = {} if lacking == "no samples" else {"embed": [0.0] * 30, "predict": [0.0] * 30}
    bare = [dataclasses.replace(whole[0], timings_s=times), *whole[1:]]
    short, full = written(tmp_path / "short.json", bare), written(tmp_path / "full.json", whole)
    everything = judge(short, full, GateConfig()) if side == "run" else judge(full, short, GateConfig())
    found = [it for it in everything if it.kind == "speed"]
    assert [(it.outcome, it.reason) for it in found] == [
        ("undecided", f"not timed in the {side}: v00; expected samples above 0 s of every case. Run it again")
    ] * 2
    assert never_let_through(found)


def test_times_of_a_case_that_failed_or_may_be_missing_are_no_gap_of_their_own(tmp_path):
    whole = timed(study({"sam2": 0.0}, volumes=3))
    base = written(tmp_path / "base.json", whole)
    broken = dataclasses.replace(whole[0], status="error", scores=None, timings_s={})
    for results in ([broken, *whole[1:]], whole[1:]):
        run = written(tmp_path / "run.json", results)
        assert {it.outcome for it in judge(run, base, GateConfig()) if it.kind == "speed"} == {"pass"}


# ------------------------------------------------------------------------------------------------ stand-ins


def test_a_model_in_anothers_place_is_called_by_its_own_name(tmp_path, base):
    results = timed(study({"new": WORSE}, volumes=3))[1:]
    failed = dataclasses.replace(results[0], status="failed", message="Dice 0.7 < 0.8")
    run = written(tmp_path / "run.json", [failed, *results[1:]])
    config = dataclasses.replace(
        GateConfig(), models={"new": "sam2"}, min_pairs=2, floors=(FloorRule(model="sam2", least={"dice": 0.8}),)
    )
    subjects = {it.kind: it.subject for it in bad(judge(run, base, config))}
    assert subjects["quality"] == "coronacases every.composite new (for sam2) dice_all"
    assert subjects["floor"] == "coronacases every.composite new (for sam2) dice"
    assert {it.subject for it in bad(judge(run, base, config)) if it.kind == "cases"} == {
        "coronacases/v00-new-every.composite (for sam2)",
        "coronacases/v01-new-every.composite (for sam2)",
    }
    excused = dataclasses.replace(config, allow_failed=("*/v01-new-*",), allow_missing=("*/v00-sam2-*",))
    assert not [it for it in bad(judge(run, base, excused)) if it.kind == "cases"]


def test_another_setting_of_scoring_is_not_compared(tmp_path, base):
    header = {"settings": {"scoring": {"limit_slices": 1}}}
    from tests.report.report_examples import HEADER

    run = written(tmp_path / "run.json", base.results, header={**HEADER, **header})
    assert never_let_through(judge(run, base, QUIET))


def test_another_reference_is_not_compared(tmp_path, base):
    """A set that was labelled anew, or a threshold that shrank the reference, is another data set."""
    other = [
        dataclasses.replace(scored(it.case.volume, [0.99], model="sam2"), digests={"data": "9" * 64, "prompts": "e"})
        for it in base.results
    ]
    assert never_let_through(judge(written(tmp_path / "run.json", other), base, QUIET))
