"""The user's own scans: a folder with a ``dataset.toml`` is a dataset, without code.

A complete example, for ``id001/image.nii.gz``, ``id001/mask.nii.gz``, ``id002/...``::

    modality = "CT"
    target = "lungs"
    image = "{id}/image.nii.gz"
    mask = "{id}/mask.nii.gz"
    threshold = 127                        # soft mask; for a label map: labels = [4]
    window = {level = -650, width = 1500}

`image` may also name a folder: a DICOM series, or one picture a slice. `sambench describe` proposes a description;
`bench_cases.datasets._folder_config.FolderConfig` lists every key.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._files import ScanImage, align_mask, depths, oriented, read_image
from bench_cases.datasets._files._scan import shown
from bench_cases.datasets._folder_config import FILE_NAME, FolderConfig, read_config
from bench_cases.datasets._folder_files import find_ids, image_file, mask_files, name_volumes, safe_id
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets._names import check_volume, nearest, target_labels
from bench_cases.datasets._volume_of import volume_of
from bench_cases.errors import ConfigError, DataError, SelectionError
from bench_cases.locations import expanded
from bench_cases.volume import Volume

STACK_ID = "stack"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDataset:
    """A folder of scans; made by `from_directory`."""

    name: str
    root: Path
    config: FolderConfig
    info: DatasetInfo

    @classmethod
    def from_directory(cls, name: str, directory: Path | str, config: Path | str | None = None) -> FolderDataset:
        """Read the folder's description; no scan is opened.

        Parameters
        ----------
        name
            Name of the dataset: letters, digits, ``.``, ``_``, ``-``.
        directory
            The folder, with a ``dataset.toml`` in it; or a ``.toml`` file whose key ``root`` names the folder,
            relative to the file (default: the file's own folder).
        config
            A description that lies elsewhere, for folders that cannot be written to.

        Raises
        ------
        ConfigError
            For a bad name, no folder, or a description that is absent or does not fit.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            msg = f"{name!r} cannot name a dataset; expected letters, digits and . _ -, such as my-scans. Rename it."
            raise ConfigError(msg)
        place, typed = _path(name, directory), Path(directory)
        root, file, typed_file = place, place / FILE_NAME, typed / FILE_NAME
        if config is not None:
            file, typed_file = _path(name, config), Path(config)
        elif place.suffix == ".toml":
            file, typed_file = place, typed
            root, typed = place.parent, typed.parent
        if not root.is_dir():
            msg = f"{name}: there is no folder {str(typed)!r}; expected a folder of scans. Check the path."
            raise ConfigError(msg)
        settings = read_config(file, typed_file)
        if file == place and settings.root is not None:
            root = (place.parent / Path(settings.root).expanduser()).resolve()
            if not root.is_dir():
                msg = f"{typed_file}: root = {settings.root!r} is no folder; expected one with scans. Correct it."
                raise ConfigError(msg)
        return cls.described(name, root, settings)

    @classmethod
    def described(cls, name: str, root: Path, config: FolderConfig) -> FolderDataset:
        """Take a description that is in no file yet."""
        return cls(name=name, root=root, config=config, info=_info(name, config))

    def missing(self) -> str | None:
        """Return None when at least one image is there, else one line."""
        if self._volumes():
            return None
        return f"{self.name}: no file matches image = {self.config.image!r}; correct {FILE_NAME} or add scans"

    def volume_ids(self) -> Sequence[str]:
        """Return the ids from file names, unusual characters replaced by ``_``; in natural order or as listed."""
        return self._ids(self._volumes())

    def file_ids(self) -> Sequence[str]:
        """Return the ids as file names have them, in order and with those left out: what the key `volumes` lists."""
        return self.config.volumes or find_ids(self.root, self.config.image)

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume; see `bench_cases.contracts.Dataset.load`. The folder is looked through once."""
        volumes = self._volumes()
        check_volume(self.name, volume_id, self._ids(volumes))
        name, _ = target_labels(self.name, target, self.info.targets)
        image_ids: tuple[str, ...] = ()
        if self.config.stack:
            image, labels_zyx = self._stacked(volumes.values(), name)
            image_ids = tuple(volumes)
        else:
            image, labels_zyx = self._scan(volumes[volume_id], name)
        return volume_of(
            image,
            labels_zyx,
            dataset=self.name,
            volume_id=volume_id,
            target=target,
            info=self.info,
            window=self.config.window,
            scaling=self.config.scaling,
            image_ids=image_ids,
        )

    def slice_counts(self) -> Mapping[str, int]:
        """Return numbers of slices from the images' headers; of a stack, the number of its pictures."""
        volumes = self._volumes()
        if self.config.stack:
            return {STACK_ID: len(volumes)}
        named = ((each, image_file(self.root, self.config.image, raw_id)) for each, raw_id in volumes.items())
        return depths(named)

    def _ids(self, volumes: Mapping[str, str]) -> tuple[str, ...]:
        """Return the ids of volumes, of those that `_volumes` found."""
        return (STACK_ID,) if self.config.stack and volumes else tuple(volumes)

    def _volumes(self) -> Mapping[str, str]:
        """Map safe ids to ids in file names."""
        config = self.config
        found = self.file_ids()
        known = {*found, *map(safe_id, found)}
        if config.volumes and not known.issuperset(config.exclude):  # what is left out need not be listed
            known.update(*((raw, safe_id(raw)) for raw in find_ids(self.root, config.image)))
        for name in config.exclude:
            if name not in known:
                hint = nearest(name, found)
                msg = f"{FILE_NAME}: exclude names {name!r}, which is not there; expected ids of volumes.{hint}"
                raise ConfigError(msg)
        return name_volumes([name for name in found if not {name, safe_id(name)} & {*config.exclude}], FILE_NAME)

    def _scan(self, raw_id: str, target: str) -> tuple[ScanImage, NDArray[np.uint8]]:
        """Read the image of one id and its label map, both in the orientation that is wanted."""
        config = self.config
        path = image_file(self.root, config.image, raw_id)
        stored = read_image(path, choice=config.image_choice)
        labels = tuple(dict.fromkeys(label for part in target.split("+") for label in config.targets[part]))
        files = mask_files(self.root, config.masks, raw_id, path, config.classes.get(target, ()))
        choice = replace(config.mask_choice, segments=labels)
        masks = [
            align_mask(stored, read_image(file, choice=choice), affine_trusted=config.affine_trusted) for file in files
        ]
        labels_zyx = labels_from_mask(
            masks,
            where=", ".join(shown(file) for file in files),
            labels=labels,
            threshold=config.threshold,
        )
        # Turned together, after they were paired: a mask of pictures has no directions of its own.
        image, mask = (oriented(scan, config.orientation) for scan in (stored, replace(stored, array_zyx=labels_zyx)))
        return image, mask.array_zyx.astype(np.uint8, copy=False)

    def _stacked(self, raw_ids: Iterable[str], target: str) -> tuple[ScanImage, NDArray[np.uint8]]:
        """Put images on top of each other; they must be single pictures of one size."""
        scans = [self._scan(raw_id, target) for raw_id in raw_ids]
        first = scans[0][0]
        for image, _ in scans:
            if len(image.array_zyx) != 1 or image.array_zyx.shape != first.array_zyx.shape:
                msg = (
                    f"{shown(image.source)}: shape {image.array_zyx.shape} (Z, Y, X) does not fit on "
                    f"{shown(first.source)} with {first.array_zyx.shape}; expected single pictures of one size. "
                    "Set stack = false in dataset.toml, or exclude it."
                )
                raise DataError(msg)
        stacked = ScanImage(
            array_zyx=np.concatenate([image.array_zyx for image, _ in scans]),
            affine_xyz=np.eye(4),
            spacing_zyx_mm=None,
            source=self.root,
        )
        return stacked, np.concatenate([labels for _, labels in scans])


def folder_name(folder: Path) -> str:
    """Return a name that a dataset may have for a folder, or a description, that has none yet.

    >>> folder_name(Path("/data/my scans"))
    'my-scans'
    """
    name = folder.stem if folder.suffix == ".toml" else folder.resolve().name
    return re.sub(r"[^A-Za-z0-9._-]", "-", name).lstrip("._-") or "folder"


def named_folder(option: str, text: str) -> tuple[str, Path]:
    """Read ``NAME=DIR`` as it stands behind an option.

    Raises
    ------
    SelectionError
        When one of the two is missing, with a name for a folder that has none.
    """
    name, _, place = text.partition("=")
    if name and place:
        return name, Path(place)
    lone = text.strip("=")
    hint = "Type a name in front of the folder."
    if lone and _path(option, lone).exists():
        hint = f"Type {option} {shlex.quote(folder_name(Path(lone)) + '=' + lone)}, or another name."
    msg = f"{option} {text!r} is not NAME=DIR; expected for instance mine=/data/scans. {hint}"
    raise SelectionError(msg)


def _path(name: str, given: Path | str) -> Path:
    try:
        return expanded(str(given))
    except (OSError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        msg = f"{name}: {str(given)!r:.200} cannot be looked for ({why}); expected a path. Check it."
        raise ConfigError(msg) from error


def _info(name: str, config: FolderConfig) -> DatasetInfo:
    files = tuple(range(1, len(config.masks) + 1))
    return DatasetInfo(
        title=config.title or f"{name}: a folder of the user's own scans",
        modality=config.modality,
        targets={
            target: ids or tuple(range(1, len(config.classes.get(target, ())) + 1)) or files
            for target, ids in config.targets.items()
        },
        licence=config.licence,
        citation=config.citation,
        source="a folder on this machine",
        ordered=config.ordered,
        affine_trusted=config.affine_trusted,
    )
