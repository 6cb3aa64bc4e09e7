"""Making a seed from one slice of a volume."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from bench_cases import __version__
from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import SeedError, StrategyError
from bench_cases.frames import FrameSequence
from bench_cases.prompting.seeds import NUMBERED, seed_slices
from bench_cases.seed_library.seed import Seed, Source, check_name
from bench_cases.volume import Volume

SLICES: Final = ("middle", "centre", "edge", "largest")
"""Words for one slice, with the meaning they have as seeds of a strategy."""


def slice_of(volume: Volume, which: str) -> int:
    """Return the slice, in the volume as held, that a number (index in the source file) or one of `SLICES` names.

    Raises
    ------
    SeedError
        For another word, and for a slice that is not there or does not show the target.
    """
    numbered = which.isascii() and which.isdigit()
    if which not in SLICES and not numbered:
        msg = f"--slice {which!r}; expected the number of a slice, or one of {', '.join(SLICES)}."
        raise SeedError(msg)
    try:
        (index,) = seed_slices(f"{NUMBERED}{int(which)}" if numbered else which, volume)
    except StrategyError as error:
        shown = [int(z) + volume.slice_offset for z in volume.nonempty_slices()]
        where = f"slices {shown[0]} to {shown[-1]}" if shown else "no slice"
        msg = (
            f"--slice {which}: that slice of {volume.dataset}/{volume.id} shows no {volume.target}, or is not there; "
            f"expected one that does, and {where} of {volume.source_slices} do. Name another with --slice."
        )
        raise SeedError(msg) from error
    return index


def make_seed(
    volume: Volume,
    rule: PromptRule,
    *,
    name: str,
    which: str = "middle",
    licence: str,
    own: bool,
    created_utc: str | None = None,
) -> Seed:
    """Prepare the frame of one slice, draw the prompt on it, and note where both come from.

    The prompt is the one that strategies draw on that slice.

    Parameters
    ----------
    which
        See `slice_of`.
    licence
        Of the dataset.
    own
        Whether the scan is the user's own: its id is then left out.

    Raises
    ------
    SeedError
        For a bad name or slice, or a constant frame.
    """
    check_name(name)
    index = slice_of(volume, which)
    frame = FrameSequence(volume=volume)[index]
    source_index = index + volume.slice_offset
    if int(np.ptp(frame)) == 0:
        msg = (
            f"slice {source_index} of {volume.dataset}/{volume.id} has one grey value everywhere after windowing; "
            "expected a picture. Choose another slice."
        )
        raise SeedError(msg)
    return Seed(
        name=name,
        frame=frame,
        prompt=draw_prompt(volume, index, rule),
        source=Source(
            dataset=volume.dataset,
            volume=None if own else volume.id,
            slice_index=source_index,
            slices=volume.source_slices,
            slice_sha256=volume.slice_digest(source_index) or "",
            own=own,
            phantom=volume.phantom,
            licence=licence,
        ),
        modality=volume.modality,
        target=volume.target,
        rule=rule.name,
        window=volume.window,
        scaling=volume.scaling,
        spacing_zyx_mm=volume.spacing_zyx_mm,
        scanner=volume.scanner,
        sambench=__version__,
        created_utc=created_utc or datetime.now(UTC).isoformat(timespec="seconds"),
    )
