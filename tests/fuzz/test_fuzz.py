"""A few seconds of what `reports/fuzz.py` does at length: whatever is fed is read or refused, by every target."""

from __future__ import annotations

import ast
import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from bench_cases import memory
from tests.fuzz.corpus import ROOT, inputs
from tests.fuzz.drive import drive
from tests.fuzz.feeding import Feeding
from tests.fuzz.planted import TARGETS as PLANTED
from tests.fuzz.session import MACHINE_BYTES
from tests.fuzz.targets import targets
from tests.fuzz.targets.environment import FED, PASSED_ON

RUNS = 15


@pytest.mark.parametrize("name", targets())
def test_whatever_is_fed_is_read_or_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "installed", lambda: MACHINE_BYTES)
    target = targets()[name]
    (tmp_path / "corpus").mkdir()
    begin = inputs(target, tmp_path / "corpus")
    feeding = Feeding(target, tmp_path, tmp_path / "kept")
    for content in begin:
        feeding.feed(content)
    whole = feeding.count.accepted
    chance = Random(2)  # noqa: S311 - bytes, not secrets
    for _ in range(RUNS):
        feeding.feed(target.vary(chance.choice(begin), chance, target.words))
    assert feeding.count.found == []
    assert feeding.count.crashes == 0
    assert feeding.count.runs == feeding.count.refused + feeding.count.accepted == len(begin) + RUNS
    assert whole or name in {"volume-name", "seed-name", "folder-name"}, "the corpus has nothing that is read"


def test_a_defect_is_found_named_and_kept(tmp_path: Path) -> None:
    target = {each.name: each for each in PLANTED}["raises"]
    feeding = Feeding(target, tmp_path, tmp_path / "kept")
    for content in (b"whole", b"a", b"b"):
        feeding.feed(content)
    count = feeding.end()
    assert (count.runs, count.refused, count.crashes) == (3, 1, 2)
    (line,) = count.found
    (kept,) = (tmp_path / "kept").iterdir()
    assert re.fullmatch(rf"KeyError at planted\.py:[0-9]+: .* \({kept.name}\)", line)
    assert kept.read_bytes() == b"a"


def test_a_claim_that_is_believed_until_memory_runs_out_is_a_defect_though_it_is_worded(tmp_path: Path) -> None:
    target = {each.name: each for each in PLANTED}["believes"]
    feeding = Feeding(target, tmp_path, tmp_path / "kept")
    feeding.feed(b"other")
    assert feeding.count.crashes == 1
    assert "does not fit into memory" in feeding.count.found[0]


def test_a_process_that_dies_is_counted_and_what_it_died_of_is_kept(tmp_path: Path) -> None:
    target = {each.name: each for each in PLANTED}["dies"]
    count = drive(target, engine="seeded", seconds=0.2, seed=1, keep=tmp_path, real=None, module="tests.fuzz.planted")
    assert count.crashes >= 1
    assert "the process ended by signal SIGABRT" in count.found[0]
    (kept, *_) = tmp_path.iterdir()
    assert kept.name.startswith("dies-")
    assert kept.read_bytes() != b"whole"


def _main(script: str) -> Callable[[list[str]], int]:
    main: Callable[[list[str]], int] = runpy.run_path(str(ROOT / "reports" / script))["main"]
    return main


def test_the_command_prints_and_keeps_figures_and_feeds_one_input_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures, again = tmp_path / "fuzz.json", tmp_path / "floors-toml-0"
    again.write_bytes(b"volume = 3")
    fuzz = _main("fuzz.py")
    options = ["--only", "floors-toml", "--engine", "seeded", "--minutes", "0.005", "--seed", "3"]
    assert fuzz([*options, "--crashes", str(tmp_path / "kept"), "--json", str(figures)]) == 0
    record = json.loads(figures.read_text())
    entry = record["targets"]["floors-toml"]
    row = entry["engines"]["seeded"]
    assert row["runs"] == row["refused"] + row["accepted"] > 2
    assert (record["runs"], record["crashes"], row["crashes"]) == (row["runs"], 0, 0)
    assert {"written_utc", "commit", "python", "packages", "seed", "cpu"} <= set(entry)
    assert f"runs: {row['runs']}, crashes: 0" in capsys.readouterr().out
    assert fuzz(["--replay", str(again)]) == 0
    assert capsys.readouterr().out.startswith("refused: ConfigError: floors.toml: volume is 3; expected entries")


def test_the_kept_figures_are_printed_by_one_command_and_are_nought_where_they_must_be(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _main("resilience.py")([]) == 0
    printed = capsys.readouterr().out
    assert ", losses: 0" in printed
    assert ", crashes: 0" in printed
    kept = json.loads((ROOT / "reports" / "fuzz.json").read_text())
    assert set(kept["targets"]) == set(targets())
    assert all(each["engines"]["guided"]["runs"] > 0 for each in kept["targets"].values())


def test_figures_that_are_not_nought_fail_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("faults.json", "fuzz.json"):
        record = json.loads((ROOT / "reports" / name).read_text())
        (tmp_path / name).write_text(json.dumps(record | ({"crashes": 1} if name == "fuzz.json" else {})))
    assert _main("resilience.py")([str(tmp_path)]) == 1
    assert capsys.readouterr().out.rstrip().endswith("crashes: 1")


def test_every_environment_variable_that_the_package_reads_is_fed() -> None:
    """By the source: whatever is asked of the environment by a name of its own, or looks like one of ours."""
    read: set[str] = set()
    for path in (ROOT / "bench_cases").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"\bSAMBENCH_[A-Z]+(?:_[A-Z]+)*\b", source))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                *("os.environ.get", "os.environ.pop", "os.getenv", "directory", "environment.get"),
            }:
                read |= _words(node.args[:1], path)
            elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                read |= _words([node.slice] if isinstance(node.ctx, ast.Load) else [], path)
    assert read == {*FED, *PASSED_ON}


def _words(nodes: list[ast.expr], path: Path) -> set[str]:
    """Return what a name is written as: a text, or a constant of the same module."""
    constants = {
        node.target.id: ast.literal_eval(node.value)
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    written = [node for node in nodes if isinstance(node, ast.Constant)]
    named = [node.id for node in nodes if isinstance(node, ast.Name) and node.id in constants]
    found = {str(node.value) for node in written} | {str(constants[name]) for name in named}
    return {word for word in found if word.isupper()}
