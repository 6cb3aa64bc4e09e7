"""LiTS (Bilic et al. 2023): the dataset ``lits``, CTs with liver and tumours. ``msd-liver`` needs no login."""

from __future__ import annotations

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, with_phantoms
from bench_cases.datasets._sets.licences import ABDOMEN, OWN_WINDOW

LITS = PublicSet(
    name="lits",
    folder="lits",
    info=DatasetInfo(
        title="LiTS: 131 CT scans with liver and tumours",
        modality="CT",
        targets={"liver": (1, 2), "tumour": (2,), "liver_without_tumour": (1,)},
        licence="CC BY-NC-ND 4.0 (recalled)",
        citation="Bilic P, Christ P, Li HB, et al. The liver tumor segmentation benchmark (LiTS). Med Image Anal "
        "2023;84:102680. doi:10.1016/j.media.2022.102680",
        source="https://competitions.codalab.org/competitions/17094",
        window=ABDOMEN,
        aliases=("CT-Liver",),
        facts=(
            "The licence is recalled, not seen.",
            "The same scans are in msd-liver, which needs no login (recalled).",
            OWN_WINDOW,
        ),
    ),
    layouts=tuple(
        Layout(
            image=f"{folder}volume-{{id:[0-9]+}}.nii{ending}",
            masks=(Masks(path=f"{folder}segmentation-{{id}}.nii{ending}", labels=(1, 2)),),
        )
        for folder in ("", "{batch}/")
        for ending in ("", ".gz")
    ),
    volumes=131,
    manual="log in at https://competitions.codalab.org/competitions/17094 and download both training batches",
)
DATASETS = with_phantoms(
    (
        LITS,
        Phantom(
            view="abdomen",
            volumes=({"id": "0"}, {"id": "1"}),
            seed=380,
            shape_zyx=(14, 96, 128),
            contrasts={0: ("ct",)},
            organs={1: "liver", 2: "liver_tumour"},
            axes="RAS",
        ),
    )
)
