"""A published set: a record of what is known of it, its layouts, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._files import depths, natural
from bench_cases.datasets._names import check_volume, target_labels
from bench_cases.datasets._sets.layout import Fields, Layout
from bench_cases.datasets._sets.marker import FILE_NAME, is_marked
from bench_cases.datasets._sets.orient import radiological
from bench_cases.datasets._sets.template import fill, plain
from bench_cases.datasets._volume_of import volume_of
from bench_cases.datasets.fetching import Archive, FetchPlan
from bench_cases.errors import DataError
from bench_cases.locations import data_dir
from bench_cases.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSet:
    """One set, or one subset of it.

    Parameters
    ----------
    folder
        Its folder below the data directory; subsets of one set share it.
    layouts
        Ways in which its volumes lie there; where two find the same id the first holds.
    upright
        Turn slices as a radiologist expects them; False leaves them as they lie in the files (as published studies of
        the set did, or because the affine is not to be trusted).
    only
        Ids of a subset that its layouts cannot tell apart by name.
    volumes
        Number of volumes it should have, if it is known.
    archives
        What is downloaded, and the folder below the data directory that each is unpacked into.
    manual
        How to get it, where its owners forbid a direct download; empty otherwise.
    """

    name: str
    info: DatasetInfo
    folder: str
    layouts: tuple[Layout, ...]
    upright: bool = True
    only: tuple[str, ...] = ()
    volumes: int | None = None
    archives: tuple[Archive, ...] = ()
    manual: str = ""

    @property
    def root(self) -> Path:
        """Folder of the set."""
        return data_dir() / self.folder

    def missing(self) -> str | None:
        """Return None when the set is on disk, else one line: what is missing, where to get it, the command."""
        if is_marked(self.root):
            return f"{self.name}: the folder {self.folder} holds a phantom, not the set; sambench fetch {self.name}"
        found = len(self.volume_ids())
        if found and found >= (self.volumes or 1):
            return None
        layout = plain(self.layouts[0].image)
        if found:
            state = f"{found} of {self.volumes} volumes on disk"
        elif self.root.is_dir():
            state = f"the folder {self.folder} holds nothing named {layout}"
        else:
            sizes = [archive.size_bytes for archive in self.archives]
            size = f"{sum(filter(None, sizes)) / 1e9:.3g} GB, " if any(sizes) else ""
            state = f"not on disk ({size}{self.info.licence})"
        manual = f"; {self.manual}, so that {self.folder}/{layout} is there below SAMBENCH_DATA" if self.manual else ""
        return f"{self.name}: {state}{manual}; sambench fetch {self.name}"

    def volume_ids(self) -> Sequence[str]:
        """Return the ids from the names of files and folders, in natural order; nothing is opened."""
        return tuple(self.places(self.root))

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume; see `bench_cases.contracts.Dataset.load`."""
        if is_marked(self.root):
            msg = (
                f"{self.name}: {FILE_NAME} in the folder {self.folder} says that it holds a phantom; expected the set "
                f"itself. Use {self.name}-phantom, or fetch the set."
            )
            raise DataError(msg)
        return self.load_from(self.root, volume_id, target)

    def slice_counts(self) -> Mapping[str, int]:
        """Return numbers of slices from the images' headers; see `bench_cases.contracts.CountsSlices`."""
        places = self.places(self.root)
        return depths((each, self.root / fill(layout.image, claims[0])) for each, (layout, claims) in places.items())

    def fetch_plan(self) -> FetchPlan:
        """Return the archives, or what to do by hand."""
        return FetchPlan(
            directory=data_dir(),
            licence=self.info.licence,
            archives=self.archives,
            manual=self.manual,
            folder=self.folder,
        )

    def places(self, root: Path) -> dict[str, tuple[Layout, list[Fields]]]:
        """Map the ids below `root` to their layout and the fields of each image that claims them."""
        found: dict[str, tuple[Layout, list[Fields]]] = {}
        for layout in self.layouts:
            for volume_id, claims in layout.volumes(root).items():
                found.setdefault(volume_id, (layout, claims))
        chosen = [each for each in self.only if each in found] if self.only else sorted(found, key=natural)
        return {each: found[each] for each in chosen}

    def load_from(
        self, root: Path, volume_id: str, target: str | None, *, name: str = "", info: DatasetInfo | None = None
    ) -> Volume:
        """Read a volume from another folder, under another name where one is given (the set's phantoms)."""
        name, info = name or self.name, info or self.info
        places = self.places(root)
        check_volume(name, volume_id, tuple(places))
        _, wanted = target_labels(name, target, info.targets)
        layout, claims = places[volume_id]
        fields = layout.only_one(volume_id, claims)
        known = tuple(sorted({label for labels in info.targets.values() for label in labels}))
        scan, labels_zyx = layout.read(root, fields, wanted=wanted, known=known, affine_trusted=info.affine_trusted)
        if self.upright and info.affine_trusted:
            scan, labels_zyx = radiological(scan, labels_zyx)
        return volume_of(
            scan, labels_zyx, dataset=name, volume_id=volume_id, target=target, info=info, window=info.window
        )
