"""The phantom of a set: scenes written in its true layout, on first use, and read back by its own loader."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.resources
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench_cases import __version__
from bench_cases.contracts import Dataset, DatasetInfo
from bench_cases.datasets._files import natural
from bench_cases.datasets._names import check_volume
from bench_cases.datasets._sets.layout import Layout
from bench_cases.datasets._sets.marker import mark
from bench_cases.datasets._sets.orient import RADIOLOGICAL, to_axes
from bench_cases.datasets._sets.public_set import PublicSet
from bench_cases.errors import DataError
from bench_cases.locations import cache_dir
from bench_cases.volume import Volume

if TYPE_CHECKING:
    from bench_cases.phantoms.scenes import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """Recipe of a set's phantom.

    Parameters
    ----------
    view
        Of `bench_cases.phantoms.scenes.VIEWS`; a volume may have another one (`views`, by number of the volume).
    volumes
        Fields of the layouts' image template, one mapping a volume.
    seed
        Of the first volume; the next one has the next seed. Below 1000: see `bench_cases.phantoms.BENCHMARK_SEEDS`.
    contrasts
        Channels of the image, for each layout that is written: ``{0: ("ct",)}``.
    organs
        Label id to organ of the scene, where it is not the name of the target that has that id alone.
    axes
        Directions in which the set's arrays run, as nibabel names them.
    dtype
        Type of the image's voxels.
    """

    view: str
    volumes: tuple[Mapping[str, str], ...]
    seed: int
    shape_zyx: tuple[int, int, int]
    contrasts: Mapping[int, tuple[str, ...]]
    views: Mapping[int, str] = field(default_factory=dict)
    organs: Mapping[int, str] = field(default_factory=dict)
    axes: str = RADIOLOGICAL
    dtype: str = "int16"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSet:
    """Phantoms that stand in for a set, never mixed with it."""

    real: PublicSet
    recipe: Phantom
    info: DatasetInfo

    @property
    def name(self) -> str:
        """Name on the command line."""
        return f"{self.real.name}-phantom"

    @property
    def root(self) -> Path:
        """Folder of the generated files; another version of the generator gets another one."""
        return cache_dir() / "phantoms" / f"{__version__}-{code_digest()}" / self.name

    def missing(self) -> str | None:
        """Return None: what is not there is generated."""
        return None

    def volume_ids(self) -> Sequence[str]:
        """Return the ids; nothing is generated."""
        return tuple(sorted((layout.volume_id(fields) for _, layout, _, fields in self._written()), key=natural))

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume, generating the set first if it was never asked for."""
        check_volume(self.name, volume_id, self.volume_ids())
        if not self.root.is_dir():
            self._generate()
        return self.real.load_from(self.root, volume_id, target, name=self.name, info=self.info)

    def slice_counts(self) -> Mapping[str, int]:
        """Return the number of slices that the recipe says; nothing is generated."""
        return dict.fromkeys(self.volume_ids(), self.recipe.shape_zyx[0])

    def write(self, folder: Path) -> None:
        """Write all volumes below `folder`, which exists and is empty."""
        from bench_cases.phantoms.scenes import draw

        recipe = self.recipe
        for number, layout, contrasts, fields in self._written():
            view = recipe.views.get(number, recipe.view)
            scene = draw(view, recipe.seed + number, recipe.shape_zyx, contrasts)
            affine = _affine(scene)
            channels = [to_axes(_cast(scene.contrasts[name], recipe.dtype), affine, recipe.axes) for name in contrasts]
            ids, _ = to_axes(self._ids(scene), affine, recipe.axes)
            layout.write(
                folder,
                fields,
                channels=tuple(array for array, _ in channels),
                ids_zyx=ids.astype(np.uint8),
                affine_xyz=channels[0][1],
            )
        mark(folder, self.real.info.title)

    def _generate(self) -> None:
        from bench_cases.assets import say

        say(f"Generating {self.name} ({len(self.volume_ids())} volumes, seed {self.recipe.seed}) ...")
        parent = self.root.parent
        try:
            parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=parent, prefix=".writing-") as work:
                fresh = Path(work) / self.name
                fresh.mkdir()
                self.write(fresh)
                _settle(fresh, self.root)
        except OSError as error:
            msg = (
                f"{self.name} cannot be written to the cache ({error.strerror}); expected a writable directory with "
                "some 20 MB of room. Set SAMBENCH_CACHE to one."
            )
            raise DataError(msg) from error

    def _written(self) -> Iterator[tuple[int, Layout, tuple[str, ...], Mapping[str, str]]]:
        """Yield number, layout, contrasts and fields of each volume to write."""
        for number, fields in enumerate(self.recipe.volumes):
            for index, contrasts in self.recipe.contrasts.items():
                yield number, self.real.layouts[index], contrasts, fields

    def _ids(self, scene: Scene) -> NDArray[np.uint8]:
        """Paint the label ids of the set's organs; small organs over large ones."""
        names = {labels[0]: name for name, labels in reversed(tuple(self.info.targets.items())) if len(labels) == 1}
        names.update(self.recipe.organs)
        ids = np.zeros(next(iter(scene.contrasts.values())).shape, np.uint8)
        present = [(label, scene.organs[name]) for label, name in names.items() if name in scene.organs]
        for label, organ in sorted(present, key=lambda item: -int(item[1].sum())):
            ids[organ] = label
        return ids


