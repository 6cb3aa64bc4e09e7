"""Published studies as presets: sets, targets, models, strategies, settings and figures, one readable file each."""

from bench_cases.studies.figures import FIGURES, Published
from bench_cases.studies.overrides import Override, overrides
from bench_cases.studies.plan import Plan, RunsAs, plan
from bench_cases.studies.record import record
from bench_cases.studies.shelf import find, names
from bench_cases.studies.study import Named, Study, StudySet, StudySettings

__all__ = [
    "FIGURES",
    "Named",
    "Override",
    "Plan",
    "Published",
    "RunsAs",
    "Study",
    "StudySet",
    "StudySettings",
    "find",
    "names",
    "overrides",
    "plan",
    "record",
]
