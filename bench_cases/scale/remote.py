"""The engine whose cases workers compute: replies are checked against each other, and masks put in their place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from bench_cases.cases import Case, CaseResult
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import SambenchError, ScaleError
from bench_cases.scale.agreement import Agreement
from bench_cases.scale.dispatch import Dispatcher
from bench_cases.scale.groups import Group, group_cases, key_of
from bench_cases.scale.work import Failure, Reply, Work
from bench_cases.whole_files import write_whole


def plan_work(cases: Sequence[Case], masks_of: Collection[Case] = ()) -> list[Work]:
    """Return the groups of a selection in the order in which its cases will be asked for."""
    groups = group_cases(cases, slices=lambda _dataset, _volume: 1)
    return [Work(group, frozenset(case for case in group.cases if case in masks_of)) for group in groups]


@dataclass(slots=True, kw_only=True)
class RemoteEngine:
    """Serves the driver's cases from replies of workers.

    Parameters
    ----------
    name
        Of the engine, for the report.
    save_masks
        Where masks go that the workers send; None sends none.
    on_model
        Called with the name and the facts of a checkpoint when a worker has loaded it.
    on_wait
        Called with one line about the progress while the driver waits.
    """

    name: str
    dispatcher: Dispatcher
    save_masks: Path | None = None
    on_model: Callable[[str, Mapping[str, Any]], None] = lambda _name, _facts: None
    on_wait: Callable[[str], None] = lambda _line: None
    _works: dict[Case, Work] = field(init=False)
    _agreement: Agreement = field(default_factory=Agreement)
    _held: tuple[Work, Reply | SambenchError] | None = None
    _closed: bool = False

    def __post_init__(self) -> None:
        self._works = {case: work for work in self.dispatcher.plan for case in work.group.cases}

    def result(self, case: Case) -> CaseResult:
        """Return what is written down about a case, waiting until a worker has done its group.

        Raises
        ------
        SambenchError
            What stopped the case on the worker, or why no worker could do it.
        """
        answer = self._reply(case).answers[case]
        if isinstance(answer, Failure):
            raise answer.error()
        return answer

    def segmentation(self, case: Case) -> Segmentation:
        """Return the masks of a case; they travel for tests that name the fixture ``segmentation`` among their own.

        Raises
        ------
        ScaleError
            When they stayed on the worker.
        """
        self.result(case)
        found = self._reply(case).segmentations.get(case)
        if found is None:
            msg = (
                f"the masks of {case.key} stayed on the worker; expected a test that names the fixture `segmentation` "
                "among its arguments, so that they travel. Name it there, or run with --sam-engine local."
            )
            raise ScaleError(msg)
        return found

    def facts(self) -> dict[str, Any]:
        """Return what the report keeps."""
        tally = self.dispatcher.tally
        return {
            "name": self.name,
            "workers": self.dispatcher.workers,
            "retries": self.dispatcher.retries,
            "groups": tally.groups,
            "slices_per_s": self.dispatcher.slices_per_s,
            "workers_lost": len(tally.lost),
            "workers_refused": len(tally.refused),
            "groups_failed": tally.failed,
        }

    def notes(self) -> list[str]:
        """Say what went wrong with workers, each thing once."""
        tally = self.dispatcher.tally
        lost = [
            f"{self.name}: a worker was lost ({reason}); its group was run again or failed" for reason in tally.lost
        ]
        other = [f"{self.name}: a worker with other code was not used: {differs}" for differs in tally.refused]
        return list(dict.fromkeys([*lost, *other]))

    def close(self) -> None:
        """Let the workers go."""
        if not self._closed:
            self._closed = True
            self.dispatcher.cluster.close()

    def _reply(self, case: Case) -> Reply:
        work = self._works.get(case)
        if work is None:  # asked for by a test's own doing, after the selection was made
            work = self._works[case] = Work(Group(key=key_of(case), cases=(case,), cost=1), frozenset({case}))
        if self._held is None or self._held[0] != work:
            self._held = (work, self._fetch(work))
        reply = self._held[1]
        if isinstance(reply, SambenchError):
            raise reply
        return reply

    def _fetch(self, work: Work) -> Reply | SambenchError:
        try:
            reply = self.dispatcher.take(work, lambda: self.on_wait(self.dispatcher.progress()))
            self._agreement.refuse_others(work, reply)
            self._keep_masks(reply)
        except SambenchError as error:
            return error
        if reply.model is not None:
            self.on_model(work.key.model, reply.model)
        return reply

    def _keep_masks(self, reply: Reply) -> None:
        for name, content in reply.mask_files.items():
            if self.save_masks is None:
                return
            write_whole(self.save_masks.joinpath(*PurePosixPath(name).parts), content)
