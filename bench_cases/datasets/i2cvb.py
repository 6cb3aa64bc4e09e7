"""I2CVB (Lemaître et al. 2015), as part of a pack of six sites: the dataset ``i2cvb``, MR of the prostate."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, White, organs, with_phantoms

I2CVB = PublicSet(
    name="i2cvb",
    folder="i2cvb",
    info=DatasetInfo(
        title="I2CVB: MR scans of the prostate",
        modality="MR",
        targets=organs("prostate"),
        licence="not known",
        citation="Lemaître G, Martí R, Freixenet J, et al. Computer-aided detection and diagnosis for prostate "
        "cancer based "
        "on mono and multi-parametric MRI: a review. Comput Biol Med 2015;60:8-31.",
        source="https://i2cvb.github.io",
        aliases=("MRI-Prostate",),
        facts=(
            "That MRI-Prostate of Dong et al. is I2CVB is recalled; it may be msd-prostate.",
            "The layout is that of a pack of six sites (Liu et al. 2020), recalled; the original is DICOM.",
            "The licence is not known.",
        ),
    ),
    layouts=(
        Layout(
            image="I2CVB/Case{id:[0-9]+}.nii.gz",
            masks=(
                Masks(
                    path=("I2CVB/Case{id}_segmentation.nii.gz", "I2CVB/Case{id}_Segmentation.nii.gz"),
                    labels=(1,),
                    coding=White(),
                ),
            ),
        ),
    ),
    manual="get the multi-site prostate pack (https://liuquande.github.io/SAML) and take its folder I2CVB",
)
DATASETS = with_phantoms(
    (
        I2CVB,
        Phantom(
            view="pelvis",
            volumes=({"id": "00"}, {"id": "01"}),
            seed=390,
            shape_zyx=(14, 96, 112),
            contrasts={0: ("t2",)},
        ),
    )
)
