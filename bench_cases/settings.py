"""What a run was asked to do, apart from which cases: the settings that make results differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench_cases.contracts import Precision
from bench_cases.volume import Scaling


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """Settings of a run.

    Parameters
    ----------
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    precision
        ``fp32``, ``bf16`` or ``fp16``.
    limit_volumes
        Take only the first volumes of each dataset; None takes all.
    limit_slices
        Take only so many neighbouring slices around each volume's middle; None takes all.
    scaling
        Override each dataset's own scaling (``slice`` or ``volume``).
    jpeg
        Pass the frames of video mode through JPEG, as the studies did on the way into SAM 2.
    isolated
        Compute every case alone: nothing is shared between strategies. Masks are the same, time is not.
    unsynchronised
        Do not wait for the device when timing; reproduces the studies' artefact.
    warmups
        Inferences made and left out of the timings after a checkpoint is loaded.
    memory
        Frames that SAM 2's memory holds, prompted ones included; None for as many as the model was trained with.
    seeds
        Dataset and prompt rule to name and digest of the stored seed that serves them; empty without ``--sam-seed``.
    save_masks
        Directory for predicted masks as NIfTI; does not change results.
    surface_tolerance_mm
        Measure surfaces too, with this tolerance; None measures none. Other scores do not depend on it.
    """

    device: str = "auto"
    precision: Precision = "fp32"
    limit_volumes: int | None = None
    limit_slices: int | None = None
    scaling: Scaling | None = None
    jpeg: bool = False
    isolated: bool = False
    unsynchronised: bool = False
    warmups: int = 1
    memory: int | None = None
    seeds: Mapping[str, str] = field(default_factory=dict)
    save_masks: Path | None = None
    surface_tolerance_mm: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what a report records; the place of saved masks is nobody's business."""
        record = asdict(self)
        record["save_masks"] = self.save_masks is not None
        if not self.seeds:
            del record["seeds"]  # as before there were any, so that older runs can be resumed
        return record

    def scoring(self) -> dict[str, Any]:
        """Return the settings that change what is segmented and scored: runs that differ here cannot be compared.

        Device and precision are not among them: they are what one compares. Nor are stored seeds, which concern the
        strategies that use them and are compared case by case.
        """
        names = ("limit_slices", "scaling", "jpeg", "memory")
        return {name: getattr(self, name) for name in names}

    def digest(self) -> str:
        """SHA-256 of `scoring`, hex."""
        return hashlib.sha256(json.dumps(self.scoring(), sort_keys=True).encode()).hexdigest()
