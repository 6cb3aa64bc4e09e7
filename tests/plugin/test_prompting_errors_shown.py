"""What a user sees of a case that its volume, not this project, is to blame for: a sentence."""

import numpy as np
import pytest

from tests.fakes import bar_volume
from tests.scan_files import write_nifti

DESCRIBED = """
modality = "CT"
target = "bar"
image = "{id}/image.nii.gz"
mask = "{id}/mask.nii.gz"
labels = [1, 2]
"""


@pytest.fixture
def folder(suite):
    """Two volumes; the first has nothing on its middle slice."""
    root = suite.path / "own"
    for name in "ab":
        volume = bar_volume(volume_id=name, shift=int(name == "b"))
        volume.labels_zyx[3:] *= np.uint8(name == "b")
        write_nifti(root / name / "image.nii.gz", volume.image_zyx)
        write_nifti(root / name / "mask.nii.gz", volume.labels_zyx)
    (root / "dataset.toml").write_text(DESCRIBED)
    return root


def run(suite, folder, *options):
    return suite.pytester.runpytest_inprocess(
        f"--sam-folder=own={folder}", "--sam-model=baseline_threshold", "-p", "no:cacheprovider", *options
    )


def test_a_case_that_cannot_be_prompted_is_one_sentence_without_the_way_there(suite, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")  # room for the beginning of each message in pytest's own summary
    result = run(suite, folder)
    result.assert_outcomes(passed=3, errors=3)
    text, _, _ = result.stdout.str().partition("short test summary")
    of_own = (
        "strategy 'middle.composite.both' prompts the middle slice, 3 of 7, which carries no bar; expected some bar,"
    )
    assert text.count(of_own) == 2, "in its place, and once more below the table"
    assert text.count("own/a gives the dataset's one prompt from its middle slice 3, which carries no bar;") == 3
    assert "def scores(" not in text
    assert "fixtures.py" not in text
    assert "The above exception" not in text
    result.stdout.fnmatch_lines(["ERROR *own/a-baseline_threshold-middle.composite.both* - strategy *"])


def test_the_way_to_an_error_of_the_program_is_shown(suite, folder):
    suite.pytester.makeconftest(
        """
        import pytest
        pytest_plugins = ["bench_cases.pytest_plugin"]

        @pytest.fixture
        def scores():
            raise RuntimeError("a slip")
        """
    )
    text = run(suite, folder).stdout.str()
    assert "def scores(" in text
    assert "RuntimeError: a slip" in text