def with_phantoms(*pairs: tuple[PublicSet, Phantom]) -> tuple[Dataset, ...]:
    """List each set followed by its phantom."""
    return tuple(
        member
        for real, recipe in pairs
        for member in (real, PhantomSet(real=real, recipe=recipe, info=_phantom_info(real)))
    )


def _phantom_info(real: PublicSet) -> DatasetInfo:
    return dataclasses.replace(
        real.info,
        title=f"PHANTOM in the layout of {real.info.title.partition(':')[0]} (synthetic)",
        licence="Apache-2.0",
        citation="Generated by sambench (bench_cases.phantoms); no patient, no publication.",
        source="generated on this machine from fixed seeds",
        phantom=True,
        on_request=True,
        aliases=(),
        facts=("Synthetic: scores on phantoms say that the harness works, not how a model does on patients.",),
    )


def _affine(scene: Scene) -> NDArray[np.float64]:
    """Voxels of a scene to RAS millimetres; its middle is the origin."""
    z, y, x = scene.spacing_zyx_mm
    size_z, size_y, size_x = next(iter(scene.contrasts.values())).shape
    affine = np.diag([-x, -y, z, 1.0])
    affine[:3, 3] = np.array([(size_x - 1) * x, (size_y - 1) * y, -(size_z - 1) * z]) / 2
    return affine


def _cast(image: NDArray[Any], dtype: str) -> NDArray[np.generic]:
    wanted = np.dtype(dtype)
    if wanted.kind == "f":
        return image.astype(wanted)
    limits = np.iinfo(wanted)
    out: NDArray[np.generic] = np.clip(np.rint(image), limits.min, limits.max).astype(wanted)
    return out


def _settle(fresh: Path, place: Path) -> None:
    """Move a finished folder to its place; another process that was quicker wrote the same files."""
    try:
        fresh.rename(place)
    except OSError:
        if not place.is_dir():
            raise


@functools.cache
def code_digest() -> str:
    """Twelve hex digits over the code that makes the files: when it changes, cached files are not used again."""
    sha = hashlib.sha256()
    for package in ("bench_cases.phantoms", "bench_cases.phantoms.scenes", "bench_cases.datasets._sets"):
        _add(sha, package)
    _add(sha, "bench_cases.datasets")
    return sha.hexdigest()[:12]


def _add(sha: Any, package: str) -> None:
    folder = importlib.resources.files(package)
    for source in sorted((item for item in folder.iterdir() if item.name.endswith(".py")), key=lambda item: item.name):
        sha.update(source.name.encode())
        sha.update(source.read_bytes())
