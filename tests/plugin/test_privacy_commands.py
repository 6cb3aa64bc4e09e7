"""Every command is typed on scans full of a patient's name: nothing that it writes or says tells of her, nor calls out.

Commands are taken from the parser, scripts from their folder: whoever adds one adds it here.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import runpy
import sys
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

# Before the home is another, where matplotlib's list of fonts is not; and so that they stay: what is first imported in
# a test of runs is taken back at its end, and half a library imported twice is none.
import contourpy  # noqa: F401
import matplotlib.backends.backend_agg
import matplotlib.backends.backend_svg
import matplotlib.figure
import matplotlib.font_manager  # noqa: F401
import pytest

from bench_cases.cli import build_parser, main
from bench_cases.speed import record
from tests.network import forbidden
from tests.planted import (
    FORMATS,
    contents,
    damaged,
    found_in,
    leaks,
    plant,
    plant_broken_weights,
    plant_weights,
)
from tests.plugin.conftest import ROOT, Suite
from tests.speed.speed_examples import example_record

USER = "zaphodina"
"""Whose home it is: nobody who is handed a report is to learn it."""

CONFTEST = """
import shutil
import pathlib
import pytest

pytest_plugins = ["bench_cases.pytest_plugin"]


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    for journal in pathlib.Path().glob("*.journal.jsonl"):
        shutil.copy(journal, f"{journal.name}.seen")
"""

FEW = ("--sam-limit-slices=2", "--sam-warmups=0", "-p", "no:cacheprovider", "--benchmark-disable")


@dataclass(slots=True)
class Clinic:
    """A user's home with scans of every format in it, and what commands are typed on."""

    home: Path
    work: Path
    planted: set[bytes] = field(default_factory=set)

    def scans(self, kind: str, volumes: str = "a") -> str:
        folder = self.home / "scans" / kind
        if not folder.exists():
            plant(folder.parent, kind, volumes)
            self.planted |= contents(folder)
        return str(folder)

    def weights(self, name: str) -> str:
        path = self.home / name
        if not path.exists():
            plant_weights(path)
            self.planted |= contents(path)
        return str(path)

    def undescribed(self, kind: str) -> str:
        """Scans without a dataset.toml, to be described."""
        folder = self.home / "new" / kind
        if not folder.exists():
            plant(folder.parent, kind)
            (folder / "dataset.toml").unlink()
            self.planted |= contents(folder)
        return str(folder)

    def published(self) -> str:
        """A public set with words in its files, to be adopted."""
        folder = self.home / "published"
        if not folder.exists():
            main(["phantom", "us-nerve", str(folder / "us-nerve")])
            (folder / "us-nerve" / "PHANTOM.txt").unlink()
            for path in sorted(folder.rglob("*.tif")):
                with_words(path)
            self.planted |= contents(folder)
        return str(folder)


def with_words(path: Path) -> None:
    from PIL import Image, TiffImagePlugin

    from tests.planted import ALL, ID

    words = TiffImagePlugin.ImageFileDirectory_v2()
    words[270], words[315] = f"Doestromia {ID}", ALL.encode("ascii", "replace").decode()
    with Image.open(path) as picture:
        pixels = picture.copy()
    pixels.save(path, tiffinfo=words)


