"""The gate on reports: every kind of verdict, its reason, and the exit status."""

import dataclasses
import json
import re

import numpy as np
import pytest

from bench_cases.analysis.gate.baselines import all_kept, keep, kept_for
from bench_cases.analysis.gate.config import FloorRule, GateConfig
from bench_cases.analysis.gate.device import device_of
from bench_cases.analysis.gate.gate import judge
from bench_cases.analysis.gate.rule import mean_loss
from bench_cases.analysis.gate.verdict import Verdict, exit_status
from bench_cases.cli import main
from bench_cases.errors import ConfigError, ReportError
from bench_cases.report import load
from tests.report.report_examples import HEADER, TAIL
from tests.report.study_examples import scored, study, written

MIB = 2**20
QUIET = GateConfig(speed=(), memory_limit=None)


def timed(results, *, slower=1.0, seed=0, samples=30, memory_mib=100.0):
    generator = np.random.default_rng(seed)
    return [
        dataclasses.replace(
            result,
            timings_s={
                stage: (slower * generator.lognormal(-2, 0.05, samples)).tolist() for stage in ("embed", "predict")
            },
            peak_memory_bytes={"process": int(memory_mib * MIB), "device": None},
        )
        for result in results
    ]


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base.json", timed(study({"sam2": 0.0})))


@pytest.fixture
def again(tmp_path, base):
    """Another run with the results of the baseline: a report is never judged by itself."""
    return written(tmp_path / "again.json", base.results)


def verdicts(run, base, config=QUIET, **wanted):
    return [it for it in judge(run, base, config) if all(getattr(it, name) == value for name, value in wanted.items())]


def shifted(results, loss, volumes=None):
    """Return results with every slice's Dice lowered, by another amount on each volume."""
    moved = []
    for number, result in enumerate(results):
        by = loss * (1 + 0.1 * (number % 3)) if volumes is None or result.case.volume in volumes else 0.0
        assert result.scores is not None
        dice = [float(value) - by for value in result.scores.per_slice.dice]
        moved.append(scored(result.case.volume, dice, model=result.case.model, dataset=result.case.dataset))
    return timed(moved)


def test_a_run_passes_against_another_with_the_same_results(again, base):
    found = judge(again, base, GateConfig())
    assert exit_status(found) == 0
    assert {it.outcome for it in found} == {"pass"}
    assert {it.kind for it in found} == {"cases", "quality", "speed", "memory"}
    assert [it.reason for it in found if it.kind == "quality"] == ["equal on all 6 volumes"] * 2


def test_a_loss_beyond_the_margin_is_a_regression_and_says_where(tmp_path, base):
    run = written(tmp_path / "run.json", shifted(base.results, 0.03))
    found = verdicts(run, base, kind="quality")
    assert [it.outcome for it in found] == ["regression", "regression"]
    assert found[0].subject == "coronacases every.composite sam2 dice"
    losses = np.array([0.03 * (1 + 0.1 * (n % 3)) for n in range(6)])
    upper = float(mean_loss(losses, alpha=0.05).upper)
    assert found[0].reason == (
        f"lost 0.0330, 95 % upper bound {upper:+.4f}, margin 0.01, 6 volumes; most on v02 (+0.0360), v05 (+0.0360), "
        "v01 (+0.0330)"
    )
    assert exit_status(judge(run, base, QUIET)) == 1


def test_a_loss_within_the_margin_passes_and_a_gain_too(tmp_path, base):
    for loss in (0.005, -0.05):
        run = written(tmp_path / f"{loss}.json", shifted(base.results, loss))
        assert {it.outcome for it in verdicts(run, base, kind="quality")} == {"pass"}


def test_noise_is_undecided_and_says_what_to_do(tmp_path, base):
    generator = np.random.default_rng(0)
    noisy = [
        scored(
            it.case.volume,
            np.clip(np.array(it.scores.per_slice.dice, float) + generator.normal(0, 0.06), 0, 1),
            model="sam2",
        )
        for it in base.results
    ]
    found = verdicts(written(tmp_path / "run.json", noisy), base, kind="quality")
    assert {it.outcome for it in found} == {"undecided"}
    assert (
        "not shown to be within the margin, nor to be a loss: run more volumes, or widen the margin" in found[0].reason
    )
    assert exit_status(found) == 2


