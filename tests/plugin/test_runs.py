import json
import os
import shutil
import signal
import time
from fnmatch import fnmatch

import nibabel
import numpy as np
import pytest

from bench_cases.models._recognise import TWINS
from bench_cases.models.micro.architectures import SAM_MICRO_WEIGHTS
from tests.plugin.conftest import FEW, ROOT, cases
from tests.scan_files import write_squares

THREE = ("every.composite", "middle.composite.both", "dataset.composite.both")


def test_a_run_ends_with_a_table_a_report_and_the_next_command(suite):
    result = suite.pytester.runpytest_inprocess(*FEW, "-k", "radiopaedia", "--sam-report=run.json")
    result.assert_outcomes(passed=4, deselected=4)
    result.stdout.fnmatch_lines(
        [
            "not run: datasets amos-ct, amos-mr,* - not on disk; try: sambench fetch NAME; sambench list datasets",
            "not run: models sam_vit_b*sambench fetch*",
            "radiopaedia-phantom PHANTOM",
            "model*strategy*Dice*Jaccard*",
            "sam_micro*every.composite* 1 *",
            "report: run.json",
            "next: *python reports/ttest.py run.json*",
        ]
    )
    report = suite.report()
    assert set(cases(report)) == {
        f"radiopaedia-phantom/4_85506_1/{model}/{strategy}"
        for model in ("sam_micro", "sam2_micro")
        for strategy in THREE
        if model == "sam2_micro" or strategy == "every.composite"
    }
    assert report["run"]["complete"] is True
    assert all(case["phantom"] for case in report["cases"])
    assert not list(suite.path.glob("*.journal.jsonl"))


def test_ids_read_as_the_design_says_and_k_selects_by_any_part(suite):
    result = suite.run("--collect-only", "-q", "-k", "sam2_micro and middle")
    result.stdout.fnmatch_lines(
        ["test_suite.py::test_volume[[]radiopaedia-phantom/4_85506_1-sam2_micro-middle.composite.both[]]"]
    )
    assert "-sam_micro-" not in result.stdout.str()


def test_what_keys_leave_open_is_a_note_at_the_end_of_a_run_and_in_its_report(suite, monkeypatch):
    # The micro model is given a twin: those that have one have ninety million weights.
    monkeypatch.setitem(TWINS, "sam_micro", {"medsam": "another's"})
    shutil.copy(SAM_MICRO_WEIGHTS, suite.path / "w.safetensors")
    result = suite.run("--sam-checkpoint=own=w.safetensors", "--sam-model=own", "--sam-report=run.json")
    note = (
        "own: w.safetensors was taken for 'sam_micro', whose keys are not only its own. Give own=w.safetensors@medsam "
        "if they are another's."
    )
    assert f"note: {note}" in result.stdout.str()
    assert suite.report()["run"]["notes"] == [note]


def test_one_pass_and_isolated_runs_give_identical_masks(suite):
    strategies = "--sam-strategy=every.composite,every.composite.first,middle.composite.both,dataset.composite.both"
    suite.run(strategies, "--sam-report=together.json")
    suite.run(strategies, "--sam-report=alone.json", "--sam-isolated")
    together, alone = cases(suite.report("together.json")), cases(suite.report("alone.json"))
    assert len(together) == 6
    assert {key: case["digests"] for key, case in together.items()} == {
        key: case["digests"] for key, case in alone.items()
    }
    served = {case["details"]["strategies_served"] for case in together.values()}
    assert max(served) == 2
    assert {case["details"]["strategies_served"] for case in alone.values()} == {1}


def test_a_missed_floor_fails_with_value_floor_and_source(suite):
    (suite.path / "floors.toml").write_text(
        '[[volume]]\nmodel = "sam2*"\nstrategy = "middle*"\ndice = 1.0\njaccard = 1.0\nsource = "a wish"\n'
    )
    result = suite.run("--sam-report=run.json")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["*AssertionError: Dice 0.* < 1.0000*the floor comes from: a wish*"])
    case = cases(suite.report())["radiopaedia-phantom/4_85506_1/sam2_micro/middle.composite.both"]
    assert case["status"] == "failed"
    assert case["floor"] == {"dice": 1.0, "jaccard": 1.0, "source": "a wish"}
    assert "a wish" in case["message"]
    assert suite.report()["run"]["exit_status"] == 1


