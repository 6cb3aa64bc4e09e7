"""The suite on scans that nobody here made: both micro models, all three strategies, few slices.

Scores are asserted to exist, not to be high: the models saw phantoms only (`reports/micro_bars.py` measures them).
"""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pandas as pd  # noqa: F401 - see tests/plugin/conftest.py: what a run within this process imports must be there
import pytest
import sam2.sam2_video_predictor  # noqa: F401
import scipy.stats  # noqa: F401
import segment_anything  # noqa: F401

from tests.real.real_data import SETS, real_data


@pytest.mark.parametrize("name", SETS)
def test_the_suite_runs_on_a_folder_and_its_masks_overlay_the_source(name, pytester):
    source = real_data(name)
    config = pytester.path / f"{name}.toml"
    config.write_text(f'root = "{source}"\n{SETS[name]}', encoding="utf-8")
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile("def test_volume(scores):\n    assert 0 <= scores.dice_all <= 1\n")
    result = pytester.runpytest_inprocess(
        f"--sam-folder=real={config}",
        "--sam-limit-volumes=2",
        "--sam-limit-slices=4",
        "--sam-save-masks=masks",
        "--sam-report=run.json",
        "-p",
        "no:cacheprovider",
    )
    result.assert_outcomes(passed=2 * 4)
    report = json.loads((pytester.path / "run.json").read_text())
    assert str(source) not in json.dumps(report)
    assert {case["modality"] for case in report["cases"]} == {SETS[name].split('"')[1]}
    volume = report["cases"][0]["case"]["volume"]
    masks = sorted((pytester.path / "masks" / "real" / volume).glob("*.nii.gz"))
    assert len(masks) == 4
    if name != "cxr_montgomery":
        original = nibabel.load(source / volume / "image.nii.gz")
        for path in masks:
            mask = nibabel.load(path)
            assert mask.shape == original.shape[:3]
            np.testing.assert_allclose(mask.affine, original.affine, atol=1e-5)


def test_radiographs_as_one_sequence_are_prompted_once_for_all(pytester):
    source = real_data("cxr_montgomery")
    config = pytester.path / "cxr.toml"
    config.write_text(f'root = "{source}"\n{SETS["cxr_montgomery"]}stack = true\n', encoding="utf-8")
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile("def test_volume(scores):\n    assert scores.slices == 6\n")
    result = pytester.runpytest_inprocess(
        f"--sam-folder=cxr={config}",
        "--sam-limit-slices=6",
        "--sam-model=sam2_micro",
        "--sam-strategy=middle.composite.both,middle.composite.forward.order=similar",
        "--sam-report=run.json",
        "-p",
        "no:cacheprovider",
    )
    result.assert_outcomes(passed=2)
    cases = json.loads((pytester.path / "run.json").read_text())["cases"]
    for case in cases:
        spent = case["prompts_spent"]
        assert (spent["frames"], spent["frames_if_every_slice"]) == (1, 6)
        assert case["failures"] is None  # a set has no ends, and no distances
    listed, similar = (case["details"]["order"] for case in cases)
    assert listed["images"] == sorted(similar["images"])  # the ids of the files, in two orders
    assert similar["images"][0] == listed["images"][3]  # the middle one is prompted
    assert similar["similarity"] == sorted(similar["similarity"], reverse=True)
