"""The fields of a report that is a part of a larger run, and of one that was merged from parts."""

from __future__ import annotations

from typing import Final

from bench_cases.report.fields import Field, count, text


def _numbers(doc: str) -> Field:
    return Field(kind="list", doc=doc, item=Field(kind="integer", doc=""))


SHARD: Final = Field(
    kind="object",
    doc="which part of a selection this run was (`--sam-shard`); absent in whole runs",
    required=False,
    fields={
        "index": count("number of the part, from 1"),
        "of": count("number of parts"),
        "selection_sha256": text("digest of the whole selection and how it was cut: the same in all parts of a run"),
        "cases_of_parts": _numbers("number of cases in each part"),
        "floors": Field(
            kind="list",
            doc="floors of datasets that no part has whole; checked when the parts are merged",
            item=Field(
                kind="object",
                doc="one floor",
                fields={
                    "dataset": text("dataset"),
                    "model": text("model"),
                    "strategy": text("strategy"),
                    "volumes": Field(kind="list", doc="ids of all volumes of the dataset", item=text("")),
                    "dice": Field(kind="number", doc="least mean Dice"),
                    "jaccard": Field(kind="number", doc="least mean Jaccard"),
                    "source": text("where the demand comes from"),
                },
            ),
        ),
    },
)

MERGED: Final = Field(
    kind="object",
    doc="what a report was merged from (`sambench merge`); absent in others",
    required=False,
    fields={
        "of": count("number of parts of the whole"),
        "selection_sha256": text("digest of the whole selection and how it was cut"),
        "parts": Field(
            kind="list",
            doc="the parts, in order",
            item=Field(
                kind="object",
                doc="one part",
                fields={
                    "index": count("number of the part, from 1"),
                    "id": text("the run's unique name"),
                    "started_utc": text("ISO 8601, UTC"),
                    "finished_utc": text("ISO 8601, UTC; null for a journal", nullable=True),
                    "cases": count("cases it has"),
                    "device": Field(kind="map", doc="its accelerator or processor", required=False),
                },
            ),
        ),
        "missing": _numbers("parts that are not there (`--partial`)"),
        "incomplete": _numbers("parts that lack cases (`--partial`)"),
    },
)
