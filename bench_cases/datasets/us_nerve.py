"""Ultrasound Nerve Segmentation (Kaggle 2016): the dataset ``us-nerve``, the brachial plexus in the neck."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT
from bench_cases.datasets._sets.pictures import GREY

US_NERVE = PublicSet(
    name="us-nerve",
    folder="us-nerve",
    info=DatasetInfo(
        title="Ultrasound nerve segmentation: pictures of the neck with the brachial plexus",
        modality="US",
        targets=organs("nerve"),
        licence="Kaggle competition rules",
        citation="Montoya A, Hasnin, kaggle446, et al. Ultrasound Nerve Segmentation. Kaggle 2016.",
        source="https://www.kaggle.com/c/ultrasound-nerve-segmentation",
        ordered=False,
        aliases=("US-Nerve",),
        facts=(
            "Many pictures show no nerve: with them nothing can be prompted, and each such case says so.",
            "Nearly equal pictures of one person have masks that contradict each other (recalled).",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image="train/{id:[0-9]+_[0-9]+}.tif",
            form=GREY,
            masks=(Masks(path="train/{id}_mask.tif", labels=(1,), coding=White(above=127, value=255), form=GREY),),
        ),
    ),
    manual="accept the rules of the Kaggle competition ultrasound-nerve-segmentation and unpack its archive",
)
DATASETS = with_phantoms(
    (
        US_NERVE,
        Phantom(
            view="us_nerve",
            volumes=({"id": "1_1"}, {"id": "1_2"}, {"id": "2_1"}),
            seed=360,
            shape_zyx=(1, 210, 290),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
