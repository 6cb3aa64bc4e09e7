"""Ready-made measurements: what a claim about speed rests on, in one command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from bench_cases.errors import SelectionError
from bench_cases.models.checkpoints import resolve
from bench_cases.speed.plan import LatencyPlan, Plan
from bench_cases.speed.target import Target

SAM: Final = ("sam_vit_b", "sam_vit_l", "sam_vit_h")
SAM2: Final = ("sam2.1_tiny", "sam2.1_small", "sam2.1_base_plus", "sam2.1_large")

ONE_AT_A_TIME: Final = "one volume at a time"

SAME_ON_GPU: Final = 0.999
"""Least Dice between masks of volumes together and of each alone, in fp32, where kernels are chosen by shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """Comparisons and latencies, the targets they are held to, and the device they are about.

    What is left out of it stands in ``not_run`` with the reason.
    """

    name: str
    device: Literal["cpu", "cuda"]
    plans: tuple[Plan, ...]
    latencies: tuple[LatencyPlan, ...] = ()
    targets: tuple[Target, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()


_LARGE: Final = Plan(model="sam_vit_l", strategies=("every.composite",), slices=64)
_VIDEO: Final = Plan(model="sam2.1_large", strategies=("middle.composite.both",), slices=64)
_GRID: Final = Plan(model="sam2.1_large", strategies=("grid-24",), slices=16, rounds=2)
_VOLUMES: Final = Plan(
    model="sam2.1_large", strategies=("middle.composite.both",), slices=32, precisions=("bf16",), rounds=2, volumes=8
)
_SAME_MASKS: Final = Plan(
    model="sam2_micro",
    strategies=("middle.composite.both", "largest.point.forward"),
    slices=32,
    side=256,
    precisions=("fp32",),
    rounds=1,
    volumes=8,
)
"""Weights that come with the package: with random ones masks are noise, and no measure of equality."""

_MICRO_GRID: Final = Plan(
    model="sam2_micro", strategies=("grid-24",), slices=6, side=256, precisions=("fp32",), rounds=2
)
_MICRO_VOLUMES: Final = replace(_SAME_MASKS, slices=6, rounds=2, volumes=3)

SUITES: Final = {
    suite.name: suite
    for suite in (
        Suite(
            name="gpu",
            device="cuda",
            plans=(_LARGE, _VIDEO, _GRID, _VOLUMES, _SAME_MASKS),
            latencies=tuple(LatencyPlan(model=name) for name in (*SAM, *SAM2)),
            targets=(
                Target(plan=_LARGE.name, measure="ratio", least=5),
                Target(plan=_LARGE.name, measure="roofline", least=0.5),
                Target(plan=_VIDEO.name, measure="ratio", least=2),
                Target(plan=_GRID.name, measure="ratio", least=6),
                Target(plan=_VOLUMES.name, measure="ratio", least=1, baseline=ONE_AT_A_TIME),
                Target(plan=_SAME_MASKS.name, measure="masks", least=SAME_ON_GPU, baseline=ONE_AT_A_TIME),
            ),
        ),
        Suite(
            name="cpu",
            device="cpu",
            plans=(
                Plan(model="sam_micro", strategies=("every.composite",), slices=6, side=256, precisions=("fp32",)),
                Plan(
                    model="sam2_micro", strategies=("middle.composite.both",), slices=12, side=256, precisions=("fp32",)
                ),
                _MICRO_GRID,
                _MICRO_VOLUMES,
            ),
            latencies=tuple(LatencyPlan(model=name, side=256) for name in ("sam_micro", "sam2_micro")),
            targets=(
                Target(plan=_MICRO_GRID.name, measure="processor ratio", least=3),
                Target(plan=_MICRO_VOLUMES.name, measure="masks", least=1, baseline=ONE_AT_A_TIME),
            ),
        ),
    )
}
"""Suites by name. ``gpu`` needs about a quarter of an hour of a large card; weights may be random."""


def suite_named(name: str) -> Suite:
    """Return a suite.

    Raises
    ------
    SelectionError
        For a name that means nothing.
    """
    if name not in SUITES:
        msg = f"{name!r} is not a suite; expected one of {', '.join(SUITES)}."
        raise SelectionError(msg)
    return SUITES[name]


def rehearsal(suite: Suite) -> Suite:
    """Return the same suite on micro models, two slices, one round, no targets, to see that everything runs."""
    small: dict[str, Any] = {"side": 64, "random": False}

    def micro(model: str) -> str:
        return "sam_micro" if resolve(model).backend == "segment_anything" else "sam2_micro"

    plans = [
        replace(
            it,
            model=micro(it.model),
            strategies=tuple("middle.box.both" if name.startswith("grid") else name for name in it.strategies),
            slices=2,
            rounds=1,
            volumes=min(it.volumes, 2),
            **small,
        )
        for it in suite.plans
    ]
    latencies = [replace(it, model=micro(it.model), repeats=2, warmups=1, **small) for it in suite.latencies]
    return replace(suite, name=f"{suite.name} (rehearsal)", plans=_once(plans), latencies=_once(latencies), targets=())


def _once(plans: list[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(plans))