def test_too_few_pairs_cannot_be_judged(tmp_path):
    base = written(tmp_path / "base.json", study({"m": 0.0}, volumes=2))
    run = written(tmp_path / "run.json", study({"m": -0.05}, volumes=2))
    found = verdicts(run, base, kind="quality")
    assert {(it.outcome, it.reason) for it in found} == {
        ("undecided", "2 pairs; expected at least 3: too few to judge"),
    }  # fmt: skip


def test_one_bad_volume_of_six_is_named_even_where_the_mean_is_undecided(tmp_path, base):
    run = written(tmp_path / "run.json", shifted(base.results, 0.3, volumes={"v04"}))
    found = verdicts(run, base, kind="quality")
    assert {it.outcome for it in found} == {"undecided"}
    assert "most on v04" in found[0].reason


def test_new_missing_and_failed_cases_are_regressions_unless_they_are_allowed_by_name(tmp_path, base):
    results = [
        *base.results[1:5],
        dataclasses.replace(base.results[5], status="error", scores=None, message="DataError: torn\nin two"),
        scored("v99", [0.9], model="sam2"),
    ]
    run = written(tmp_path / "run.json", results)
    found = {it.subject: (it.outcome, it.reason) for it in verdicts(run, base, kind="cases")}
    assert found == {
        "coronacases/v00-sam2-every.composite": ("regression", "missing from the run"),
        "coronacases/v99-sam2-every.composite": (
            "regression", "not in the baseline; allow it by name, or set a new baseline",
        ),
        "coronacases/v05-sam2-every.composite": (
            "regression", "ended in an error, it was not before (DataError: torn in two)",
        ),
        "run and baseline": ("pass", "5 in both, 0 exceptions allowed by name"),
    }  # fmt: skip
    allowed = dataclasses.replace(QUIET, allow_new=("*/v99-*",), allow_missing=("*/v00-*",), allow_failed=("*v05*",))
    (only,) = verdicts(run, base, allowed, kind="cases")
    assert (only.outcome, only.reason) == ("pass", "5 in both, 3 exceptions allowed by name")


def test_a_case_below_its_floor_is_a_regression_even_where_it_was_before(tmp_path, base):
    failed = [dataclasses.replace(base.results[0], status="failed", message="Dice 0.1 < 0.5"), *base.results[1:]]
    run, same = (written(tmp_path / f"{name}.json", failed) for name in ("run", "same"))
    (found,) = verdicts(run, same, kind="cases", outcome="regression")
    assert found.reason == "is below its floor as in the baseline (Dice 0.1 < 0.5)"


def test_what_is_missing_from_a_stopped_run_is_undecided(tmp_path, base):
    run = written(tmp_path / "run.json", base.results[:4], complete=False)
    found = verdicts(run, base, kind="cases", outcome="undecided")
    assert len(found) == 2
    assert found[0].reason == "missing from the run; the run is not complete: go on with --sam-resume"
    assert exit_status(judge(run, base, QUIET)) == 2


def test_runs_that_cannot_be_compared_are_undecided_with_the_reason_and_floors_are_still_judged(tmp_path, base):
    other = [dataclasses.replace(it, digests={**it.digests, "data": "f" * 64}) for it in base.results]
    run = written(tmp_path / "run.json", other)
    config = dataclasses.replace(QUIET, floors=(FloorRule(least={"dice": 0.99}),))
    refused, floor = judge(run, base, config)
    assert (refused.outcome, refused.kind) == ("undecided", "run")
    assert "cannot be compared: the data of coronacases/v00 differ" in refused.reason
    assert floor.outcome == "regression"


