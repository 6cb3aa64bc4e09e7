"""What a comparison found; plain values, so that a record is its JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench_cases.speed.agreement import Agreement
from bench_cases.speed.ratio import Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contender.

    Parameters
    ----------
    batch
        Frames that went through the encoder at once.
    wall_s
        Seconds of each timed round, first to last.
    slices_per_s
        Masks of a slice made in a second, over all strategies; median of the rounds.
    speedup
        Against the baseline, by round.
    stage_shares
        Share of each stage in the sum of all, from a run of its own that waited for the device at each.
    busy_share
        Share of the wall time in which the device was at work, on a part of the volume; None on a CPU.
    processor_share
        Processor time of this process over wall time and threads; above 1 where more threads ran.
    processor_speedup
        As `speedup`, by processor time: on a machine that others use too the only ratio worth reading.
    operations
        Floating-point operations of one run.
    roofline_share
        Operations a second over what the device's fastest matrix product reached in the same precision.
    peak_bytes
        ``device`` and ``process``, of one run.
    agreement
        Masks and scores against the baseline's.
    """

    name: str
    precision: str
    batch: int
    wall_s: tuple[float, ...]
    slices_per_s: float
    speedup: Ratio
    stage_shares: Mapping[str, float]
    busy_share: float | None
    processor_share: float
    processor_speedup: Ratio
    operations: int
    matrix_rate: float
    roofline_share: float
    peak_bytes: Mapping[str, int | None]
    agreement: Agreement


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All contenders on one volume, or on `volumes` of up to that size; with `random_weights` masks mean nothing."""

    name: str
    model: str
    mode: str
    strategies: tuple[str, ...]
    shape_zyx: tuple[int, int, int]
    slices_with_target: int
    rounds: int
    device: str
    threads: int
    random_weights: bool
    parameters: int
    jpeg: bool
    rows: tuple[Row, ...]
    volumes: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        record = asdict(self)
        for row, found in zip(self.rows, record["rows"], strict=True):
            found["speedup"] = row.speedup._asdict()
            found["processor_speedup"] = row.processor_speedup._asdict()
            found["agreement"] = row.agreement._asdict()
        return record
