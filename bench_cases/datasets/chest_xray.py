"""Chest X-ray masks and labels (Kaggle; Montgomery and Shenzhen together): the dataset ``chest-xray``.

A Shenzhen mask is called ``CHNCXR_0061_0_mask.png``, a Montgomery mask as its radiograph. Radiographs without a mask
are left out: 704 have one.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.pictures import GREY

_FOLDER = "Lung Segmentation"

CHEST = PublicSet(
    name="chest-xray",
    folder="chest-xray",
    info=DatasetInfo(
        title="Chest X-rays of Montgomery and Shenzhen: 704 radiographs with lungs",
        modality="X-ray",
        targets=organs("lungs"),
        licence="NLM public release: research and education, cite Jaeger 2014 and Candemir 2014",
        citation="Jaeger S, Candemir S, Antani S, et al. Two public chest X-ray datasets for computer-aided "
        "screening of "
        "pulmonary diseases. Quant Imaging Med Surg 2014;4:475-477.",
        source="https://www.kaggle.com/datasets/nikhilpandey360/chest-xray-masks-and-labels",
        ordered=False,
        aliases=("Xray-Chest",),
        facts=(
            "Names of the folders are recalled, names of the files seen.",
            "Its Montgomery part is montgomery: do not count both.",
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{folder}{_FOLDER}/CXR_png/{{id}}.png",
            form=GREY,
            masks=(
                Masks(
                    path=(f"{folder}{_FOLDER}/masks/{{id}}_mask.png", f"{folder}{_FOLDER}/masks/{{id}}.png"),
                    labels=(1,),
                    coding=White(above=127, value=255),
                    form=GREY,
                ),
            ),
            paired=True,
        )
        for folder in ("", "data/")
    ),
    volumes=704,
    manual="log in to Kaggle, download nikhilpandey360/chest-xray-masks-and-labels and unpack it",
)
DATASETS = with_phantoms(
    (
        CHEST,
        Phantom(
            view="chest",
            volumes=({"id": "CHNCXR_0061_0"}, {"id": "CHNCXR_0365_1"}),
            seed=395,
            shape_zyx=(64, 50, 66),
            contrasts={0: ("xray",)},
            dtype="uint8",
        ),
    )
)
