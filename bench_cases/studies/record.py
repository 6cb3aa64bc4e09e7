"""A study and its run as a report keeps them: what the preset says with its sources, what ran, what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench_cases.settings import RunSettings
from bench_cases.studies.overrides import Override, words
from bench_cases.studies.plan import Plan, RunsAs


def record(plan: Plan, changes: Sequence[Override], settings: RunSettings) -> dict[str, Any]:
    """Return the JSON form; the table of published and measured figures is added when the report is assembled.

    Parameters
    ----------
    settings
        The settings of the run, which say how the measured figures are taken.
    """
    study = plan.study
    sources = dict(study.settings.sources)
    sets = {it.name: it for it in plan.sets}
    models = {it.name: it for it in plan.models}
    return {
        "name": study.name,
        "title": study.title,
        "citation": study.citation,
        "file": study.file,
        "sha256": study.sha256,
        "notes": list(study.notes),
        "phantom": plan.phantom,
        "empty": settings.empty,
        "unit": settings.unit,
        "settings": {
            name: {"value": value, "source": sources.get(name, "")} for name, value in study.settings.stated().items()
        },
        "sets": [
            {"name": it.name, "window": words(it.window), "source": it.source, **_ran(sets.get(it.name))}
            for it in study.sets
        ],
        "models": [{"name": it.name, "source": it.source, **_ran(models.get(it.name))} for it in study.models],
        "strategies": [{"name": it.name, "source": it.source} for it in study.strategies],
        "published": [it.to_json() for it in study.published],
        "overrides": [it._asdict() for it in changes],
    }


def _ran(found: RunsAs | None) -> dict[str, Any]:
    return (
        {"runs_as": None, "stand_in": False}
        if found is None
        else {
            "runs_as": found.runs_as,
            "stand_in": found.stand_in,
        }
    )
