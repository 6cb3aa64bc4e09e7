"""What a run was asked to do, apart from which cases: the settings that make results differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from bench_cases.contracts import Precision
from bench_cases.volume import Scaling, Window

Empty = Literal["nonempty", "all"]
"""Which slices count in a mean: those with the target, as the studies have it, or all (3D, over every voxel)."""

Unit = Literal["slice", "volume"]
"""What is averaged and tested: slices pooled over the volumes, or volumes."""

ALL: Final = "*"
"""Key of `RunSettings.windows` that stands for every dataset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a run.

    Parameters
    ----------
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    precision
        ``fp32``, ``bf16`` or ``fp16``.
    deterministic
        Take deterministic kernels, so that repeated runs on one machine are equal bit for bit.
    limit_volumes
        Take only the first volumes of each dataset; None takes all.
    limit_slices
        Take only so many neighbouring slices around each volume's middle; None takes all.
    scaling
        Override each dataset's own scaling (``slice`` or ``volume``).
    windows
        Dataset as selected, or `ALL`, to the window that replaces its own; None for no window.
    jpeg
        Pass the frames of video mode through JPEG, as the studies did on the way into SAM 2.
    isolated
        Compute every case alone: nothing is shared between strategies. Masks are the same, time is not.
    unsynchronised
        Do not wait for the device when timing; reproduces the studies' artefact.
    warmups
        Inferences made and left out of the timings after a checkpoint is loaded.
    batch
        Frames that go through an encoder at once; None for one on a CPU, and on a GPU as many as its memory holds.
    volumes_together
        Volumes whose propagations advance as one batch; None for one on a CPU, and on a GPU as many as its memory
        holds.
    memory
        Frames that SAM 2's memory holds, prompted ones included; None for as many as the model was trained with.
    seeds
        Dataset and prompt rule to name and digest of the stored seed that serves them; empty without ``--sam-seed``.
    empty, unit
        How the figures of a study are taken, and what ``reports/ttest.py`` tests when it is not told. Both are taken
        from the same scores: they change no result.
    save_masks
        Directory for predicted masks as NIfTI; does not change results.
    surface_tolerance_mm
        Measure surfaces too, with this tolerance; None measures none. Other scores do not depend on it.
    """

    device: str = "auto"
    precision: Precision = "fp32"
    deterministic: bool = False
    limit_volumes: int | None = None
    limit_slices: int | None = None
    scaling: Scaling | None = None
    windows: Mapping[str, Window | None] = field(default_factory=dict)
    jpeg: bool = False
    isolated: bool = False
    unsynchronised: bool = False
    warmups: int = 1
    batch: int | None = None
    volumes_together: int | None = None
    memory: int | None = None
    seeds: Mapping[str, str] = field(default_factory=dict)
    empty: Empty = "nonempty"
    unit: Unit = "volume"
    save_masks: Path | None = None
    surface_tolerance_mm: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what a report records; the place of saved masks is nobody's business."""
        record = asdict(self)
        record["windows"] = {name: _shown(window) for name, window in self.windows.items()}
        record["save_masks"] = self.save_masks is not None
        usual_values: dict[str, Any] = {
            "seeds": {},
            "windows": {},
            "empty": "nonempty",
            "unit": "volume",
            "batch": None,
            "volumes_together": None,
        }
        for name, usual in usual_values.items():
            if record[name] == usual:
                del record[name]  # as before there were any, so that older runs can be resumed
        return record

    def preparation(self, dataset: str) -> dict[str, Any]:
        """Return what replaces a volume's own window and scaling, by the names of `Volume`'s fields."""
        changes: dict[str, Any] = {} if self.scaling is None else {"scaling": self.scaling}
        for key in (ALL, dataset):
            if key in self.windows:
                changes["window"] = self.windows[key]
        return changes

    def frames_at_once(self) -> int | None:
        """Return how many frames go through an encoder at once; None for as many as memory holds.

        One, unless a number was given, where nothing is to be shared, nothing to depend on the memory that happens to
        be free, or each frame to be timed as a study timed it.
        """
        plain = self.isolated or self.deterministic or self.unsynchronised
        return 1 if self.batch is None and plain else self.batch

    def volumes_at_once(self) -> int | None:
        """Return how many volumes are propagated through together; None for as many as memory holds.

        One, unless a number was given, wherever frames go one by one; and always where nothing is to be shared.
        """
        if self.isolated or (self.volumes_together is None and self.frames_at_once() == 1):
            return 1
        return self.volumes_together

    def walks_at_once(self) -> int | None:
        """Return how many propagations advance as one batch: one where frames and volumes go alone, else None."""
        return 1 if self.frames_at_once() == 1 and self.volumes_at_once() == 1 else None

    def scoring(self) -> dict[str, Any]:
        """Return the settings that change what is segmented and scored: runs that differ here cannot be compared.

        Device and precision are not among them: they are what one compares. Nor are stored seeds, which concern the
        strategies that use them, nor windows, of which each volume has its own: both are compared case by case.
        """
        names = ("limit_slices", "scaling", "jpeg", "memory")
        return {name: getattr(self, name) for name in names}

    def digest(self) -> str:
        """SHA-256 of `scoring`, hex."""
        return hashlib.sha256(json.dumps(self.scoring(), sort_keys=True).encode()).hexdigest()


def _shown(window: Window | None) -> dict[str, float] | None:
    return None if window is None else window._asdict()
