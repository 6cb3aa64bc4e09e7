"""The noun `Seed`: a prompted frame with its provenance, ready to be put in front of other volumes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.errors import SeedError
from bench_cases.frames import Frame, jpeg_round_trip
from bench_cases.prompt import Prompt
from bench_cases.volume import Scaling, Scanner, Window

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)*"
LONGEST_NAME: Final = 64


def check_name(name: str) -> None:
    """Refuse what cannot name a seed: a name is also that of a folder, and stands in lists of the command line.

    Raises
    ------
    SeedError
        With what a name is made of.
    """
    if not re.fullmatch(NAME, name) or len(name) > LONGEST_NAME:
        msg = (
            f"{name[:80]!r} cannot name a seed; expected up to {LONGEST_NAME} letters, digits and _ - + ., such as "
            "lungs-ct. Choose another name."
        )
        raise SeedError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a seed was taken from.

    Parameters
    ----------
    dataset
        Name as selected, with its target when one was asked for.
    volume
        The dataset's own public id; None for a scan of somebody's own, whose file name may be a patient's number.
    slice_index, slices
        Index of the slice in the source file, and how many that has.
    slice_sha256
        Digest of that slice's grey values as read: recognises the volume without its name.
    own
        Whether the scan is the user's own, from a folder, and no published dataset's.
    licence
        The dataset's, under which the pixels may be passed on.
    """

    dataset: str
    volume: str | None
    slice_index: int
    slices: int
    slice_sha256: str
    own: bool
    phantom: bool
    licence: str

    def __str__(self) -> str:
        """Name the slice: ``radiopaedia/10_85902_3 slice 209 of 418``."""
        return f"{self.dataset}/{self.volume or '(name withheld)'} slice {self.slice_index} of {self.slices}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seed:
    """A prototypical prompt.

    Parameters
    ----------
    frame
        The prepared frame, ``uint8 (Y, X, 3)``, three equal channels.
    prompt
        The prompt on it.
    rule
        Name of the prompt rule that drew it; it serves strategies with this rule.
    window, scaling
        How the frame was prepared.
    spacing_zyx_mm
        Voxel size of the source; None where it does not say.
    scanner
        Make and model, where a header has them.
    sambench, created_utc
        Version that made it, and when (ISO 8601, UTC).
    """

    name: str
    frame: Frame
    prompt: Prompt
    source: Source
    modality: str
    target: str
    rule: str
    window: Window | None
    scaling: Scaling
    spacing_zyx_mm: tuple[float, float, float] | None
    scanner: Scanner | None
    sambench: str
    created_utc: str

    @property
    def size_yx(self) -> tuple[int, int]:
        """Height and width of the frame in pixels."""
        return self.frame.shape[0], self.frame.shape[1]

    def foreign(self, *, jpeg: bool = False) -> ForeignSeed:
        """Return what the engine puts in front of a volume; with `jpeg` the frame goes through JPEG like all others."""
        return ForeignSeed(
            dataset=self.source.dataset,
            volume=self.source.volume,
            slice_index=self.source.slice_index,
            slice_sha256=self.source.slice_sha256,
            frame=jpeg_round_trip(self.frame) if jpeg else self.frame,
            prompt=self.prompt,
        )

    def digest(self) -> str:
        """SHA-256 over frame and prompt, hex; the name and the provenance do not enter."""
        return self.foreign().digest()
