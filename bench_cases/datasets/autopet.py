"""AutoPET, FDG-PET-CT-Lesions (Gatidis et al. 2022): the dataset ``autopet``, whole-body PET with lesions."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.volume import Window

_FOLDER = "FDG-PET-CT-Lesions/{patient:PETCT_[^/]+}/{study}"

AUTOPET = PublicSet(
    name="autopet",
    folder="autopet",
    info=DatasetInfo(
        title="AutoPET: 1014 whole-body FDG-PET studies with lesions",
        modality="PET",
        targets=organs("lesion"),
        licence="TCIA restricted; CC BY-NC 4.0 (recalled)",
        citation="Gatidis S, Hepp T, Früh M, et al. A whole-body FDG-PET/CT dataset with manually annotated "
        "tumor lesions. "
        "Sci Data 2022;9:601. doi:10.1038/s41597-022-01718-3",
        source="https://doi.org/10.7937/gkr0-xv29",
        window=Window(level=5, width=10),
        aliases=("PET-Wholebody", "PET-Whole-Body"),
        facts=(
            "The picture is standardised uptake (SUV), shown from 0 to 10: this project's own choice.",
            "513 studies show no lesion: with them nothing can be prompted, and each such case says so.",
            "A direct download (http://193.196.20.155/data/autoPET/data/nifti.zip) was seen and may be gone.",
            "The licence is recalled, not seen.",
        ),
    ),
    layouts=(
        Layout(
            image=f"{_FOLDER}/SUV.nii.gz",
            id="{patient}_{study}",
            masks=(Masks(path="FDG-PET-CT-Lesions/{patient}/{study}/SEG.nii.gz", labels=(1,)),),
        ),
    ),
    volumes=1014,
    manual="get the collection FDG-PET-CT-Lesions from TCIA (access on request) and convert it with its own scripts",
)
_STUDY = {"study": "03-23-2003-NA-PET-CT-12345"}
DATASETS = with_phantoms(
    (
        AUTOPET,
        Phantom(
            view="body",
            volumes=({"patient": "PETCT_0011f3deaf", **_STUDY}, {"patient": "PETCT_01140d52d8", **_STUDY}),
            seed=295,
            shape_zyx=(28, 72, 96),
            contrasts={0: ("suv",)},
            axes="RAS",
            dtype="float32",
        ),
    )
)
