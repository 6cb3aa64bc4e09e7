"""FH-PS-AOP (Lu et al. 2022): the dataset ``fh-ps-aop``, ultrasounds during birth with pubic symphysis and fetal head.

MetaImages of 256 x 256 pixels whose third axis is the colour: three equal planes; labels have one.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT, SEEN
from bench_cases.datasets._sets.pictures import MHA_COLOUR, MHA_GREY
from bench_cases.datasets.fetching import Archive

_FOLDER = "Pubic Symphysis-Fetal Head Segmentation and Angle of Progression"

FH_PS_AOP = PublicSet(
    name="fh-ps-aop",
    folder="fh-ps-aop",
    info=DatasetInfo(
        title="FH-PS-AOP: 4000 ultrasounds of births with pubic symphysis and fetal head",
        modality="US",
        targets=organs(
            *("pubic_symphysis", "fetal_head"), joined={"symphysis_and_head": ("pubic_symphysis", "fetal_head")}
        ),
        licence="CC BY 4.0 or CC BY-NC 4.0: sources disagree",
        citation="Lu Y, Zhou M, Zhi D, et al. The JNU-IFM dataset for segmenting pubic symphysis-fetal head. "
        "Data Brief "
        "2022;41:107904.",
        source="https://doi.org/10.5281/zenodo.7851339",
        ordered=False,
        facts=(
            "Sources disagree on the licence: read it on the record before use.",
            "That the three planes of an image are equal is recalled; planes that differ are refused.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image=f"{_FOLDER}/image_mha/{{id}}.mha",
            form=MHA_COLOUR,
            masks=(Masks(path=f"{_FOLDER}/label_mha/{{id}}.mha", labels=(1, 2), form=MHA_GREY),),
        ),
    ),
    volumes=4000,
    archives=(
        Archive(
            url="https://zenodo.org/records/7851339/files/"
            "Pubic%20Symphysis-Fetal%20Head%20Segmentation%20and%20Angle%20of%20Progression.zip",
            file_name="FH-PS-AOP.zip",
            folder="fh-ps-aop",
            expected=(f"{_FOLDER}/image_mha", f"{_FOLDER}/label_mha"),
            sha256="2b14d1c78e11cfb799d74951b0b985b90777c195f7a456ccd00528bf02802e21",
            sha256_confidence=SEEN,
        ),
    ),
)
DATASETS = with_phantoms(
    (
        FH_PS_AOP,
        Phantom(
            view="us_birth",
            volumes=({"id": "03744"}, {"id": "03745"}, {"id": "03746"}),
            seed=275,
            shape_zyx=(1, 256, 256),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