def test_floors_can_be_given_by_option_and_a_malformed_file_stops_the_run(suite):
    strict = suite.path / "strict.toml"
    strict.write_text("[[volume]]\ndice = 1.0\njaccard = 1.0\n")
    suite.run(f"--sam-floors={strict}").assert_outcomes(failed=4)
    strict.write_text("[[volume]]\ndice = 2\njaccard = 1\n")
    result = suite.run(f"--sam-floors={strict}")
    assert "expected shares between 0 and 1" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--sam-model=sam2_micr", "'sam2_micr' is not a model; *Did you mean 'sam2_micro'*"),
        ("--sam-dataset=radiopedia", "'radiopedia' is not a dataset; *Did you mean 'radiopaedia'*"),
        ("--sam-dataset=coronacases", "*sambench fetch coronacases*"),
        ("--sam-model=sam_vit_l", "*sambench fetch sam_vit_l*"),
        ("--sam-strategy=every.compsite", "*'compsite' is not a prompt; *Did you mean 'composite'*"),
        ("--sam-folder=nonsense", "*'nonsense' is not NAME=DIR*"),
        ("--sam-folder=.", "--sam-folder '.' is not NAME=DIR; *. Type --sam-folder *=., or another name."),
        ("--sam-folder=mine=./gone", "mine: there is no folder 'gone'; expected a folder of scans. Check the path."),
        ("--sam-limit-slices=0", "*0*"),
    ],
)
def test_what_is_mistyped_is_one_line_and_exit_code_4(suite, option, message):
    result = suite.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = result.stdout.lines + result.stderr.lines
    assert any(fnmatch(line, f"*{message}") for line in lines), lines
    assert "Traceback" not in "\n".join(lines)


def test_a_models_missing_mode_is_said_at_collection(suite):
    result = suite.run("--collect-only", "-q", "--sam-model=sam_micro")
    result.stdout.fnmatch_lines(["*not run: sam_micro with middle.*sam_micro offers image mode only*"])


def test_what_a_mode_cannot_take_is_said_at_collection(suite):
    result = suite.run("--collect-only", "-q", "--sam-strategy=every.mask,middle.boxes.both.oracle,every.box")
    result.stdout.fnmatch_lines(
        [
            "*not run: strategies every.mask - image mode takes points and boxes*",
            "*not run: strategies middle.boxes.both.oracle - each box is carried on its own*",
        ]
    )


def test_walks_are_recorded_and_what_a_dataset_has_no_walk_for_is_said_at_collection(suite):
    names = ("middle.point.both.interpolate=1.oracle", "middle.point.both.oracle", "middle.point.forward.order=similar")
    result = suite.run("--sam-model=sam2_micro", "--sam-report=run.json", f"--sam-strategy={','.join(names)}")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*not run: radiopaedia-phantom with middle.point.forward.order=similar - the slices of*"]
    )
    found = {case["case"]["strategy"]: case for case in suite.report()["cases"]}
    between, whole = (found[name] for name in names[:2])
    assert between["scores"]["slices"] == whole["scores"]["slices"] == 4
    assert between["details"]["frames_between_walked"] == 3
    assert between["details"]["encoder_runs_between"] == 3
    # The micro model has candidates where a frame carries one point: the middle slice, which both halves begin with.
    assert between["details"]["oracle"]["frames_with_candidates"] == 2
    assert "no user can do that" in whole["details"]["upper_bound"]
    assert whole["details"]["pass_order"] == ["backward", "forward"]


