"""The CI templates: valid by the vendors' schemas, clean under an action linter, and made of commands that exist.

GitHub workflows are audited by zizmor and checked against SchemaStore's schema, GitLab's file against GitLab's own;
both schemas are inside check-jsonschema, so that nothing is fetched.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.cli import main

CI = Path(__file__).resolve().parents[2] / "docs" / "ci"
ROOT = CI.parents[1]
WORKFLOWS = sorted(CI.glob("github-*.yml"))
ALL = [*WORKFLOWS, CI / "gitlab-ci.yml"]
BIN = Path(sys.executable).parent


def read(path):
    return YAML(typ="safe", pure=True).load(path)


def scripts(path):
    """Return every shell script of a file."""
    jobs = read(path)
    if path in WORKFLOWS:
        return [step["run"] for job in jobs["jobs"].values() for step in job["steps"] if "run" in step]
    parts = ("before_script", "script")
    return ["\n".join(job[part]) for job in jobs.values() if isinstance(job, dict) for part in parts if part in job]


def checked(*command):
    return subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", WORKFLOWS), ("gitlab-ci", [CI / "gitlab-ci.yml"])],
)
def test_templates_are_valid_by_the_vendors_schema(schema, files):
    transform = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
    done = checked("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *transform, *files)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_workflow_that_is_wrong_would_be_found(tmp_path):
    broken = tmp_path / "broken.yml"
    broken.write_text(WORKFLOWS[0].read_text().replace("runs-on:", "run-on:"))
    assert checked("check-jsonschema", "--builtin-schema", "vendor.github-workflows", broken).returncode == 1


def test_the_action_linter_finds_nothing(tmp_path):
    done = checked("zizmor", "--offline", "--no-progress", "--color=never", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr
    careless = tmp_path / "careless.yml"
    # An action by its tag, which can be moved, in the place of the commit it is pinned to.
    careless.write_text(re.sub(r"actions/checkout@\w+", "actions/checkout@v4", WORKFLOWS[0].read_text()))
    found = checked("zizmor", "--offline", "--no-progress", "--no-config", careless)
    assert found.returncode != 0
    assert "unpinned-uses" in found.stdout


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_step_of_a_pipeline_is_there(path):
    text = "\n".join(scripts(path))
    for needed in ("sambench fetch", "pytest benchmark", "--junitxml", "sambench gate", "sambench summary --markdown"):
        assert needed in text
    whole = path.read_text()
    assert re.search(r"actions/cache@|cache:|SAMBENCH_CACHE: /var", whole)
    assert re.search(r"upload-artifact@|artifacts:", whole)
    assert re.search(r"gh pr comment|merge_requests/\$CI_MERGE_REQUEST_IID/notes", whole)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_script_is_one_that_bash_can_read(path):
    for script in scripts(path):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_option_of_sambench_that_is_typed_exists(path, capsys):
    typed = re.findall(r"sambench (\w+)([^|\n]*)", "\n".join(scripts(path)))
    assert typed
    for command, rest in typed:
        with pytest.raises(SystemExit) as end:
            main([command, "--help"])
        assert end.value.code == 0
        known = capsys.readouterr().out
        for word in shlex.split(rest.replace('"${base[@]}"', "")):
            if word.startswith("-"):
                assert word in known, f"sambench {command} {word}"


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_option_of_pytest_and_every_name_that_is_typed_exists(path, pytestconfig):
    from bench_cases.registry import checkpoints, datasets

    declared = {name for group in pytestconfig._parser._groups for option in group.options for name in option.names()}
    text = "\n".join(scripts(path))
    assert set(re.findall(r"--sam-[a-z-]+", text)) <= declared
    known = {*checkpoints(), *datasets()}
    for names in re.findall(r"sambench fetch ([^\n]*)", text):
        assert set(names.split()) <= known
    for names in re.findall(r"--sam-model (\S+)", text):
        assert set(names.split(",")) <= known
    for config in re.findall(r"--config (\S+)", text):
        GateConfig.read(ROOT / config)


def test_a_stranger_never_reaches_the_gpu_and_only_the_comment_may_write():
    gpu = read(CI / "github-gpu.yml")
    condition = gpu["jobs"]["benchmark"]["if"]
    assert "head.repo.full_name == github.repository" in condition
    assert "labels.*.name, 'gpu'" in condition
    for path in WORKFLOWS:
        workflow = read(path)
        assert workflow["permissions"] == {}
        assert workflow["jobs"]["benchmark"]["permissions"] == {"contents": "read"}
        assert workflow["jobs"]["comment"]["permissions"] == {"pull-requests": "write"}
        assert not any("checkout" in step.get("uses", "") for step in workflow["jobs"]["comment"]["steps"])


def test_what_the_cpu_gate_accepts_is_quality_alone():
    cpu, gpu = GateConfig.read(CI / "gate-cpu.toml"), GateConfig.read(CI / "gate-gpu.toml")
    assert (cpu.speed, cpu.memory_limit) == ((), None)
    assert gpu.speed
    assert gpu.memory_limit
    assert gpu.floors
    # Three phantoms are what a hosted run has.
    assert cpu.min_pairs == 3


def test_every_file_that_the_page_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", (CI / "README.md").read_text(encoding="utf-8")):
        assert (CI / target).exists(), target
