"""The fields of one case in a report: the JSON form of `bench_cases.cases.CaseResult`."""

from __future__ import annotations

from bench_cases.report.click_fields import CLICKS
from bench_cases.report.fields import Field

_SAMPLES = Field(kind="list", doc="samples in seconds, in the order taken", item=Field(kind="number", doc="seconds"))


def _per_slice(doc: str, *, nullable: bool = False, number: bool = False) -> Field:
    return Field(kind="list", doc=doc, item=Field(kind="number" if number else "integer", doc="", nullable=nullable))


def _score(doc: str) -> Field:
    return Field(kind="number", doc=doc, nullable=True)


_PER_SLICE = Field(
    kind="object",
    doc="one list entry a slice",
    fields={
        "index": _per_slice("slice number in the volume, from 0"),
        "dice": _per_slice(
            "Dice, 0..1; null where reference and prediction are both empty", nullable=True, number=True
        ),
        "jaccard": _per_slice("Jaccard, 0..1; null where both are empty", nullable=True, number=True),
        "reference_px": _per_slice("pixels of the reference"),
        "predicted_px": _per_slice("pixels of the prediction"),
        "intersection_px": _per_slice("pixels in both"),
    },
)

_SCORES = Field(
    kind="object",
    doc="scores under both policies for empty slices; null when the case could not be scored",
    nullable=True,
    fields={
        "dice_nonempty": _score("mean Dice over the slices whose reference is not empty (the papers' policy)"),
        "jaccard_nonempty": _score("mean Jaccard over the same slices"),
        "dice_all": _score("Dice over every voxel of the volume (3D): paint on empty slices counts"),
        "jaccard_all": _score("Jaccard over every voxel of the volume (3D)"),
        "slices": Field(kind="integer", doc="slices scored"),
        "slices_nonempty": Field(kind="integer", doc="slices that carry the target"),
        "slices_empty_painted": Field(kind="integer", doc="empty slices with at least one painted pixel"),
        "false_positive_empty_voxels": Field(kind="integer", doc="voxels painted on empty slices"),
        "false_positive_empty_ml": Field(
            kind="number", doc="their volume in millilitres; null without spacing", nullable=True
        ),
        "per_slice": _PER_SLICE,
    },
)

_SPENT = Field(
    kind="object",
    doc="what a human would have had to draw; null when the case stopped before its prompts",
    nullable=True,
    fields={
        "frames": Field(
            kind="integer", doc="frames prompted or clicked on; 0 for a volume served by the prompt of another"
        ),
        "points": Field(kind="integer", doc="points drawn in first prompts"),
        "boxes": Field(kind="integer", doc="boxes drawn"),
        "masks": Field(kind="integer", doc="masks drawn"),
        "clicks": Field(kind="integer", doc="correcting clicks after the first prompts", required=False),
        "frames_if_every_slice": Field(kind="integer", doc="frames that a prompt on every non-empty slice would take"),
    },
)

_PAST_END_FIELDS = {
    "slices": Field(kind="integer", doc="slices past this end"),
    "painted": Field(kind="integer", doc="those of them with at least one painted pixel"),
    "share": Field(kind="number", doc="their share, 0..1; null when nothing lies past this end", nullable=True),
    "painted_px": Field(kind="integer", doc="pixels painted there, summed over the slices"),
    "painted_mm2": Field(kind="number", doc="the same in square millimetres; null without spacing", nullable=True),
    "reach": Field(kind="integer", doc="slices painted without a gap, counted from the end of the structure"),
}

_FAILURES = Field(
    kind="object",
    doc="how a propagated prompt went wrong (Chakrabarty & Soni 2026); null in image mode, and for images that are "
    "not slices of one body",
    nullable=True,
    required=False,
    fields={
        "prompted": _per_slice("slices that carried a prompt; empty when a frame of another volume did"),
        "measured_from": _per_slice(
            "slices from which distance is counted, to the nearest: those prompted or, when a frame of another volume "
            "was, the one at which the walk begins"
        ),
        "over_segmentation": _score(
            "falsely painted area on the prompted slices as a share of the reference's area there; may exceed 1; null "
            "without a prompted slice that carries the target"
        ),
        "past_first": Field(
            kind="object", doc="over-propagation past the first slice with target", fields=_PAST_END_FIELDS
        ),
        "past_last": Field(
            kind="object", doc="over-propagation past the last slice with target", fields=_PAST_END_FIELDS
        ),
        "slope_per_slice": _score(
            "retention decay: least-squares slope of slice Dice against distance in slices, over the slices with "
            "target that are scored; null when all lie at one distance"
        ),
        "slope_per_mm": _score("the same against distance in millimetres; null without spacing too"),
        "farthest": Field(
            kind="integer", doc="greatest distance of such a slice, in slices; null when there is none", nullable=True
        ),
        "dice_near": _score("mean Dice of such slices up to half the greatest distance"),
        "dice_far": _score("mean Dice of such slices beyond half the greatest distance"),
    },
)

