"""Montgomery County chest X-rays (Jaeger et al. 2014): the dataset ``montgomery``, an unordered set of radiographs.

Layout of the archive::

    MontgomerySet/CXR_png/MCUCXR_0001_0.png               8-bit grey, 4020 x 4892 or 4892 x 4020
    MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0.png   1 bit: the lung on the left of the picture
    MontgomerySet/ManualMask/rightMask/MCUCXR_0001_0.png  1 bit: the lung on the right of the picture

The left of the picture is the patient's right. Labels follow the study: 1 the picture's left, 2 its right.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, with_phantoms
from bench_cases.datasets._sets.licences import SEEN
from bench_cases.datasets._sets.pictures import BITS, GREY
from bench_cases.datasets.fetching import Archive

_FOLDER = "MontgomerySet"
_MASKS = {1: f"{_FOLDER}/ManualMask/leftMask", 2: f"{_FOLDER}/ManualMask/rightMask"}

MONTGOMERY = PublicSet(
    name="montgomery",
    folder="montgomery",
    info=DatasetInfo(
        title="Montgomery County X-ray set: 138 chest radiographs with lungs",
        modality="X-ray",
        targets={"lungs": (1, 2), "right_lung": (1,), "left_lung": (2,)},
        licence="NLM public release: research and education, cite Jaeger 2014 and Candemir 2014",
        citation=(
            "Jaeger S, Candemir S, Antani S, et al. Two public chest X-ray datasets for computer-aided screening of "
            "pulmonary diseases. Quant Imaging Med Surg 2014;4:475-477. Candemir S, Jaeger S, Palaniappan K, et "
            "al. Lung "
            "segmentation in chest radiographs using anatomical atlases with nonrigid registration. IEEE Trans Med "
            "Imaging 2014;33:577-590."
        ),
        source="https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
        ordered=False,
        facts=("No SPDX licence is published; the terms are from secondary sources.",),
    ),
    layouts=(
        Layout(
            image=f"{_FOLDER}/CXR_png/MCUCXR_{{id:[0-9]+_[01]}}.png",
            form=GREY,
            masks=tuple(
                Masks(path=f"{folder}/MCUCXR_{{id}}.png", labels=(label,), coding=White(label=label), form=BITS)
                for label, folder in _MASKS.items()
            ),
        ),
    ),
    volumes=138,
    archives=(
        Archive(
            url="https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
            file_name="NLM-MontgomeryCXRSet.zip",
            folder="montgomery",
            expected=(f"{_FOLDER}/CXR_png", *_MASKS.values()),
            sha256="54601e952315d8f67383e9202a6e145997ade429f54f7e0af44b4e158714f424",
            sha256_confidence=SEEN,
            size_bytes=617_000_000,
        ),
    ),
)
DATASETS = with_phantoms(
    (
        MONTGOMERY,
        Phantom(
            view="chest",
            volumes=({"id": "0001_0"}, {"id": "0126_1"}),
            seed=400,
            shape_zyx=(64, 50, 66),
            contrasts={0: ("xray",)},
            organs={1: "right_lung", 2: "left_lung"},
            dtype="uint8",
        ),
    )
)
