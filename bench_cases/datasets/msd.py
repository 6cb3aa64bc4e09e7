"""Medical Segmentation Decathlon (Antonelli et al. 2022): its ten tasks, ``msd-brain`` to ``msd-colon``.

Every task lies alike: ``TaskNN_Name/imagesTr/<organ>_NNN.nii.gz`` and ``labelsTr`` with the same names; files that
macOS left there (``._*``) are ignored. Brain and prostate have several channels in one file of four axes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._sets import Layout, Masks, Phantom, PublicSet, first, organs, with_phantoms
from bench_cases.datasets._sets.form import NIFTI, channel
from bench_cases.datasets._sets.licences import ABDOMEN, CC_BY_SA, LUNG, OWN_WINDOW
from bench_cases.datasets.fetching import Archive
from bench_cases.volume import Window


def _task(
    name: str,
    task: str,
    title: str,
    targets: Mapping[str, tuple[int, ...]],
    *,
    md5: str,
    volumes: int,
    modality: str = "CT",
    window: Window | None = None,
    channels: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    facts: tuple[str, ...] = (),
) -> PublicSet:
    read = f"The file holds {', '.join(channels)}; {channels[0]} is what is segmented here." if channels else ""
    remarks = (read, OWN_WINDOW if window else "", *facts)
    labels = tuple(sorted({label for ids in targets.values() for label in ids}))
    return PublicSet(
        name=name,
        folder=name,
        info=DatasetInfo(
            title=f"MSD {task}: {title}",
            modality=modality,
            targets=targets,
            licence=CC_BY_SA,
            citation="Antonelli M, Reinke A, Bakas S, et al. The Medical Segmentation Decathlon. Nat Commun "
            "2022;13:4128. "
            "doi:10.1038/s41467-022-30695-9",
            source=f"http://medicaldecathlon.com ({task})",
            window=window,
            aliases=aliases,
            facts=tuple(filter(None, remarks)),
        ),
        layouts=(
            Layout(
                image=f"{task}/imagesTr/{{id}}.nii.gz",
                form=channel(0, len(channels)) if channels else NIFTI,
                masks=(Masks(path=f"{task}/labelsTr/{{id}}.nii.gz", labels=labels),),
            ),
        ),
        volumes=volumes,
        archives=(
            Archive(
                url=f"https://msd-for-monai.s3-us-west-2.amazonaws.com/{task}.tar",
                file_name=f"{task}.tar",
                folder=name,
                expected=(f"{task}/imagesTr", f"{task}/labelsTr"),
                sha256=f"md5:{md5}",
                sha256_confidence="seen in MONAI's DecathlonDataset; not checked against the archive by us",
            ),
        ),
    )


def _tumours(organ: str) -> Mapping[str, tuple[int, ...]]:
    """Organ and tumour: the organ is both, as the labels exclude each other."""
    return {organ: (1, 2), "tumour": (2,), f"{organ}_without_tumour": (1,)}


BRAIN = _task(
    "msd-brain",
    "Task01_BrainTumour",
    "484 MR scans of gliomas",
    first(
        "tumour",
        organs(*("edema", "core", "enhancing"), joined={"tumour": ("edema", "core", "enhancing")}),
    ),
    md5="240a19d752f0d9e9101544901065d872",
    volumes=484,
    modality="MR",
    channels=("FLAIR", "T1", "T1 with contrast", "T2"),
    facts=("Label 2 (core) is the tumour that does not enhance.",),
)
HEART = _task(
    "msd-heart",
    "Task02_Heart",
    "20 MR scans with the left atrium",
    organs("left_atrium"),
    md5="06ee59366e1e5124267b774dbd654057",
    volumes=20,
    modality="MR",
    aliases=("MRI-Heart",),
    facts=("That MRI-Heart of Dong et al. is this task is recalled; its name is seen.",),
)
LIVER = _task(
    "msd-liver",
    "Task03_Liver",
    "131 CT scans with liver and tumours",
    _tumours("liver"),
    md5="a90ec6c4aa7f6a3d087205e23d4e6397",
    volumes=131,
    window=ABDOMEN,
    facts=("The same scans as LiTS (recalled).",),
)
HIPPOCAMPUS = _task(
    "msd-hippocampus",
    "Task04_Hippocampus",
    "260 MR blocks with the hippocampus",
    first("hippocampus", organs(*("anterior", "posterior"), joined={"hippocampus": ("anterior", "posterior")})),
    md5="9d24dba78a72977dbd1d2e110310f31b",
    volumes=260,
    modality="MR",
)
PROSTATE = _task(
    "msd-prostate",
    "Task05_Prostate",
    "32 MR scans with the zones of the prostate",
    first(
        "prostate",
        organs(*("peripheral_zone", "transition_zone"), joined={"prostate": ("peripheral_zone", "transition_zone")}),
    ),
    md5="35138f08b1efaef89d7424d2bcc928db",
    volumes=32,
    modality="MR",
    channels=("T2", "ADC"),
)
LUNG_TUMOUR = _task(
    "msd-lung",
    "Task06_Lung",
    "63 CT scans with lung cancer",
    organs("tumour"),
    md5="8afd997733c7fc0432f71255ba4e52dc",
    volumes=63,
    window=LUNG,
)
PANCREAS = _task(
    "msd-pancreas",
    "Task07_Pancreas",
    "281 CT scans with pancreas and tumour",
    _tumours("pancreas"),
    md5="4f7080cfca169fa8066d17ce6eb061e4",
    volumes=281,
    window=ABDOMEN,
    aliases=("CT-Pancreas",),
)
VESSEL = _task(
    "msd-hepatic-vessel",
    "Task08_HepaticVessel",
    "303 CT scans with vessels and tumours of the liver",
    organs("vessel", "tumour"),
    md5="641d79e80ec66453921d997fbf12a29c",
    volumes=303,
    window=ABDOMEN,
    aliases=("CT-Hepaticvessel", "CT-HepaticVessel"),
)
SPLEEN = _task(
    "msd-spleen",
    "Task09_Spleen",
    "41 CT scans with the spleen",
    organs("spleen"),
    md5="410d4a301da4e5b2f6f86ec3ddba524e",
    volumes=41,
    window=ABDOMEN,
    aliases=("CT-Spleen",),
)
COLON = _task(
    "msd-colon",
    "Task10_Colon",
    "126 CT scans with colon cancer",
    organs("tumour"),
    md5="bad7a188931dc2f6acf72b08eb6202d0",
    volumes=126,
    window=ABDOMEN,
    aliases=("CT-Colon",),
)


DEEP_ENOUGH_FOR_THREE: Final = (26, 96, 128)
"""For a small target to show on more than the three slices that the seed ``three`` prompts."""


def _phantom(
    prefix: str,
    view: str,
    seed: int,
    *,
    organ_names: Mapping[int, str],
    contrasts: tuple[str, ...] = ("ct",),
    shape_zyx: tuple[int, int, int] = (14, 96, 128),
    axes: str = "RAS",
) -> Phantom:
    return Phantom(
        view=view,
        volumes=({"id": f"{prefix}_001"}, {"id": f"{prefix}_003"}),
        seed=seed,
        shape_zyx=shape_zyx,
        contrasts={0: contrasts},
        organs=organ_names,
        axes=axes,
    )


DATASETS = with_phantoms(
    (
        BRAIN,
        _phantom(
            "BRATS",
            "brain",
            300,
            organ_names={1: "edema", 2: "core", 3: "enhancing"},
            contrasts=("flair", "t1", "t1gd", "t2"),
            shape_zyx=(16, 96, 80),
            axes="LPS",
        ),
    ),
    (
        HEART,
        _phantom(
            "la", "chest", 305, organ_names={1: "left_atrium"}, contrasts=("cine",), shape_zyx=DEEP_ENOUGH_FOR_THREE
        ),
    ),
    (LIVER, _phantom("liver", "abdomen", 310, organ_names={1: "liver", 2: "liver_tumour"})),
    (
        HIPPOCAMPUS,
        _phantom(
            "hippocampus",
            "hippocampus",
            315,
            organ_names={1: "anterior", 2: "posterior"},
            contrasts=("t1",),
            shape_zyx=(36, 50, 35),
        ),
    ),
    (
        PROSTATE,
        _phantom(
            "prostate",
            "pelvis",
            320,
            organ_names={1: "peripheral_zone", 2: "transition_zone"},
            contrasts=("t2", "adc"),
        ),
    ),
    (LUNG_TUMOUR, _phantom("lung", "chest", 328, organ_names={1: "lung_tumour"})),
    (PANCREAS, _phantom("pancreas", "abdomen", 330, organ_names={1: "pancreas", 2: "pancreas_tumour"})),
    (VESSEL, _phantom("hepaticvessel", "abdomen", 338, organ_names={1: "hepatic_vessel", 2: "liver_tumour"})),
    (SPLEEN, _phantom("spleen", "abdomen", 349, organ_names={1: "spleen"})),
    (
        COLON,
        _phantom("colon", "abdomen", 352, organ_names={1: "colon_tumour"}, shape_zyx=DEEP_ENOUGH_FOR_THREE),
    ),
)