_VOLUME_SHAPE = Field(
    kind="object",
    doc="depth of the volume as segmented, and how much it changes from slice to slice",
    nullable=True,
    required=False,
    fields={
        "slices": Field(kind="integer", doc="slices of the volume"),
        "slices_with_target": Field(kind="integer", doc="those of them that carry the target"),
        "first_with_target": Field(kind="integer", doc="the first of these, from 0"),
        "last_with_target": Field(kind="integer", doc="the last of these"),
        "thickness_mm": Field(
            kind="number",
            doc="distance between neighbouring slices in millimetres; null without spacing",
            nullable=True,
        ),
        "neighbours": Field(
            kind="integer", doc="pairs of neighbouring slices that both carry the target, none of the two constant"
        ),
        "similarity_mean": _score(
            "mean normalised cross-correlation (means taken off, zero shift, -1..1) of the prepared grey values of "
            "these pairs; null without a pair"
        ),
        "similarity_min": _score("the least of them"),
    },
)

_SURFACE = Field(
    kind="object",
    doc="surface metrics; null when the run did not ask for them (`--sam-surface`)",
    nullable=True,
    required=False,
    fields={
        "tolerance_mm": Field(kind="number", doc="surface nearer than this counts as found, in millimetres"),
        "hd95_mm": Field(
            kind="number",
            doc="95 % robust Hausdorff distance in millimetres; null where undefined, also without a prediction",
            nullable=True,
        ),
        "nsd": _score(
            "normalised surface Dice at the tolerance, 0..1; 0 without a prediction; null without spacing, or where "
            "slices are left out of the scores"
        ),
        "undefined": Field(kind="string", doc="why a number is null; empty when none is"),
    },
)

CASE = Field(
    kind="object",
    doc="one case: dataset x volume x model x strategy",
    fields={
        "case": Field(
            kind="object",
            doc="which case",
            fields={
                "dataset": Field(kind="string", doc="name of the dataset"),
                "volume": Field(kind="string", doc="id of the volume in the dataset"),
                "model": Field(kind="string", doc="name of the model"),
                "strategy": Field(kind="string", doc="name of the strategy"),
            },
        ),
        "status": Field(
            kind="string",
            doc="passed, failed (below its floor) or error (no usable result)",
            choices=("passed", "failed", "error"),
        ),
        "message": Field(kind="string", doc="why it failed; empty when it passed"),
        "modality": Field(kind="string", doc="CT, MR, X-ray"),
        "target": Field(kind="string", doc="what is segmented"),
        "phantom": Field(kind="boolean", doc="whether the volume is synthetic"),
        "floor": Field(
            kind="object",
            doc="the least scores demanded; null when none is",
            nullable=True,
            fields={
                "dice": Field(kind="number", doc="least mean Dice, 0..1"),
                "jaccard": Field(kind="number", doc="least mean Jaccard, 0..1"),
                "source": Field(kind="string", doc="where the demand comes from"),
            },
        ),
        "scores": _SCORES,
        "timings_s": Field(
            kind="map",
            doc="stage (read, prepare, to_device, embed, predict, propagate, click, to_host, score) to raw samples "
            "in seconds, warm-ups left out",
            item=_SAMPLES,
        ),
        "shared_stages": Field(
            kind="list",
            doc="stages timed once for several strategies of this volume and model: count them once",
            item=Field(kind="string", doc=""),
        ),
        "warmups": Field(kind="map", doc="stage to warm-ups left out", item=Field(kind="integer", doc="")),
        "peak_memory_bytes": Field(
            kind="map",
            doc="peak memory in bytes by place; null if unknown",
            item=Field(kind="integer", doc="", nullable=True),
        ),
        "prompts": Field(
            kind="map",
            doc="slice number (`seed`: a frame of another volume) to first prompt: size_yx, points_xy, labels, "
            "box_xyxy, perhaps mask (sha256, area_px) and apart (a list of prompts predicted on their own)",
            item=Field(kind="object", doc="one prompt", open=True),
        ),
        "prompts_spent": _SPENT,
        "digests": Field(
            kind="map",
            doc="SHA-256 in hex of `weights`, `data` (image and reference), `prompts`, `masks`",
            item=Field(kind="string", doc=""),
        ),
        "details": Field(
            kind="map",
            doc="direction, passes in the order made, memory policy, order of an unordered set by image ids, what an "
            "upper bound chose from, encoder runs, `batch` (`wanted`, `size`, `halvings`, `decoded_together`, and the "
            "stages whose samples are `shares` of a batch) and `overlapped` (stages that ran beside others, on another "
            "thread) where frames went through together, `propagated_together` (`most` and `mean` walks in a batch, of "
            "`volumes` volumes) where samples of propagate and to_host are shares of a batch, `volumes_together` "
            "(`wanted`, `size`, `halvings`), what else the strategy did; `seed` where a frame of another "
            "volume was prompted: its place, `sha256` of frame and prompt, and for a stored one `library`: name, "
            "provenance, `sha256`, `warnings`",
        ),
        "failures": _FAILURES,
        "volume_shape": _VOLUME_SHAPE,
        "clicks": CLICKS,
        "surface": _SURFACE,
    },
)
