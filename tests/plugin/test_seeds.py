"""A stored seed in a run, as the README shows it: embedded phantoms, the micro model, few slices."""

import nibabel
import numpy as np
import pytest

from bench_cases.cli import main
from bench_cases.seed_library import Library, make_seed
from tests.plugin.conftest import cases
from tests.seed_examples import RULES

STRATEGIES = "--sam-strategy=dataset.composite.both,middle.composite.both"
FEWER = "--sam-limit-slices=2"
VOLUME = ("radiopaedia-phantom", "4_85506_1")


@pytest.fixture
def library(tmp_path, monkeypatch):
    monkeypatch.setenv("SAMBENCH_SEEDS", str(tmp_path / "library"))
    assert main(["seeds", "make", "/".join(VOLUME), "--name", "demo"]) == 0
    return Library()


def remake(library, which, rule="composite", name="demo"):
    """Make the seed again from another slice, or with another rule."""
    from bench_cases.registry import datasets

    dataset, volume_id = VOLUME
    volume = datasets()[dataset].load(volume_id)
    seed = make_seed(volume, RULES[rule], name=name, which=which, licence="Apache-2.0", own=False)
    library.write(seed, replace=True)
    return seed


def test_a_seed_made_on_a_phantom_is_used_and_recorded(suite, library):
    options = (FEWER, "--sam-model=sam2_micro", STRATEGIES)
    suite.run("-k", "dataset", *options, "--sam-report=first.json").assert_outcomes(passed=1, deselected=1)
    suite.run("-k", "dataset", *options, "--sam-report=run.json", "--sam-seed=demo").assert_outcomes(
        passed=1, deselected=1
    )
    key = "/".join((*VOLUME, "sam2_micro", "dataset.composite.both"))
    first, stored = cases(suite.report("first.json"))[key], cases(suite.report())[key]
    # The middle slice of the whole volume is the middle of the few that are run, so that the two are one seed.
    assert stored["digests"] == first["digests"]
    seed = stored["details"]["seed"]
    assert seed["sha256"] == first["details"]["seed"]["sha256"] == library.read("demo").digest()
    assert seed["library"]["name"] == "demo"
    assert seed["library"]["source"]["slice"] == 18
    assert suite.report()["settings"]["values"]["seeds"] == {"*.composite": f"demo {seed['sha256']}"}
    assert suite.report()["run"]["notes"] == []


@pytest.mark.usefixtures("library")
def test_a_seed_of_another_modality_and_target_is_a_warning_at_the_end_and_in_the_report(suite):
    folder = suite.path / "squares" / "a"
    folder.mkdir(parents=True)
    mask = np.zeros((32, 32, 2), np.uint8)
    mask[8:20, 8:20] = 1
    nibabel.save(nibabel.Nifti1Image((mask * 200).astype(np.int16), np.eye(4)), folder / "i.nii.gz")
    nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / "m.nii.gz")
    (folder.parent / "dataset.toml").write_text(
        'modality = "MR"\ntarget = "square"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
    result = suite.pytester.runpytest_inprocess(
        f"--sam-folder=mine={folder.parent}",
        "--sam-seed=demo",
        "--sam-model=sam2_micro",
        "--sam-strategy=dataset.composite.both",
        "--sam-report=run.json",
        "-p",
        "no:cacheprovider",
    )
    notes = suite.report()["run"]["notes"]
    assert "seed 'demo' on mine (1 volume): the seed prompts lungs, and what is scored is square" in notes
    assert any("the seed is CT, the volume MR" in note for note in notes)
    assert all(f"note: {note}" in result.stdout.str() for note in notes)


def test_a_run_is_not_resumed_with_a_seed_of_that_name_that_was_made_again(suite, library):
    options = (FEWER, "--sam-model=sam2_micro", STRATEGIES, "--sam-seed=demo", "--sam-report=run.json")
    suite.run(*options).assert_outcomes(passed=2)
    suite.cut_short()
    remake(library, "20")
    result = suite.run(*options, "--sam-resume")
    assert result.ret != 0
    assert "seeds" in (text := result.stdout.str() + result.stderr.str())
    assert "the interrupted run had other settings" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sam-seed=dmo"], "there is no seed 'dmo'"),
        (["--sam-seed=radiopedia=demo"], "Did you mean 'radiopaedia'?"),
        (["--sam-seed=demo", "--sam-strategy=dataset.box.both"], "asks for 'box'; expected the same"),
        (["--sam-seed=demo", "--sam-strategy=every.composite"], "no strategy asked for uses one"),
        (["--sam-seed=demo", "--sam-seed-library=nowhere"], "there is no seed 'demo' in nowhere"),
    ],
)
@pytest.mark.usefixtures("library")
def test_a_seed_that_cannot_be_used_is_one_line_and_exit_code_4(suite, options, message):
    result = suite.run("--collect-only", "-q", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert message in text
    assert "Traceback" not in text


def test_several_rules_take_several_seeds(suite, library):
    remake(library, "middle", rule="box", name="demo-box")
    options = ("--sam-strategy=dataset.composite.both,dataset.box.both", "--sam-seed=demo,demo-box")
    suite.run("--collect-only", "-q", "--sam-model=sam2_micro", *options).stdout.fnmatch_lines(["*2 tests collected*"])
