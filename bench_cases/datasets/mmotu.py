"""MMOTU (Zhao et al. 2022): ``mmotu``, ultrasounds of ovarian tumours, and ``mmotu-ceus``, those with contrast agent.

A picture ``7.JPG`` has the reference ``7_binary.PNG`` or ``7_binary_binary.PNG`` beside one in colours, ``7.PNG``.
"""

from __future__ import annotations

import dataclasses

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms
from bench_cases.datasets._sets.licences import NOT_INDEPENDENT
from bench_cases.datasets._sets.pictures import COLOUR, GREY


def _layout(folder: str) -> Layout:
    names = ("{id}_binary.PNG", "{id}_binary_binary.PNG", "{id}.PNG")
    return Layout(
        image=f"{folder}/images/{{id:[0-9]+}}.JPG",
        form=COLOUR,
        masks=(
            Masks(
                path=tuple(f"{folder}/annotations/{name}" for name in names),
                labels=(1,),
                coding=White(value=255),
                form=GREY,
            ),
        ),
    )


MMOTU = PublicSet(
    name="mmotu",
    folder="mmotu",
    info=DatasetInfo(
        title="MMOTU, OTU_2d: 1469 ultrasounds of ovarian tumours",
        modality="US",
        targets=organs("lesion"),
        licence="CC BY 4.0 for the paper (recalled); none seen for the images",
        citation="Zhao Q, Lyu S, Bai W, et al. A multi-modality ovarian tumor ultrasound image dataset for "
        "unsupervised "
        "cross-domain semantic segmentation. arXiv:2207.06799, 2022.",
        source="https://github.com/cv516Buaa/MMOTU_DS2Net",
        ordered=False,
        aliases=("US-Ovarian", "US-Variantumor"),
        facts=(
            "The name US-Variantumor of Dong et al. is read as ovarian.",
            "Pictures may have marks in colour: they are taken as luminance.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(_layout("OTU_2d"),),
    volumes=1469,
    manual="follow https://github.com/cv516Buaa/MMOTU_DS2Net to its shared drive and unpack OTU_2d (and OTU_3d)",
)
CEUS = dataclasses.replace(
    MMOTU,
    name="mmotu-ceus",
    info=dataclasses.replace(
        MMOTU.info,
        title="MMOTU, OTU_CEUS: 170 contrast-enhanced ultrasounds of ovarian tumours",
        aliases=(),
        facts=("The folder of this subset is called OTU_3d.", *MMOTU.info.facts[1:]),
    ),
    layouts=(_layout("OTU_3d"),),
    volumes=170,
)
_PHANTOM = Phantom(
    view="us_ovary",
    volumes=({"id": "1"}, {"id": "2"}),
    seed=350,
    shape_zyx=(1, 180, 220),
    contrasts={0: ("us",)},
    dtype="uint8",
)
DATASETS = with_phantoms((MMOTU, _PHANTOM), (CEUS, dataclasses.replace(_PHANTOM, seed=352)))
