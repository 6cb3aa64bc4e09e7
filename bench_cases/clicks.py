"""Records of interactive refinement: the clicks given, and the scores after each of them."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Click(NamedTuple):
    """One correcting click of a simulated user.

    Parameters
    ----------
    round
        The how-manieth click it is, from 1: on its slice in image mode, in its volume in video mode.
    slice
        Where it was given, as the volume is held.
    x, y
        Pixel of the frame.
    label
        1: the target was missed there; 0: it was painted where it is not.
    error_px
        Pixels of the error component that it lies in, before the click.
    """

    round: int
    slice: int
    x: int
    y: int
    label: int
    error_px: int


class ClicksToReach(NamedTuple):
    """How many clicks a score takes (number of clicks, NoC: Xu et al. 2016; failures: Sofiiuk et al. 2022).

    Parameters
    ----------
    measure
        ``dice`` or ``jaccard``.
    threshold
        The score to be reached, 0..1.
    mean_clicks
        Mean over the slices with target (image mode), or the volume's number (video mode). What never reaches the score
        counts with all clicks allowed, as the field counts it.
    unreached, of
        How many slices or volumes never did, and of how many.
    """

    measure: str
    threshold: float
    mean_clicks: float
    unreached: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickCurve:
    """Scores after 0, 1, ... N clicks; every list of scores has N + 1 entries.

    Where no error was left, no click was given and the score stays as it was.

    Parameters
    ----------
    allowed
        N: for each slice in image mode, for the volume in video mode.
    given
        The clicks, in order.
    dice_nonempty, jaccard_nonempty
        Mean over the slices whose reference is not empty.
    dice_all, jaccard_all
        Over every voxel of the volume.
    area_dice, area_jaccard
        Area under the curve of the mean over non-empty slices against the number of clicks, by the trapezoid rule,
        divided by N: 1 is a perfect mask before the first click.
    to_reach
        Clicks that stated scores take.
    slice_index
        The slices scored.
    slice_dice, slice_jaccard
        For each number of clicks the scores of these slices; None where reference and prediction are both empty.
    """

    allowed: int
    given: list[Click] = field(default_factory=list)
    dice_nonempty: list[float]
    jaccard_nonempty: list[float]
    dice_all: list[float]
    jaccard_all: list[float]
    area_dice: float
    area_jaccard: float
    to_reach: list[ClicksToReach] = field(default_factory=list)
    slice_index: list[int] = field(default_factory=list)
    slice_dice: list[list[float | None]] = field(default_factory=list)
    slice_jaccard: list[list[float | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; `from_json` is its inverse."""
        record = asdict(self)
        record["given"] = [click._asdict() for click in self.given]
        record["to_reach"] = [entry._asdict() for entry in self.to_reach]
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> ClickCurve:
        """Rebuild the record from its JSON form."""
        given = [Click(**click) for click in record["given"]]
        to_reach = [ClicksToReach(**entry) for entry in record["to_reach"]]
        return cls(**{**record, "given": given, "to_reach": to_reach})
