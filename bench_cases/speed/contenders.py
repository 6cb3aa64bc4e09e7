"""Who takes part in a comparison: the library's predictor and the engine, each in every precision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bench_cases import registry
from bench_cases.contracts import Checkpoint, Device, LoadedModel, Precision, PromptRule
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.segment import EngineSettings
from bench_cases.errors import SelectionError
from bench_cases.memory import memory_of
from bench_cases.models.checkpoints import missing
from bench_cases.models.loading import load_model
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed.contender import Contender, Work
from bench_cases.speed.naive_image import segment_slices
from bench_cases.speed.naive_video import propagate_volume
from bench_cases.speed.ours import segment_at_once
from bench_cases.speed.plan import Plan
from bench_cases.speed.scan import cut_into
from bench_cases.timing import Clock
from bench_cases.volume import Volume

BASELINE: Final = "library fp32"
"""The one that all others are measured against, but where the engine is compared with itself."""


def checkpoint_for(name: str, *, random: bool) -> Checkpoint:
    """Return a checkpoint by name, without its file where that is not on disk or random weights are wanted.

    Raises
    ------
    SelectionError
        For an unknown name.
    """
    known = registry.checkpoints()
    if name not in known:
        raise SelectionError(registry.unknown("model", name, list(known)))
    checkpoint = known[name]
    if not random and missing(checkpoint) is None:
        return checkpoint
    return replace(checkpoint, file="", url=None, hub=None, page="", sha256=None, size_bytes=None)


def contenders(plan: Plan, strategies: Sequence[Strategy], device: Device) -> list[Contender]:
    """Load the model in each precision, and return the contenders, the baseline first.

    Of several volumes the baseline is the engine itself, one volume at a time in the first precision.
    """
    checkpoint = checkpoint_for(plan.model, random=plan.random)
    rules = registry.prompt_rules()
    if plan.volumes > 1:
        loaded = [load_model(checkpoint, device=device, precision=precision) for precision in plan.precisions]
        return [_engine(plan, model, strategies, rules, together) for model in loaded for together in (1, plan.volumes)]
    naive, engine = [], []
    for precision in dict.fromkeys(("fp32", *plan.precisions)):
        model = load_model(checkpoint, device=device, precision=precision)
        naive.append(_library(model, precision, strategies, rules))
        if precision in plan.precisions:
            engine.append(_engine(plan, model, strategies, rules))
    return [*naive, *engine]


def _library(
    model: LoadedModel, precision: Precision, strategies: Sequence[Strategy], rules: Mapping[str, PromptRule]
) -> Contender:
    run = segment_slices if strategies[0].mode == "image" else propagate_volume

    def work(volume: Volume, synchronised: bool) -> Work:
        clock = Clock(synchronise=model.synchronise if synchronised else None)
        return run(volume, model, strategies, rules=rules, precision=precision, clock=clock)

    return Contender(name=f"library {precision}", precision=precision, model=model, work=work)


def _engine(
    plan: Plan,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    rules: Mapping[str, PromptRule],
    together: int = 1,
) -> Contender:
    """Return the engine; with so many volumes together where the plan has several."""
    batch, volumes = (BatchSize(wanted=it, memory=memory_of(model.device)) for it in (plan.batch, together))

    def work(volume: Volume, synchronised: bool) -> Work:
        walks = 1 if plan.batch == 1 else None  # as --sam-batch 1 has it in a run
        settings = EngineSettings(
            jpeg=plan.jpeg,
            synchronised=synchronised,
            batch=batch,
            walks_at_once=walks,
            volumes=volumes,
        )
        clock = Clock(synchronise=model.synchronise if synchronised else None)
        return segment_at_once(
            cut_into(volume, plan.volumes), model, strategies, rules=rules, settings=settings, clock=clock
        )

    name = f"sambench {model.precision}"
    if plan.volumes > 1:
        name += f" x{together}"
    return Contender(name=name, precision=model.precision, model=model, work=work, batch=batch)
