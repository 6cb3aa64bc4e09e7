"""``python reports/ttest.py``: what a user types, sees, and gets back as exit status."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from bench_cases.report import Journal, write_report
from bench_cases.report.schema import VERSION
from tests.report.report_examples import HEADER, TAIL, result

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "reports" / "ttest.py"


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def ttest(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Return the script as a function of its command line; one test below runs it as a process."""
    monkeypatch.setenv("COLUMNS", "100")
    main = runpy.run_path(str(SCRIPT))["main"]

    def run(*arguments: object) -> Done:
        try:
            status = main([*map(str, arguments)])
        except SystemExit as end:
            status = end.code
        return Done(status, *capsys.readouterr())

    return run


def written(path: Path, **bonuses: tuple[float, ...]) -> Path:
    with Journal.open(path, HEADER) as journal:
        for model, values in bonuses.items():
            for number, bonus in enumerate(values):
                journal.append("case", result(f"v{number}", model=model, bonus=bonus).to_json())
        return write_report(path, journal, tail=TAIL)


@pytest.fixture
def two_models(tmp_path: Path) -> Path:
    return written(tmp_path / "A.json", old=(0.0, 0.01, 0.02), new=(0.02, 0.02, 0.05))


def test_one_report_compares_its_models(ttest: Callable[..., Done], two_models: Path) -> None:
    done = ttest(two_models)
    assert (done.status, done.err) == (0, "")
    assert "lungs-phantom PHANTOM  every.composite" in done.out
    assert "A old   B new" in done.out
    assert "-0.0200" in done.out


def test_two_reports_compare_the_runs_and_write_a_csv(
    ttest: Callable[..., Done], two_models: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "B.json", new=(0.01, 0.02, 0.04))
    done = ttest(two_models, other, "--metric", "dice", "--csv", tmp_path / "out.csv")
    assert (done.status, done.err) == (0, "")
    assert "A new (A)   B new (B)" in done.out
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("dataset,phantom,strategy,metric,unit,a,b,n")


def test_models_of_two_reports_can_be_matched_by_hand(
    ttest: Callable[..., Done], two_models: Path, tmp_path: Path
) -> None:
    other = written(tmp_path / "B.json", other=(0.01, 0.02, 0.04))
    done = ttest(two_models, other, "--pair", "old=other", "--metric", "dice")
    assert "A old   B other" in done.out


def test_the_paper_mode_warns(ttest: Callable[..., Done], two_models: Path) -> None:
    done = ttest(two_models, "--mode", "paper")
    assert done.status == 0
    assert "slices of one volume are not independent" in done.out.replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file; expected a report written by `pytest benchmark`."),
        ("{", "not strict JSON"),
        (
            '{"schema": {"name": "sambench-report", "version": 99}}',
            f"schema version 99; this sambench reads versions up to {VERSION}.",
        ),
    ],
)
def test_unusable_input_is_one_line_and_status_2(
    ttest: Callable[..., Done], tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "A.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    done = ttest(path)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith(f"ttest.py: {path}: ")
    assert message in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "b", "c"), "3 reports; expected one or two."),
        (("a", "b", "--baseline", "m"), "--baseline with two reports; expected one report."),
        (("a", "--pair", "m=n"), "--pair with one report; expected two."),
        (("a", "b", "--pair", "mn"), "--pair mn; expected MODEL_IN_A=MODEL_IN_B."),
        (("a", "--metric", "iou"), "invalid choice: 'iou'"),
        ((), "the following arguments are required: REPORT.json"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(
    ttest: Callable[..., Done], arguments: tuple[str, ...], message: str
) -> None:
    done = ttest(*arguments)
    assert done.status == 2
    assert message in done.err


def test_the_choices_are_those_of_the_library(ttest: Callable[..., Done]) -> None:
    from bench_cases.analysis.observations import METRICS

    assert "{" + ",".join(METRICS) + "}" in ttest("--help").out.replace("\n", "").replace(" ", "")


def test_help_starts_at_once_and_imports_nothing_heavy() -> None:
    code = (
        "import runpy, sys\nsys.argv = ['ttest.py', '--help']\n"
        f"try:\n    runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'pandas', 'scipy', 'numpy', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert time.perf_counter() - start < 1.5


def test_the_script_runs_as_a_process_and_imports_no_torch(two_models: Path) -> None:
    code = (
        f"import runpy, sys\nsys.argv = ['ttest.py', {str(two_models)!r}]\n"
        f"try:\n    runpy.run_path({str(SCRIPT)!r}, run_name='__main__')\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'sam2', 'nibabel', 'pytest'} & set(sys.modules)), file=sys.stderr)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert "A old   B new" in done.stdout
    assert done.stderr.strip() == "[]"
