"""TotalSegmentator v2 (Wasserthal et al. 2023): ``totalsegmentator-ct`` and ``-ct-small``, ``totalsegmentator-mr``.

A folder for each subject with one binary mask a class; every class is there, most of them empty::

    s0011/ct.nii.gz
    s0011/segmentations/liver.nii.gz

Archives differ in whether the folders lie at their root or in one folder; both are found.
"""

from __future__ import annotations

import dataclasses

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, first, organs, with_phantoms
from bench_cases.datasets._sets.licences import ABDOMEN, CC_BY, OWN_WINDOW
from bench_cases.datasets.fetching import Archive

_CT_NAMES = (
    "adrenal_gland_left adrenal_gland_right aorta atrial_appendage_left autochthon_left autochthon_right "
    "brachiocephalic_trunk brachiocephalic_vein_left brachiocephalic_vein_right brain clavicula_left "
    "clavicula_right colon common_carotid_artery_left common_carotid_artery_right costal_cartilages duodenum "
    "esophagus femur_left femur_right gallbladder gluteus_maximus_left gluteus_maximus_right gluteus_medius_left "
    "gluteus_medius_right gluteus_minimus_left gluteus_minimus_right heart hip_left hip_right humerus_left "
    "humerus_right iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right iliopsoas_left "
    "iliopsoas_right inferior_vena_cava kidney_cyst_left kidney_cyst_right kidney_left kidney_right liver "
    "lung_lower_lobe_left lung_lower_lobe_right lung_middle_lobe_right lung_upper_lobe_left lung_upper_lobe_right "
    "pancreas portal_vein_and_splenic_vein prostate pulmonary_vein rib_left_1 rib_left_10 rib_left_11 rib_left_12 "
    "rib_left_2 rib_left_3 rib_left_4 rib_left_5 rib_left_6 rib_left_7 rib_left_8 rib_left_9 rib_right_1 "
    "rib_right_10 rib_right_11 rib_right_12 rib_right_2 rib_right_3 rib_right_4 rib_right_5 rib_right_6 "
    "rib_right_7 rib_right_8 rib_right_9 sacrum scapula_left scapula_right skull small_bowel spinal_cord spleen "
    "sternum stomach subclavian_artery_left subclavian_artery_right superior_vena_cava thyroid_gland trachea "
    "urinary_bladder vertebrae_C1 vertebrae_C2 vertebrae_C3 vertebrae_C4 vertebrae_C5 vertebrae_C6 vertebrae_C7 "
    "vertebrae_L1 vertebrae_L2 vertebrae_L3 vertebrae_L4 vertebrae_L5 vertebrae_S1 vertebrae_T1 vertebrae_T10 "
    "vertebrae_T11 vertebrae_T12 vertebrae_T2 vertebrae_T3 vertebrae_T4 vertebrae_T5 vertebrae_T6 vertebrae_T7 "
    "vertebrae_T8 vertebrae_T9 "
)
CT_CLASSES = tuple(_CT_NAMES.split())
_MR_NAMES = (
    "spleen kidney_right kidney_left gallbladder liver stomach pancreas adrenal_gland_right adrenal_gland_left "
    "lung_left lung_right esophagus small_bowel duodenum colon urinary_bladder prostate sacrum vertebrae "
    "intervertebral_discs spinal_cord heart aorta inferior_vena_cava portal_vein_and_splenic_vein "
    "iliac_artery_left iliac_artery_right iliac_vena_left iliac_vena_right humerus_left humerus_right "
    "scapula_left scapula_right clavicula_left clavicula_right femur_left femur_right hip_left hip_right "
    "gluteus_maximus_left gluteus_maximus_right gluteus_medius_left gluteus_medius_right gluteus_minimus_left "
    "gluteus_minimus_right autochthon_left autochthon_right iliopsoas_left iliopsoas_right brain "
)
MR_CLASSES = tuple(_MR_NAMES.split())
_LOBES = {
    "left_lung": ("lung_upper_lobe_left", "lung_lower_lobe_left"),
    "right_lung": ("lung_upper_lobe_right", "lung_middle_lobe_right", "lung_lower_lobe_right"),
}
_PHANTOM_ORGANS = {
    "urinary_bladder": "bladder",
    "inferior_vena_cava": "postcava",
    "adrenal_gland_right": "adrenal_right",
    "adrenal_gland_left": "adrenal_left",
    "lung_lower_lobe_left": "left_lung",
    "lung_lower_lobe_right": "right_lung",
    "lung_left": "left_lung",
    "lung_right": "right_lung",
}


def _layouts(image: str, classes: tuple[str, ...]) -> tuple[Layout, ...]:
    return tuple(
        Layout(
            image=f"{folder}{{id:s[0-9]+}}/{image}.nii.gz",
            masks=tuple(
                Masks(path=f"{folder}{{id}}/segmentations/{name}.nii.gz", labels=(number,), coding=White(label=number))
                for number, name in enumerate(classes, start=1)
            ),
        )
        for folder in ("", "{top}/")
    )


