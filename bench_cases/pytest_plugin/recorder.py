"""From test reports to the journal and the report; the table, the path and the next command at the end of a run.

Records travel on pytest's own test reports, so that workers of pytest-xdist need not know where the report is kept:
the process that prints the results is the one that writes them down.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from bench_cases.cases import CaseResult, Status
from bench_cases.errors import ReportError, SambenchError
from bench_cases.nameless import nameless
from bench_cases.pytest_plugin import closing, options
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.case_errors import show_message
from bench_cases.pytest_plugin.collect import case_of
from bench_cases.pytest_plugin.collection_report import not_run_lines
from bench_cases.pytest_plugin.dataset_facts import dataset_facts
from bench_cases.pytest_plugin.item_results import asserts_nothing, case_result, junit_properties, latency_rows
from bench_cases.pytest_plugin.parallel import Parallel
from bench_cases.pytest_plugin.sharding import refuse_other_part
from bench_cases.pytest_plugin.worker import is_parallel
from bench_cases.seed_library.applied import seed_warnings
from bench_cases.selection import NotRun

if TYPE_CHECKING:
    from bench_cases.report.journal import Journal

_ADDRESS: Final = "--sam-address"

_WORSE: Final[dict[Status, int]] = {"passed": 0, "failed": 1, "error": 2}


class Recorder:
    """Writes down what each test left behind.

    Parameters
    ----------
    config
        The session's configuration.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.bench = Bench.of(config)
        self.report_path: Path | None = None
        self.written: Path | None = None
        self._journal: Journal | None = None
        self._not_written = ""
        self._models_told: set[str] = set()
        self._collection_told = False
        self._without_floor: Counter[str] = Counter()

    @property
    def is_worker(self) -> bool:
        """Whether this process is a worker of pytest-xdist."""
        return hasattr(self.config, "workerinput")

    # ------------------------------------------------------------ in the process that runs the test

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Attach what the test left behind to its report."""
        report = yield
        case = case_of(item)
        if not self._collection_told:
            self._collection_told = True
            report.sambench = self._about_the_collection()
        if case is None or report.when == "teardown" or report.skipped:
            return report
        show_message(report, call, self.config)
        records = [("model", facts) for name, facts in self.bench.models_seen.items() if name not in self._models_told]
        self._models_told.update(self.bench.models_seen)
        ended = report.when == "call" or report.failed
        if ended and {"scores", "segmentation"} & set(getattr(item, "fixturenames", ())):
            result = case_result(item, case, call)
            if asserts_nothing(item, result):
                report.sambench_without_floor = case.model
            prior = self.bench.results.get(case)
            if prior is None or _WORSE[result.status] > _WORSE[prior.status]:
                self.bench.results[case] = result
                records.append(("case", result.to_json()))
                item.user_properties.extend(junit_properties(result))
        elif report.when == "call" and report.passed:
            records.extend(("latency", row) for row in latency_rows(item, case))
        if records:
            # Plain JSON values only: workers of pytest-xdist can send nothing else.
            report.sambench = [*getattr(report, "sambench", ()), *json.loads(json.dumps(records, default=str))]
        return report

    def _about_the_collection(self) -> list[tuple[str, dict[str, Any]]]:
        """Return which part this is and, from a worker, what it leaves out: who prints results has not collected."""
        told: list[tuple[str, dict[str, Any]]] = [] if self.bench.shard is None else [("shard", self.bench.shard)]
        return told + [("not_run", _without_names(line)) for line in self.bench.not_run if self.is_worker]

    # ------------------------------------------------------------ in the process that prints the results

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down what a report carries, at once and durably."""
        if self.is_worker:
            return
        if (model := getattr(report, "sambench_without_floor", None)) is not None:
            self._without_floor[model] += 1
        for kind, record in getattr(report, "sambench", ()):
            try:
                self._open().append(kind, record)
            except ReportError as error:  # a full disk, a report that is another run's: going on would be in vain
                pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)
            if kind == "case":
                result = CaseResult.from_json(record)
                self.bench.results[result.case] = result
            elif kind == "not_run":
                self.bench.not_run[NotRun(**record)] = None

    @property
    def _parallel(self) -> Parallel:
        return cast("Parallel", self.config.pluginmanager.get_plugin("sambench-parallel"))

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Resolve what was typed, and take over the cases of an interrupted run, before anything is collected."""
        self.bench.check_options()
        if not self.is_worker and is_parallel(self.config):
            try:
                self._choose_path()
            except SambenchError as error:
                raise options.usage(error) from error
            self._parallel.report_path = self.report_path
        if session.config.getoption("--sam-resume") and not session.config.option.collectonly:
            try:
                self.bench.done.update(self._finished_before())
            except SambenchError as error:
                raise options.usage(error) from error

    def _finished_before(self) -> dict[str, CaseResult]:
        if self.is_worker:
            from bench_cases.report import load
            from bench_cases.report.journal_file import journal_path

            path = self._resumed_path()
            journal = journal_path(path)  # a run that was killed left nothing else
            results = {result.case.key: result for result in load(journal if journal.exists() else path).results}
        else:
            opened = self._open()
            results = opened.results
            try:
                refuse_other_part(opened.records, self.config.getoption("--sam-shard"))
            except SambenchError:
                opened.close()
                raise
        return {key: result for key, result in results.items() if result.scores is not None}

    def _open(self) -> Journal:
        if self._journal is None:
            from bench_cases.report import environment
            from bench_cases.report.journal import Journal

            resume = self.config.getoption("--sam-resume")
            report_path = self._choose_path()
            settings = self.bench.settings
            header: dict[str, Any] = {
                "run": {
                    "command": _as_typed(self.config.invocation_params.args),
                    "selection": {"keyword": self.config.option.keyword, "marker": self.config.option.markexpr},
                },
                "settings": {
                    **settings.to_json(),
                    "scoring": settings.scoring(),
                    "threads": self.config.getoption("--sam-threads"),
                    "timings_taken_under_load": self.config.pluginmanager.has_plugin("dsession")
                    or self.config.getoption("--sam-engine") != "local",
                },
                "environment": environment.describe(),
            }
            study = self.bench.study_record
            if study is not None:
                header["study"] = study
                header["settings"]["study"] = {name: study[name] for name in ("name", "sha256", "phantom")}
            self._journal = Journal.open(report_path, header, resume=resume)
        return self._journal

    def _choose_path(self) -> Path:
        if self.report_path is None:
            resume = self.config.getoption("--sam-resume")
            self.report_path = self._resumed_path() if resume else self._new_path()
        return self.report_path

    def _new_path(self) -> Path:
        given: Path | None = self.config.getoption("--sam-report")
        if given is not None:
            return given
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        shard = self.config.getoption("--sam-shard")
        if shard is not None:  # tasks of an array begin in the same second
            stamp += f"-{shard.number}of{shard.of}"
        path = self.config.rootpath / "reports" / f"{stamp}.json"
        number = 2
        while path.exists():
            path = path.with_name(f"{stamp}-{number}.json")
            number += 1
        return path

    def _resumed_path(self) -> Path:
        given: Path | None = self.config.getoption("--sam-report")
        if given is not None:
            return given
        suffix = ".journal.jsonl"
        journals = sorted((self.config.rootpath / "reports").glob(f"*{suffix}"), key=lambda path: path.stat().st_mtime)
        if not journals:
            msg = (
                "--sam-resume found no interrupted run in reports/; expected a *.journal.jsonl there. "
                "Name the report with --sam-report, or start afresh without --sam-resume."
            )
            raise pytest.UsageError(msg)
        return journals[-1].with_name(journals[-1].name.removesuffix(suffix))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Assemble the report from the journal; it appears whole or not at all."""
        if self._journal is None or self.is_worker or self.report_path is None:
            return
        from bench_cases.report.write import write_report

        engine = self.bench.engine
        with self._journal as journal:
            stopped = bool(session.shouldfail or session.shouldstop)  # -x and --maxfail leave cases out
            interrupted = stopped or exitstatus in {pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERNAL_ERROR}
            lost = self._parallel.lost()
            if lost and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = exitstatus = pytest.ExitCode.TESTS_FAILED
            tail = {
                "run": {
                    "exit_status": int(exitstatus),
                    "complete": not (interrupted or lost),
                    "notes": [nameless(note) for note in self._notes()],
                    **({} if engine is None else {"engine": engine.facts()}),
                },
                "datasets": dataset_facts(self.bench),
                "not_run": [_without_names(line) for line in self.bench.not_run],
            }
            try:
                self.written = write_report(self.report_path, journal, tail=tail)
            except ReportError as error:
                self._not_written = str(error)
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _notes(self) -> list[str]:
        """Return what a reader should know: of seeds, of guesses, of workers of either kind, of what nobody ran."""
        engine = self.bench.engine
        ran = dict.fromkeys(case.model for case in self.bench.results)
        doubts = {name: it.doubt for name, it in self.bench.checkpoints.items() if it.doubt and name in ran}
        return [
            *(f"{name}: {doubt}" for name, doubt in doubts.items()),
            *seed_warnings(self.bench.results.values()),
            *self._parallel.notes,
            *_lost_note(self._parallel.lost()),
            *(() if engine is None else engine.notes()),
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the table, where the report is, and what to type next."""
        if self.is_worker or not self.bench.results:
            return
        closing.show(
            terminalreporter,
            self.bench,
            notes=self._notes(),
            # Under several processes nothing was collected here.
            not_run=not_run_lines(self.bench) if is_parallel(self.config) else [],
            without_floor=self._without_floor,
            written=self.written,
            not_written=self._not_written,
        )


def _as_typed(arguments: Iterable[object]) -> list[str]:
    """Return a command line for the report: as typed, but for whose home it names and what the cluster is called."""
    words = ["pytest", *map(str, arguments)]
    hosts = {at for at, word in enumerate(words, start=1) if word == _ADDRESS}
    hidden = ("HOST:PORT" if at in hosts and word != "auto" else word for at, word in enumerate(words))
    return [nameless(re.sub(rf"^({_ADDRESS}=)(?!auto$).*", r"\1HOST:PORT", word)) for word in hidden]


def _without_names(line: NotRun) -> dict[str, str]:
    return {name: nameless(text) for name, text in line._asdict().items()}


def _lost_note(lost: list[str]) -> list[str]:
    if not lost:
        return []
    return [f"{len(lost)} tests were not run ({lost[0]} is the first); --sam-resume goes on with them."]
