"""The journal: what a crash leaves, what a resumed run makes of it, and who may write."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench_cases.errors import ReportError
from bench_cases.report import Journal, load, write_report
from bench_cases.report.journal_file import journal_path, read_journal
from bench_cases.report.lock import ReportLock
from tests.report.report_examples import HEADER, TAIL, latency_row, result

ROOT = Path(__file__).parents[2]


@pytest.fixture
def report_path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "run.json"


def started(report_path: Path, *volumes: str) -> Path:
    """Leave the journal of a run that stopped after some volumes."""
    with Journal.open(report_path, HEADER) as journal:
        for volume in volumes:
            journal.append("case", result(volume).to_json())
    return journal_path(report_path)


def test_a_result_is_on_disk_as_soon_as_append_returns(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        content = read_journal(journal.path)
    assert content is not None
    assert content.records.results == {result("v1").case.key: result("v1")}


def test_a_finished_run_leaves_its_report_and_nothing_else(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        assert write_report(report_path, journal, tail=TAIL) == report_path
    assert [path.name for path in report_path.parent.iterdir()] == ["run.json"]


def test_leaving_the_context_keeps_the_journal_and_gives_the_lock_back(report_path: Path) -> None:
    started(report_path, "v1")
    assert [path.name for path in report_path.parent.iterdir()] == ["run.json.journal.jsonl"]


def test_a_resumed_run_knows_what_was_done_and_keeps_its_identity(report_path: Path) -> None:
    started(report_path, "v1", "v2")
    with Journal.open(report_path, {**HEADER, "run": {"command": ["other"]}}, resume=True) as journal:
        assert journal.resumed
        assert [entry.case.volume for entry in journal.results.values()] == ["v1", "v2"]
        assert journal.run_id == HEADER["run"]["id"]
        journal.append("case", result("v3").to_json())
        write_report(report_path, journal, tail=TAIL)
    report = load(report_path)
    assert [entry.case.volume for entry in report.results] == ["v1", "v2", "v3"]
    assert report.raw["run"]["resumed"] is True
    assert len(report.raw["run"]["resumes_utc"]) == 1
    assert report.raw["run"]["command"] == HEADER["run"]["command"]


def test_a_resumed_run_gives_the_report_of_one_that_was_not_interrupted(report_path: Path, tmp_path: Path) -> None:
    started(report_path, "v1")
    with Journal.open(report_path, HEADER, resume=True) as journal:
        journal.append("case", result("v2").to_json())
        write_report(report_path, journal, tail=TAIL)
    whole = tmp_path / "whole.json"
    with Journal.open(whole, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        journal.append("case", result("v2").to_json())
        write_report(whole, journal, tail=TAIL)
    assert load(report_path).raw["cases"] == load(whole).raw["cases"]
    assert load(report_path).raw["benchmarks"] == load(whole).raw["benchmarks"]


def test_a_case_that_was_run_again_counts_once_and_its_last_result_is_the_one(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1", status="error").to_json())
        journal.append("case", result("v2").to_json())
        journal.append("case", result("v1").to_json())
        write_report(report_path, journal, tail=TAIL)
    report = load(report_path)
    assert [(entry.case.volume, entry.status) for entry in report.results] == [("v1", "passed"), ("v2", "passed")]
    assert report.raw["run"]["counts"] == {"cases": 2, "passed": 2, "failed": 0, "error": 0, "not_run": 1}


@pytest.mark.parametrize("cut", [1, 10, 500])
def test_a_last_line_cut_off_by_a_crash_is_dropped_with_a_note(report_path: Path, cut: int) -> None:
    path = started(report_path, "v1", "v2")
    path.write_bytes(path.read_bytes()[:-cut])
    note = "run.json.journal.jsonl: line 3 was cut off by a crash and is left out; its case counts as not run."
    assert note in load(path).notes
    with Journal.open(report_path, HEADER, resume=True) as journal:
        assert [entry.case.volume for entry in journal.results.values()] == ["v1"]
        assert journal.notes == [note]
        journal.append("case", result("v2").to_json())
        write_report(report_path, journal, tail=TAIL)
    assert load(report_path).raw["run"]["counts"]["cases"] == 2
    assert note in load(report_path).notes


def test_a_last_line_that_is_rubbish_up_to_its_end_is_dropped_too(report_path: Path) -> None:
    path = started(report_path, "v1")
    with path.open("ab") as file:
        file.write(b'{"kind": "case", "rec\x00\x00\x00\n')
    with Journal.open(report_path, HEADER, resume=True) as journal:
        assert len(journal.results) == 1
    assert len(load(path).results) == 1


def test_damage_in_the_middle_is_refused_with_its_line(report_path: Path) -> None:
    path = started(report_path, "v1", "v2", "v3")
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2][:50] + b"\n"
    path.write_bytes(b"".join(lines))
    with pytest.raises(ReportError, match=r"line 3 of 4 is damaged .*expected one JSON record\. Remove that line"):
        Journal.open(report_path, HEADER, resume=True)
    assert not report_path.with_name("run.json.lock").exists()


def test_a_record_that_does_not_fit_is_refused_with_its_line(report_path: Path) -> None:
    path = started(report_path, "v1", "v2")
    path.write_bytes(path.read_bytes().replace(b'"status": "passed"', b'"status": "skipped"', 1))
    with pytest.raises(ReportError, match=r"line 2 of 3 is damaged \(status is 'skipped'; expected one of 'passed'"):
        load(path)


def test_a_journal_without_its_header_is_refused(report_path: Path) -> None:
    path = started(report_path, "v1")
    path.write_bytes(path.read_bytes().partition(b"\n")[2])
    with pytest.raises(ReportError, match="not a sambench-journal: its schema is None"):
        load(path)
    path.write_text('{"schema": {"name": "sambench-journal", "version": 1}, "kind": "case"}\n', encoding="utf-8")
    with pytest.raises(ReportError, match="line 1 is no header; expected kind 'header'"):
        load(path)


def test_a_run_that_stopped_before_its_header_was_written_starts_afresh(report_path: Path) -> None:
    path = started(report_path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(ReportError, match="the journal is empty; expected a header"):
        load(path)
    with Journal.open(report_path, HEADER, resume=True) as journal:
        assert not journal.resumed


def test_resuming_with_nothing_there_starts_afresh(report_path: Path) -> None:
    with Journal.open(report_path, {}, resume=True) as journal:
        assert not journal.resumed
        assert journal.results == {}
        assert len(journal.run_id) == 32


def test_resuming_goes_on_from_the_report_of_an_interrupted_run(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        journal.append("latency", latency_row())
        journal.append("model", {"name": "model-b", "parameters": 7})
        write_report(report_path, journal, tail={**TAIL, "run": {"complete": False, "exit_status": 2}})
    first = load(report_path).raw
    with Journal.open(report_path, HEADER, resume=True) as journal:
        assert journal.resumed
        assert list(journal.latency) == [latency_row()["fullname"]]
        journal.append("case", result("v2").to_json())
        write_report(report_path, journal, tail=TAIL)
    with Journal.open(report_path, HEADER, resume=True) as journal:
        write_report(report_path, journal, tail=TAIL)
    report = load(report_path).raw
    assert report["run"]["id"] == first["run"]["id"]
    assert report["models"] == first["models"]
    assert len(report["cases"]) == 2
    assert [row for row in report["benchmarks"] if row["group"] == "reload"] == [
        row for row in first["benchmarks"] if row["group"] == "reload"
    ]
    assert len(report["run"]["resumes_utc"]) == 2


def test_resuming_under_other_settings_is_refused_with_what_changed(report_path: Path) -> None:
    started(report_path, "v1")
    other = {**HEADER, "settings": {**HEADER["settings"], "precision": "bf16"}}
    with pytest.raises(
        ReportError,
        match=r'had other settings \(precision was "fp32", is "bf16"\); expected the same\. Resume with those it was '
        r"started with, or start afresh without --sam-resume",
    ):
        Journal.open(report_path, other, resume=True)


def test_resuming_in_another_environment_is_noted(report_path: Path) -> None:
    started(report_path, "v1")
    packages = {"packages": {"numpy": "2.1.0", "transformers": None}}
    other = {**HEADER, "environment": {**HEADER["environment"], **packages}}
    with Journal.open(report_path, other, resume=True) as journal:
        assert journal.notes == ['packages.numpy was "2.0.0", is "2.1.0"']
        write_report(report_path, journal, tail=TAIL)
    assert load(report_path).notes == ['packages.numpy was "2.0.0", is "2.1.0"']


def test_starting_afresh_keeps_the_journal_of_an_unfinished_run(report_path: Path) -> None:
    started(report_path, "v1")
    started(report_path, "v2")
    with Journal.open(report_path, HEADER) as journal:
        assert journal.set_aside == report_path.with_name("run.json.journal.2.jsonl")
        assert "the journal of an unfinished run was kept as run.json.journal.2.jsonl" in journal.notes[0]
    kept = report_path.with_name("run.json.journal.1.jsonl")
    assert [entry.case.volume for entry in load(kept).results] == ["v1"]


def test_what_was_not_run_before_a_resume_is_said_anew(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("not_run", {"what": "coronacases", "reason": "not downloaded", "remedy": "sambench fetch"})
    with Journal.open(report_path, HEADER, resume=True) as journal:
        journal.append("not_run", {"what": "montgomery", "reason": "not downloaded", "remedy": "sambench fetch"})
        write_report(report_path, journal, tail={"run": {"complete": True}})
    assert [entry["what"] for entry in load(report_path).raw["not_run"]] == ["montgomery"]


@pytest.mark.parametrize(
    ("kind", "record", "message"),
    [
        ("verdict", {}, "a record of kind 'verdict'; expected one of case, latency, model"),
        ("case", {"status": "passed"}, "case is missing; expected an object"),
        ("latency", {"stats": {}}, "fullname of a latency record is None; expected a name"),
        ("model", {"name": ""}, "name of a model record is ''; expected a name"),
        ("model", {"name": "m", "weights": object()}, "weights is <object .*of type object, which JSON cannot hold"),
    ],
)
def test_a_record_that_cannot_be_kept_is_refused_and_leaves_no_trace(
    report_path: Path, kind: str, record: dict[str, Any], message: str
) -> None:
    with Journal.open(report_path, HEADER) as journal:
        before = journal.path.read_bytes()
        with pytest.raises(ReportError, match=message):
            journal.append(kind, record)
        assert journal.path.read_bytes() == before


def test_a_header_that_is_no_mapping_is_refused(report_path: Path) -> None:
    with pytest.raises(ReportError, match=r"settings of the journal's header is \[\]; expected a mapping"):
        Journal.open(report_path, {"settings": []})


def test_a_closed_journal_takes_nothing_more(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        pass
    journal.close()
    with pytest.raises(ReportError, match="is closed; expected an open journal"):
        journal.append("case", result("v1").to_json())


def test_a_second_run_on_the_same_report_is_refused_while_the_first_writes(report_path: Path) -> None:
    with (
        Journal.open(report_path, HEADER),
        pytest.raises(
            ReportError,
            match=rf"run\.json is being written by another run \(process {os.getpid()}\); expected one run a report\. "
            r"Wait for it, or write to another file with --sam-report",
        ),
    ):
        Journal.open(report_path, HEADER)


def test_the_lock_of_a_dead_process_is_taken_over(report_path: Path) -> None:
    report_path.parent.mkdir()
    report_path.with_name("run.json.lock").write_text("999999999\n", encoding="ascii")
    with Journal.open(report_path, HEADER) as journal:
        assert journal.results == {}
        assert report_path.with_name("run.json.lock").read_text(encoding="ascii") == f"{os.getpid()}\n"


def test_a_lock_whose_file_was_replaced_meanwhile_is_nobodys(report_path: Path) -> None:
    lock = ReportLock(report_path)
    descriptor = lock._descriptor
    assert descriptor is not None
    assert lock._is_current(descriptor)
    lock.path.unlink()
    assert not lock._is_current(descriptor)
    lock.path.touch()
    assert not lock._is_current(descriptor)
    lock.release()
    lock.release()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match=r"cannot write beside .*; expected a folder .* --sam-report"):
        Journal.open(tmp_path / "file" / "run.json", HEADER)


def test_a_full_disk_is_an_error_that_keeps_what_was_there(report_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        before = journal.path.read_bytes()
        write = os.write

        def half(descriptor: int, data: memoryview) -> int:
            if len(data) < 100:
                raise OSError(errno.ENOSPC, "No space left on device")
            return write(descriptor, data[: len(data) // 2])

        with monkeypatch.context() as full:
            full.setattr(os, "write", half)
            with pytest.raises(ReportError, match=r"No space left on device; expected room .* go on with --sam-resume"):
                journal.append("case", result("v2").to_json())
        assert journal.path.read_bytes() == before


def test_a_report_that_cannot_be_written_leaves_the_journal(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        journal.append("case", result("v1").to_json())
        report_path.mkdir()
        with pytest.raises(
            ReportError, match=r"the report cannot be written: .*the journal beside it has every result"
        ):
            write_report(report_path, journal, tail=TAIL)
    assert len(load(journal.path).results) == 1
    assert not list(report_path.parent.glob("*.tmp"))


def test_a_report_that_breaks_its_own_schema_is_not_written(report_path: Path) -> None:
    with Journal.open(report_path, HEADER) as journal:
        with pytest.raises(ReportError, match=r"models\.m\.parameters is 'many'; expected an integer"):
            write_report(report_path, journal, tail={"models": {"m": {"parameters": "many"}}})
        assert journal.path.exists()
    assert not report_path.exists()


KILLED = """
import os, sys
from pathlib import Path
from bench_cases.report import Journal
from tests.report.report_examples import HEADER, result
journal = Journal.open(Path(sys.argv[1]), HEADER)
for volume in ("v1", "v2"):
    journal.append("case", result(volume).to_json())
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_run_killed_without_warning_loses_nothing_and_blocks_nobody(report_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(report_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"ready\n"
        with pytest.raises(ReportError, match=rf"being written by another run \(process {run.pid}\)"):
            Journal.open(report_path, HEADER)
        run.send_signal(signal.SIGKILL)
    with Journal.open(report_path, HEADER, resume=True) as journal:
        assert [entry.case.volume for entry in journal.results.values()] == ["v1", "v2"]


CONTENDER = """
import sys
from pathlib import Path
from bench_cases.errors import ReportError
from bench_cases.report.lock import ReportLock
report, inside = Path(sys.argv[1]), Path(sys.argv[2])
held = 0
while held < 30:
    try:
        lock = ReportLock(report)
    except ReportError:
        continue
    inside.touch(exist_ok=False)
    inside.unlink()
    lock.release()
    held += 1
"""


def test_however_many_contend_for_a_lock_only_one_holds_it(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CONTENDER, str(tmp_path / "run.json"), str(tmp_path / "inside")]
    contenders = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    errors = [contender.communicate(timeout=60)[1] for contender in contenders]
    assert errors == [b""] * 4
    assert list(tmp_path.iterdir()) == []
