"""Spinal Cord Grey Matter Challenge (Prados et al. 2017): the dataset ``scgm-spine``.

Four raters drew every scan (``-mask-r1`` to ``-r4``); the first is the reference here.
"""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, first, organs, with_phantoms

_ID = "{id:site[0-9]-sc[0-9]+}"

SCGM = PublicSet(
    name="scgm-spine",
    folder="scgm-spine",
    info=DatasetInfo(
        title="SCGM challenge: 40 MR scans of the neck with grey and white matter of the spinal cord",
        modality="MR",
        targets=first(
            "cord", organs(*("grey_matter", "white_matter"), joined={"cord": ("grey_matter", "white_matter")})
        ),
        licence="terms of the challenge (registration)",
        citation="Prados F, Ashburner J, Blaiotta C, et al. Spinal cord grey matter segmentation challenge. NeuroImage "
        "2017;152:312-329. doi:10.1016/j.neuroimage.2017.03.010",
        source="http://niftyweb.cs.ucl.ac.uk/challenge/index.php",
        aliases=("MRI-Spine",),
        facts=(
            "Rater 1 of four is the reference; which one published studies took is not known.",
            "Name of the archive's folder not seen: scans are found in the set's folder or one below it.",
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{folder}{_ID}-image.nii.gz",
            masks=(Masks(path=f"{folder}{{id}}-mask-r1.nii.gz", labels=(1, 2)),),
        )
        for folder in ("", "{top}/")
    ),
    volumes=40,
    manual="register at http://niftyweb.cs.ucl.ac.uk/challenge/index.php and unpack the training data",
)
DATASETS = with_phantoms(
    (
        SCGM,
        Phantom(
            view="spine",
            volumes=({"id": "site1-sc01"}, {"id": "site2-sc01"}),
            seed=370,
            shape_zyx=(5, 100, 100),
            contrasts={0: ("t2",)},
            axes="RPI",
        ),
    )
)
