"""COVID-19-CT-Seg (Ma et al. 2021): the datasets ``coronacases`` and ``radiopaedia``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._covid_layout import BOTH, CORONACASES_WINDOW, IMAGES, INFECTION, LUNGS, TARGETS, load_case
from bench_cases.datasets._files import depths
from bench_cases.datasets._names import check_volume
from bench_cases.datasets._sets.marker import is_marked
from bench_cases.datasets.fetching import Archive, FetchPlan
from bench_cases.locations import data_dir
from bench_cases.volume import Volume

CORONACASES = tuple(f"{number:03d}" for number in range(1, 11))
RADIOPAEDIA = (
    "4_85506_1",
    "7_85703_0",
    "10_85902_1",
    "10_85902_3",
    "14_85914_0",
    "27_86410_0",
    "29_86490_1",
    "29_86491_1",
    "36_86526_0",
    "40_86625_0",
)
"""In the order of the study: the first volume carries the seed of the one-prompt-a-dataset strategies."""

_RECORD = "https://zenodo.org/records/3757476/files"
_SEEN = "seen in torch-em's dataset table; not checked against the archive by us"
SHA256: Mapping[str, str] = MappingProxyType(
    {
        IMAGES: "a5060480eff9315b069b086312dac4872777901fb80d268a5a83edd9f4e7b440",
        LUNGS: "f060b0d0299939a6d95ddefdbfa281de1a779c4d230a5adbd32414711d6d8187",
        BOTH: "34f5a573cb8fb53cb15abe81868395d9addf436854826a6fd6e70c2b294f19c3",
        INFECTION: "87901c73fdd2230260e61d2dbc57bf56026efc28264006b8ea2bf411453c1694",
    }
)
"""Digests of the four archives, by folder."""

_SIZE_BYTES = {IMAGES: 1_100_000_000, LUNGS: 10_000_000}


@dataclass(frozen=True, slots=True, kw_only=True)
class CovidCtSeg:
    """One of the two subsets.

    Parameters
    ----------
    subset
        Prefix of its file names.
    ids
        Volume ids: file names without prefix and ending, in the study's order.
    base_url
        Folder of the archives on the web.
    sha256
        Digests of the archives, by folder.
    """

    subset: Literal["coronacases", "radiopaedia"]
    ids: tuple[str, ...]
    info: DatasetInfo
    base_url: str = _RECORD
    sha256: Mapping[str, str] = field(default_factory=lambda: SHA256)

    @property
    def name(self) -> str:
        """Name on the command line."""
        return self.subset

    @property
    def root(self) -> Path:
        """Folder that holds the four folders of the set."""
        return data_dir() / "covid19-ct-seg"

    def missing(self) -> str | None:
        """Return None when images and lung masks of all volumes are on disk, else one line with the command."""
        if is_marked(self.root):
            return f"{self.name}: its folder holds a phantom, not the set; sambench fetch {self.name}"
        wanted = [self.root / folder / self._file_name(each) for folder in (IMAGES, LUNGS) for each in self.ids]
        absent = [path for path in wanted if not path.is_file()]
        if not absent:
            return None
        if len(absent) == len(wanted):
            return f"{self.name}: not downloaded (about 1.1 GB, {self.info.licence}); sambench fetch {self.name}"
        first = f"{absent[0].parent.name}/{absent[0].name}"
        return f"{self.name}: {len(absent)} of {len(wanted)} files absent, first {first}; sambench fetch {self.name}"

    def volume_ids(self) -> Sequence[str]:
        """Return the published ids, in the study's order."""
        return self.ids

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume; see `bench_cases.contracts.Dataset.load`."""
        check_volume(self.name, volume_id, self.ids)
        return load_case(
            dataset=self.name,
            info=self.info,
            root=self.root,
            stem=self._file_name(volume_id).removesuffix(".nii.gz"),
            volume_id=volume_id,
            target=target,
            window=self.info.window,
        )

    def slice_counts(self) -> Mapping[str, int]:
        """Return numbers of slices from the images' headers; see `bench_cases.contracts.CountsSlices`."""
        return depths((each, self.root / IMAGES / self._file_name(each)) for each in self.ids)

    def fetch_plan(self) -> FetchPlan:
        """Archives to download and where each is unpacked; both subsets share them."""
        expected = tuple(f"{prefix}_{each}.nii.gz" for prefix, ids in _SUBSETS for each in ids)
        return FetchPlan(
            directory=self.root,
            licence=self.info.licence,
            archives=tuple(
                Archive(
                    url=f"{self.base_url}/{folder}.zip",
                    file_name=f"{folder}.zip",
                    folder=folder,
                    expected=expected,
                    sha256=sha256,
                    sha256_confidence=_SEEN,
                    size_bytes=_SIZE_BYTES.get(folder),
                )
                for folder, sha256 in self.sha256.items()
            ),
        )

    def _file_name(self, volume_id: str) -> str:
        return f"{self.subset}_{volume_id}.nii.gz"


_SUBSETS = (("coronacases", CORONACASES), ("radiopaedia", RADIOPAEDIA))
_CITATION = (
    "Ma J, Wang Y, An X, et al. Toward data-efficient learning: a benchmark for COVID-19 CT lung and infection "
    "segmentation. Med Phys 2021;48:1197-1210. doi:10.1002/mp.14676"
)
_SOURCE = "https://doi.org/10.5281/zenodo.3757476"

DATASETS = (
    CovidCtSeg(
        subset="coronacases",
        ids=CORONACASES,
        info=DatasetInfo(
            title="COVID-19-CT-Seg, Coronacases: 10 chest CTs in HU with lungs and infection",
            modality="CT",
            targets=TARGETS,
            licence="CC BY 4.0",
            citation=_CITATION,
            source=_SOURCE,
            window=CORONACASES_WINDOW,
            facts=("Arrays are upside down as stored (table at the top), as in the study.",),
        ),
    ),
    CovidCtSeg(
        subset="radiopaedia",
        ids=RADIOPAEDIA,
        info=DatasetInfo(
            title="COVID-19-CT-Seg, Radiopaedia: 10 chest CTs in 8 bits, windowed, with lungs and infection",
            modality="CT",
            targets=TARGETS,
            licence="CC BY 4.0",
            citation=_CITATION,
            source=_SOURCE,
            affine_trusted=False,
            facts=(
                "The affine says A where the second axis runs to posterior (derived from 2 of 10 volumes).",
                "Grey values were clipped to [-1250, 250] HU and scaled to 0..255 by the set's authors.",
                "Images come from Radiopaedia, whose own licence is CC BY-NC-SA (recalled, not checked).",
            ),
        ),
    ),
)
