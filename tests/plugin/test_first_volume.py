"""The volume that gives a dataset's one prompt is chosen once a run: files that come and go change no seed."""

import shutil

import nibabel
import numpy as np
import pytest

from tests.plugin.conftest import cases

CONFTEST = """
import pathlib
import shutil

pytest_plugins = ["bench_cases.pytest_plugin"]

def pytest_runtestloop(session):
    shutil.rmtree(pathlib.Path("squares", "a"))
"""


def a_square(folder):
    folder.mkdir(parents=True)
    mask = np.zeros((32, 32, 2), np.uint8)
    mask[8:20, 8:20] = 1
    nibabel.save(nibabel.Nifti1Image((mask * 200).astype(np.int16), np.eye(4)), folder / "i.nii.gz")
    nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / "m.nii.gz")


@pytest.fixture
def squares(suite):
    folder = suite.path / "squares"
    for name in "abc":
        a_square(folder / name)
    (folder / "dataset.toml").write_text(
        'modality = "MR"\ntarget = "square"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
    return folder


def run(suite, *options):
    return suite.pytester.runpytest_inprocess(
        "--sam-folder=mine=squares", "--sam-model=sam2_micro", "--sam-strategy=dataset.composite.both,every.composite",
        "--sam-warmups=0", "--sam-report=run.json", "-p", "no:cacheprovider", *options,
    )  # fmt: skip


def seeds(suite):
    found = cases(suite.report())
    return {name.split("/")[1]: case["details"]["seed"]["volume"] for name, case in found.items() if "dataset." in name}


def test_a_first_volume_that_vanishes_in_a_run_is_an_error_of_what_needs_its_prompt(suite, squares):
    suite.pytester.makeconftest(CONFTEST)
    result = run(suite, "-k", "mine/b")
    result.assert_outcomes(passed=1, errors=1, deselected=4)
    assert not (squares / "a").exists()
    (broken,) = [case for case in cases(suite.report()).values() if case["status"] == "error"]
    assert "the one prompt of mine comes from volume 'a', the first when the run began" in str(broken)


def test_a_run_that_goes_on_takes_the_prompt_of_the_volume_that_it_began_with(suite, squares):
    run(suite, "-k", "mine/b").assert_outcomes(passed=2, deselected=4)
    assert seeds(suite) == {"b": "a"}
    suite.cut_short()
    a_square(squares / "0")
    shutil.rmtree(squares / "c")
    run(suite, "--sam-resume").assert_outcomes(passed=6)
    assert seeds(suite) == {"b": "a", "0": "a", "a": "a"}
