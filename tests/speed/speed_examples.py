"""A comparison and a record of speed made by hand."""

from __future__ import annotations

from bench_cases.report.device import device_of_run
from bench_cases.speed.agreement import Agreement
from bench_cases.speed.comparison import Comparison, Row
from bench_cases.speed.latency import Latency
from bench_cases.speed.ratio import Ratio
from bench_cases.speed.run import VERSION
from bench_cases.speed.target import Target

SAME = Agreement(1, 0.9, 0.0, 0.0, 1.0, 0)
PROCESSOR = {"name": "a processor", "count": 2}
CLOSE = Agreement(1, 0.89, -0.01, -0.01, 0.9, 12)


def row(name: str, wall_s: tuple[float, ...], ratio: Ratio, agreed: Agreement, roofline: float) -> Row:
    return Row(
        name=name,
        precision=name.partition(" ")[2],
        batch=1,
        wall_s=wall_s,
        slices_per_s=2 / sorted(wall_s)[len(wall_s) // 2],
        speedup=ratio,
        stage_shares={"embed": 0.75, "predict": 0.25},
        busy_share=None,
        processor_share=0.9,
        processor_speedup=ratio,
        operations=7_000_000_000,
        matrix_rate=28e9,
        roofline_share=roofline,
        peak_bytes={"device": None, "process": 700_000_000},
        agreement=agreed,
    )


def comparison() -> Comparison:
    return Comparison(
        name="sam_micro every.composite",
        model="sam_micro",
        mode="image",
        strategies=("every.composite",),
        shape_zyx=(2, 64, 64),
        slices_with_target=2,
        rounds=3,
        device="cpu",
        threads=1,
        random_weights=True,
        parameters=1,
        jpeg=False,
        rows=(
            row("library fp32", (1.0, 1.0, 1.2), Ratio(1.0, 1.0, 1.0, 3), SAME, 0.125),
            row("library bf16", (0.8, 0.9, 1.0), Ratio(1.1, 1.0, 1.2, 3), CLOSE, 0.1),
            row("sambench fp32", (0.5, 0.5, 0.6), Ratio(2.0, 1.5, 2.67, 3), SAME, 0.25),
        ),
    )


def latency(stage: str, *, synchronised: bool, median_ms: float) -> Latency:
    return Latency(
        model="sam_micro",
        device="cpu",
        precision="fp32",
        stage=stage,
        synchronised=synchronised,
        median_ms=median_ms,
        p95_ms=median_ms + 0.5,
        samples_ms=(median_ms,),
        warmups=1,
        random_weights=True,
    )


def example_record() -> dict:
    found = comparison()
    return {
        "schema": {"name": "sambench-speed", "version": VERSION},
        "created_utc": "2026-11-21T16:00:00+00:00",
        "suite": "cpu",
        "command": ["sambench", "speed"],
        "environment": {
            "device": device_of_run({"cpu": PROCESSOR}, {"timed": {"device": "cpu"}}),
            "cpu": PROCESSOR,
            "code": {"commit": "0123456789abcdef"},
        },
        "notes": ["the volume is a phantom made in memory"],
        "comparisons": [found.to_json()],
        "latencies": [
            latency(stage, synchronised=waits, median_ms=ms).to_json()
            for stage, waits, ms in (
                ("embed", True, 9),
                ("embed", False, 2),
                ("predict", True, 2),
                ("predict", False, 9),
            )
        ],
        "targets": [Target(plan=found.name, measure="ratio", least=5).judge([found])],
        "not_run": [{"what": "sam_vit_h", "reason": "does not fit in memory: out of memory"}],
    }
