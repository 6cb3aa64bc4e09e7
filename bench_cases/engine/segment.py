"""The engine's entry: a volume, a model and all strategies asked of the two, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench_cases.contracts import ImageSegmenter, LoadedModel, PromptRule
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.feature_store import DEFAULT_BUDGET_BYTES, FIRST_SEED_KEY
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.image_pass import image_pass
from bench_cases.engine.in_batches import InBatches
from bench_cases.engine.one_by_one import OneByOne
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.slice_steps import SliceSteps
from bench_cases.engine.video_clicks import video_clicks_pass
from bench_cases.engine.video_pass import open_store, video_pass
from bench_cases.engine.watch import Watch, nobody
from bench_cases.errors import StrategyError
from bench_cases.frames import FrameSequence
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock
from bench_cases.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """What changes how a volume is segmented or timed.

    Parameters
    ----------
    jpeg
        Pass the frames of video mode through JPEG, as the studies did on the way into SAM 2.
    synchronised
        Wait for the device around each stage; False reproduces the studies' artefact.
    feature_budget_bytes
        Room for encoded frames in video mode.
    memory
        Frames that a video model's memory holds; None for as many as it was trained with.
    batch
        How many frames go through an encoder at once. It learns of the memory there is, and is passed on from volume
        to volume.
    """

    jpeg: bool = False
    synchronised: bool = True
    feature_budget_bytes: int = DEFAULT_BUDGET_BYTES
    memory: int | None = None
    batch: BatchSize = field(default_factory=BatchSize)


def segment(
    volume: Volume,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    foreign: Mapping[str, ForeignSeed] | None = None,
    settings: EngineSettings | None = None,
    watch: Watch = nobody,
) -> dict[Strategy, Segmentation | Exception]:
    """Segment one volume under every strategy given; frames are encoded once a mode.

    Parameters
    ----------
    rules
        Prompt rules by name.
    foreign
        The dataset's seed by name of the prompt rule, for strategies that need it.
    watch
        Told of progress.

    Returns
    -------
    dict
        For each strategy its segmentation, or the exception that stopped it: one strategy that fails takes no other
        down, except that an encoder that fails takes its mode.
    """
    settings = settings or EngineSettings()
    foreign = foreign or {}
    outcome: dict[Strategy, Segmentation | Exception] = {}
    reasons = {strategy: why_not(strategy, rules[strategy.prompt]) for strategy in strategies}
    for strategy, reason in reasons.items():
        if reason is not None:
            outcome[strategy] = StrategyError(f"strategy '{strategy}' cannot be run: {reason}.")
    strategies = [strategy for strategy in strategies if reasons[strategy] is None]
    by_slice = [strategy for strategy in strategies if strategy.mode == "image"]
    if by_slice:
        frames = FrameSequence(volume=volume)
        outcome.update(_image(volume, frames, model, by_slice, rules=rules, settings=settings, watch=watch))
    by_volume = [strategy for strategy in strategies if strategy.mode == "video"]
    if by_volume:
        frames = FrameSequence(volume=volume, jpeg=settings.jpeg)
        outcome.update(
            _video(volume, frames, model, by_volume, rules=rules, foreign=foreign, settings=settings, watch=watch)
        )
    return outcome


def _clock(model: LoadedModel, settings: EngineSettings) -> Clock:
    return Clock(synchronise=model.synchronise if settings.synchronised else None)


def _image(
    volume: Volume,
    frames: FrameSequence,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings,
    watch: Watch,
) -> Mapping[Strategy, Segmentation | Exception]:
    if model.image is None:
        return {strategy: _no_mode(model, strategy) for strategy in strategies}
    try:
        return image_pass(
            volume,
            frames,
            model.image,
            strategies,
            rules=rules,
            steps=_steps(volume, model, model.image, settings),
            clock=_clock(model, settings),
            watch=watch,
        )
    except Exception as error:  # noqa: BLE001 - any failure is these cases' error; the run goes on
        return dict.fromkeys(strategies, error)


def _steps(volume: Volume, model: LoadedModel, image: ImageSegmenter, settings: EngineSettings) -> SliceSteps:
    if settings.batch.alone:
        return OneByOne(image)
    height, width = volume.size_yx
    return InBatches(
        model=image,
        frames_at_once=settings.batch,
        decode_together=model.device != "cpu",
        frame_px=height * width,
    )


def _video(
    volume: Volume,
    frames: FrameSequence,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    foreign: Mapping[str, ForeignSeed],
    settings: EngineSettings,
    watch: Watch,
) -> dict[Strategy, Segmentation | Exception]:
    if model.video is None:
        return {strategy: _no_mode(model, strategy) for strategy in strategies}
    try:
        video = model.video if settings.memory is None else model.video.with_memory(settings.memory)
    except StrategyError as error:
        return dict.fromkeys(strategies, error)
    shared = _clock(model, settings)
    seed_keys = {prompt: FIRST_SEED_KEY - number for number, prompt in enumerate(foreign)}
    store = open_store(
        frames,
        video,
        seed_frames={seed_keys[prompt]: seed.frame for prompt, seed in foreign.items()},
        clock=shared,
        budget_bytes=settings.feature_budget_bytes,
    )
    outcome: dict[Strategy, Segmentation | Exception] = {}
    for strategy in strategies:
        try:
            outcome[strategy] = (video_clicks_pass if first_prompt(rules[strategy.prompt]).clicks else video_pass)(
                volume,
                store,
                video,
                strategy,
                rules=rules,
                foreign=foreign.get(strategy.prompt) if strategy.foreign else None,
                seed_key=seed_keys.get(strategy.prompt, FIRST_SEED_KEY),
                clock=_clock(model, settings),
                watch=watch,
            )
        except Exception as error:  # noqa: BLE001 - any failure is this case's error; the run goes on
            outcome[strategy] = error
    encoding = shared.drain()
    facts: dict[str, Any] = {"strategies_served": len(strategies), "encoder_runs": store.encoder_runs}
    if store.runs_between:
        facts["encoder_runs_between"] = store.runs_between
    if settings.memory is not None:
        facts["memory_frames"] = settings.memory
    return {strategy: _with_shared(result, encoding, facts, len(strategies)) for strategy, result in outcome.items()}


def _with_shared(
    result: Segmentation | Exception, encoding: dict[str, list[float]], facts: dict[str, Any], served: int
) -> Segmentation | Exception:
    if isinstance(result, Exception):
        return result
    return replace(
        result,
        timings_s={**encoding, **result.timings_s},
        shared_stages=tuple(encoding) if served > 1 else (),
        details={**result.details, **facts},
    )


def _no_mode(model: LoadedModel, strategy: Strategy) -> StrategyError:
    offered = " and ".join(model.checkpoint.modes)
    return StrategyError(
        f"strategy '{strategy}' needs {strategy.mode} mode, and model {model.checkpoint.name!r} offers {offered} mode."
    )
