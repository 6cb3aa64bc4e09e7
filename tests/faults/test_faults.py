"""A few seconds of what `reports/faults.py` does at length: runs are broken, and nothing is lost or counted twice."""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench_cases.errors import ReportError, SambenchError
from bench_cases.report import Journal, load, write_report
from bench_cases.report import journal as journal_module
from bench_cases.report.journal_file import journal_path, read_journal
from bench_cases.report.read import UNSEALED
from tests.faults import contention, damage, disk, kills
from tests.faults.count import Count, check_complete, check_interrupted
from tests.faults.small_suite import KEYS, VOLUMES, finished, write_suite
from tests.report.report_examples import HEADER, TAIL, result

ROOT = Path(__file__).parents[2]

FAULTS: dict[str, Callable[[Path], Count]] = {
    "killed": lambda folder: kills.kill(folder, kills=2, seed=1),
    "full disk": lambda folder: disk.fill(folder, faults=1, seed=2),
    "two at once": lambda folder: contention.contend(folder, rounds=1),
    "broken off": lambda folder: damage.truncate(folder, files=40, seed=3),
    "changed": lambda folder: damage.flip(folder, files=60, seed=4),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_loses_anything_or_counts_it_twice(fault: str, tmp_path: Path) -> None:
    count = FAULTS[fault](tmp_path)
    assert count.faults > 0
    assert (count.losses, count.notes) == (0, [])


def test_what_is_lost_is_counted(tmp_path: Path) -> None:
    """The counting itself is held to account: a run that loses, repeats and changes cases is not called whole."""
    broken, count = write_suite(tmp_path / "broken"), Count()
    assert finished(broken)[0] == 0
    report = json.loads((broken / "run.json").read_text())
    del report["checksum"]
    lost, changed = report["cases"].pop(0), report["cases"][0]
    changed["scores"]["dice_nonempty"] /= 2
    slices = changed["scores"]["per_slice"]
    slices["dice"] = [None if dice is None else dice / 2 for dice in slices["dice"]]
    (broken / "run.json").write_text(json.dumps(report))
    with (broken / "ledger").open("a") as ledger:
        ledger.write("scored {dataset}/{volume}-{model}-{strategy}\n".format(**changed["case"]))
    check_interrupted(broken, count)
    assert count.lost == 1
    check_complete(broken, count)
    assert (count.lost, count.differing) == (2, 2)
    assert count.twice >= 1
    assert f"lost bars/{lost['case']['volume']}-bright-{lost['case']['strategy']}" in count.notes


def test_out_of_memory_is_the_error_of_its_cases_and_resuming_runs_them_again(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    status, said = finished(suite, "-k", "v00 or v01", fault="memory")
    assert status == 1
    assert "can't allocate memory: you tried to allocate 1099511627776 bytes" in said
    cases = {entry.case.key: entry for entry in load(suite / "run.json").results}
    assert {entry.status for entry in cases.values()} == {"error"}
    assert all(entry.message.startswith("MemoryError: ") for entry in cases.values())
    assert finished(suite)[0] == 0
    assert {entry.case.key: entry.status for entry in load(suite / "run.json").results} == dict.fromkeys(KEYS, "passed")


def test_a_pass_that_hangs_is_an_error_and_the_run_ends(tmp_path: Path) -> None:
    suite = write_suite(tmp_path / "suite")
    status, said = finished(suite, "--sam-timeout=600", fault="hang")
    assert status == 1
    assert f"the pass over bars/{VOLUMES[1]} under bright took longer than 600 s and was stopped, with all 3" in said
    status_of = {entry.case.volume: entry.status for entry in load(suite / "run.json").results}
    assert status_of == {volume: "error" if volume == VOLUMES[1] else "passed" for volume in VOLUMES}


def test_a_scan_that_vanishes_or_cannot_be_read_is_an_error_of_its_own(tmp_path: Path) -> None:
    from bench_cases.datasets.folder import FolderDataset
    from tests.scan_files import write_nifti

    for each in "abcd":
        (tmp_path / each).mkdir()
        for name in ("image", "mask"):
            write_nifti(tmp_path / each / f"{name}.nii.gz", np.eye(8, dtype=np.uint8)[np.newaxis].repeat(3, axis=0))
    (tmp_path / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "x"\nimage = "{id}/image.nii.gz"\nmask = "{id}/mask.nii.gz"\n'
    )
    dataset = FolderDataset.from_directory("mine", tmp_path)
    ids = dataset.volume_ids()
    (tmp_path / "b" / "image.nii.gz").unlink()
    (tmp_path / "c" / "mask.nii.gz").unlink()
    (tmp_path / "c" / "mask.nii.gz").mkdir()
    (tmp_path / "d" / "mask.nii.gz").unlink()
    os.mkfifo(tmp_path / "d" / "mask.nii.gz")  # reading it would wait for a writer for ever
    verdicts = {}
    for each in ids:
        try:
            verdicts[each] = f"{dataset.load(each).n_slices} slices"
        except SambenchError as error:
            verdicts[each] = str(error)
    assert verdicts["a"].endswith(" slices")
    assert all("; expected " in verdicts[each] for each in "bcd")
    assert "mine has no volume 'b'" in verdicts["b"]
    assert "c/mask.nii.gz: " in verdicts["c"]
    assert "it is a pipe, a socket or a device" in verdicts["d"]


def test_a_clock_that_is_set_back_changes_times_of_day_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(["2026-11-21T10:00:00+00:00", "1970-01-01T00:00:00+00:00", *["2038-01-19T03:14:08+00:00"] * 9])
    monkeypatch.setattr(journal_module, "now_utc", lambda: next(times))
    header = {**HEADER, "run": {}}
    path = tmp_path / "run.json"
    with Journal.open(path, header) as journal:
        journal.append("case", result("v1").to_json())
    with Journal.open(path, header, resume=True) as journal:
        journal.append("case", result("v2").to_json())
        write_report(path, journal, tail=TAIL)
    report = load(path)
    assert [entry.case.volume for entry in report.results] == ["v1", "v2"]
    assert report.raw["run"]["started_utc"].startswith("2026")
    assert report.raw["run"]["resumes_utc"] == ["1970-01-01T00:00:00+00:00"]
    assert report.results[0].timings_s == result("v1").timings_s


WALL_CLOCKS = {"time", "now", "utcnow", "today"}
"""Of the modules `time` and `datetime`; durations are taken from `perf_counter` and `monotonic`."""

SHOWN_ONLY = {
    "report/journal.py",  # when a run started and ended
    "pytest_plugin/recorder.py",  # the name of a report
    "seed_library/make.py",  # when a seed was made
    "speed/run.py",  # when speed was measured
    "cli/speed.py",  # the name of that record
    "_assets/download.py",  # a server's "try again at"
}


def test_no_duration_is_taken_from_a_clock_that_can_be_set() -> None:
    found = set()
    for path in (ROOT / "bench_cases").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WALL_CLOCKS:
                owner = ast.unparse(node.func.value)
                if owner.split(".")[-1] in {"time", "datetime", "date"}:
                    found.add(path.relative_to(ROOT / "bench_cases").as_posix())
    assert found <= SHOWN_ONLY


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"status": "passed"', b'"status": "failed"'), (b"0.", b"0,"), (b'"crc32": "', b'"crc33": "'), (b"v1", b"v9")],
)
def test_a_journal_of_which_one_word_is_another_is_refused_with_its_line(
    tmp_path: Path, old: bytes, new: bytes
) -> None:
    path = journal_path(tmp_path / "run.json")
    with Journal.open(tmp_path / "run.json", HEADER) as journal:
        for volume in ("v1", "v2"):
            journal.append("case", result(volume).to_json())
    header, first, second = path.read_bytes().splitlines(keepends=True)
    assert old in first
    path.write_bytes(header + first.replace(old, new, 1) + second)
    with pytest.raises(
        ReportError, match=r"line 2 of 3 is damaged \(.*\); expected one JSON record\. Remove that line"
    ):
        load(path)
    path.write_bytes(header + second + first.replace(old, new, 1))
    content = read_journal(path)
    assert content is not None
    assert [entry.case.volume for entry in content.records.results.values()] == ["v2"]
    assert "line 3 was cut off by a crash" in content.notes[0]


def test_a_journal_without_checksums_is_read_as_it_was_before_there_were_any(tmp_path: Path) -> None:
    path = journal_path(tmp_path / "run.json")
    with Journal.open(tmp_path / "run.json", HEADER) as journal:
        journal.append("case", result("v1").to_json())
    plain = [b"{" + line.partition(b", ")[2] for line in path.read_bytes().splitlines(keepends=True)]
    path.write_bytes(b"".join(plain))
    assert [entry.case.volume for entry in load(path).results] == ["v1"]


def test_a_report_that_was_changed_is_refused_and_without_its_checksum_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with Journal.open(path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        write_report(path, journal, tail=TAIL)
    assert path.read_text().count('"checksum": "sha256:') == 1
    report = json.loads(path.read_text())
    report["cases"][0]["status"] = "failed"
    path.write_text(json.dumps(report))
    with pytest.raises(
        ReportError,
        match=r"changed or damaged .*: its checksum does not match; expected the file as .* run the benchmark",
    ):
        load(path)
    del report["checksum"]
    path.write_text(json.dumps(report))
    bare = load(path)
    assert [entry.status for entry in bare.results] == ["failed"]
    assert (bare.sealed, bare.notes[0]) == (False, UNSEALED)


def test_what_a_killed_run_had_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / ".run.json.4711.tmp").write_text("{")
    (tmp_path / ".other.json.4711.tmp").write_text("{")
    with Journal.open(tmp_path / "run.json", HEADER) as journal:
        write_report(tmp_path / "run.json", journal, tail=TAIL)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".other.json.4711.tmp", "run.json"]
