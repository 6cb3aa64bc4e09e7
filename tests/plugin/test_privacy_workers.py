"""A patient's name stays in her scans also where workers read them: two of pytest-xdist, two of Ray with its logs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench_cases.cli import main
from tests.planted import FORMATS, contents, damaged, found_in, leaks, plant, plant_weights
from tests.plugin.conftest import ROOT, Suite

pytestmark = pytest.mark.cluster

BROKEN = ("nifti", "dicom", "nrrd")
LOUD = ("-rA", "-l", "--tb=long", "--log-level=DEBUG", "--log-file=run.log", "--junitxml=run.xml")
QUICK = ("--sam-limit-slices=2", "--sam-warmups=0", "-p", "no:cacheprovider", "--benchmark-disable")


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """One folder a format, and three more whose scans are broken where words stand in the place of numbers."""
    for kind in FORMATS:
        plant(tmp_path / "whole", kind)
    for kind in BROKEN:
        folder = plant(tmp_path / "broken", kind)
        scan = next(path for path in sorted((folder / "a").rglob("*")) if path.is_file() and path.suffix != ".txt")
        for content in reversed(list(damaged(scan))):
            scan.write_bytes(content)
            if main(["check", str(folder)]):
                break
    return tmp_path


@pytest.fixture
def logs() -> Iterator[Path]:
    """A temporary folder with a short name, for Ray's sockets and logs."""
    folder = Path(tempfile.mkdtemp(prefix="ray"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def typed(scans: Path, weights: Path) -> list[str]:
    folders = [f"--sam-folder={kind}={scans / 'whole' / kind}" for kind in FORMATS]
    broken = [f"--sam-folder=broken-{kind}={scans / 'broken' / kind}" for kind in BROKEN]
    model = [f"--sam-checkpoint=own={weights}@sam2_micro", "--sam-model=own"]
    return [
        *folders,
        *broken,
        *model,
        "--sam-strategy=every.composite",
        "--sam-report=run.json",
        "--sam-save-masks=masks",
        *LOUD,
        *QUICK,
    ]


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param(("-m", "pytest", "-n", "2"), id="pytest-xdist"),
        pytest.param(
            ("-c", "from bench_cases.cli import main; raise SystemExit(main())", "run", "--engine=ray", "--workers=2"),
            id="ray",
            marks=pytest.mark.skipif(find_spec("ray") is None, reason="needs pip install -e '.[ray]'"),
        ),
    ],
)
def test_workers_tell_no_more_of_a_patient_than_one_process(
    engine: tuple[str, ...], suite: Suite, scans: Path, logs: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = scans / "own.safetensors"
    plant_weights(weights)
    planted = contents(scans)
    environment: Mapping[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RAY_"))},
        "PYTHONPATH": str(ROOT),
        "RAY_TMPDIR": str(logs),
        "TMPDIR": str(logs),
    }
    done = subprocess.run(
        [sys.executable, *engine, *typed(scans, weights)],
        cwd=suite.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert (suite.path / "run.json").exists(), done.stdout
    passed = {case["case"]["dataset"] for case in suite.report()["cases"] if case["status"] == "passed"}
    errors = {case["case"]["dataset"] for case in suite.report()["cases"] if case["status"] == "error"}
    assert passed == set(FORMATS), done.stdout
    assert errors == {f"broken-{kind}" for kind in BROKEN}
    assert len(list((suite.path / "masks").rglob("*.nii.gz"))) == len(FORMATS)
    assert found_in((done.stdout + "".join(capfd.readouterr())).encode()) == set()
    assert leaks(suite.path, but=frozenset(planted)) == []
    assert leaks(logs, but=frozenset(planted)) == []
    if "--engine=ray" in engine:
        assert any(path.suffix in {".log", ".out", ".err"} for path in logs.rglob("*"))  # there was something to search