def test_a_memory_is_part_of_what_was_scored_and_one_that_a_model_has_not_is_not_run(suite):
    options = ("--sam-model=sam2_micro", "--sam-strategy=every.box,middle.box.both", "--sam-report=run.json")
    suite.run(*options, "--sam-memory=2").assert_outcomes(passed=2)
    assert suite.report()["settings"]["values"]["scoring"]["memory"] == 2
    assert suite.report()["models"]["sam2_micro"]["settings"]["num_maskmem"] == 3
    shutil.move(suite.path / "run.json", suite.path / "short.json")
    suite.run(*options, "--sam-memory=4").assert_outcomes(passed=1)
    reasons = [line["reason"] for line in suite.report()["not_run"]]
    assert "sam2_micro has a memory of at most 3 frames, and --sam-memory 4 was asked for" in reasons


def test_a_batch_changes_no_mask_and_its_shares_are_marked_in_the_report(suite):
    options = ("--sam-model=sam_micro,sam2_micro", "--sam-strategy=every.box", "--sam-report=run.json")
    suite.run(*options).assert_outcomes(passed=2)
    plain = {tuple(case["case"].values()): case for case in suite.report()["cases"]}
    shutil.move(suite.path / "run.json", suite.path / "plain.json")
    suite.run(*options, "--sam-batch=3").assert_outcomes(passed=2)
    assert suite.report()["settings"]["values"]["batch"] == 3
    for case in suite.report()["cases"]:
        before = plain[tuple(case["case"].values())]
        assert case["digests"] == before["digests"]
        assert "batch" not in before["details"]
        assert case["details"]["batch"]["size"] == 3
        assert case["details"]["overlapped"] == ["prepare"]
        assert len(case["timings_s"]["embed"]) == len(before["timings_s"]["embed"])
    identities = [suite.report(name)["models"]["sam2_micro"]["identity_sha256"] for name in ("run.json", "plain.json")]
    assert identities[0] != identities[1]  # kernels are chosen by size


def test_grids_and_patterns_are_collected_and_k_takes_numbers_in_names(suite):
    strategies = "--sam-strategy=grid-24,every.centroid+[12],every.box-noisy10pct"
    options = ("--collect-only", "-q", "--sam-model=sam2_micro", strategies)
    suite.run(*options).stdout.fnmatch_lines(["*27 tests collected*"])
    for part in ("box-noisy10pct", "centroid+2"):
        suite.run(*options, "-k", part).stdout.fnmatch_lines([f"*sam2_micro-every.{part}[]]", "*1/27 tests collected*"])


