"""The fields of a report that say which study a run reproduces, and what came out beside what was published."""

from __future__ import annotations

from bench_cases.report.fields import Field, count, text


def _share(doc: str) -> Field:
    return Field(kind="number", doc=doc, nullable=True)


_SOURCE = text("where in the paper, or in the study's code, that stands")
_RUNS_AS = {
    "runs_as": text("what was run for it: itself, a phantom, a micro model; null when it was not run", nullable=True),
    "stand_in": Field(kind="boolean", doc="whether that is a phantom, or a micro model, of another kind"),
}

_PUBLISHED = Field(
    kind="object",
    doc="one published figure",
    fields={
        "set": text("name of the set; `*` for the mean over all sets of the study"),
        "model": text("name of the model"),
        "strategy": text("name of the strategy"),
        "dice": _share("Dice, 0..1; null where the study gives none"),
        "jaccard": _share("Jaccard, 0..1; null where the study gives none"),
        "volumes": count("volumes it is over; null where the study does not say", nullable=True),
        "slices": count("slices it is over; null where the study does not say", nullable=True),
        "source": _SOURCE,
    },
)

_ROW = Field(
    kind="object",
    doc="one cell: set x model x strategy, in the study's order; then what ran beside it; means over sets at the end",
    fields={
        "set": text("name of the set in the study; `*` for the mean over its sets"),
        "model": text("name of the model in the study"),
        "strategy": text("name of the strategy"),
        "dataset": text("dataset that was run for it; null when none was, and for `*`", nullable=True),
        "run_model": text("model that was run for it; null when none was", nullable=True),
        "phantom": Field(
            kind="boolean", doc="whether it is synthetic; such figures are not set against published ones"
        ),
        "stand_in": Field(kind="boolean", doc="whether a phantom of another set took its place"),
        "dice_published": _share("published Dice; null where the study gives none"),
        "jaccard_published": _share("published Jaccard; null where the study gives none"),
        "volumes_published": count("volumes the published figure is over; null where not said", nullable=True),
        "slices_published": count("slices the published figure is over; null where not said", nullable=True),
        "source": text("where the published figure stands; empty without one"),
        "dice": _share("measured mean Dice, taken as `study.empty` and `study.unit` say; null when nothing was scored"),
        "jaccard": _share("measured mean Jaccard, taken in the same way"),
        "volumes": count("scored volumes the measured figure is over"),
        "slices": count("slices that entered it"),
        "sets": count("sets that entered it: 1, 0 when not run, more for `*`"),
        "errors": count("cases without scores, which the mean leaves out"),
        "dice_difference": _share("measured minus published; null on phantoms and where either is missing"),
        "jaccard_difference": _share("the same for Jaccard"),
    },
)

STUDY = Field(
    kind="object",
    doc="the study that this run reproduces (`--sam-study`); absent from other runs",
    required=False,
    fields={
        "name": text("name of the preset"),
        "title": text("title of the study"),
        "citation": text("how to cite it"),
        "file": text("name of the preset's file"),
        "sha256": text("SHA-256 of that file"),
        "notes": Field(kind="list", doc="what the sources leave open, one line each", item=text("")),
        "phantom": Field(kind="boolean", doc="whether it ran on phantoms and micro models (`--sam-phantom`)"),
        "empty": Field(
            kind="string",
            doc="slices in a measured mean: `nonempty`, those with the target, or `all`",
            choices=("nonempty", "all"),
        ),
        "unit": Field(
            kind="string",
            doc="what a measured mean is over, and what `ttest.py` tests: `slice`, pooled over volumes, or `volume`",
            choices=("slice", "volume"),
        ),
        "settings": Field(
            kind="map",
            doc="setting that the preset states to its value and source; what ran is in `settings.values`",
            item=Field(
                kind="object",
                doc="one setting",
                fields={"value": Field(kind="any", doc="as the preset has it"), "source": _SOURCE},
            ),
        ),
        "sets": Field(
            kind="list",
            doc="sets of the study",
            item=Field(
                kind="object",
                doc="one set",
                fields={
                    "name": text("dataset, with its target after a colon"),
                    "window": text("level and width, `none`, or `own` for the dataset's own"),
                    "source": _SOURCE,
                    **_RUNS_AS,
                },
            ),
        ),
        "models": Field(
            kind="list",
            doc="models of the study",
            item=Field(
                kind="object", doc="one model", fields={"name": text("its name"), "source": _SOURCE, **_RUNS_AS}
            ),
        ),
        "strategies": Field(
            kind="list",
            doc="strategies of the study, grids and patterns as the preset has them",
            item=Field(kind="object", doc="one strategy", fields={"name": text("its name"), "source": _SOURCE}),
        ),
        "published": Field(kind="list", doc="published figures", item=_PUBLISHED),
        "overrides": Field(
            kind="list",
            doc="what the command line changed of the study",
            item=Field(
                kind="object",
                doc="one change",
                fields={
                    "what": text("`sets`, `models`, `strategies` or the name of a setting"),
                    "study": Field(kind="any", doc="what the study has; null for nothing"),
                    "run": Field(kind="any", doc="what this run had"),
                },
            ),
        ),
        "table": Field(kind="list", doc="published beside measured", item=_ROW),
    },
)
