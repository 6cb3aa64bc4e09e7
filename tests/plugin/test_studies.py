import json
from fnmatch import fnmatch

import pytest

from bench_cases.report import load
from tests.plugin.conftest import FEW

MINE = """
name = "mine"
title = "One prompt a volume, in another window"
citation = "Nobody 2026"

[settings]
unit = { value = "slice", source = "Section 3" }
jpeg = { value = true, source = "Section 2" }

[[sets]]
name = "radiopaedia-phantom"
window = { level = 100, width = 200 }
source = "Section 1"

[[sets]]
name = "coronacases"
source = "Section 1"

[[sets]]
name = "radiopedia"
source = "Section 1"

[[models]]
name = "sam2_micro"
source = "Section 2"

[[strategies]]
name = "middle.box.both"
source = "Section 2"

[[published]]
set = "radiopaedia-phantom"
model = "sam2_micro"
strategy = "middle.box.both"
dice = 0.5
source = "Table 1"
"""


@pytest.fixture
def mine(suite):
    path = suite.path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    return path


def run(suite, *options):
    return suite.pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)


def test_a_study_on_phantoms_ends_with_published_beside_measured(suite):
    few = ("--sam-limit-volumes=1", "--sam-limit-slices=2", "--sam-report=run.json")
    result = run(suite, *few, "--sam-study=g25-images", "--sam-phantom", "--sam-dataset=radiopaedia")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        [
            "study g25-images: *SAM and SAM 2 with a prompt on every slice",
            "coronacases  not run",
            "radiopaedia as radiopaedia-phantom PHANTOM",
            "*model*strategy*publ.*PHANTOM*diff.*",
            "sam_vit_l*817*2*0.9408*-*0.9027*-*[[]1[]]*",
            "model sam2_large was run as sam2_micro.",
            "PHANTOM: *nothing follows about the study, and no difference is taken.",
            "override: sets - the study: coronacases, radiopaedia, montgomery; this run: radiopaedia",
            "override: limit_volumes - the study: none; this run: 1",
            "report: run.json",
        ]
    )
    study = suite.report()["study"]
    assert (study["name"], study["phantom"], study["unit"]) == ("g25-images", True, "slice")
    assert study["sha256"] == suite.report()["settings"]["values"]["study"]["sha256"]
    rows = {(row["set"], row["model"]): row for row in study["table"]}
    assert len(rows) == 6
    measured = rows["radiopaedia", "sam_vit_l"]
    assert 0 < measured["dice"] <= 1
    assert (measured["run_model"], measured["stand_in"], measured["slices"]) == ("sam_micro", False, 2)
    assert all(row["dice_difference"] is None for row in rows.values())
    assert rows["coronacases", "sam_vit_l"]["dice"] is None


def test_a_study_of_ones_own_runs_what_there_is_and_lists_the_rest(suite, mine):
    result = run(suite, *FEW, f"--sam-study={mine}", "--sam-report=run.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        [
            "not run: set coronacases - not downloaded; try: sambench fetch coronacases",
            "not run: set radiopedia - no dataset radiopedia is known here. Did you mean 'radiopaedia'*",
        ]
    )
    report = suite.report()
    (case,) = report["cases"]
    assert case["details"]["window"] == "level 100, width 200"
    assert report["settings"]["values"]["jpeg"] is True
    (row,) = report["study"]["table"]
    scores = case["scores"]["per_slice"]
    dice = [value for value, pixels in zip(scores["dice"], scores["reference_px"], strict=True) if pixels]
    assert row["dice"] == pytest.approx(sum(dice) / len(dice))
    assert {"set coronacases", "set radiopedia"} <= {line["what"] for line in report["not_run"]}
    assert load(suite.path / "run.json").raw["study"]["published"][0]["source"] == "Table 1"
    assert str(suite.path) not in json.dumps(report["study"])


def test_what_is_typed_overrules_the_study_and_is_written_down(suite, mine):
    typed = ("--no-sam-jpeg", "--sam-window=none", "--sam-unit=volume", "--sam-strategy=middle.composite.both")
    run(suite, *FEW, f"--sam-study={mine}", "--sam-report=run.json", *typed).assert_outcomes(passed=1)
    study, (case,) = suite.report()["study"], suite.report()["cases"]
    assert case["details"]["window"] == "none"
    assert case["case"]["strategy"] == "middle.composite.both"
    assert {it["what"]: it["run"] for it in study["overrides"]} == {
        "strategies": ["middle.composite.both"],
        "unit": "volume",
        "jpeg": False,
        "window": None,
        "limit_volumes": 1,
        "limit_slices": 4,
    }
    assert [(row["strategy"], row["dice"] is None) for row in study["table"]] == [
        ("middle.composite.both", False),
        ("middle.box.both", True),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sam-study=g25-image"], "'g25-image' is not a study; *Did you mean 'g25-images'*"),
        (["--sam-study=g25-images"], "*none of its sets can be run here: *sambench fetch coronacases*--sam-phantom*"),
        (["--sam-empty=all"], "--sam-empty says how *; expected --sam-study beside it*"),
        (["--sam-window=10,0"], "*--sam-window*10,0*"),
    ],
)
def test_what_is_mistyped_about_a_study_is_one_line_and_exit_code_4(suite, options, message):
    result = run(suite, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    lines = result.stdout.lines + result.stderr.lines
    assert any(fnmatch(line, f"*{message}") for line in lines), lines
    assert "Traceback" not in "\n".join(lines)


def test_phantoms_alone_can_be_asked_for_without_a_study(suite):
    result = run(suite, "--collect-only", "-q", "--sam-phantom", "--sam-limit-volumes=1", "--sam-strategy=every.box")
    tests = [line for line in result.stdout.lines if "test_volume" in line]
    assert len(tests) >= 4
    assert all("-phantom/" in line and "_micro-" in line for line in tests)


def test_a_folder_that_the_study_names_is_known_to_it_and_asks_for_nothing_else(suite, mine):
    folder = suite.path / "scans"
    (folder / "a").mkdir(parents=True)
    for name in ("image", "mask"):
        (folder / "a" / f"{name}.nii.gz").touch()
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "lungs"\nimage = "{id}/image.nii.gz"\nmask = "{id}/mask.nii.gz"\nlabels = [1]\n'
    )
    mine.write_text(MINE.replace('name = "radiopedia"', 'name = "clinic"'), encoding="utf-8")
    result = run(suite, "--collect-only", "-q", f"--sam-study={mine}", f"--sam-folder=clinic={folder}")
    found = {line.split("[")[1].split("/")[0] for line in result.stdout.lines if "test_volume[" in line}
    assert found == {"radiopaedia-phantom", "clinic"}


def test_latency_is_measured_only_for_a_study_that_timed(suite, mine):
    suite.pytester.makepyfile(
        test_speed="""
        def test_embedding(benchmark, segmenter, frame):
            raise NotImplementedError
        """
    )
    untimed = run(suite, "--collect-only", "-q", f"--sam-study={mine}", "test_speed.py")
    assert "not run: 1 latency cases - the study timed nothing" in untimed.stdout.str()
    timing = MINE.replace("[settings]", '[settings]\nlatency = { value = true, source = "Figure 5" }')
    mine.write_text(timing, encoding="utf-8")
    timed = run(suite, "--collect-only", "-q", f"--sam-study={mine}", "test_speed.py")
    assert "test_speed.py::test_embedding" in timed.stdout.str()
