"""BraTS (Baid et al. 2021): the dataset ``brats``, MR of gliomas without the skull. ``msd-brain`` needs no login.

The enhancing tumour is label 4 up to 2021 and 3 later: both are read as 3.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Ids, Layout, Masks, Phantom, PublicSet, first, organs, with_phantoms

BRATS = PublicSet(
    name="brats",
    folder="brats",
    info=DatasetInfo(
        title="BraTS: MR scans of gliomas with edema, core and enhancing tumour",
        modality="MR",
        targets=first(
            "tumour", organs(*("core", "edema", "enhancing"), joined={"tumour": ("core", "edema", "enhancing")})
        ),
        licence="terms of the challenge (registration)",
        citation="Baid U, Ghodasara S, Mohan S, et al. The RSNA-ASNR-MICCAI BraTS 2021 benchmark on brain tumor "
        "segmentation and radiogenomic classification. arXiv:2107.02314, 2021.",
        source="https://www.synapse.org/brats",
        aliases=("MRI-Brain",),
        facts=(
            "FLAIR is what is segmented; which sequence published studies took is not known.",
            "Label 1 is the necrotic core, 2 the edema (recalled; check it against the version at hand).",
            "Which year's edition Dong et al. took is not known.",
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{folder}{{id:BraTS[^/]+}}/{{id}}_flair.nii{ending}",
            masks=(
                Masks(path=f"{folder}{{id}}/{{id}}_seg.nii{ending}", labels=(1, 2, 3), coding=Ids(same_as=((4, 3),))),
            ),
        )
        for folder in ("", "{top}/")
        for ending in (".gz", "")
    ),
    manual="register at https://www.synapse.org/brats and unpack the training data",
)
DATASETS = with_phantoms(
    (
        BRATS,
        Phantom(
            view="brain",
            volumes=({"id": "BraTS2021_00000"}, {"id": "BraTS2021_00002"}),
            seed=385,
            shape_zyx=(36, 96, 80),
            contrasts={0: ("flair",)},
            axes="LPS",
        ),
    )
)