def test_nothing_in_common_is_no_pass(tmp_path, base):
    run = written(tmp_path / "run.json", study({"other": 0.0}))
    config = dataclasses.replace(QUIET, allow_new=("*",), allow_missing=("*",))
    wide, only = judge(run, base, config)
    assert {wide.outcome, only.outcome} == {"undecided"}
    assert wide.reason == "it matches all 6 cases of the baseline; expected some that are judged. Narrow it"
    assert only.reason.startswith("no case is in both; expected the same datasets, strategies and models")
    renamed = dataclasses.replace(QUIET, models={"other": "sam2"})
    assert {it.outcome for it in judge(run, base, renamed)} == {"pass"}
    with pytest.raises(
        ConfigError, match=r"\[models\] names 'nobody', which run.json does not have; expected one of oth"
    ):
        judge(run, base, dataclasses.replace(QUIET, models={"nobody": "sam2"}))


def test_absolute_floors_are_means_over_volumes_in_which_an_error_counts_as_zero(tmp_path, again, base):
    config = dataclasses.replace(QUIET, floors=(FloorRule(dataset="corona*", least={"dice": 0.8}),))
    (found,) = verdicts(again, base, config, kind="floor")
    mean = np.mean([it.scores.dice_nonempty for it in base.results])
    assert (found.outcome, found.reason) == ("pass", f"mean {mean:.4f} >= 0.8000 over 6 volumes")
    broken = [dataclasses.replace(base.results[0], status="error", scores=None), *base.results[1:]]
    (found,) = verdicts(written(tmp_path / "run.json", broken), base, config, kind="floor")
    assert found.outcome == "regression"


def test_a_floor_that_holds_for_nothing_is_undecided(base):
    config = dataclasses.replace(QUIET, floors=(FloorRule(dataset="coronacase", least={"dice": 0.8}),))
    found = verdicts(base, base, config, kind="floor")[0]
    assert (found.outcome, found.subject) == ("undecided", "floor 1 (coronacase * *)")


@pytest.mark.parametrize(("slower", "outcome"), [(1.0, "pass"), (1.05, "pass"), (1.3, "regression"), (0.7, "pass")])
def test_speed_is_judged_by_the_ratio_of_medians_and_its_interval(tmp_path, base, slower, outcome):
    run = written(tmp_path / "run.json", timed(base.results, slower=slower, seed=1))
    found = verdicts(run, base, GateConfig(), kind="speed")
    assert [it.subject for it in found] == [
        "coronacases image-mode sam2 embed", "coronacases every.composite sam2 predict",
    ]  # fmt: skip
    assert {it.outcome for it in found} == {outcome}
    ratio, low, high = map(float, re.findall(r"\d\.\d{3}", found[0].reason)[:3])
    assert low <= ratio <= high
    assert ratio == pytest.approx(slower, rel=0.03)


def test_speed_with_few_samples_or_much_noise_is_undecided(tmp_path):
    results = study({"m": 0.0}, volumes=1)
    base = written(tmp_path / "base.json", timed(results, samples=3))
    run = written(tmp_path / "run.json", timed(results, samples=3, seed=1, slower=2))
    found = verdicts(run, base, GateConfig(), kind="speed")
    assert {(it.outcome, it.reason) for it in found} == {
        ("undecided", "3 samples; expected at least 10: too few to judge")
    }
    loud = [dataclasses.replace(it, timings_s={"embed": [1.0, 5.0] * 8}) for it in results]
    quiet = [dataclasses.replace(it, timings_s={"embed": [3.1, 2.9] * 8}) for it in results]
    base, run = written(tmp_path / "b.json", quiet), written(tmp_path / "r.json", loud)
    (found_one,) = verdicts(run, base, GateConfig(), kind="speed")
    assert found_one.outcome == "undecided"
    assert "time more, or widen the limit" in found_one.reason


def on(device, name):
    model = {**TAIL["models"]["model-a"], "device": device, "settings": {"device_name": name}}
    return {**TAIL, "models": {"sam2": model}}


def test_speed_is_not_judged_across_devices_nor_under_load(tmp_path, base):
    results = timed(base.results, seed=1)
    (found,) = verdicts(
        written(tmp_path / "r.json", results, tail=on("cuda", "NVIDIA H200")), base, GateConfig(), kind="speed"
    )
    assert found.outcome == "undecided"
    assert found.reason.startswith("timed on cuda NVIDIA H200, the baseline on cpu A Processor; expected one device")
    for setting, message in (
        ("timings_taken_under_load", "the run was timed under load"),
        ("unsynchronised", "only one of the two was timed with --sam-unsynchronised"),
    ):
        header = {**HEADER, "settings": {**HEADER["settings"], setting: True}}
        (found,) = verdicts(
            written(tmp_path / f"{setting}.json", results, header=header), base, GateConfig(), kind="speed"
        )
        assert (found.outcome, found.reason.startswith(message)) == ("undecided", True)


