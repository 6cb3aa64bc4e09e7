"""The engine's entry: a volume or several, a model, and all strategies asked of them, in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench_cases.contracts import BatchPropagator, ImageSegmenter, LoadedModel, PromptRule, VideoSegmenter
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.feature_store import DEFAULT_BUDGET_BYTES, FIRST_SEED_KEY
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.image_pass import image_pass
from bench_cases.engine.in_batches import InBatches
from bench_cases.engine.one_by_one import OneByOne
from bench_cases.engine.request import Request
from bench_cases.engine.slice_steps import SliceSteps
from bench_cases.engine.video_pass import open_store
from bench_cases.engine.video_passes import WALKS_AT_ONCE, Encoded, Outcome, video_passes
from bench_cases.engine.watch import Watch, nobody
from bench_cases.errors import StrategyError
from bench_cases.frames import FrameSequence
from bench_cases.memory import is_exhausted
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
    walks_at_once
        Most propagations that advance as one batch; 1 for one after the other, None for `WALKS_AT_ONCE`. Masks are
        equal on a CPU in fp32.
    batch, volumes
        How many frames go through an encoder at once, and how many volumes through `segment_volumes`. They learn of
        the memory there is, and are passed on from volume to volume.
    """

    jpeg: bool = False
    synchronised: bool = True
    feature_budget_bytes: int = DEFAULT_BUDGET_BYTES
    memory: int | None = None
    walks_at_once: int | None = None
    batch: BatchSize = field(default_factory=BatchSize)
    volumes: BatchSize = field(default_factory=BatchSize)


def segment(
    volume: Volume,
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    foreign: Mapping[str, ForeignSeed] | None = None,
    settings: EngineSettings | None = None,
    watch: Watch = nobody,
) -> dict[Strategy, Outcome]:
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
    request = Request(volume=volume, strategies=strategies, foreign=foreign or {})
    (outcome,) = _pass([request], model, rules=rules, settings=settings or EngineSettings(), watch=watch)
    return outcome


def segment_volumes(
    requests: Sequence[Request],
    model: LoadedModel,
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings | None = None,
    watch: Watch = nobody,
) -> list[dict[Strategy, Outcome]]:
    """Segment several volumes; the propagations of as many as the settings say advance as one batch.

    Where the model or the settings take walks one by one, volumes go one by one too.

    Returns
    -------
    list
        For each request what `segment` returns. What stops one volume stops no other: where several end in an error
        that is nobody's own, or memory runs out, fewer of them go in again.
    """
    settings = settings or EngineSettings()
    together = settings.walks_at_once != 1 and isinstance(model.video, BatchPropagator)
    at_once = settings.volumes if together else BatchSize()

    def run(part: Sequence[Request]) -> list[dict[Strategy, Outcome]]:
        try:
            outcomes = _pass(part, model, rules=rules, settings=settings, watch=watch)
        except Exception as error:
            if len(part) == 1:
                return [dict.fromkeys(part[0].strategies, error)]
            if is_exhausted(error):
                raise
            outcomes = []
        if not outcomes:  # here, and not where it was caught: the error's traceback held what is to be let go
            return [outcome for request in part for outcome in run([request])]
        lacked = next(_exhausted(outcomes), None)
        if lacked is not None and len(part) > 1:
            raise lacked
        return outcomes

    return at_once.over(requests, run)


def _exhausted(outcomes: Sequence[Mapping[Strategy, Outcome]]) -> Iterator[Exception]:
    """Yield what a device's lack of memory stopped."""
    for outcome in (it for of_volume in outcomes for it in of_volume.values()):
        if isinstance(outcome, Exception) and is_exhausted(outcome):
            yield outcome


def _pass(
    requests: Sequence[Request],
    model: LoadedModel,
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings,
    watch: Watch,
) -> list[dict[Strategy, Outcome]]:
    """Segment volumes in one pass: image mode volume by volume, then video mode of all of them."""
    outcomes: list[dict[Strategy, Outcome]] = []
    walked: list[Request] = []
    for request in requests:
        reasons = {strategy: why_not(strategy, rules[strategy.prompt]) for strategy in request.strategies}
        outcome: dict[Strategy, Outcome] = {
            strategy: StrategyError(f"strategy '{strategy}' cannot be run: {reason}.")
            for strategy, reason in reasons.items()
            if reason is not None
        }
        runnable = replace(request, strategies=[strategy for strategy in reasons if reasons[strategy] is None])
        by_slice = runnable.of_mode("image")
        if by_slice.strategies:
            outcome.update(_image(by_slice, model, rules=rules, settings=settings, watch=watch))
        outcomes.append(outcome)
        walked.append(runnable.of_mode("video"))
    for outcome, found in zip(
        outcomes, _video(walked, model, rules=rules, settings=settings, watch=watch), strict=True
    ):
        outcome.update(found)
    return outcomes


