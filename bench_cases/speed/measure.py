"""Measuring a plan: warm up, time in turns, then look again with what would disturb a clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, NamedTuple

from bench_cases.contracts import Device
from bench_cases.models._assemble import UNTRAINED
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed import peak
from bench_cases.speed.agreement import agreement
from bench_cases.speed.busy import busy_seconds
from bench_cases.speed.comparison import Comparison, Row
from bench_cases.speed.contender import Contender, Work
from bench_cases.speed.contenders import contenders
from bench_cases.speed.matrix_rate import matrix_rate
from bench_cases.speed.operations import count_operations
from bench_cases.speed.plan import Plan
from bench_cases.speed.ratio import speedup
from bench_cases.speed.scan import cut_into, phantom_scan
from bench_cases.speed.strategies import comparable, same_choice
from bench_cases.speed.threads import set_threads
from bench_cases.volume import Volume

PROFILED_SLICES: Final = 8
"""A profiler keeps every kernel: a few slices are enough to see how long a device waits between them."""

Say = Callable[[str], None]


class Timed(NamedTuple):
    """One run: what it gave, seconds on the wall, and seconds of all threads on the processor."""

    work: Work
    wall_s: float
    processor_s: float


def compare(plan: Plan, *, device: Device, threads: int | None = None, say: Say = lambda _: None) -> Comparison:
    """Run a comparison.

    Rounds take turns, each beginning with another contender, and do not wait for the device but at the end of a run.
    Operations, stages, and kernels are looked at in runs of their own afterwards.

    Parameters
    ----------
    threads
        Of the processor; None takes one for micro models and torch's own number for others.
    say
        Told what is done, a line each.

    Raises
    ------
    SelectionError
        For a model or strategies that cannot be compared.
    """
    strategies = comparable(plan.strategies, plan.model)
    used = set_threads(plan.model, threads)
    volume = phantom_scan(slices=plan.slices, side=plan.side)
    say(f"{plan.name}: loading")
    rivals = contenders(plan, strategies, device)
    runs: dict[str, list[Timed]] = {it.name: [] for it in rivals}
    for it in rivals:
        say(f"{plan.name}: warming up {it.name}")
        timed(it, volume)
    for number in range(plan.rounds):
        first = number % len(rivals)
        for it in (*rivals[first:], *rivals[:first]):
            say(f"{plan.name}: round {number + 1} of {plan.rounds}, {it.name}")
            runs[it.name].append(timed(it, volume))
    counted: dict[str, int] = {}
    for it in rivals:
        way = _way(it)
        if way not in counted:  # neither a precision nor volumes beside it change the number of operations
            say(f"{plan.name}: counting operations of {way}")
            counted[way] = count_operations(lambda it=it: it.work(volume, False))  # type: ignore[misc]
    rows = []
    for it in rivals:
        say(f"{plan.name}: stages and memory of {it.name}")
        rows.append(_row(it, volume, strategies, runs, counted[_way(it)], volumes=plan.volumes, threads=used))
    model = rivals[0].model
    return Comparison(
        name=plan.name,
        model=plan.model,
        mode=strategies[0].mode,
        strategies=tuple(map(str, strategies)),
        shape_zyx=(volume.n_slices, *volume.size_yx),
        slices_with_target=len(volume.nonempty_slices()),
        rounds=plan.rounds,
        device=device,
        threads=used,
        random_weights=model.weights_sha256 == UNTRAINED,
        parameters=model.parameters,
        jpeg=plan.jpeg,
        volumes=plan.volumes,
        rows=tuple(rows),
    )


def timed(contender: Contender, volume: Volume) -> Timed:
    """Run a contender once and wait for the device at the end."""
    wait = contender.model.synchronise or (lambda: None)
    wait()
    wall, processor = time.perf_counter(), time.process_time()
    work = contender.work(volume, False)
    wait()
    return Timed(work, time.perf_counter() - wall, time.process_time() - processor)


def _way(contender: Contender) -> str:
    """Return ``library`` or ``sambench``."""
    return contender.name.partition(" ")[0]


def _row(
    contender: Contender,
    volume: Volume,
    strategies: Sequence[Strategy],
    runs: dict[str, list[Timed]],
    operations: int,
    *,
    volumes: int,
    threads: int,
) -> Row:
    baseline = next(iter(runs.values()))
    own = runs[contender.name]
    model = contender.model
    wall_s = median(it.wall_s for it in own)
    resettable = peak.start(model.device)
    stages = contender.work(volume, True).stages_s
    peak_bytes = peak.peak_bytes(model.device, own_process=resettable)
    # The engine takes the same choice as the engine; the library cannot take every one.
    both = volumes > 1
    compared = [*own[-1].work.masks_zyx] if both else [str(it) for it in strategies if same_choice(it)]
    rate = matrix_rate(model.device, contender.precision, synchronise=model.synchronise)
    return Row(
        name=contender.name,
        precision=contender.precision,
        batch=1 if contender.batch is None else contender.batch.following,
        wall_s=tuple(it.wall_s for it in own),
        slices_per_s=len(strategies) * sum(_slices(it, strategies) for it in cut_into(volume, volumes)) / wall_s,
        speedup=speedup([it.wall_s for it in baseline], [it.wall_s for it in own]),
        stage_shares={stage: seconds / sum(stages.values()) for stage, seconds in stages.items()},
        busy_share=_busy_share(contender, volume),
        processor_share=sum(it.processor_s for it in own) / sum(it.wall_s for it in own) / threads,
        processor_speedup=speedup([it.processor_s for it in baseline], [it.processor_s for it in own]),
        operations=operations,
        matrix_rate=rate,
        roofline_share=operations / wall_s / rate,
        peak_bytes=peak_bytes,
        agreement=agreement(own[-1].work, baseline[-1].work, compared),
    )


def _slices(volume: Volume, strategies: Sequence[Strategy]) -> int:
    """How many masks one strategy makes: image mode leaves out slices without the target."""
    return len(volume.nonempty_slices()) if strategies[0].mode == "image" else volume.n_slices


def _busy_share(contender: Contender, volume: Volume) -> float | None:
    part = volume.limited(PROFILED_SLICES)
    busy_s = busy_seconds(contender.model.device, lambda: contender.work(part, False))
    return None if busy_s is None else min(1.0, busy_s / timed(contender, part).wall_s)
