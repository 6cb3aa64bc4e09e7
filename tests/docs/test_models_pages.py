"""The pages on models are followed to the letter: the model in one file, and the story of the fine-tune."""

from __future__ import annotations

import re
import runpy
import shlex
import shutil
from pathlib import Path

import pandas as pd  # noqa: F401 - see tests/plugin/conftest.py: what a run within this process imports must be there
import pytest
import sam2.sam2_video_predictor  # noqa: F401
import scipy.stats  # noqa: F401
import segment_anything  # noqa: F401
import torch

import bench_cases.models as package
from bench_cases.cli import main
from bench_cases.contracts import LoadOptions
from bench_cases.models.checkpoints import CHECKPOINTS, locate, resolve

ROOT = Path(__file__).resolve().parents[2]
FEW = ("--sam-dataset=radiopaedia-phantom", "--sam-limit-volumes=2", "--sam-limit-slices=3", "-p", "no:cacheprovider")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def commands(text: str, program: str) -> list[list[str]]:
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL))
    return [shlex.split(line)[1:] for line in blocks.replace("\\\n", " ").splitlines() if line.startswith(program)]


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    (pytester.path / "benchmark").mkdir()
    for name in ("test_volume.py", "floors.toml"):
        shutil.copy(ROOT / "benchmark" / name, pytester.path / "benchmark")
    return pytester


def test_a_model_in_one_file_runs_as_the_page_says(
    suite: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = page("your-own-model.md")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    (file,) = re.findall(r"Save it as `bench_cases/models/(\w+\.py)`", text)
    (tmp_path / file).write_text(code, encoding="utf-8")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    (command,) = commands(text, "pytest ")
    result = suite.runpytest_inprocess(*command, *FEW, "--sam-baseline=baseline_threshold")
    result.assert_outcomes(passed=4)  # two volumes, and the baseline's
    result.stdout.fnmatch_lines(["*my_threshold*every.centroid*", "*baseline_threshold BASELINE*every.centroid*"])
    boxed = suite.runpytest_inprocess(
        "benchmark", "--sam-model=my_threshold", "--sam-strategy=every.centroid,every.box", "--collect-only", *FEW
    )
    boxed.stdout.fnmatch_lines(["*not run: my_threshold with every.box - my_threshold takes prompts of points only*"])


def test_the_story_of_the_fine_tune_ends_in_a_verdict(
    suite: pytest.Pytester, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file

    shipped = locate(resolve("sam2_micro"))
    assert shipped is not None
    state = {f"module.{key}": value.float() for key, value in load_file(shipped).items()}
    torch.save({"model": state, "epoch": 1}, suite.path / "weights.pt")
    monkeypatch.chdir(suite.path)
    text = page("is-my-fine-tune-better.md")
    (run,) = commands(text, "pytest ")
    result = suite.runpytest_inprocess(*run, *FEW, "--sam-strategy=every.composite", "--sam-floors=none.toml")
    assert "none.toml cannot be read" in result.stdout.str() + result.stderr.str()
    (suite.path / "none.toml").touch()
    result = suite.runpytest_inprocess(*run, *FEW, "--sam-strategy=every.composite", "--sam-floors=none.toml")
    result.assert_outcomes(passed=4)
    (verdict,) = commands(text, "python ")
    script = runpy.run_path(str(ROOT / verdict[0]))
    capsys.readouterr()
    assert script["main"](verdict[1:]) == 0
    said = capsys.readouterr().out
    assert "sam2_micro" in said
    assert "new" in said
    assert "differs:" not in said  # the same settings: weights alone were compared
    (config,) = re.findall(r"```toml\n# (gate\.toml)\n(.*?)```", text, flags=re.DOTALL)
    (suite.path / config[0]).write_text(config[1], encoding="utf-8")
    (gate,) = commands(text, "sambench ")
    assert main(gate) == 0
    judged = capsys.readouterr().out
    assert "sam2_micro: not judged: new takes its place ([models])" in judged
    assert "quality radiopaedia-phantom every.composite new (for sam2_micro) dice: equal on all 2 volumes" in judged


def test_every_option_of_a_checkpoint_is_in_the_table_and_every_restricted_one_is_mentioned() -> None:
    text = page("checkpoints.md")
    assert set(re.findall(r"^\| `([a-z0-9_]+)` \| [^|]+ \| [^|]+ \|$", text, flags=re.MULTILINE)) == set(
        LoadOptions.__dataclass_fields__
    )
    for checkpoint in CHECKPOINTS:
        if checkpoint.restrictions or checkpoint.blocked or checkpoint.page:
            assert f"`{checkpoint.name}" in text or f"`{checkpoint.name.split('_')[0]}" in text, checkpoint.name