def test_a_marker_names_what_a_test_runs_on_and_the_command_line_overrules_it(pytester):
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sambench(dataset="radiopaedia-phantom", model="sam2_micro", strategy="middle.composite.both")
        def test_masks(segmentation, volume, model, strategy, dataset, case):
            assert segmentation.masks_zyx.shape == volume.image_zyx.shape
            assert model.checkpoint.name == case.model
            assert dataset.name == "radiopaedia-phantom"
            assert str(strategy) == case.strategy

        def test_of_no_concern():
            pass
        """
    )
    quick = ("--sam-limit-slices=3", "--sam-limit-volumes=1")
    pytester.runpytest_inprocess(*quick).assert_outcomes(passed=2)
    result = pytester.runpytest_inprocess(*quick, "--collect-only", "-q", "--sam-model=sam_micro,sam2_micro")
    result.stdout.fnmatch_lines(["*-sam2_micro-middle.composite.both?"])
    result = pytester.runpytest_inprocess(*quick, "--sam-strategy=every.composite", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["*-sam2_micro-every.composite?"])


def test_a_marker_with_an_unknown_word_is_refused(pytester):
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile("import pytest\n@pytest.mark.sambench(dataste='x')\ndef test_it(scores):\n    pass\n")
    result = pytester.runpytest_inprocess()
    assert "was given dataste; expected dataset=, model= and strategy=" in result.stdout.str() + result.stderr.str()


def test_a_broken_volume_is_an_error_of_its_own_cases_and_the_run_goes_on(suite, pytester):
    folder = suite.path / "scans"
    rng = np.random.default_rng(0)
    for name in ("good", "broken"):
        (folder / name).mkdir(parents=True)
        mask = np.zeros((32, 32, 3), np.uint8)
        mask[8:20, 8:20] = 1
        nibabel.save(
            nibabel.Nifti1Image(rng.integers(0, 99, mask.shape, dtype=np.int16), np.eye(4)), folder / name / "i.nii.gz"
        )
        nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / name / "m.nii.gz")
    whole = (folder / "broken" / "i.nii.gz").read_bytes()
    (folder / "broken" / "i.nii.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "box"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
    result = pytester.runpytest_inprocess(
        f"--sam-folder=mine={folder}",
        "--sam-report=run.json",
        "--sam-strategy=every.composite",
        "-p",
        "no:cacheprovider",
    )
    result.assert_outcomes(passed=2, errors=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    by_status = {key: case["status"] for key, case in cases(suite.report()).items()}
    assert by_status["mine/broken/sam_micro/every.composite"] == "error"
    assert by_status["mine/good/sam_micro/every.composite"] == "passed"
    message = cases(suite.report())["mine/broken/sam_micro/every.composite"]["message"]
    assert "i.nii.gz" in message
    assert str(suite.path) not in json.dumps(suite.report()["cases"])


def test_saved_masks_overlay_their_source(suite):
    suite.run("--sam-save-masks=masks", "--sam-model=sam_micro")
    path = suite.path / "masks" / "radiopaedia-phantom" / "4_85506_1" / "sam_micro-every.composite.nii.gz"
    image = nibabel.load(path)
    assert nibabel.aff2axcodes(image.affine) == ("L", "A", "S")
    assert image.shape[:2] == (256, 256)
    assert np.asarray(image.dataobj).any()


def test_two_tests_of_one_case_leave_one_result_and_the_worse_counts(pytester):
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile(
        """
        def test_a(scores):
            assert scores.dice_nonempty > 0

        def test_b(scores):
            assert scores.dice_nonempty > 1
        """
    )
    options = (
        "--sam-limit-slices=3",
        "--sam-limit-volumes=1",
        "--sam-dataset=radiopaedia-phantom",
        "--sam-model=sam_micro",
    )
    pytester.runpytest_inprocess(*options, "--sam-report=run.json").assert_outcomes(passed=1, failed=1)
    report = json.loads((pytester.path / "run.json").read_text())
    assert [case["status"] for case in report["cases"]] == ["failed"]


def without_times(case):
    return {name: case[name] for name in ("case", "status", "scores", "prompts", "digests", "prompts_spent", "floor")}


def test_a_run_killed_half_way_and_resumed_gives_the_scores_of_one_that_was_not(suite):
    options = ("--sam-limit-volumes=3", "--sam-limit-slices=2")
    suite.run("--sam-report=whole.json", *options).assert_outcomes(passed=12)
    process = suite.spawn("--sam-report=run.json", *options)
    journal = suite.path / "run.json.journal.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        candidates = list(suite.path.glob("run*.journal.jsonl"))
        if candidates and candidates[0].read_text().count('"status"') >= 4:
            journal = candidates[0]
            break
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    finished = journal.read_text().count('"status"')
    assert 4 <= finished < 12
    assert not (suite.path / "run.json").exists()
    result = suite.run("--sam-report=run.json", "--sam-resume", *options)
    result.assert_outcomes(passed=12)
    whole, resumed = cases(suite.report("whole.json")), cases(suite.report("run.json"))
    assert {key: without_times(case) for key, case in whole.items()} == {
        key: without_times(case) for key, case in resumed.items()
    }


def test_a_run_that_stops_at_the_first_failure_is_not_called_complete(suite):
    (suite.path / "floors.toml").write_text("[[volume]]\ndice = 1.0\njaccard = 1.0\n")
    suite.run("-x", "--sam-report=run.json").assert_outcomes(failed=1)
    assert suite.report()["run"]["complete"] is False
    (suite.path / "floors.toml").unlink()
    suite.run("--sam-report=run.json", "--sam-resume").assert_outcomes(passed=4)
    assert suite.report()["run"]["complete"] is True
    assert {case["status"] for case in suite.report()["cases"]} == {"passed"}


def test_a_run_cannot_be_resumed_under_other_settings(suite):
    suite.run("--sam-report=run.json").assert_outcomes(passed=4)
    suite.cut_short()
    result = suite.run("--sam-report=run.json", "--sam-resume", "--sam-jpeg")
    assert result.ret != 0
    assert "settings" in result.stdout.str() + result.stderr.str()


def test_there_is_nothing_to_resume_without_a_journal(suite):
    result = suite.run("--sam-resume")
    assert "--sam-resume found no interrupted run in reports/" in result.stdout.str() + result.stderr.str()


def test_workers_of_xdist_fill_one_report(suite):
    process = suite.spawn("-n2", "--sam-report=run.json")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    report = suite.report()
    assert len(report["cases"]) == 4
    assert report["settings"]["values"]["timings_taken_under_load"] is True


@pytest.fixture
def tiny_set(pytester):
    """Two volumes of three slices with a bright square, as a folder of the user's own."""
    folder = pytester.path / "squares"
    write_squares(folder)
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    for name in ("test_volume", "test_dataset"):
        (pytester.path / f"{name}.py").write_text((ROOT / "benchmark" / f"{name}.py").read_text())
    return (
        f"--sam-folder=mine={folder}",
        "--sam-model=sam_micro",
        "--sam-strategy=every.composite",
        "-p",
        "no:cacheprovider",
    )


