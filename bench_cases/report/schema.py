"""The report's format, version 2: what is in it, how it is checked on reading, how older ones are carried forward."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bench_cases.errors import ReportError
from bench_cases.report.benchmark_fields import BENCHMARK
from bench_cases.report.case_fields import CASE
from bench_cases.report.device import DEVICE, with_device
from bench_cases.report.fields import Field, check, count, text
from bench_cases.report.shard_fields import MERGED, SHARD
from bench_cases.report.study_fields import STUDY

NAME: Final = "sambench-report"
VERSION: Final = 2

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: Final[Mapping[int, Migration]] = {1: with_device}
"""Version to a function that returns the report in the next version."""

_COUNTS = Field(
    kind="object",
    doc="how many cases ended how",
    fields={
        "cases": count("cases in this report"),
        "passed": count("cases at or above their floors"),
        "failed": count("cases below a floor"),
        "error": count("cases without a usable result"),
        "not_run": count("entries of `not_run`"),
    },
)

_RUN = Field(
    kind="object",
    doc="the run that wrote this report",
    open=True,
    fields={
        "id": text("unique name of the run, hex"),
        "started_utc": text("ISO 8601, UTC"),
        "finished_utc": text("ISO 8601, UTC; null in a journal of an unfinished run", nullable=True),
        "command": Field(
            kind="list",
            doc="the command line, as typed, but `~`, `$USER` and `$HOSTNAME` where paths name user or machine",
            item=text(""),
            required=False,
        ),
        "selection": Field(kind="map", doc="what was asked for: datasets, models, strategies, -k", required=False),
        "resumed": Field(kind="boolean", doc="whether it went on from an interrupted run"),
        "resumes_utc": Field(kind="list", doc="when it was resumed, ISO 8601, UTC", item=text("")),
        "complete": Field(kind="boolean", doc="whether every selected case has a result"),
        "exit_status": Field(kind="integer", doc="pytest's exit status; null if it never ended", nullable=True),
        "counts": _COUNTS,
        "notes": Field(kind="list", doc="what a reader should know, one line each", item=text("")),
        "engine": Field(
            kind="map",
            doc="who computed the cases: `name` (`local`, `ray`), and of a cluster how many workers, groups, slices a "
            "second, and what was lost",
            required=False,
        ),
        "shard": SHARD,
        "merged": MERGED,
    },
)

_ENVIRONMENT = Field(
    kind="object",
    doc="where it ran; no host name, no user name",
    open=True,
    fields={
        "python": Field(kind="map", doc="implementation and version", item=text("")),
        "platform": Field(kind="map", doc="system, release, machine", item=text("")),
        "cpu": Field(
            kind="object",
            doc="processor",
            fields={
                "name": text("as the system names it"),
                "count": Field(kind="integer", doc="logical cores; null if unknown", nullable=True),
            },
        ),
        "packages": Field(
            kind="map", doc="distribution to version; null where not installed", item=text("", nullable=True)
        ),
        "code": Field(
            kind="object",
            doc="sambench's own source",
            fields={
                "commit": text("git commit; null outside a repository", nullable=True),
                "dirty": Field(kind="boolean", doc="whether files differed from it; null if unknown", nullable=True),
                "time": text("commit time, ISO 8601; null outside a repository", nullable=True),
            },
        ),
        "device": DEVICE,
    },
)

REPORT: Final = Field(
    kind="object",
    doc="one report",
    fields={
        "schema": Field(
            kind="object", doc="the format", fields={"name": text(f"`{NAME}`"), "version": count(f"{VERSION}")}
        ),
        "checksum": Field(
            kind="string",
            doc="of the file without this line; a file that does not agree with it is refused. A report that a program "
            "transformed has none: it is read, every table says so, and `sambench gate` does not judge it",
            required=False,
        ),
        "sambench": text("version of sambench that wrote it"),
        "run": _RUN,
        "environment": _ENVIRONMENT,
        "settings": Field(
            kind="object",
            doc="every switch that changes a result or a timing",
            fields={
                "values": Field(
                    kind="map", doc="name to value; those under `scoring` must agree before two reports are compared"
                ),
                "sha256": text("digest of `values`"),
            },
        ),
        "study": STUDY,
        "models": Field(
            kind="map",
            doc="model name to its facts",
            item=Field(
                kind="object",
                doc="one model",
                open=True,
                fields={
                    "backend": text("adapter that loaded it", required=False),
                    "arch": text("the backend's name for the architecture", required=False),
                    "modes": Field(kind="list", doc="`image`, `video`", item=text(""), required=False),
                    "device": text("cpu, cuda or mps", required=False),
                    "hardware": Field(
                        kind="map",
                        doc="the accelerator it was loaded on, as in `environment.device`; empty for a processor",
                        required=False,
                    ),
                    "precision": text("fp32, bf16 or fp16", required=False),
                    "licence": text("licence of the weights", required=False),
                    "citation": text("how to cite them", required=False),
                    "weights_sha256": text("SHA-256 of the file that was loaded", required=False),
                    "identity_sha256": text(
                        "digest over weights, adapter, architecture, precision and every setting but threads",
                        required=False,
                    ),
                    "settings": Field(
                        kind="map",
                        doc="whatever else makes results differ: image size, compiled extension …",
                        required=False,
                    ),
                    "load_s": Field(
                        kind="map",
                        doc="seconds spent in `read`, `build` and `move`",
                        item=Field(kind="number", doc="seconds"),
                        required=False,
                    ),
                    "parameters": Field(kind="integer", doc="number of parameters", required=False),
                    "size_bytes": Field(
                        kind="integer", doc="size of the file; null if unknown", required=False, nullable=True
                    ),
                },
            ),
        ),
        "datasets": Field(
            kind="map",
            doc="dataset name to its facts",
            item=Field(
                kind="object",
                doc="one dataset",
                open=True,
                fields={
                    "title": text("full name", required=False),
                    "modality": text("CT, MR, X-ray", required=False),
                    "target": text("what is segmented", required=False),
                    "phantom": Field(kind="boolean", doc="whether it is synthetic", required=False),
                    "licence": text("licence of the data", required=False),
                    "citation": text("how to cite it", required=False),
                },
            ),
        ),
        "cases": Field(kind="list", doc="one entry a case", item=CASE),
        "not_run": Field(
            kind="list",
            doc="what was selected or known but not run; an error is never here",
            item=Field(
                kind="object",
                doc="one thing",
                fields={
                    "what": text("dataset, model or test"),
                    "reason": text("why"),
                    "remedy": text("what to type; may be empty"),
                },
            ),
        ),
        "benchmarks": Field(kind="list", doc="rows for pytest-benchmark", item=BENCHMARK),
        "machine_info": Field(kind="map", doc="for pytest-benchmark: taken from `environment`"),
        "commit_info": Field(kind="map", doc="for pytest-benchmark: id, time, dirty, project, branch"),
        "datetime": text("for pytest-benchmark: when the report was written, ISO 8601, UTC"),
        "version": text("for pytest-benchmark: its version"),
    },
)


def validate(report: Any, source: str) -> dict[str, Any]:
    """Return `report` in the current version, checked field by field.

    Parameters
    ----------
    report
        Parsed JSON, any schema version.
    source
        The file's name, for messages.

    Raises
    ------
    ReportError
        Not a sambench report; written by a newer sambench; or a field that is missing, unknown or of the wrong kind.
    """
    current = upgrade(report, source)
    try:
        check(current, REPORT)
    except ReportError as problem:
        msg = f"{source}: {problem} The file is damaged or was edited by hand: run the benchmark again."
        raise ReportError(msg) from None
    return current


def upgrade(
    report: Any,
    source: str,
    *,
    name: str = NAME,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    version: int = VERSION,
) -> dict[str, Any]:
    """Return a report of any older version in version `version`, one migration after the other.

    Raises
    ------
    ReportError
        When the document is of another kind, of a newer version, or of a version nothing leads on from.
    """
    schema = report.get("schema") if isinstance(report, dict) else None
    if not isinstance(schema, dict) or schema.get("name") != name:
        msg = (
            f"{source}: not a {name}: its schema is {schema!r:.80}; "
            f"expected {{'name': '{name}', 'version': {version}}}. Give a file written by `pytest benchmark`."
        )
        raise ReportError(msg)
    found = schema.get("version")
    if type(found) is not int or found < 1:
        msg = f"{source}: schema.version is {found!r}; expected an integer from 1 to {version}."
        raise ReportError(msg)
    if found > version:
        msg = (
            f"{source}: schema version {found}; this sambench reads versions up to {version}. "
            "Update it: git pull in its checkout."
        )
        raise ReportError(msg)
    current: dict[str, Any] = report
    for step in range(found, version):
        if step not in migrations:
            msg = f"{source}: schema version {found}; expected a migration from version {step}, and there is none."
            raise ReportError(msg)
        current = migrations[step](current)
        current["schema"] = {"name": name, "version": step + 1}
    return current