@pytest.fixture
def clinic(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    """The user's machine: home, working folder and temporary folder of their own, and no network."""
    home = suite.path / "home" / USER
    (home / "temp").mkdir(parents=True)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("USER", "LOGNAME", "USERNAME", "LNAME"):
        monkeypatch.setenv(name, USER)
    for name, folder in (("SAMBENCH_DATA", "data"), ("SAMBENCH_SEEDS", "seeds"), ("TMPDIR", "temp")):
        monkeypatch.setenv(name, str(home / folder))
    monkeypatch.setattr(tempfile, "tempdir", str(home / "temp"))
    suite.pytester.makeconftest(CONFTEST)
    with forbidden() as tried:
        yield Clinic(home=home, work=suite.path)
    assert tried == []


def options(clinic: Clinic, *kinds: str) -> list[str]:
    return [f"--sam-folder={kind}={clinic.scans(kind, 'ab' if kind == 'nifti' else 'a')}" for kind in kinds]


# ------------------------------------------------------------ what is typed: by command, all of them


def typed(clinic: Clinic) -> dict[tuple[str, ...], list[list[str]]]:
    """Every command with what is typed after it, in an order in which each finds what it needs."""
    two, one = ["--folder", f"nifti={clinic.scans('nifti', 'ab')}"], ["--folder", f"dicom={clinic.scans('dicom')}"]
    own = f"own={clinic.weights('own.safetensors')}@sam2_micro"
    return {
        ("list",): [[], ["datasets"], ["models"]],
        ("doctor",): [[]],
        ("describe",): [[clinic.undescribed(kind)] for kind in FORMATS]
        + [[clinic.undescribed("nifti"), "--write"], [clinic.undescribed("dicom"), "--write"]],
        ("check",): [[clinic.scans(kind), "--csv", f"check-{kind}.csv"] for kind in FORMATS],
        ("show",): [[clinic.scans(kind), "--out", f"{kind}.png"] for kind in FORMATS],
        ("phantom",): [["us-nerve", "phantom"]],
        ("fetch",): [["us-nerve", "--dry-run"], ["us-nerve", "--from", clinic.published()]],
        ("run",): [
            [
                *("--engine", "local", "--sam-strategy=every.composite", "--sam-shard=1/1", *FEW),
                *(f"--sam-folder=nifti={clinic.scans('nifti')}", f"--sam-checkpoint={own}"),
                "--sam-report=part.json",
            ]
        ],
        ("merge",): [["part.json", "-o", "merged.json"]],
        ("report",): [
            ["run.json"],
            ["merged.json", "-o", "page.html"],
            ["base.json", "-o", "images.html", "--images", *two, *one],
        ],
        ("figures",): [["merged.json", "-o", "figures"]],
        ("view",): [["run.json", "nifti/a-own", *two], ["run.json", "dicom/a-own", *one, "-o", "view.html"]],
        ("compare",): [
            ["run.json", *(() if form == "csv" else ("--table", "all")), "--format", form, "-o", f"compared.{form}"]
            for form in ("table", "markdown", "csv", "json", "latex")
        ],
        ("baseline", "set"): [["base.json"]],
        ("baseline", "show"): [[]],
        ("gate",): [["run.json", "--baseline", "base.json"]],
        ("summary",): [["run.json", "base.json"], ["run.json", "--markdown", "-o", "summary.md"]],
        ("seeds", "make"): [
            ["nifti/a", *two, "--name", "one"],
            ["dicom/a", *one, "--prompt", "mask", "--name", "two"],
        ],
        ("seeds", "list"): [[]],
        ("seeds", "show"): [["one"], ["two"]],
        ("seeds", "use"): [["one", "nifti", *two]],
        ("seeds", "export"): [["one", "--yes"], ["two", "--yes"]],
        ("seeds", "import"): [["one.seed.zip", "--name", "three"]],
        ("seeds", "best"): [["nifti/a", *two, "--checkpoint", own, "--json", "best.json"]],
        # What it measures is a phantom made in memory; tests/speed measure.
        ("speed",): [["--from", "speed.json", "--chart", "speed.svg"]],
    }


SCRIPTS = {
    "ttest.py": [["run.json"], ["run.json", "base.json"]],
    "faults.py": "runs made-up volumes only; it opens no scan",
    "fuzz.py": "makes its inputs itself, and prints counts and kinds of errors; its children have tests of their own",
    "resilience.py": "prints kept counts; it opens no scan",
    "micro_bars.py": "minutes of phantoms before the first scan, which the runner of every other command reads",
}
"""The scripts of ``reports/``: what is typed, or the reason why nothing is."""

ANSWERS: dict[tuple[str, ...], set[int]] = {("doctor",): {0, 1}, ("gate",): {0, 1, 2}, ("speed",): {0, 1}}
"""Commands whose exit status is an answer; others end with 0."""


def every_command(parser: argparse.ArgumentParser, *names: str) -> Iterator[tuple[str, ...]]:
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield names
    for action in below:
        for name, each in action.choices.items():
            yield from every_command(each, *names, name)


def test_no_command_and_no_script_tells_who_the_patient_is(
    clinic: Clinic, suite: Suite, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    said = [a_run_of_every_format(clinic, suite)]
    (clinic.work / "speed.json").write_text(record.as_text(example_record()))
    commands = typed(clinic)
    assert set(commands) == set(every_command(build_parser())), "a command that this test does not type"
    for names, lines in commands.items():
        for line in lines:
            status = main([*names, *line])
            said.append("".join(capfd.readouterr()))
            assert status in ANSWERS.get(names, {0}), f"{' '.join([*names, *line])}\n{said[-1]}"
    assert {path.name for path in (ROOT / "reports").glob("*.py")} == set(SCRIPTS)
    for name, script in SCRIPTS.items():
        for line in script if isinstance(script, list) else ():
            monkeypatch.setattr(sys, "argv", [name, *line])
            with pytest.raises(SystemExit) as ended:
                runpy.run_path(str(ROOT / "reports" / name), run_name="__main__")
            said.append("".join(capfd.readouterr()))
            assert not ended.value.code, said[-1]
    assert found_in("\n".join(said).encode()) == set()
    assert leaks(clinic.work, but=frozenset(clinic.planted)) == []
    assert sorted((clinic.home / "temp").iterdir()) == []
    the_user_is_in_no_report(clinic)


def a_run_of_every_format(clinic: Clinic, suite: Suite) -> str:
    """Run on all formats, as loudly as can be, and on one as the baseline; return all that was said."""
    own = f"--sam-checkpoint=own={clinic.weights('own.safetensors')}@sam2_micro"
    other = f"--sam-checkpoint=other={clinic.weights('other.pt')}@sam2_micro"
    loud = ["--sam-save-masks=masks", f"--junitxml={clinic.work / 'junit.xml'}", "-vv", "-rA", "-l"]
    logs = ["--log-level=DEBUG", f"--log-file={clinic.work / 'run.log'}"]
    said = []
    for name, cases, more in (
        ("run", len(FORMATS) + 3, [*options(clinic, *FORMATS), own, other, "-k", "own or nifti", *loud, *logs]),
        ("base", 3, [*options(clinic, "nifti", "dicom"), own, "--sam-save-masks=masks"]),
    ):
        result = suite.pytester.runpytest_inprocess(
            "--sam-strategy=every.composite", f"--sam-report={name}.json", *FEW, *more
        )
        said.append(result.stdout.str() + result.stderr.str())
        result.assert_outcomes(passed=cases, deselected=len(FORMATS) - 1 if name == "run" else 0)
    assert len(list((clinic.work / "masks").rglob("*.nii.gz"))) == len(FORMATS) + 3
    return "".join(said)


def the_user_is_in_no_report(clinic: Clinic) -> None:
    made = [*clinic.work.glob("*.json"), *clinic.work.glob("*.html"), *clinic.work.glob("*.seen")]
    names = {USER.encode(), os.fsencode(clinic.home)} | {platform.node().encode()} - {b"", b"localhost"}
    assert len(made) > 10
    for path in made:
        content = path.read_bytes()
        assert not [name for name in names if name in content], path.name


# ------------------------------------------------------------ what is broken


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_said_of_a_broken_file_is_not_from_its_header(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = plant(tmp_path, kind)
    refused = 0
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for path in files(folder):
            whole = path.read_bytes()
            for content in damaged(path):
                path.write_bytes(content)
                refused += main(["check", str(folder)])
            path.write_bytes(whole)
    said = [*capfd.readouterr(), *(str(warning.message) for warning in warned)]
    assert refused > 2
    assert found_in("\n".join(said).encode()) == set()


def files(folder: Path) -> list[Path]:
    """Return what the scan of the first volume is made of; masks are of the same format, but for DICOM's."""
    found = sorted(path for path in (folder / "a").rglob("*") if path.suffix != ".txt" and path.is_file())
    return [path for path in found if not path.name.startswith("mask")]


def test_a_run_on_broken_files_prints_no_variable_that_holds_a_header(clinic: Clinic, suite: Suite) -> None:
    kinds = ("nifti", "dicom", "nrrd", "tiff")  # one by each library that parses
    for kind in kinds:
        first = files(Path(clinic.scans(kind)))[0]
        for content in reversed(list(damaged(first))):  # what has words in the place of numbers comes last
            first.write_bytes(content)
            if main(["check", clinic.scans(kind)]):
                break
    clinic.planted |= contents(clinic.home)
    scans = loud_run(clinic, suite, *options(clinic, *kinds), "--sam-model=sam2_micro")
    scans.assert_outcomes(errors=len(kinds))
    assert leaks(clinic.work, but=frozenset(clinic.planted)) == []
    said = scans.stdout.str() + scans.stderr.str()
    assert found_in(said.encode()) == set()
    assert "_files/_open.py" in said
    assert re.findall(r"_files/(?!_open)\w+\.py:\d+", said) == []  # no frame of a reader, whatever is in its variables


def test_weights_that_hold_words_instead_of_numbers_are_not_quoted(clinic: Clinic, suite: Suite) -> None:
    weights = plant_broken_weights(clinic.home)
    clinic.planted |= contents(clinic.home, Path(clinic.scans("png")))
    own = [f"--sam-checkpoint=w{number}={path}@sam2_micro" for number, path in enumerate(weights)]
    run = loud_run(clinic, suite, *options(clinic, "png"), *own)
    run.assert_outcomes(errors=len(weights))
    assert leaks(clinic.work, but=frozenset(clinic.planted)) == []
    said = [run.stdout.str(), run.stderr.str()]
    for path in weights[::4]:  # without an architecture it is looked for in the file, before anything is collected
        guessed = loud_run(clinic, suite, *options(clinic, "png"), f"--sam-checkpoint=guess={path}")
        assert guessed.ret == pytest.ExitCode.USAGE_ERROR
        said += [guessed.stdout.str(), guessed.stderr.str()]
    assert found_in("".join(said).encode()) == set()


def loud_run(clinic: Clinic, suite: Suite, *more: str) -> pytest.RunResult:
    """Run with every switch on that makes pytest talk: long tracebacks, arguments, variables, logs, JUnit's file."""
    return suite.pytester.runpytest_inprocess(
        *("--sam-strategy=every.composite", "--sam-report=loud.json", f"--junitxml={clinic.work / 'loud.xml'}"),
        # Twice verbose it would print every variable whole: a minute of the harness's own tables for each error.
        *("-v", "-rA", "-l", "--tb=long", "--log-level=DEBUG", *FEW, *more),
    )
