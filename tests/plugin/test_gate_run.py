"""The gate on real runs of the embedded model: it passes itself, and fails where its weights are disturbed."""

import json
from xml.etree import ElementTree as ET

import numpy as np
from safetensors.numpy import load_file, save_file

from bench_cases.cli import main
from tests.plugin.conftest import ROOT

RUN = ("--sam-strategy=every.composite", "--sam-limit-slices=1", "--sam-dataset=radiopaedia-phantom", "--sam-surface=2")


def disturbed(path):
    """Write the micro model's weights with noise as strong as themselves."""
    tensors = load_file(ROOT / "bench_cases" / "models" / "micro" / "sam2_micro.safetensors")
    generator = np.random.default_rng(0)
    noisy = {
        name: values + (values.std() * generator.standard_normal(values.shape)).astype(values.dtype)
        for name, values in tensors.items()
    }
    save_file(noisy, path)


def test_the_embedded_run_passes_its_own_gate_and_a_disturbed_one_fails_and_says_where(suite, capsys):
    path = suite.path
    (path / "floors.toml").write_text('[[volume]]\ndice = 0.5\njaccard = 0.4\nsource = "a test"\n')
    disturbed(path / "noisy.safetensors")
    for name in ("base.json", "again.json"):
        suite.pytester.runpytest_inprocess(*RUN, "--sam-model=sam2_micro", f"--sam-report={name}")
    suite.pytester.runpytest_inprocess(
        *RUN, f"--sam-checkpoint=noisy={path}/noisy.safetensors@sam2_micro", "--sam-report=run.json"
    )
    base, again, run, config, masks = (
        str(path / name) for name in ("base.json", "again.json", "run.json", "gate.toml", "masks.toml")
    )
    (path / "masks.toml").write_text("[speed]\nstages = []\n[memory]\nlimit = false\n")
    (path / "gate.toml").write_text('[models]\nnoisy = "sam2_micro"\n[speed]\nstages = []\n[memory]\nlimit = false\n')
    surfaces = [case["surface"] for case in json.loads((path / "base.json").read_text())["cases"]]
    assert all(it["tolerance_mm"] == 2 and 0.5 < it["nsd"] <= 1 and it["hd95_mm"] >= 0 for it in surfaces)
    capsys.readouterr()
    assert main(["gate", again, "--baseline", base, "--config", masks]) == 0
    assert main(["gate", base, "--baseline", base, "--config", masks]) == 2
    assert main(["gate", run, "--baseline", base, "--config", config]) == 1
    out = capsys.readouterr().out
    assert "REGRESSION cases   radiopaedia-phantom/" in out
    assert "-noisy-every.composite (for sam2_micro): is below its floor, it was not before (" in out
    assert "REGRESSION quality radiopaedia-phantom every.composite noisy (for sam2_micro) dice: lost 0." in out


def test_the_junit_file_carries_the_scores_of_each_case(suite):
    suite.run("--sam-model=sam_micro", "--junitxml=junit.xml", "--sam-report=run.json")
    (case,) = ET.parse(suite.path / "junit.xml").iter("testcase")  # noqa: S314 - written by this very test
    found = {entry.get("name"): float(entry.get("value") or "nan") for entry in case.iter("property")}
    (scores,) = [case["scores"] for case in suite.report()["cases"]]
    assert found["dice"] == round(scores["dice_nonempty"], 6)
    assert set(found) == {"dice", "jaccard", "dice_all"}
