"""Duke-Breast-Cancer-MRI with its supplement (Saha et al. 2018; Lew et al. 2024): the dataset ``duke-breast``.

Images are DICOM series in TCIA's classic folders; references are 3D Slicer segmentations whose label values differ from
file to file and are told by the names of their segments. Of each patient's series, the one before contrast is meant:
leave only that one in the patient's folder.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, organs, with_phantoms
from bench_cases.datasets._sets.dicom import dicom_series
from bench_cases.datasets._sets.segments import segments

_MASKS = "Segmentation_Masks_NRRD/{id}/Segmentation_{id}"

DUKE = PublicSet(
    name="duke-breast",
    folder="duke-breast",
    info=DatasetInfo(
        title="Duke breast MR: 100 scans with breast, dense tissue and vessels",
        modality="MR",
        targets=organs("breast", "dense", "vessel"),
        licence="CC BY-NC 4.0 (recalled)",
        citation="Saha A, Harowicz MR, Grimm LJ, et al. A machine learning approach to radiogenomics of breast "
        "cancer. Br J "
        "Cancer 2018;119:508-516. Lew CO, Harouni M, Kirksey ER, et al. A publicly available deep learning model and "
        "dataset for segmentation of breast, fibroglandular tissue, and vessels in breast MRI. Sci Rep 2024;14:5383.",
        source="https://doi.org/10.7937/TCIA.e3sv-re93",
        aliases=("MRI-Breast",),
        facts=(
            "That the series before contrast was annotated is seen in a public reader; TCIA's table names it.",
            "Vessels and dense tissue are told by segment names; their label values differ from file to file.",
            "Public readers turn these masks by hand: if a mask does not fit in physical space it is refused.",
            "Readers exclude Breast_MRI_246 and Breast_MRI_435 for errors in the annotation.",
            "The licence is recalled, not seen.",
        ),
    ),
    layouts=(
        Layout(
            image="Duke-Breast-Cancer-MRI/{id:Breast_MRI_[0-9]+}/{study}/{series}",
            form=dicom_series("1-{z:03d}.dcm", modality="MR", start=1),
            masks=(
                Masks(path=f"{_MASKS}_Breast.seg.nrrd", labels=(1,), form=segments({"breast": 1})),
                Masks(
                    path=f"{_MASKS}_Dense_and_Vessels.seg.nrrd",
                    labels=(2, 3),
                    form=segments({"dense": 2, "vessel": 3, "fgt": 2, "fibroglandular": 2}),
                ),
            ),
            paired=True,
        ),
    ),
    volumes=100,
    manual="get Duke-Breast-Cancer-MRI (classic folder names, the series before contrast) and its supplement v3 "
    "from TCIA",
)
_SERIES = {"study": "1.3.6.1.4.1.14519.5.2.1.1", "series": "1.3.6.1.4.1.14519.5.2.1.1.1"}
DATASETS = with_phantoms(
    (
        DUKE,
        Phantom(
            view="breast",
            volumes=({"id": "Breast_MRI_002", **_SERIES}, {"id": "Breast_MRI_005", **_SERIES}),
            seed=375,
            shape_zyx=(14, 88, 144),
            contrasts={0: ("t1",)},
        ),
    )
)
