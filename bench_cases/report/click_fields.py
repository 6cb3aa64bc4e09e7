"""The fields of interactive refinement in a report: the JSON form of `bench_cases.clicks.ClickCurve`."""

from __future__ import annotations

from bench_cases.report.fields import Field


def _curve(doc: str) -> Field:
    return Field(kind="list", doc=doc, item=Field(kind="number", doc=""))


def _by_slice(doc: str) -> Field:
    after = Field(kind="list", doc="one score a slice", item=Field(kind="number", doc="", nullable=True))
    return Field(kind="list", doc=doc, item=after)


_CLICK = Field(
    kind="object",
    doc="one click",
    fields={
        "round": Field(kind="integer", doc="the how-manieth, from 1: on its slice in image mode, in the volume else"),
        "slice": Field(kind="integer", doc="slice number in the volume, from 0"),
        "x": Field(kind="integer", doc="column"),
        "y": Field(kind="integer", doc="row"),
        "label": Field(kind="integer", doc="1: the target was missed there; 0: it was painted where it is not"),
        "error_px": Field(kind="integer", doc="pixels of the error component that it lies in"),
    },
)

_TO_REACH = Field(
    kind="object",
    doc="one score",
    fields={
        "measure": Field(kind="string", doc="which score", choices=("dice", "jaccard")),
        "threshold": Field(kind="number", doc="the score to be reached, 0..1"),
        "mean_clicks": Field(
            kind="number",
            doc="clicks after the first prompt that it takes: mean over the slices with target in image mode, the "
            "volume's number in video mode; what never reaches it counts with all clicks allowed (NoC)",
        ),
        "unreached": Field(kind="integer", doc="slices or volumes that never reach it (NoF)"),
        "of": Field(kind="integer", doc="of how many"),
    },
)

CLICKS = Field(
    kind="object",
    doc="scores after each click of a simulated user; null without clicks",
    nullable=True,
    required=False,
    fields={
        "allowed": Field(
            kind="integer", doc="clicks allowed: on each slice in image mode, in the volume in video mode"
        ),
        "given": Field(kind="list", doc="the clicks given; none where no error was left", item=_CLICK),
        "dice_nonempty": _curve("mean Dice over the slices with target after 0, 1, ... clicks"),
        "jaccard_nonempty": _curve("mean Jaccard over the same slices"),
        "dice_all": _curve("Dice over every voxel of the volume (3D)"),
        "jaccard_all": _curve("Jaccard over every voxel of the volume (3D)"),
        "area_dice": Field(
            kind="number",
            doc="area under `dice_nonempty` against clicks by the trapezoid rule, divided by `allowed`: 1 is a perfect "
            "mask before the first click",
        ),
        "area_jaccard": Field(kind="number", doc="the same under `jaccard_nonempty`"),
        "to_reach": Field(kind="list", doc="clicks to reach 0.85 and 0.90", item=_TO_REACH),
        "slice_index": Field(kind="list", doc="the slices scored", item=Field(kind="integer", doc="")),
        "slice_dice": _by_slice("after 0, 1, ... clicks the Dice of these slices; null where both masks are empty"),
        "slice_jaccard": _by_slice("the same for Jaccard"),
    },
)
