"""HC18 (van den Heuvel et al. 2018): the dataset ``hc18``, fetal heads in ultrasound.

References are thin ellipses drawn around the head: they are filled. Some heads were scanned more than once
(``028_2HC.png``); files called ``Annotation`` are the references. Test images have none.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Outline, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.licences import CC_BY, NOT_INDEPENDENT
from bench_cases.datasets._sets.pictures import GREY
from bench_cases.datasets.fetching import Archive

HC18 = PublicSet(
    name="hc18",
    folder="hc18",
    info=DatasetInfo(
        title="HC18: 999 ultrasounds of fetal heads",
        modality="US",
        targets=organs("head"),
        licence=CC_BY,
        citation="van den Heuvel TLA, de Bruijn D, de Korte CL, van Ginneken B. Automated measurement of fetal head "
        "circumference using 2D ultrasound images. PLoS ONE 2018;13:e0200412.",
        source="https://doi.org/10.5281/zenodo.1327317",
        ordered=False,
        facts=(
            "An outline that leaves the picture is open: an ellipse is fitted to it and filled.",
            "Pixel sizes are in a table of the set (0.052 to 0.326 mm) and are not read.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image="training_set/{id:[0-9]+_[0-9]*HC}.png",
            form=GREY,
            masks=(Masks(path="training_set/{id}_Annotation.png", labels=(1,), coding=Outline(), form=GREY),),
        ),
    ),
    volumes=999,
    archives=(
        Archive(
            url="https://zenodo.org/records/1327317/files/training_set.zip",
            file_name="training_set.zip",
            folder="hc18",
            expected=("training_set",),
            sha256="fd20d7909df892cfbdc0850de18072dbdad4dc3bc0a57202d4cc818d4715de36",
            sha256_confidence="seen in torch-em's dataset table; not checked against the archive by us",
            size_bytes=180_000_000,
        ),
    ),
)
DATASETS = with_phantoms(
    (
        HC18,
        Phantom(
            view="us_fetal_head",
            volumes=({"id": "000_HC"}, {"id": "001_HC"}, {"id": "001_2HC"}),
            seed=270,
            shape_zyx=(1, 270, 400),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    )
)
