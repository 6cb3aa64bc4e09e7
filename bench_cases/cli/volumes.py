"""From what was typed to a volume: ``DATASET[:TARGET]/VOLUME``, with folders of the user's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench_cases import registry
from bench_cases.contracts import Dataset, PromptRule
from bench_cases.errors import SelectionError
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.volume import Scaling, Volume


def named_datasets(folders: Sequence[str], *, own_only: bool = False) -> dict[str, Dataset]:
    """Return all datasets by name, the user's own folders (``NAME=DIR``) among them or alone.

    Raises
    ------
    SelectionError
        For a folder that was not given as NAME=DIR, or whose name is taken.
    ConfigError
        For a folder without a description.
    """
    from bench_cases.datasets.folder import FolderDataset, named_folder

    known = registry.datasets()
    own: dict[str, Dataset] = {}
    for text in folders:
        name, place = named_folder("--folder", text)
        if name in known or name in own:
            msg = f"{name!r} is already the name of a dataset; expected a new name for your own. Choose another."
            raise SelectionError(msg)
        own[name] = FolderDataset.from_directory(name, place)
    return own if own_only else {**known, **own}


def dataset_named(name: str, known: Mapping[str, Dataset]) -> tuple[Dataset, str | None]:
    """Return a dataset and the target asked of it, None for its first.

    Raises
    ------
    SelectionError
        For an unknown dataset or target.
    """
    base, colon, target = name.partition(":")
    if base not in known:
        raise SelectionError(registry.unknown("dataset", base, known))
    if colon and target not in known[base].info.targets:
        raise SelectionError(registry.unknown(f"target of {base}", target, known[base].info.targets))
    return known[base], target if colon else None


def volume_named(text: str, known: Mapping[str, Dataset]) -> tuple[str, str]:
    """Return the dataset as selected and the volume's id; both are there.

    Raises
    ------
    SelectionError
        For a name that means nothing, or data that are not on disk.
    """
    name, slash, volume_id = text.partition("/")
    if not slash or not volume_id:
        msg = f"{text!r} is not DATASET/VOLUME; expected for instance radiopaedia-phantom/4_85506_1."
        raise SelectionError(msg)
    dataset, _ = dataset_named(name, known)
    if (lack := dataset.missing()) is not None:
        raise SelectionError(lack)
    ids = dataset.volume_ids()
    if volume_id not in ids:
        raise SelectionError(registry.unknown(f"volume of {dataset.name}", volume_id, ids))
    return name, volume_id


def load(name: str, volume_id: str, known: Mapping[str, Dataset], *, scaling: Scaling | None = None) -> Volume:
    """Read a volume of a dataset as selected, its grey values stretched as asked."""
    dataset, target = dataset_named(name, known)
    volume = replace(dataset.load(volume_id, target), dataset=name, id=volume_id)
    return volume if scaling is None else replace(volume, scaling=scaling)


def read_volume(text: str, known: Mapping[str, Dataset], *, scaling: Scaling | None = None) -> tuple[Volume, str]:
    """Read the volume that was named; also return its dataset's name without the target.

    Raises
    ------
    SelectionError
        For a name that means nothing, or data that are not on disk.
    DataError
        When it cannot be read.
    """
    name, volume_id = volume_named(text, known)
    return load(name, volume_id, known, scaling=scaling), name.partition(":")[0]


def rule_named(name: str, rules: RuleBook) -> PromptRule:
    """Return a prompt rule.

    Raises
    ------
    SelectionError
        For an unknown one, with the nearest.
    """
    if name not in rules:
        raise SelectionError(registry.unknown("prompt", name, [*rules, *rules.forms]))
    return rules[name]
