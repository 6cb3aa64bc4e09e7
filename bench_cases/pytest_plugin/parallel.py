"""``-n``: workers of pytest-xdist, each on a GPU of its own or on one CPU thread, with whole groups dealt to them.

Hooks of the process that starts the workers; `bench_cases.pytest_plugin.worker` is the workers' side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench_cases.cases import CaseResult
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.case_ids import WHOLE, CaseIds
from bench_cases.pytest_plugin.scheduling import GroupScheduling, Placed
from bench_cases.pytest_plugin.worker import INPUT
from bench_cases.scale.costs import SliceCounts, model_weights
from bench_cases.scale.gpus import visible_gpus
from bench_cases.scale.groups import ENCODER, GroupKey, key_of

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController


def number_of_workers(config: pytest.Config) -> int | None:
    """Return what ``-n auto`` means: a worker a GPU; None, which stands for one a CPU, where no GPU is used."""
    if config.getoption("--sam-device") not in {"auto", "cuda"}:
        return None
    return len(visible_gpus()) or None


class Parallel:
    """Starts workers, deals groups to them, and sees to it that nothing is lost with one."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.notes: list[str] = []
        self.report_path: Path | None = None
        self._scheduler: GroupScheduling | None = None
        self._workers = 0
        self._slots: dict[str, int] = {}
        self._gpus: tuple[str, ...] | None = None

    @property
    def gpus(self) -> tuple[str, ...]:
        """GPUs to be shared out."""
        if self._gpus is None:
            wanted = self.config.getoption("--sam-device") in {"auto", "cuda"}
            self._gpus = visible_gpus() if wanted else ()
        return self._gpus

    def lost(self) -> list[str]:
        """Return the ids of tests that nobody has run, because too many workers died."""
        return [] if self._scheduler is None else self._scheduler.left

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[Any]) -> None:
        """Take note of how many workers begin."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: WorkerController) -> None:
        """Tell a worker its place: the lowest number that is free, that of a worker that was lost first."""
        taken = set(self._slots.values())
        slot = next(number for number in range(len(taken) + 1) if number not in taken)
        self._slots[node.gateway.id] = slot
        node.workerinput[INPUT] = {
            "gpu": self.gpus[slot % len(self.gpus)] if self.gpus else None,
            "report": "" if self.report_path is None else str(self.report_path.absolute()),
        }

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: WorkerController) -> None:
        """Free the place of a worker."""
        self._slots.pop(node.gateway.id, None)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> GroupScheduling | None:
        """Deal whole groups, unless the user has chosen another ``--dist``."""
        if config.getoption("dist") != "load":
            return None
        self._scheduler = GroupScheduling(self._workers, place=self.place, refuse=self._refuse, note=self.notes.append)
        return self._scheduler

    @pytest.hookimpl(optionalhook=True, trylast=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Leave an error where a test has cost too many workers, unless another plugin has it run again."""
        case = self._ids().case(crashitem)
        if case is None or WHOLE in case or report.outcome != "failed":
            return
        message = f"{report.longrepr}; expected it to end. Is there memory for it? Look at the system's log."
        result = CaseResult(case=case, status="error", message=message)
        report.sambench = [("case", result.to_json())]  # type: ignore[attr-defined]

    def place(self, ids: Sequence[str]) -> list[Placed]:
        """Return where each test belongs; what is no case is a group of its own."""
        bench = Bench.of(self.config)
        known = self._ids()
        slices = SliceCounts(bench.datasets, limit=bench.settings.limit_slices)
        weight = model_weights(bench.checkpoints)
        cases = [known.case(nodeid) for nodeid in ids]
        sizes: dict[GroupKey, int] = {}
        for case in cases:
            if case is not None:
                sizes[key_of(case)] = sizes.get(key_of(case), 0) + 1
        placed: list[Placed] = []
        for nodeid, case in zip(ids, cases, strict=True):
            if case is None:
                placed.append(Placed(group=GroupKey("", nodeid, ""), cost=1, last=False))
                continue
            key = key_of(case)
            cost = slices(case.dataset, case.volume) * weight(case.model) * (ENCODER + sizes[key])
            last = case.volume == WHOLE and case.strategy != WHOLE
            placed.append(Placed(group=key, cost=cost, last=last))
        return placed

    def _ids(self) -> CaseIds:
        bench = Bench.of(self.config)
        return CaseIds(bench.datasets, bench.checkpoints)

    def _refuse(self, worker: str, other: str) -> None:
        msg = (
            f"worker {worker} has collected other tests than {other}; expected the same. Are data or weights being "
            "changed while the run begins? Run again when that is over."
        )
        report = pytest.CollectReport(nodeid=worker, outcome="failed", longrepr=msg, result=[])
        self.config.hook.pytest_collectreport(report=report)
