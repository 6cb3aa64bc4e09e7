"""CHAOS (Kavur et al. 2021): ``chaos-ct``, ``chaos-mr`` and its single sequences.

DICOM slices and PNG masks are paired by sorted *file name*. By position the liver of the CTs lands on air (mean HU in
the mask of patients 1, 19, 21: 145, 144, 100 by name, -88, 59, 11 by position). Identifiers of series repeat across
patients, so a series is a folder. References of the test sets were never released.
"""

from __future__ import annotations

import dataclasses

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Greys, Layout, Masks, Phantom, PublicSet, White, first, organs, with_phantoms
from bench_cases.datasets._sets.dicom import dicom_series
from bench_cases.datasets._sets.licences import ABDOMEN, CC_BY_NC_SA, NOT_INDEPENDENT, OWN_WINDOW
from bench_cases.datasets._sets.pictures import png_stack
from bench_cases.datasets.fetching import Archive

_MR = "Train_Sets/MR/{id:[0-9]+}"
_GREYS = Greys(values={1: (56, 70, 63), 2: (111, 135, 126), 3: (176, 200, 189), 4: (241, 255, 252)})
"""Ranges that nnU-Net's conversion accepts, and the value that the files hold."""


def _mr_masks(sequence: str) -> tuple[Masks, ...]:
    stack = png_stack(lambda z: f"IMG-0001-{z + 1:05d}.png")
    return (Masks(path=f"Train_Sets/MR/{{id}}/{sequence}/Ground", labels=(1, 2, 3, 4), coding=_GREYS, form=stack),)


T1_IN = Layout(
    image=f"{_MR}/T1DUAL/DICOM_anon/InPhase",
    form=dicom_series("IMG-0001-{z:05d}.dcm", modality="MR", start=1),
    masks=_mr_masks("T1DUAL"),
)
T1_OUT = dataclasses.replace(T1_IN, image=f"{_MR}/T1DUAL/DICOM_anon/OutPhase")
T2 = Layout(
    image=f"{_MR}/T2SPIR/DICOM_anon",
    form=dicom_series("IMG-0001-{z:05d}.dcm", modality="MR", start=1),
    masks=_mr_masks("T2SPIR"),
)

_TRAIN = Archive(
    url="https://zenodo.org/records/3431873/files/CHAOS_Train_Sets.zip",
    file_name="CHAOS_Train_Sets.zip",
    folder="chaos",
    expected=("Train_Sets/CT", "Train_Sets/MR"),
    sha256="535f7d3417a0e0f0d9133fb3d962423d2a9cf3f103e4f09a3d8a1daf87d5d2fc",
    sha256_confidence="seen in two public sources that agree; not checked against the archive by us",
    size_bytes=890_771_694,
)
_TERMS = "One page says CC BY-SA 4.0; four say CC BY-NC-SA 4.0, which is the narrower."

CT = PublicSet(
    name="chaos-ct",
    folder="chaos",
    info=DatasetInfo(
        title="CHAOS, CT: abdominal scans of 20 donors with the liver",
        modality="CT",
        targets=organs("liver"),
        licence=CC_BY_NC_SA,
        citation="Kavur AE, Gezer NS, Baris M, et al. CHAOS Challenge - combined (CT-MR) healthy abdominal organ "
        "segmentation. Med Image Anal 2021;69:101950. doi:10.1016/j.media.2020.101950",
        source="https://doi.org/10.5281/zenodo.3431873",
        window=ABDOMEN,
        facts=(
            "Slices and masks are paired by file name; one public reader pairs by instance number instead.",
            OWN_WINDOW,
            _TERMS,
        ),
    ),
    layouts=(
        Layout(
            image="Train_Sets/CT/{id:[0-9]+}/DICOM_anon",
            form=dicom_series("i{z:04d},0000b.dcm", modality="CT"),
            masks=(
                Masks(
                    path="Train_Sets/CT/{id}/Ground",
                    labels=(1,),
                    coding=White(above=127, value=255),
                    form=png_stack(lambda z: f"liver_GT_{z:03d}.png"),
                ),
            ),
        ),
    ),
    volumes=20,
    archives=(_TRAIN,),
)
MR = PublicSet(
    name="chaos-mr",
    folder="chaos",
    info=dataclasses.replace(
        CT.info,
        title="CHAOS, MR: T1 in phase, T1 out of phase and T2 of 20 people with four organs",
        modality="MR",
        targets=first(
            "liver",
            organs(
                *("liver", "kidney_right", "kidney_left", "spleen"),
                joined={"kidneys": ("kidney_right", "kidney_left")},
            ),
        ),
        window=None,
        facts=(
            NOT_INDEPENDENT + " chaos-mr-t1-in, chaos-mr-t1-out and chaos-mr-t2 have one volume a person.",
            "The reference of T1 was drawn on the in-phase images and is shared by those out of phase.",
            _TERMS,
        ),
    ),
    layouts=tuple(
        dataclasses.replace(layout, id=f"{{id}}_{sequence}")
        for layout, sequence in ((T1_IN, "t1-in"), (T1_OUT, "t1-out"), (T2, "t2"))
    ),
    volumes=60,
    archives=(_TRAIN,),
)


def _one(name: str, words: str, layout: Layout) -> PublicSet:
    info = dataclasses.replace(MR.info, title=f"CHAOS, MR {words}: 20 people with four organs", facts=MR.info.facts[1:])
    return dataclasses.replace(MR, name=name, info=info, layouts=(layout,), volumes=20)


_PHANTOM = Phantom(
    view="abdomen",
    volumes=({"id": "1"}, {"id": "2"}),
    seed=230,
    shape_zyx=(14, 96, 128),
    contrasts={0: ("t1_in",), 1: ("t1_out",), 2: ("t2_fatsat",)},
)
DATASETS = with_phantoms(
    (
        CT,
        # As in the set, names count up while positions go down.
        Phantom(
            view="abdomen",
            volumes=({"id": "1"}, {"id": "19"}),
            seed=240,
            shape_zyx=(14, 96, 128),
            contrasts={0: ("ct",)},
            axes="LPI",
        ),
    ),
    (MR, _PHANTOM),
    *(
        (
            _one(f"chaos-mr-{sequence}", words, layout),
            dataclasses.replace(_PHANTOM, contrasts={0: (contrast,)}),
        )
        for sequence, words, layout, contrast in (
            ("t1-in", "T1 in phase", T1_IN, "t1_in"),
            ("t1-out", "T1 out of phase", T1_OUT, "t1_out"),
            ("t2", "T2-SPIR", T2, "t2_fatsat"),
        )
    ),
)
