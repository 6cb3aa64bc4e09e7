"""The fields of a row that `pytest-benchmark compare` reads."""

from __future__ import annotations

from bench_cases.report.fields import Field, text

_STATS = Field(
    kind="object",
    doc="pytest-benchmark's statistics, in seconds",
    open=True,
    fields={
        **{
            name: Field(kind="number", doc=doc)
            for name, doc in {
                "min": "least",
                "max": "greatest",
                "mean": "mean",
                "stddev": "standard deviation (n - 1); 0 for one sample",
                "rounds": "number of samples",
                "median": "median",
                "iqr": "interquartile range",
                "q1": "first quartile, pytest-benchmark's method",
                "q3": "third quartile, pytest-benchmark's method",
                "iqr_outliers": "samples beyond 1.5 IQR",
                "stddev_outliers": "samples beyond one standard deviation",
                "ld15iqr": "lowest sample within 1.5 IQR",
                "hd15iqr": "highest sample within 1.5 IQR",
                "ops": "samples a second",
                "total": "sum",
                "iterations": "calls a sample",
            }.items()
        },
        "outliers": text("the two outlier counts, `stddev;iqr`"),
        "data": Field(kind="list", doc="the samples", item=Field(kind="number", doc="seconds"), required=False),
    },
)

BENCHMARK = Field(
    kind="object",
    doc="one row of `pytest-benchmark compare`: a stage of a case, or a latency case",
    open=True,
    fields={
        "group": text("`embed`, `predict`, `propagate`, or the latency case's own group", nullable=True),
        "name": text("short name"),
        "fullname": text("unique name, equal in every run"),
        "param": text("the parameters as one string", nullable=True),
        "params": Field(
            kind="map", doc="dataset, volume, model, strategy …: the same keys in every row", item=text("")
        ),
        "stats": _STATS,
        "extra_info": Field(kind="map", doc="case keys, status, Dice and Jaccard: never a speed without its accuracy"),
        "options": Field(kind="map", doc="pytest-benchmark's options; empty for a stage"),
    },
)
