"""Case, floor and result: what one pytest item is about and what it leaves behind."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, NamedTuple

from bench_cases.clicks import ClickCurve
from bench_cases.findings import PropagationFailures, SurfaceScores, VolumeShape

Status = Literal["passed", "failed", "error"]

UPPER_BOUND: Final = "UPPER BOUND: of three masks the one that matches the reference best; no user can choose so."
"""What every table says beneath a strategy that `is_upper_bound`."""


def is_upper_bound(name: str) -> bool:
    """Whether a strategy of that name chooses its masks with the reference.

    >>> is_upper_bound("every.box.oracle"), is_upper_bound("every.box.first")
    (True, False)
    """
    return name.endswith(".oracle")


BASELINE: Final = "BASELINE: a grey-value threshold on the same prompts, no network. It has no floor."
"""What every table says beneath a model that `is_baseline`."""


def is_baseline(name: str) -> bool:
    """Whether a model of that name is there to be beaten: a row of every table, in no comparison unless named.

    >>> is_baseline("baseline_threshold"), is_baseline("sam_vit_b")
    (True, False)
    """
    return name.startswith("baseline_")


class Case(NamedTuple):
    """Dataset x volume x model x strategy: one pytest item."""

    dataset: str
    volume: str
    model: str
    strategy: str

    @property
    def key(self) -> str:
        """The id as it stands in pytest's brackets.

        >>> Case("radiopaedia", "10_85902_3", "sam2.1_large", "middle.composite.both").key
        'radiopaedia/10_85902_3-sam2.1_large-middle.composite.both'
        """
        return f"{self.dataset}/{self.volume}-{self.model}-{self.strategy}"


class Floor(NamedTuple):
    """The least mean Dice and Jaccard (0..1) that a case must reach, and where that demand comes from."""

    dice: float
    jaccard: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceScores:
    """Scores of every slice, one list entry a slice; Dice and Jaccard are None where both masks are empty."""

    index: list[int] = field(default_factory=list)
    dice: list[float | None] = field(default_factory=list)
    jaccard: list[float | None] = field(default_factory=list)
    reference_px: list[int] = field(default_factory=list)
    predicted_px: list[int] = field(default_factory=list)
    intersection_px: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Scores of one volume under both policies for empty slices.

    Parameters
    ----------
    dice_nonempty, jaccard_nonempty
        Mean over the slices whose reference is not empty (the published studies' policy). Zero is a score.
    dice_all, jaccard_all
        Over every voxel of the volume (3D): false positives on empty slices count.
    slices, slices_nonempty
        Number of slices, and of those that carry the target.
    slices_empty_painted
        Empty slices on which the model painted at least one pixel.
    false_positive_empty_voxels
        Voxels painted on empty slices.
    """

    dice_nonempty: float
    jaccard_nonempty: float
    dice_all: float
    jaccard_all: float
    slices: int
    slices_nonempty: int
    slices_empty_painted: int
    false_positive_empty_voxels: int
    false_positive_empty_ml: float | None
    per_slice: SliceScores


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsSpent:
    """What a human would have had to draw for a volume, or for those of a dataset, against one prompt a slice.

    `frames` is a share of the dataset's one prompt when the seed is a dataset's (1 for the seed's own volume, else 0),
    and counts a slice that was clicked on. `points` are those of first prompts, `clicks` the corrections after them.
    """

    frames: int
    points: int
    boxes: int
    masks: int
    frames_if_every_slice: int
    clicks: int = 0

    @property
    def reduction(self) -> float | None:
        """Share of prompted frames saved, ``1 - frames / frames_if_every_slice``; None where nothing is to prompt.

        >>> drawn = PromptsSpent(frames=10, points=0, boxes=10, masks=0, frames_if_every_slice=2156)
        >>> round(drawn.reduction, 4)
        0.9954
        """
        return None if self.frames_if_every_slice <= 0 else 1 - self.frames / self.frames_if_every_slice


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """Everything that is written down about one case.

    Parameters
    ----------
    timings_s
        Raw samples in seconds by stage (`bench_cases.timing.STAGES`), warm-ups left out.
    shared_stages
        Stages whose samples were taken once and served several strategies of the same volume and model.
    prompts
        Slice index (in the volume as segmented; ``"seed"`` for a foreign frame) to the prompt's JSON form.
    digests
        SHA-256 of weights, data, prompts and masks.
    details
        Passes in the order made, memory policy, order of the images, seed frame, and what else the strategy did.
    failures
        How the propagation went wrong; None in image mode, for images that are not slices of one body, and in reports
        older than the field.
    clicks
        Scores after each click; None without clicks, and in reports older than the field.
    volume_shape
        Depth of the volume and similarity of its slices; None in reports older than the field.
    surface
        Surface metrics; None when the run did not ask for them.
    """

    case: Case
    status: Status
    message: str = ""
    modality: str = ""
    target: str = ""
    phantom: bool = False
    floor: Floor | None = None
    scores: Scores | None = None
    timings_s: dict[str, list[float]] = field(default_factory=dict)
    shared_stages: list[str] = field(default_factory=list)
    warmups: dict[str, int] = field(default_factory=dict)
    peak_memory_bytes: dict[str, int | None] = field(default_factory=dict)
    prompts: dict[str, dict[str, Any]] = field(default_factory=dict)
    prompts_spent: PromptsSpent | None = None
    digests: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    failures: PropagationFailures | None = None
    volume_shape: VolumeShape | None = None
    clicks: ClickCurve | None = None
    surface: SurfaceScores | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form; ``from_json`` is its inverse."""
        record = asdict(self)
        record["case"] = self.case._asdict()
        record["clicks"] = None if self.clicks is None else self.clicks.to_json()
        record["floor"] = None if self.floor is None else self.floor._asdict()
        return record

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> CaseResult:
        """Rebuild a result from its JSON form (validated by the report's schema before)."""
        fields = dict(record)
        fields["case"] = Case(**fields["case"])
        if fields.get("floor") is not None:
            fields["floor"] = Floor(**fields["floor"])
        if fields.get("scores") is not None:
            scores = dict(fields["scores"])
            scores["per_slice"] = SliceScores(**scores["per_slice"])
            fields["scores"] = Scores(**scores)
        if fields.get("prompts_spent") is not None:
            fields["prompts_spent"] = PromptsSpent(**fields["prompts_spent"])
        if fields.get("failures") is not None:
            fields["failures"] = PropagationFailures.from_json(fields["failures"])
        if fields.get("clicks") is not None:
            fields["clicks"] = ClickCurve.from_json(fields["clicks"])
        if fields.get("volume_shape") is not None:
            fields["volume_shape"] = VolumeShape(**fields["volume_shape"])
        if fields.get("surface") is not None:
            fields["surface"] = SurfaceScores(**fields["surface"])
        return cls(**fields)
