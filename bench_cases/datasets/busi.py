"""BUSI (Al-Dhabyani et al. 2020): the dataset ``busi``, ultrasounds of the breast with their lesions.

A picture has one mask or several (``benign (25)_mask.png``, ``benign (25)_mask_1.png``), which are joined; those of
normal breasts are empty. Masks have one bit a pixel, the empty ones are in colour: whatever is not black is the lesion.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT, SEEN
from bench_cases.datasets._sets.pictures import BITS, COLOUR
from bench_cases.datasets.fetching import Archive

_FOLDER = "Dataset_BUSI_with_GT"

BUSI = PublicSet(
    name="busi",
    folder="busi",
    info=DatasetInfo(
        title="BUSI: 780 ultrasounds of breasts with benign, malignant and no lesions",
        modality="US",
        targets=organs("lesion"),
        licence="CC0 on its Kaggle mirror; none stated at the source",
        citation="Al-Dhabyani W, Gomaa M, Khaled H, Fahmy A. Dataset of breast ultrasound images. Data Brief "
        "2020;28:104863. doi:10.1016/j.dib.2019.104863",
        source="https://scholar.cu.edu.eg/Dataset_BUSI.zip",
        ordered=False,
        aliases=("US-Breast",),
        facts=(
            "The server's certificate is not valid: the digest is what tells the archive from another.",
            "133 pictures show no lesion: with them nothing can be prompted, and each such case says so.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image=f"{_FOLDER}/{{kind:benign|malignant|normal}}/{{kind}} ({{number:[0-9]+}}).png",
            id="{kind}_{number}",
            form=COLOUR,
            masks=(
                Masks(
                    path=f"{_FOLDER}/{{kind}}/{{kind}} ({{number}})_mask*.png",
                    labels=(1,),
                    coding=White(),
                    form=BITS,
                ),
            ),
        ),
    ),
    volumes=780,
    archives=(
        Archive(
            url="https://scholar.cu.edu.eg/Dataset_BUSI.zip",
            file_name="Dataset_BUSI.zip",
            folder="busi",
            expected=tuple(f"{_FOLDER}/{kind}" for kind in ("benign", "malignant", "normal")),
            sha256="b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
            sha256_confidence=SEEN,
        ),
    ),
)
DATASETS = with_phantoms(
    (
        BUSI,
        Phantom(
            view="us_breast",
            views={1: "us_breast_two", 3: "us_breast_none"},
            volumes=(
                {"kind": "benign", "number": "1"},
                {"kind": "benign", "number": "25"},
                {"kind": "malignant", "number": "1"},
                {"kind": "normal", "number": "1"},
            ),
            seed=280,
            shape_zyx=(1, 180, 220),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
