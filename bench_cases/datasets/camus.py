"""CAMUS (Leclerc et al. 2019): ``camus``, frames at the ends of diastole and systole, ``camus-sequence``, half beats.

Pictures lie in NIfTI files of two axes, sequences in files of three whose last axis is time. Labels are nested: the
epicardium is muscle and cavity together.
"""

from __future__ import annotations

import dataclasses

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.form import FLAT_NIFTI
from bench_cases.datasets._sets.licences import CC_BY_NC_SA, NOT_INDEPENDENT

_FOLDER = "CAMUS_public/database_nifti/{patient:patient[0-9]+}/{patient}_{view:[24]CH}"

FRAMES = PublicSet(
    name="camus",
    folder="camus",
    info=DatasetInfo(
        title="CAMUS: echocardiograms of 500 patients with left ventricle, muscle and atrium",
        modality="US",
        targets=organs(
            *("left_ventricle", "myocardium", "left_atrium"), joined={"epicardium": ("left_ventricle", "myocardium")}
        ),
        licence=CC_BY_NC_SA,
        citation="Leclerc S, Smistad E, Pedrosa J, et al. Deep learning for segmentation using an open "
        "large-scale dataset "
        "in 2D echocardiography. IEEE Trans Med Imaging 2019;38:2198-2210. doi:10.1109/TMI.2019.2900516",
        source="https://www.creatis.insa-lyon.fr/Challenge/camus",
        ordered=False,
        facts=(
            "The licence is from a secondary source; the text shown at registration differs.",
            "The archive is packed anew for each download: it has no digest. Count the patients: 500.",
            NOT_INDEPENDENT,
        ),
    ),
    layouts=(
        Layout(
            image=_FOLDER + "_{time:E[DS]}.nii.gz",
            id="{patient}_{view}_{time}",
            form=FLAT_NIFTI,
            masks=(
                Masks(
                    path="CAMUS_public/database_nifti/{patient}/{patient}_{view}_{time}_gt.nii.gz",
                    labels=(1, 2, 3),
                    form=FLAT_NIFTI,
                ),
            ),
        ),
    ),
    upright=False,
    volumes=2000,
    manual="accept its terms and download https://humanheart-project.creatis.insa-lyon.fr/database/api/v1/collection/"
    "6373703d73e9f0047faa1bc8/download (3.6 GB)",
)
SEQUENCES = dataclasses.replace(
    FRAMES,
    name="camus-sequence",
    info=dataclasses.replace(
        FRAMES.info,
        title="CAMUS, half sequences: echocardiograms from diastole to systole; slices are moments",
        ordered=True,
        facts=(*FRAMES.info.facts, "Slices are moments in time: their distance in millimetres means nothing."),
    ),
    layouts=(
        Layout(
            image=_FOLDER + "_half_sequence.nii.gz",
            id="{patient}_{view}",
            masks=(
                Masks(
                    path="CAMUS_public/database_nifti/{patient}/{patient}_{view}_half_sequence_gt.nii.gz",
                    labels=(1, 2, 3),
                ),
            ),
        ),
    ),
    volumes=1000,
)

_PATIENT = {"patient": "patient0001", "view": "4CH"}
DATASETS = with_phantoms(
    (
        FRAMES,
        Phantom(
            view="us_heart",
            volumes=({**_PATIENT, "time": "ED"}, {**_PATIENT, "view": "2CH", "time": "ED"}),
            seed=260,
            shape_zyx=(1, 160, 192),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    ),
    (
        SEQUENCES,
        Phantom(
            view="us_heart",
            volumes=(_PATIENT, {**_PATIENT, "view": "2CH"}),
            seed=265,
            shape_zyx=(8, 128, 160),
            contrasts={0: ("us",)},
            dtype="uint8",
        ),
    ),
)