def _zenodo(record: int, file_name: str, *, folder: str, md5: str, seen: str, size_bytes: int) -> tuple[Archive, ...]:
    """Return the one archive of a record; nobody knows its inside well enough to expect any file."""
    return (
        Archive(
            url=f"https://zenodo.org/records/{record}/files/{file_name}",
            file_name=file_name,
            folder=folder,
            expected=(),
            sha256=f"md5:{md5}",
            sha256_confidence=f"seen in {seen}; not checked against the archive by us",
            size_bytes=size_bytes,
        ),
    )


def _organs_of_phantom(classes: tuple[str, ...]) -> dict[int, str]:
    return {classes.index(name) + 1: organ for name, organ in _PHANTOM_ORGANS.items() if name in classes}


CT = PublicSet(
    name="totalsegmentator-ct",
    folder="totalsegmentator-ct",
    info=DatasetInfo(
        title="TotalSegmentator v2, CT: 1228 scans of all regions with 117 structures",
        modality="CT",
        targets=first(
            "liver",
            organs(
                *CT_CLASSES,
                joined={
                    "kidneys": ("kidney_right", "kidney_left"),
                    "lungs": _LOBES["left_lung"] + _LOBES["right_lung"],
                    **_LOBES,
                },
            ),
        ),
        licence=CC_BY,
        citation="Wasserthal J, Breit HC, Meyer MT, et al. TotalSegmentator: robust segmentation of 104 anatomic "
        "structures in CT images. Radiol Artif Intell 2023;5:e230024. doi:10.1148/ryai.230024",
        source="https://doi.org/10.5281/zenodo.10047292",
        window=ABDOMEN,
        facts=(
            "References were made by models and corrected by people; structures outside the scan are empty.",
            OWN_WINDOW,
        ),
    ),
    layouts=_layouts("ct", CT_CLASSES),
    volumes=1228,
    archives=_zenodo(
        10047292,
        "Totalsegmentator_dataset_v201.zip",
        folder="totalsegmentator-ct",
        md5="fe250e5718e0a3b5df4c4ea9d58a62fe",
        seen="kaiko-eva's table",
        size_bytes=23_581_218_285,
    ),
)
SMALL = dataclasses.replace(
    CT,
    name="totalsegmentator-ct-small",
    folder="totalsegmentator-ct-small",
    info=dataclasses.replace(
        CT.info,
        title="TotalSegmentator v2, CT small: 102 of the scans with 117 structures",
        source="https://doi.org/10.5281/zenodo.10047263",
    ),
    volumes=102,
    archives=_zenodo(
        10047263,
        "Totalsegmentator_dataset_small_v201.zip",
        folder="totalsegmentator-ct-small",
        md5="6b5524af4b15e6ba06ef2d700c0c73e0",
        seen="kaiko-eva's table",
        size_bytes=3_244_617_817,
    ),
)
MR = dataclasses.replace(
    CT,
    name="totalsegmentator-mr",
    folder="totalsegmentator-mr",
    info=dataclasses.replace(
        CT.info,
        title="TotalSegmentator MRI v2: 616 scans with 50 structures",
        modality="MR",
        targets=first(
            "liver",
            organs(
                *MR_CLASSES,
                joined={"kidneys": ("kidney_right", "kidney_left"), "lungs": ("lung_left", "lung_right")},
            ),
        ),
        citation="Akinci D'Antonoli T, Berger LK, Indrakanti AK, et al. TotalSegmentator MRI: robust "
        "sequence-independent segmentation of multiple anatomic structures in MRI. Radiology 2025;314:e241613.",
        source="https://doi.org/10.5281/zenodo.14710732",
        window=None,
        facts=(
            CT.info.facts[0],
            "The list of classes is recalled from the tool's task total_mr; a class without a file is refused.",
        ),
    ),
    layouts=_layouts("mri", MR_CLASSES),
    volumes=616,
    archives=_zenodo(
        14710732,
        "TotalsegmentatorMRI_dataset_v200.zip",
        folder="totalsegmentator-mr",
        md5="54638f4cb883ce3b34225195358c398f",
        seen="a public source",
        size_bytes=5_100_000_000,
    ),
)

_PHANTOM = Phantom(
    view="trunk",
    volumes=({"id": "s0011"}, {"id": "s0058"}),
    seed=250,
    shape_zyx=(22, 72, 96),
    contrasts={0: ("ct",)},
    organs=_organs_of_phantom(CT_CLASSES),
    axes="RAS",
)
DATASETS = with_phantoms(
    (CT, _PHANTOM),
    (SMALL, dataclasses.replace(_PHANTOM, volumes=({"id": "s0004"},), seed=255)),
    (
        MR,
        dataclasses.replace(
            _PHANTOM, seed=257, contrasts={0: ("t2",)}, organs=_organs_of_phantom(MR_CLASSES), axes="LPS"
        ),
    ),
)