def test_shares_of_a_batch_are_not_judged_by_frames_that_were_timed_alone(tmp_path, base):
    header = {**HEADER, "settings": {**HEADER["settings"], "batch": 4}}
    run = written(tmp_path / "batch.json", timed(base.results, seed=1), header=header)
    (found,) = verdicts(run, base, GateConfig(), kind="speed")
    assert found.outcome == "undecided"
    assert found.reason == "timed with --sam-batch 4, the baseline with auto; expected both alike"


def test_memory_is_judged_as_a_share(tmp_path, base):
    for mib, outcome in ((105.0, "pass"), (120.0, "regression")):
        run = written(tmp_path / f"{mib}.json", timed(base.results, memory_mib=mib))
        (found,) = verdicts(run, base, GateConfig(), kind="memory")
        assert found.outcome == outcome
        assert found.reason == f"{mib:.0f} MiB, x {mib / 100:.3f} of 100, limit x 1.1"
    unknown = [dataclasses.replace(it, peak_memory_bytes={}) for it in base.results]
    (found,) = verdicts(written(tmp_path / "u.json", unknown), base, GateConfig(), kind="memory")
    assert found.outcome == "undecided"


def test_a_regression_outweighs_what_is_undecided():
    def of(outcome):
        return Verdict(outcome=outcome, kind="run", subject="a", reason="b")

    assert exit_status([of("pass"), of("undecided")]) == 2
    assert exit_status([of("undecided"), of("regression"), of("pass")]) == 1
    assert str(of("regression")) == "REGRESSION run     a: b"


# ------------------------------------------------------------------------------------------------ baselines


def test_baselines_are_kept_by_device_and_found_again(tmp_path, base):
    folder = tmp_path / "baselines"
    assert keep(base, folder).path == folder / "cpu-a-processor.json"
    gpu = written(tmp_path / "gpu.json", base.results, tail=on("cuda", "NVIDIA H200"))
    keep(gpu, folder)
    assert [device_of(report) for report in all_kept(folder)] == ["cpu A Processor", "cuda NVIDIA H200"]
    assert kept_for(gpu, folder).run_id == gpu.run_id
    other = written(tmp_path / "other.json", base.results, tail=on("mps", "Apple M4"))
    with pytest.raises(
        ReportError, match=r"no baseline for mps Apple M4; expected mps-apple-m4.json, found cpu-a-processor, cu"
    ):
        kept_for(other, folder)


def test_a_baseline_with_gaps_is_refused(tmp_path, base):
    broken = [dataclasses.replace(base.results[0], status="error", scores=None), *base.results[1:]]
    for results, complete, what in (
        (broken, True, "1 cases ended in an error"),
        (base.results, False, "not complete"),
        ([], True, "no case"),
    ):
        run = written(tmp_path / f"{what.replace(' ', '')}.json", results, complete=complete)
        with pytest.raises(ReportError, match=f"{what}.*; expected a complete run, as it was written, without errors"):
            keep(run, tmp_path / "baselines", accept_failed=True)


def test_a_baseline_that_failed_is_kept_only_where_that_is_said(tmp_path, base):
    failed = [dataclasses.replace(base.results[0], status="failed"), *base.results[1:]]
    run = written(tmp_path / "failed.json", failed)
    message = r"1 cases \(coronacases/v00-sam2-every.composite\) failed; expected .*, or say --accept-failed\."
    with pytest.raises(ReportError, match=message):
        keep(run, tmp_path / "baselines")
    red = written(tmp_path / "red.json", base.results)
    red.raw["run"]["exit_status"] = 1
    with pytest.raises(ReportError, match=r"its exit status was 1: some of its tests failed; .*--accept-failed"):
        keep(red, tmp_path / "baselines")
    for report in (run, red):
        assert keep(report, tmp_path / "baselines", accept_failed=True).path.exists()