def _clock(model: LoadedModel, settings: EngineSettings) -> Clock:
    return Clock(synchronise=model.synchronise if settings.synchronised else None)


def _image(
    request: Request,
    model: LoadedModel,
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings,
    watch: Watch,
) -> Mapping[Strategy, Outcome]:
    if model.image is None:
        return {strategy: _no_mode(model, strategy) for strategy in request.strategies}
    try:
        return image_pass(
            request.volume,
            FrameSequence(volume=request.volume),
            model.image,
            request.strategies,
            rules=rules,
            steps=_steps(request.volume, model, model.image, settings),
            clock=_clock(model, settings),
            watch=watch,
        )
    except Exception as error:  # noqa: BLE001 - any failure is these cases' error; the run goes on
        return dict.fromkeys(request.strategies, error)


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
    requests: Sequence[Request],
    model: LoadedModel,
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings,
    watch: Watch,
) -> list[dict[Strategy, Outcome]]:
    if model.video is None:
        return [{strategy: _no_mode(model, strategy) for strategy in it.strategies} for it in requests]
    try:
        video = model.video if settings.memory is None else model.video.with_memory(settings.memory)
    except StrategyError as error:
        return [dict.fromkeys(it.strategies, error) for it in requests]
    clocks = [_clock(model, settings) for _ in requests]
    encoded = [_encoded(it, video, settings, clock) for it, clock in zip(requests, clocks, strict=True)]
    found = video_passes(
        encoded,
        video,
        rules=rules,
        clock=_clock(model, settings),
        at_once=WALKS_AT_ONCE if settings.walks_at_once is None else settings.walks_at_once,
        watch=watch,
    )
    facts: dict[str, Any] = {}
    if settings.memory is not None:
        facts["memory_frames"] = settings.memory
    if not settings.volumes.alone:
        facts["volumes_together"] = {**settings.volumes.to_json(), "size": len(requests)}
    return [
        _with_encoding(outcome, its, clock.drain(), facts)
        for outcome, its, clock in zip(found, encoded, clocks, strict=True)
    ]


def _encoded(request: Request, video: VideoSegmenter, settings: EngineSettings, clock: Clock) -> Encoded:
    """Open the store of a volume's frames, those of foreign seeds among them."""
    seed_keys = {prompt: FIRST_SEED_KEY - number for number, prompt in enumerate(request.foreign)}
    store = open_store(
        FrameSequence(volume=request.volume, jpeg=settings.jpeg),
        video,
        seed_frames={seed_keys[prompt]: seed.frame for prompt, seed in request.foreign.items()},
        clock=clock,
        budget_bytes=settings.feature_budget_bytes,
        batch=settings.batch,
    )
    return Encoded(request=request, store=store, seed_keys=seed_keys)


def _with_encoding(
    outcome: Mapping[Strategy, Outcome],
    encoded: Encoded,
    encoding: Mapping[str, list[float]],
    facts: Mapping[str, Any],
) -> dict[Strategy, Outcome]:
    """Add what was done once for all strategies of a volume, in the order in which they were asked for."""
    served = len(encoded.request.strategies)
    facts = {"strategies_served": served, "encoder_runs": encoded.store.encoder_runs, **facts}
    if encoded.store.runs_between:
        facts["encoder_runs_between"] = encoded.store.runs_between

    def told(result: Outcome) -> Outcome:
        if isinstance(result, Exception):
            return result
        return replace(
            result,
            timings_s={**encoding, **result.timings_s},
            shared_stages=tuple(encoding) if served > 1 else (),
            details={**result.details, **facts},
        )

    return {strategy: told(outcome[strategy]) for strategy in encoded.request.strategies}


def _no_mode(model: LoadedModel, strategy: Strategy) -> StrategyError:
    offered = " and ".join(model.checkpoint.modes)
    return StrategyError(
        f"strategy '{strategy}' needs {strategy.mode} mode, and model {model.checkpoint.name!r} offers {offered} mode."
    )
