"""CT2US for kidney segmentation (Song et al. 2022): ``ct2us-kidney``, ultrasound made from CT by a network."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT
from bench_cases.datasets._sets.pictures import GREY

CT2US = PublicSet(
    name="ct2us-kidney",
    folder="ct2us-kidney",
    info=DatasetInfo(
        title="CT2US: 4586 kidneys in ultrasound that a network made from CT",
        modality="US",
        targets=organs("kidney"),
        licence="GPL 2 (as MedSegBench states it)",
        citation="Song Y, Zheng J, Lei L, et al. CT2US: cross-modal transfer learning for kidney segmentation in "
        "ultrasound images with synthesized data. Ultrasonics 2022;122:106706. doi:10.1016/j.ultras.2022.106706",
        source="https://www.kaggle.com/datasets/siatsyx/ct2usforkidneyseg",
        ordered=False,
        aliases=("US-Kidney",),
        facts=(
            "The pictures are not of an ultrasound machine: a network made them from CT slices of patients.",
            "Picture and mask are taken to have the same name; a public reader pairs them by order.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image="slice/slice/{id}.png",
            form=GREY,
            masks=(Masks(path="mask/mask/{id}.png", labels=(1,), coding=White(above=127, value=255), form=GREY),),
        ),
    ),
    manual="log in to Kaggle, download siatsyx/ct2usforkidneyseg and unpack it",
)
DATASETS = with_phantoms(
    (
        CT2US,
        Phantom(
            view="us_kidney",
            volumes=({"id": "1"}, {"id": "2"}),
            seed=365,
            shape_zyx=(1, 200, 240),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