def test_a_baseline_that_is_not_as_it_was_written_is_refused(tmp_path, base):
    raw = json.loads(base.path.read_text(encoding="utf-8"))
    del raw["checksum"]
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(raw), encoding="utf-8")
    with pytest.raises(ReportError, match=r"it has no checksum, so it may not be as it was written; expected"):
        keep(load(bare), tmp_path / "baselines")


def test_a_new_baseline_says_which_it_replaces_and_what_is_lower_in_it(tmp_path, base, capsys):
    folder = ["--dir", str(tmp_path / "baselines")]
    worse = written(tmp_path / "worse.json", shifted(base.results, 0.03))
    for report in (base, worse, worse):
        assert main(["baseline", "set", str(report.path), *folder]) == 0
    first, second, replaced, lower, again = capsys.readouterr().out.splitlines()
    assert first == second == again
    assert replaced == "it replaces the baseline of 6 cases, sam2, commit 0000000000, 2026-01-01T00:00:00+00:00"
    old, new = (report.cases.dice_nonempty.mean() for report in (base, worse))
    assert lower == (f"! lower than before: coronacases every.composite sam2: mean Dice {new:.4f}, was {old:.4f}")


# ------------------------------------------------------------------------------------------------ the command


def test_the_command_prints_a_line_a_verdict_and_exits_with_its_status(tmp_path, again, base, capsys):
    run = written(tmp_path / "run.json", shifted(base.results, 0.03))
    config = tmp_path / "gate.toml"
    config.write_text("[quality]\nmargin = 0.02\n[speed]\nstages = []\n[memory]\nlimit = false\n")
    assert main(["gate", str(run.path), "--baseline", str(base.path), "--config", str(config)]) == 1
    first, *lines, last = capsys.readouterr().out.splitlines()
    assert first == (
        "run run.json: 6 cases, sam2, commit 0000000000, 2026-01-01T00:00:00+00:00; "
        "baseline base.json: 6 cases, sam2, commit 0000000000, 2026-01-01T00:00:00+00:00"
    )
    assert all(re.match(r"(PASS|REGRESSION|UNDECIDED) +\w+ +.+: .+", line) for line in lines)
    assert last == f"REGRESSION: 1 pass, 2 regression, 0 undecided; baseline {base.path}"
    assert main(["gate", str(again.path), "--baseline", str(base.path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("PASSED: ")
    few = written(tmp_path / "few.json", base.results[:5], complete=False)
    assert main(["gate", str(few.path), "--baseline", str(base.path), "--config", str(config)]) == 2


def test_the_baseline_of_the_device_is_taken_when_none_is_given(tmp_path, again, base, capsys):
    folder = str(tmp_path / "baselines")
    assert main(["baseline", "show", "--dir", folder]) == 0
    assert "no baseline" in capsys.readouterr().out
    assert main(["baseline", "set", str(base.path), "--dir", folder]) == 0
    assert capsys.readouterr().out.endswith("cpu-a-processor.json: baseline of cpu A Processor, 6 cases\n")
    assert main(["baseline", "show", "--dir", folder]) == 0
    assert "cpu A Processor, 6 cases, sam2, commit 0000000000" in capsys.readouterr().out
    assert main(["gate", str(again.path), "--dir", folder]) == 0
    assert main(["gate", str(base.path), "--dir", str(tmp_path)]) == 2
    assert "no baseline for cpu A Processor" in capsys.readouterr().err
    assert main(["gate", str(tmp_path / "nowhere.json"), "--baseline", str(base.path)]) == 2


# ------------------------------------------------------------------------------------------------ gate.toml


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[qualty]\n", r"gate.toml: \[qualty\] is not known; expected one of allow, .*Did you mean 'quality'\?"),
        ("[quality]\nmargn = 1\n", r"\[quality\] has the key 'margn'; .*Did you mean 'margin'\?"),
        ("[quality]\nmargin = 0\n", r"\[quality\] margin is 0; expected a number between 0 and 1"),
        ("[quality]\nmargin = nan\n", r"margin is nan; expected a number between 0 and 1"),
        ("[quality]\nmargin = true\n", r"margin is True; expected a number"),
        ("[quality]\nalpha = 0.7\n", r"alpha is 0.7; expected a number between 0 and 0.5"),
        ("[quality]\nmin_pairs = 1\n", r"min_pairs is 1; expected a whole number of at least 2"),
        ('[quality]\nmetrics = "dice"\n', r"metrics is 'dice'; expected a list of names"),
        ('[quality]\nmetrics = ["dise"]\n', r"metrics names 'dise'; expected one of .*Did you mean 'dice'\?"),
        ("[quality.margins]\nspeed = 1\n", r"margins names 'speed'; expected one of"),
        ("[quality.margins]\nhd95 = -1\n", r"margins.hd95 is -1; expected a number above 0"),
        ("quality = 3\n", r"gate.toml: quality is 3; expected a table, \[quality\]"),
        ("[quality]\nmargins = 3\n", r"margins is 3; expected a table of metric = margin"),
        ("[speed]\nlimit = 1\n", r"\[speed\] limit is 1; expected a number above 1"),
        ('[speed]\nstages = ["read"]\n', r"stages names 'read'; expected one of embed, predict, propagate"),
        ("[memory]\nlimit = true\n", r"\[memory\] limit is True; expected a number above 1"),
        ("[allow]\nnew = [1]\n", r"\[allow\] new is \[1\]; expected a list of names"),
        ("[models]\na = 1\n", r"\[models\] is {'a': 1}; expected a table of"),
        ('[models]\na = "c"\nb = "c"\n', r"expected each model of the baseline once"),
        ("[floor]\ndice = 1\n", r"floor is {'dice': 1}; expected tables, \[\[floor\]\]"),
        ("floor = [1]\n", r"\[\[floor\]\] entry 1 is 1; expected a table"),
        ('[[floor]]\ndataset = "a"\n', r"entry 1 is .*; expected names as text and at least one of dice"),
        ("[[floor]]\ndice = 2\n", r"entry 1 dice is 2; expected a number above 0, up to 1"),
        ("[[floor]]\ndise = 0.5\n", r"entry 1 has the key 'dise'; .*Did you mean 'dice'\?"),
        ("[[floor]]\ndataset = 1\ndice = 0.5\n", r"expected names as text"),
        ("not toml", r"gate.toml cannot be read: .*Expected a TOML file with allow, floor, memory"),
    ],
)
def test_a_slip_in_the_file_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "gate.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        GateConfig.read(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_or_is_not_there_is_one_clear_error(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"gate\.toml cannot be read"):
        GateConfig.read(path)
    with pytest.raises(ConfigError, match=r"nowhere\.toml cannot be read"):
        GateConfig.read(tmp_path / "nowhere.toml")
    path.write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigError, match=r"gate\.toml cannot be read"):
        GateConfig.read(path)


