"""The gallery: best, median and worst slice of each model and strategy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from bench_cases.cases import CaseResult
from bench_cases.errors import SambenchError
from bench_cases.page.looks.look import ReadVolume, look, scanned
from bench_cases.page.looks.slices import SlicePicture, slice_picture
from bench_cases.page.study import Group, Study
from bench_cases.volume import Volume

MOST: Final = 24
"""Models and strategies that are shown; more would make a page that no phone opens."""


class Shown(NamedTuple):
    """One slice of the gallery: which it is (best, median, worst), of which volume, and its picture."""

    place: str
    volume: str
    picture: SlicePicture


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """The slices of one model and strategy; `foreign` when the prompt was on another volume's frame."""

    title: str
    dataset: str
    phantom: bool
    slices: tuple[Shown, ...]
    foreign: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gallery:
    """What can be shown, and one line for each thing that cannot."""

    exhibits: tuple[Exhibit, ...]
    missing: tuple[str, ...]


class _Wanted(NamedTuple):
    group: Group
    place: str
    result: CaseResult
    number: int


def gallery(study: Study, masks: Path | None, read: ReadVolume) -> Gallery:
    """Choose the slices, read each volume once, and draw."""
    groups = list(study.groups.items())
    wanted = [it for group, results in groups[:MOST] for it in _wanted(group, results)]
    missing: dict[str, None] = {}
    if len(groups) > MOST:
        missing[f"{len(groups) - MOST} more models and strategies are not shown; sambench view shows any case."] = None
    pictures: dict[_Key, SlicePicture] = {}
    volumes = dict.fromkeys((it.group.dataset, it.result.case.volume) for it in wanted)
    for dataset, volume_id in volumes:
        of_volume = [it for it in wanted if (it.group.dataset, it.result.case.volume) == (dataset, volume_id)]
        try:
            volume = scanned(read(dataset, volume_id), study.run, of_volume[0].result)
        except SambenchError as problem:
            missing[str(problem)] = None
            continue
        pictures |= _drawn(study, of_volume, volume, masks, missing)
    exhibits = [
        _exhibit(study, group, [it for it in wanted if it.group == group], pictures) for group, _ in groups[:MOST]
    ]
    return Gallery(exhibits=tuple(it for it in exhibits if it.slices), missing=tuple(missing))


_Key = tuple[Group, str]


def _wanted(group: Group, results: Sequence[CaseResult]) -> list[_Wanted]:
    """Return the slices with the best, the median and the worst Dice among those that carry the target."""
    scored = [
        (dice, result.case.volume, number, result)
        for result in results
        if result.scores is not None
        for number, dice, area in zip(
            result.scores.per_slice.index,
            result.scores.per_slice.dice,
            result.scores.per_slice.reference_px,
            strict=True,
        )
        if area and dice is not None
    ]
    scored.sort(key=lambda it: it[:3], reverse=True)
    if not scored:
        return []
    places = {"best": scored[0], "median": scored[len(scored) // 2], "worst": scored[-1]}
    return [_Wanted(group, place, it[3], it[2]) for place, it in places.items()]


def _drawn(
    study: Study, wanted: Sequence[_Wanted], volume: Volume, masks: Path | None, missing: dict[str, None]
) -> dict[_Key, SlicePicture]:
    found: dict[_Key, SlicePicture] = {}
    for it in wanted:
        try:
            seen = look(study.run, it.result, volume, masks)
        except SambenchError as problem:
            missing[str(problem)] = None
            continue
        found[it.group, it.place] = slice_picture(seen, it.number)
    return found


def _exhibit(study: Study, group: Group, wanted: Sequence[_Wanted], pictures: dict[_Key, SlicePicture]) -> Exhibit:
    return Exhibit(
        title=group.label,
        dataset=study.named(group.dataset),
        phantom=group.dataset in study.phantoms,
        slices=tuple(
            Shown(it.place, it.result.case.volume, pictures[group, it.place])
            for it in wanted
            if (group, it.place) in pictures
        ),
        foreign=any("seed" in it.result.prompts for it in wanted),
    )
