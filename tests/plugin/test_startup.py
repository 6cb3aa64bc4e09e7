import subprocess
import sys

import pytest

from tests.plugin.conftest import ROOT

HEAVY = ("torch", "sam2", "segment_anything", "nibabel", "SimpleITK", "pandas", "scipy", "matplotlib", "hypothesis")

ENGINE = ("bench_cases.runner", "bench_cases.engine.segment", "bench_cases.scoring", "bench_cases.speed.measure")
"""Of no use before the first case, and with what they import a tenth of the time that collecting takes."""

CHECK = """
import sys
{what}
heavy = [name for name in {heavy!r} if name in sys.modules]
print("HEAVY", heavy)
"""


def loaded_by(what: str, heavy: tuple[str, ...] = HEAVY) -> str:
    script = CHECK.format(what=what, heavy=heavy)
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    return finished.stdout + finished.stderr


def test_collecting_the_benchmark_imports_nothing_heavy():
    output = loaded_by(
        "import pytest; pytest.main(['benchmark', '--collect-only', '-q', '-p', 'no:cacheprovider'])", (*HEAVY, *ENGINE)
    )
    assert "test_volume[radiopaedia-phantom/4_85506_1-sam2_micro-middle.composite.both]" in output
    assert "HEAVY []" in output


@pytest.mark.parametrize("arguments", [["--help"], ["list"], ["list", "models"]])
def test_the_command_starts_without_anything_heavy(arguments):
    output = loaded_by(
        f"from bench_cases.cli import main\ntry:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
    )
    assert "HEAVY []" in output


def test_the_t_test_script_shows_its_help_without_anything_heavy():
    output = loaded_by(
        "import runpy\nsys.argv = ['ttest.py', '--help']\n"
        "try:\n    runpy.run_path('reports/ttest.py', run_name='__main__')\nexcept SystemExit:\n    pass\n"
    )
    assert "usage:" in output
    assert "HEAVY []" in output