def test_the_mean_over_a_dataset_is_held_to_its_floor_when_all_of_it_is_run(pytester, tiny_set):
    floors = pytester.path / "floors.toml"
    floors.write_text('[[dataset]]\ndataset = "mine"\ndice = 1.0\njaccard = 1.0\nsource = "a study"\n')
    result = pytester.runpytest_inprocess(*tiny_set, "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*test_dataset.py::test_dataset?mine-sam_micro-every.composite? FAILED*"])
    result.stdout.fnmatch_lines(["*mean over 6 slices of 2 volumes; the floor comes from: a study*"])
    floors.write_text('[[dataset]]\ndataset = "mine"\ndice = 0.0\njaccard = 0.0\n')
    pytester.runpytest_inprocess(*tiny_set).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "part", [("--sam-limit-slices=2",), ("--sam-limit-volumes=1",), ("-k", "mine/a or test_dataset")]
)
def test_a_part_of_a_dataset_is_not_held_to_the_floor_of_the_whole(pytester, tiny_set, part):
    (pytester.path / "floors.toml").write_text('[[dataset]]\ndataset = "mine"\ndice = 1.0\njaccard = 1.0\n')
    result = pytester.runpytest_inprocess(*tiny_set, "--collect-only", "-q", *part)
    assert "test_dataset[" not in result.stdout.str()
    assert "test_volume[mine/a" in result.stdout.str()


def test_the_latency_cases_are_measured_by_pytest_benchmark_and_written_down(pytester, tiny_set):
    for name in ("test_latency", "test_loading"):
        (pytester.path / f"{name}.py").write_text((ROOT / "benchmark" / f"{name}.py").read_text())
    quick = ("--benchmark-max-time=0.01", "--benchmark-min-rounds=2", "--sam-report=run.json")
    result = pytester.runpytest_inprocess(*tiny_set, *quick, "-k", "latency or loading")
    result.assert_outcomes(passed=4, deselected=3)
    rows = {row["name"]: row for row in json.loads((pytester.path / "run.json").read_text())["benchmarks"]}
    assert set(rows) == {f"test_{name}[mine-sam_micro]" for name in ("embedding", "prediction", "load_once", "reload")}
    for row in rows.values():
        assert row["params"] == {"dataset": "mine", "model": "sam_micro", "strategy": "", "volume": ""}
        assert row["stats"]["rounds"] == len(row["stats"]["data"]) >= 2
    assert rows["test_reload[mine-sam_micro]"]["stats"]["min"] > rows["test_prediction[mine-sam_micro]"]["stats"]["min"]
