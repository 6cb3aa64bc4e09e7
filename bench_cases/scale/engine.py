"""Who computes the cases: this process (`LocalEngine`), or workers elsewhere (`bench_cases.scale.remote`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bench_cases.cases import Case, CaseResult

if TYPE_CHECKING:
    from bench_cases.engine.segmentation import Segmentation
    from bench_cases.runner import Runner

EngineName = Literal["local", "ray"]


class Engine(Protocol):
    """Answers for any case of the selection; what shares a volume and a model is computed together."""

    def result(self, case: Case) -> CaseResult:
        """Return what is written down about a case.

        Raises
        ------
        Exception
            Whatever stopped the case; the same each time it is asked for.
        """
        ...

    def segmentation(self, case: Case) -> Segmentation:
        """Return the masks of a case with prompts and timings.

        Raises
        ------
        Exception
            As of `result`.
        ScaleError
            When the masks stayed where they were made.
        """
        ...

    def facts(self) -> dict[str, Any]:
        """Return what the report keeps of the engine, under ``run.engine``."""
        ...

    def notes(self) -> list[str]:
        """Return what a reader of the report should know, one line each."""
        ...

    def close(self) -> None:
        """Let everything go that was taken; a second call does nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """Computes in this process, when asked."""

    runner: Runner

    def result(self, case: Case) -> CaseResult:
        """Return what is written down about a case."""
        return self.runner.outcome(case).result

    def segmentation(self, case: Case) -> Segmentation:
        """Return the masks of a case."""
        return self.runner.outcome(case).segmentation

    def facts(self) -> dict[str, Any]:
        """Return the engine's name."""
        return {"name": "local"}

    def notes(self) -> list[str]:
        """Return nothing: there is nothing to say."""
        return []

    def close(self) -> None:
        """Do nothing: the process's end is the engine's."""
