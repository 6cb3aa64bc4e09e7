"""AMOS22 (Ji et al. 2022): ``amos-ct``, ``amos-mr``, and ``amos-mr-spleen``, the eight scans of a published study.

CT and MR lie in one folder and are told apart by number: CT up to 500, MR above. Test images have no labels and are
left out.
"""

from __future__ import annotations

import dataclasses

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.layout import Fields
from bench_cases.datasets._sets.licences import ABDOMEN, CC_BY, OWN_WINDOW, SEEN
from bench_cases.datasets.fetching import Archive

LAST_CT = 500
INGENIA = ("0508", "0510", "0514", "0518", "0522", "0530", "0532", "0538")
"""Labelled MR scans of the model Ingenia in the set's table of scanners."""

_ORGANS = organs(
    *("spleen", "kidney_right", "kidney_left", "gallbladder", "esophagus", "liver", "stomach", "aorta", "postcava"),
    *("pancreas", "adrenal_right", "adrenal_left", "duodenum", "bladder", "prostate"),
    joined={"kidneys": ("kidney_right", "kidney_left"), "adrenals": ("adrenal_right", "adrenal_left")},
)


def _is_ct(fields: Fields) -> bool:
    return int(fields["id"]) <= LAST_CT


def _is_mr(fields: Fields) -> bool:
    return int(fields["id"]) > LAST_CT


CT = PublicSet(
    name="amos-ct",
    folder="amos",
    info=DatasetInfo(
        title="AMOS22, CT: abdominal scans with 15 organs",
        modality="CT",
        targets=_ORGANS,
        licence=CC_BY,
        citation="Ji Y, Bai H, Yang J, et al. AMOS: a large-scale abdominal multi-organ benchmark for versatile "
        "medical "
        "image segmentation. NeurIPS Datasets and Benchmarks 2022. arXiv:2206.08023",
        source="https://doi.org/10.5281/zenodo.7155725",
        window=ABDOMEN,
        facts=(
            "Label 15 is the prostate in men and the uterus in women.",
            "Affines differ from scan to scan: slices are turned as a radiologist expects them.",
            OWN_WINDOW,
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"amos22/images{part}/amos_{{id:[0-9]+}}.nii.gz",
            masks=(Masks(path=f"amos22/labels{part}/amos_{{id}}.nii.gz", labels=tuple(range(1, 16))),),
            keep=_is_ct,
        )
        for part in ("Tr", "Va")
    ),
    archives=(
        Archive(
            url="https://zenodo.org/records/7155725/files/amos22.zip",
            file_name="amos22.zip",
            folder="amos",
            expected=("amos22/imagesTr", "amos22/labelsTr", "amos22/imagesVa", "amos22/labelsVa"),
            sha256="d2fbf2c31abba9824d183f05741ce187b17905b8cca64d1078eabf1ba96775c2",
            sha256_confidence=SEEN,
            size_bytes=24_200_000_000,
        ),
    ),
)
MR = dataclasses.replace(
    CT,
    name="amos-mr",
    info=dataclasses.replace(
        CT.info,
        title="AMOS22, MR: abdominal scans with 13 to 15 organs",
        modality="MR",
        window=None,
        facts=(
            *CT.info.facts[:2],
            "Bladder and prostate are not labelled in every MR scan (recalled, not checked).",
        ),
    ),
    layouts=tuple(dataclasses.replace(layout, keep=_is_mr) for layout in CT.layouts),
)
SPLEEN = dataclasses.replace(
    MR,
    name="amos-mr-spleen",
    info=dataclasses.replace(
        MR.info,
        title="AMOS22, MR spleen: the eight Ingenia scans of Gutiérrez et al. 2025",
        facts=(
            "Which eight scans the study took is inferred: the labelled MR scans of the model Ingenia.",
            "Ingenia is a Philips scanner in the set's table; the study calls it Siemens.",
            "Slices lie as in the files, as in the study.",
        ),
    ),
    upright=False,
    only=INGENIA,
    volumes=len(INGENIA),
)

_CT_PHANTOM = Phantom(
    view="trunk",
    volumes=({"id": "0001"}, {"id": "0004"}),
    seed=200,
    shape_zyx=(26, 96, 128),
    contrasts={0: ("ct",)},
    axes="LAS",
)
DATASETS = with_phantoms(
    (CT, _CT_PHANTOM),
    (
        MR,
        dataclasses.replace(
            _CT_PHANTOM, volumes=({"id": "0507"}, {"id": "0540"}), seed=203, contrasts={0: ("t1_in",)}, axes="RAS"
        ),
    ),
    (
        SPLEEN,
        Phantom(
            view="abdomen",
            volumes=({"id": "0508"}, {"id": "0510"}, {"id": "0514"}),
            seed=220,
            shape_zyx=(16, 96, 128),
            contrasts={0: ("t2",)},
            axes="LAS",
        ),
    ),
)
