"""STMUS (Marzola et al. 2021): the dataset ``stmus``, muscles across in ultrasound."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT
from bench_cases.datasets._sets.pictures import GREY
from bench_cases.datasets.fetching import Archive

_FOLDER = "Polito-Radboud-DeepLearningUS/Segmentation_models/data/MuscleCNN"

STMUS = PublicSet(
    name="stmus",
    folder="stmus",
    info=DatasetInfo(
        title="STMUS: 3917 ultrasounds across biceps, shin and calf with the muscle",
        modality="US",
        targets=organs("muscle"),
        licence="CC BY 4.0 (recalled)",
        citation="Marzola F, van Alfen N, Doorduin J, Meiburger KM. Deep learning segmentation of transverse "
        "musculoskeletal ultrasound images for neuromuscular disease assessment. Comput Biol Med 2021;135:104623.",
        source="https://data.mendeley.com/datasets/3jykz7wz8d/1",
        ordered=False,
        aliases=("US-Muscle",),
        facts=(
            "The layout is the one that a public reader (ImgX) finds; pictures without a mask are left out.",
            "The licence is recalled, not seen; no digest of the archive was seen.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{_FOLDER}/{part}/{{id}}.png",
            form=GREY,
            masks=(Masks(path=f"{_FOLDER}/{part}annot/{{id}}.png", labels=(1,), coding=White(value=255), form=GREY),),
            paired=True,
        )
        for part in ("train", "val", "test")
    ),
    archives=(
        Archive(
            url="https://data.mendeley.com/public-files/datasets/3jykz7wz8d/files/b1601a22-98a5-41ce-9fbb-54dd21834b55/"
            "file_downloaded",
            file_name="stmus.zip",
            folder="stmus",
            expected=(f"{_FOLDER}/train", f"{_FOLDER}/trainannot"),
        ),
    ),
)
DATASETS = with_phantoms(
    (
        STMUS,
        Phantom(
            view="us_muscle",
            volumes=({"id": "BB_0001"}, {"id": "TA_0002"}),
            seed=355,
            shape_zyx=(1, 200, 214),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
