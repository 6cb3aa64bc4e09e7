"""A layout: where the image of a volume lies, where its masks lie, and how both are written.

One record replaces a class for each set. Reading a volume opens the image and those masks that can hold a label that
was asked for, brings the masks onto the image's grid through physical space, and decodes them to label ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage, align_mask, natural
from bench_cases.datasets._files._scan import shown
from bench_cases.datasets._folder_files import safe_id
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets._sets.coding import Coding, Ids
from bench_cases.datasets._sets.form import NIFTI, Form
from bench_cases.datasets._sets.template import fill, find
from bench_cases.errors import DataError

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Masks:
    """One mask file of a volume, or several that ``*`` stands for and that are joined.

    Parameters
    ----------
    path
        Template below the set's folder, with the fields of the image's; several where the set's versions differ: the
        first that is there is read.
    labels
        Ids it can hold: it is opened only if one of them is asked for.
    """

    path: str | tuple[str, ...]
    labels: tuple[int, ...]
    coding: Coding = Ids()  # noqa: RUF009 - a frozen record
    form: Form = NIFTI

    @property
    def paths(self) -> tuple[str, ...]:
        """The templates, the one that phantoms are written by first."""
        return (self.path,) if isinstance(self.path, str) else self.path

    def present(self, root: Path, fields: Fields) -> list[Path]:
        """List the files that are there, in natural order, of the first template that has any."""
        for template in self.paths:
            relative = fill(template, fields)
            head, _, name = relative.rpartition("/")
            found = (root / head).glob(name) if "*" in name else [root / relative]
            there = [path for path in found if path.exists()]
            if there:
                return sorted(there, key=lambda path: natural(path.name))
        return []

    def files(self, root: Path, fields: Fields) -> list[Path]:
        """List the files, in natural order.

        Raises
        ------
        DataError
            When there is none.
        """
        found = self.present(root, fields)
        if found:
            return found
        expected = " or ".join(fill(template, fields) for template in self.paths)
        msg = (
            f"{'/'.join(fields.values())}: its mask is not there; expected {expected} in the set's folder. "
            "Unpack or download the set again."
        )
        raise DataError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One way in which volumes of a set lie on disk.

    Parameters
    ----------
    image
        Template of the image: a file, or a folder for forms that read one.
    id
        Template of a volume's id.
    keep
        Whether a volume belongs to the set, by its fields; None keeps all.
    paired
        Leave out images without masks, in sets that do not have one for each.
    """

    image: str
    masks: tuple[Masks, ...]
    form: Form = NIFTI
    id: str = "{id}"
    keep: Callable[[Fields], bool] | None = None
    paired: bool = False

    def volumes(self, root: Path) -> dict[str, list[Fields]]:
        """Map ids to the fields of each image that claims them, in natural order of ids; nothing is opened."""
        named: dict[str, list[Fields]] = {}
        for fields in self._found(root):
            named.setdefault(self.volume_id(fields), []).append(fields)
        return dict(sorted(named.items(), key=lambda item: natural(item[0])))

    def only_one(self, volume_id: str, claims: Sequence[Fields]) -> Fields:
        """Return the fields of a volume; raise `DataError` where two images claim its id, as two series do."""
        if len(claims) > 1:
            first, second = (fill(self.image, fields) for fields in claims[:2])
            msg = f"{volume_id}: {len(claims)} images claim this id, {first} and {second}; expected one. Remove one."
            raise DataError(msg)
        return claims[0]

    def _found(self, root: Path) -> list[Fields]:
        kept = [fields for fields in find(root, self.image) if self.keep is None or self.keep(fields)]
        if not self.paired:
            return list(kept)
        return [fields for fields in kept if all(masks.present(root, fields) for masks in self.masks)]

    def volume_id(self, fields: Fields) -> str:
        """Return the id of the volume with these fields."""
        return safe_id(fill(self.id, fields))

    def read(
        self, root: Path, fields: Fields, *, wanted: Sequence[int], known: Sequence[int], affine_trusted: bool
    ) -> tuple[ScanImage, NDArray[np.uint8]]:
        """Read the image and the labels `wanted`, which become 1..K in that order.

        Raises
        ------
        DataError
            For files that are absent or damaged, and for masks that do not fit the image.
        """
        scan = self.form.read(root / fill(self.image, fields))
        maps, names = [], []
        for masks in self.masks:
            if not set(masks.labels) & set(wanted):
                continue
            for path in masks.files(root, fields):
                mask = masks.form.read(path)
                aligned = align_mask(scan, mask, affine_trusted=affine_trusted)
                maps.append(masks.coding.decode(aligned, shown(path)))
                names.append(shown(path))
        return scan, labels_from_mask(maps, where=", ".join(names), labels=wanted, known=known)

    def write(
        self,
        root: Path,
        fields: Fields,
        *,
        channels: tuple[NDArray[np.generic], ...],
        ids_zyx: NDArray[np.uint8],
        affine_xyz: NDArray[np.float64],
    ) -> None:
        """Write a volume as `read` finds it; the image last, so that a volume without masks is never seen."""
        for masks in self.masks:
            held = np.where(np.isin(ids_zyx, masks.labels), ids_zyx, 0).astype(np.uint8)
            for path, part in _parts(root / fill(masks.paths[0], fields), held):
                path.parent.mkdir(parents=True, exist_ok=True)
                masks.form.write(path, (masks.coding.encode(part),), affine_xyz)
        path = root / fill(self.image, fields)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.form.write(path, channels, affine_xyz)


def _parts(path: Path, ids_zyx: NDArray[np.uint8]) -> list[tuple[Path, NDArray[np.uint8]]]:
    """Give each connected component a file of its own where the name has ``*``, as sets with several lesions do."""
    if "*" not in path.name:
        return [(path, ids_zyx)]
    from scipy import ndimage

    components, number = ndimage.label(ids_zyx > 0)
    pieces = [np.where(components == each, ids_zyx, 0).astype(np.uint8) for each in range(1, number + 1)]
    names = ["", *(f"_{each}" for each in range(1, number))]
    return [
        (path.with_name(path.name.replace("*", name)), piece)
        for name, piece in zip(names, pieces or [ids_zyx], strict=True)
    ]
