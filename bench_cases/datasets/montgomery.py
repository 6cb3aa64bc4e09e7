"""Montgomery County chest X-rays (Jaeger et al. 2014): the dataset ``montgomery``, an unordered set of radiographs.

Layout of the archive::

    MontgomerySet/CXR_png/MCUCXR_0001_0.png               8-bit grey, 4020 x 4892 or 4892 x 4020
    MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0.png   1 bit: the lung on the left of the picture
    MontgomerySet/ManualMask/rightMask/MCUCXR_0001_0.png  1 bit: the lung on the right of the picture

The left of the picture is the patient's right. Labels follow the study: 1 the picture's left, 2 its right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._files import align_mask, read_image
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets._names import check_volume, selected_name, target_labels
from bench_cases.datasets.fetching import Archive, FetchPlan
from bench_cases.locations import data_dir
from bench_cases.volume import Volume

_IMAGES = "CXR_png"
_MASKS = {1: "ManualMask/leftMask", 2: "ManualMask/rightMask"}
_NAME = re.compile(r"MCUCXR_(\d{4}_[01])\.png")
_INFO = DatasetInfo(
    title="Montgomery County X-ray set: 138 chest radiographs with lungs",
    modality="X-ray",
    targets={"lungs": (1, 2), "right_lung": (1,), "left_lung": (2,)},
    licence="NLM public release: research and education, cite Jaeger 2014 and Candemir 2014",
    citation=(
        "Jaeger S, Candemir S, Antani S, et al. Two public chest X-ray datasets for computer-aided screening of "
        "pulmonary diseases. Quant Imaging Med Surg 2014;4:475-477. Candemir S, Jaeger S, Palaniappan K, et al. Lung "
        "segmentation in chest radiographs using anatomical atlases with nonrigid registration. IEEE Trans Med "
        "Imaging 2014;33:577-590."
    ),
    source="https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
    ordered=False,
    facts=("No SPDX licence is published; the terms are from secondary sources.",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Montgomery:
    """The set.

    Parameters
    ----------
    images
        Number of radiographs it should have.
    """

    name: str = "montgomery"
    info: DatasetInfo = _INFO
    images: int = 138
    url: str = _INFO.source
    sha256: str = "54601e952315d8f67383e9202a6e145997ade429f54f7e0af44b4e158714f424"

    @property
    def root(self) -> Path:
        """Folder ``MontgomerySet`` of the archive."""
        return data_dir() / "montgomery" / "MontgomerySet"

    def missing(self) -> str | None:
        """Return None when all radiographs are on disk, else one line with the command."""
        found = len(self.volume_ids())
        if found >= self.images:
            return None
        state = f"{found} of {self.images} images on disk" if found else "not downloaded"
        return f"{self.name}: {state} (about 617 MB, {self.info.licence}); sambench fetch {self.name}"

    def volume_ids(self) -> Sequence[str]:
        """Return number and finding (0 normal, 1 tuberculosis) from the file names, ascending; junk is ignored."""
        folder = self.root / _IMAGES
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return tuple(match[1] for name in names if (match := _NAME.fullmatch(name)))

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one radiograph, ``Z = 1``; see `bench_cases.contracts.Dataset.load`."""
        check_volume(self.name, volume_id, self.volume_ids())
        name, labels = target_labels(self.name, target, self.info.targets)
        file_name = f"MCUCXR_{volume_id}.png"
        image = read_image(self.root / _IMAGES / file_name)
        masks = [align_mask(image, read_image(self.root / _MASKS[label] / file_name)) for label in labels]
        return Volume(
            dataset=selected_name(self.name, target),
            id=volume_id,
            image_zyx=image.array_zyx,
            labels_zyx=labels_from_mask(masks, where=file_name),
            modality=self.info.modality,
            target=name,
            ordered=False,
        )

    def fetch_plan(self) -> FetchPlan:
        """Return the one archive."""
        return FetchPlan(
            directory=self.root.parent.parent,
            licence=self.info.licence,
            archives=(
                Archive(
                    url=self.url,
                    file_name="NLM-MontgomeryCXRSet.zip",
                    folder="montgomery",
                    expected=(f"MontgomerySet/{_IMAGES}", *(f"MontgomerySet/{mask}" for mask in _MASKS.values())),
                    sha256=self.sha256,
                    sha256_confidence="seen in torch-em's dataset table; not checked against the archive by us",
                    size_bytes=617_000_000,
                ),
            ),
        )


DATASETS = (Montgomery(),)