def test_every_key_is_read(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text(
        """
        [quality]
        metrics = ["dice", "hd95"]
        margin = 0.02
        alpha = 0.01
        min_pairs = 5
        [quality.margins]
        jaccard = 0.03
        [speed]
        stages = ["embed"]
        limit = 1.5
        min_samples = 20
        [memory]
        limit = 1.2
        [allow]
        new = ["*-new"]
        missing = ["*-gone"]
        failed = ["*-hard"]
        [models]
        new = "old"
        [[floor]]
        dataset = "corona*"
        dice = 0.9
        """
    )
    config = GateConfig.read(path)
    assert config == GateConfig(
        metrics=("dice", "hd95"), margin=0.02, alpha=0.01, min_pairs=5, margins={"jaccard": 0.03}, speed=("embed",),
        speed_limit=1.5, min_samples=20, memory_limit=1.2, allow_new=("*-new",), allow_missing=("*-gone",),
        allow_failed=("*-hard",), models={"new": "old"}, floors=(FloorRule(dataset="corona*", least={"dice": 0.9}),),
    )  # fmt: skip
    assert [config.margin_of(name) for name in ("dice", "jaccard", "hd95")] == [0.02, 0.03, 1.0]
    path.write_text("")
    assert GateConfig.read(path) == GateConfig()
