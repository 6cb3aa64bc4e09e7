"""Writes the golden report of the current schema version. Run once a version; never rewrite an older one."""

from __future__ import annotations

from pathlib import Path

from bench_cases.report.assemble import assemble
from bench_cases.report.records import Records
from bench_cases.report.report_file import write_atomically
from bench_cases.report.schema import VERSION, validate
from bench_cases.report.strict_json import clean, digest
from tests.report.report_examples import HEADER, TAIL, latency_row, result


def golden() -> dict[str, object]:
    """Return the report that the golden file holds."""
    header = {**HEADER, "settings": {"values": HEADER["settings"], "sha256": digest(HEADER["settings"])}}
    records = Records()
    for volume in ("v1", "v2"):
        for strategy in ("every.composite", "middle.composite.both"):
            records.add("case", clean(result(volume, strategy=strategy, shared=True).to_json()))
    records.add("latency", latency_row())
    report = assemble(header, records, TAIL, now_utc="2026-01-01T00:01:00+00:00")
    return {**report, "version": "5.3.1"}


if __name__ == "__main__":
    path = Path(__file__).parent / "golden" / f"report_v{VERSION}.json"
    write_atomically(path, validate(golden(), str(path)))
