"""CT-ORG (Rister et al. 2020): the dataset ``ct-org``, body CTs with six organs."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.licences import ABDOMEN, OWN_WINDOW

_LABELS = (1, 2, 3, 4, 5, 6)

CT_ORG = PublicSet(
    name="ct-org",
    folder="ct-org",
    info=DatasetInfo(
        title="CT-ORG: 140 body CTs with liver, bladder, lungs, kidneys, bones and brain",
        modality="CT",
        targets=organs("liver", "bladder", "lungs", "kidneys", "bones", "brain"),
        licence="CC BY 3.0 (recalled)",
        citation="Rister B, Yi D, Shivakumar K, Nobashi T, Rubin DL. CT-ORG, a new dataset for multiple organ "
        "segmentation in computed tomography. Sci Data 2020;7:381. doi:10.1038/s41597-020-00715-8",
        source="https://doi.org/10.7937/tcia.2019.tt7f4v7o",
        affine_trusted=False,
        window=ABDOMEN,
        aliases=("CT-Organ",),
        facts=(
            "VISTA3D repairs the affines and leaves out volumes 19, 70, 74 and 76: affines are not trusted here.",
            "Slices lie as in the files.",
            OWN_WINDOW,
            "The licence is recalled, not seen.",
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{images}volume-{{id:[0-9]+}}.nii.gz",
            masks=(Masks(path=f"{labels}labels-{{id}}.nii.gz", labels=_LABELS),),
        )
        for images, labels in (("volumes/", "labels/"), ("", ""))
    ),
    upright=False,
    volumes=140,
    manual="get it from https://doi.org/10.7937/tcia.2019.tt7f4v7o (Aspera), or the folders volumes and labels from "
    "https://huggingface.co/datasets/MedOtter/ct-org",
)
DATASETS = with_phantoms(
    (
        CT_ORG,
        Phantom(
            view="body",
            volumes=({"id": "0"}, {"id": "21"}),
            seed=290,
            shape_zyx=(44, 88, 128),
            contrasts={0: ("ct",)},
            axes="LAS",
        ),
    )
)
