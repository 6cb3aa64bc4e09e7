"""Where the numbers come from: run, machine, settings, weights, data."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from bench_cases.page.study import Study
from bench_cases.page.tables import Heading, Table
from bench_cases.report.read import Report


def provenance(study: Study) -> list[Table]:
    """Return the tables: the runs side by side, then one for each model and each dataset."""
    runs = [study.run, *([study.base] if study.base is not None else [])]
    facts = [dict(_facts(run)) for run in runs]
    names = list(dict.fromkeys(name for found in facts for name in found))
    return [
        Table(
            name="run",
            title="Run",
            columns=tuple(map(Heading, ("what", "run", *(["baseline"] if len(runs) > 1 else [])))),
            rows=tuple((name, *(found.get(name, "-") for found in facts)) for name in names),
        ),
        *(
            _entry(kind, number, name, facts)
            for kind in ("Model", "Dataset")
            for number, (name, facts) in enumerate(study.run.raw[f"{kind.lower()}s"].items(), start=1)
        ),
    ]


def _facts(run: Report) -> list[tuple[str, str]]:
    raw = run.raw
    about, environment = raw["run"], raw["environment"]
    code = environment["code"]
    dirty = {True: ", files changed since", False: "", None: ""}[code["dirty"]]
    facts = [
        ("report", run.path.name),
        ("run", about["id"]),
        ("started", about["started_utc"]),
        ("finished", about["finished_utc"] or "never"),
        ("command", shlex.join(about.get("command", []))),
        ("sambench", raw["sambench"]),
        ("commit", f"{code['commit'] or 'unknown'}{dirty}"),
        ("device", _text({name: value for name, value in environment["device"].items() if value is not None})),
        ("processor", f"{environment['cpu']['name']}, {environment['cpu']['count']} cores"),
        ("python", _text(environment["python"])),
        ("platform", _text(environment["platform"])),
        ("settings", f"{_text(raw['settings']['values'])} (SHA-256 {raw['settings']['sha256'][:12]})"),
    ]
    packages = [(name, version or "not installed") for name, version in environment["packages"].items()]
    return [*((name, str(value)) for name, value in facts), *packages]


def _entry(kind: str, number: int, name: str, facts: Mapping[str, Any]) -> Table:
    """Return a block for one model or dataset: side by side their many settings would be a table of blank lines."""
    return Table(
        name=f"{kind.lower()}-{number}",
        title=f"{kind} {name}",
        columns=tuple(map(Heading, ("what", "value"))),
        rows=tuple((what, _text(value)) for what, value in _flat(facts) if value not in (None, {}, [])),
    )


def _flat(facts: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what lies in mappings within mappings, each under its whole name."""
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}: ")
        else:
            yield f"{before}{name}", value


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items()) or "-"
    if isinstance(value, bool | list | tuple):
        return json.dumps(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
