"""X-ray images of the hip joints (Gut 2021): the dataset ``hip-xray``, radiographs in NIfTI files."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, first, organs, with_phantoms
from bench_cases.datasets._sets.form import FLAT_NIFTI
from bench_cases.datasets._sets.licences import CC_BY

HIP = PublicSet(
    name="hip-xray",
    folder="hip-xray",
    info=DatasetInfo(
        title="Hip X-rays: 140 radiographs with thigh bone and hip bone",
        modality="X-ray",
        targets=first("bones", organs(*("femur", "ilium"), joined={"bones": ("femur", "ilium")})),
        licence=CC_BY,
        citation="Gut D. X-ray images of the hip joints. Mendeley Data 2021, V1. doi:10.17632/zm6bxzhmfz.1",
        source="https://data.mendeley.com/datasets/zm6bxzhmfz/1",
        ordered=False,
        affine_trusted=False,
        aliases=("Xray-Hip",),
        facts=(
            "Which of the labels 1 and 2 is the thigh bone is not known: compare a picture before naming one.",
            "Pictures lie as in the files; which way is up has not been seen.",
        ),
    ),
    layouts=(
        Layout(
            image="images/{id}.nii.gz",
            form=FLAT_NIFTI,
            masks=(Masks(path="labels/{id}.nii.gz", labels=(1, 2), form=FLAT_NIFTI),),
        ),
    ),
    upright=False,
    volumes=140,
    manual="download https://data.mendeley.com/datasets/zm6bxzhmfz/1 and unpack it",
)
DATASETS = with_phantoms(
    (
        HIP,
        Phantom(
            view="hips",
            volumes=({"id": "1"}, {"id": "2"}),
            seed=285,
            shape_zyx=(64, 50, 66),
            contrasts={0: ("xray",)},
            dtype="uint8",
        ),
    )
)
