"""Video mode for throughput: all propagations that were planned for a volume advance together, where the model can.

Directions, strategies, seeds and parts of a prompt are walks that know nothing of each other. They are given to the
model at once, and it advances them as one batch. Clicks go one by one: each round rests on the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench_cases.contracts import BatchPropagator, PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.video_clicks import video_clicks_pass
from bench_cases.engine.video_pass import Undertaking, video_pass
from bench_cases.engine.watch import Watch
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock
from bench_cases.volume import Volume

WALKS_AT_ONCE: Final = 16
"""Most walks in a batch, if not told. With sam2_micro on a CPU more gain nothing (see ``benchmark/test_grid.py``)."""

Outcome = Segmentation | Exception


def video_passes(
    volume: Volume,
    store: FeatureStore,
    model: VideoSegmenter,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    foreign: Mapping[str, ForeignSeed],
    seed_keys: Mapping[str, int],
    clock: Clock,
    at_once: int,
    watch: Watch,
) -> dict[Strategy, Outcome]:
    """Segment a volume under each strategy; an exception stands for the one that it stopped.

    Parameters
    ----------
    foreign, seed_keys
        The dataset's seed, and its key in the store, by name of the prompt rule.
    clock
        Copied for each strategy.
    at_once
        Most walks to advance as one batch.
    """
    outcome: dict[Strategy, Outcome] = {}
    together: dict[Strategy, Undertaking] = {}
    for strategy in strategies:
        clicks = first_prompt(rules[strategy.prompt]).clicks
        seed = foreign.get(strategy.prompt) if strategy.foreign else None
        seed_key = seed_keys.get(strategy.prompt, FIRST_SEED_KEY)
        own = clock.another()
        try:
            if at_once > 1 and isinstance(model, BatchPropagator) and not clicks:
                together[strategy] = Undertaking(
                    volume, store, strategy, rules[strategy.prompt], foreign=seed, seed_key=seed_key, clock=own
                )
            else:
                one: Callable[..., Segmentation] = video_clicks_pass if clicks else video_pass
                outcome[strategy] = one(
                    volume,
                    store,
                    model,
                    strategy,
                    rules=rules,
                    foreign=seed,
                    seed_key=seed_key,
                    clock=own,
                    watch=watch,
                )
        except Exception as error:  # noqa: BLE001 - any failure is this case's error; the run goes on
            outcome[strategy] = error
    if together and isinstance(model, BatchPropagator):
        outcome.update(_advance(store, model, together, at_once=at_once, watch=watch))
    return outcome


def _advance(
    store: FeatureStore,
    model: BatchPropagator,
    undertakings: Mapping[Strategy, Undertaking],
    *,
    at_once: int,
    watch: Watch,
) -> dict[Strategy, Outcome]:
    """Make all walks of all strategies."""
    owners = [
        (strategy, number) for strategy, under_way in undertakings.items() for number in range(len(under_way.walks))
    ]
    walks = [undertakings[strategy].walks[number] for strategy, number in owners]
    failed: dict[Strategy, Outcome] = {}
    store.videos = len(walks)
    total = sum(len(walk.video) for walk in walks)
    for done, step in enumerate(model.propagate_many(walks, at_once=at_once)):
        watch("propagate", done, total)
        strategy, number = owners[step.number]
        if isinstance(step.outcome, Exception):
            failed.setdefault(strategy, step.outcome)
        else:
            undertakings[strategy].take(number, step.outcome, together=step.together, alike=step.alike)
    store.videos = 1
    return {strategy: failed.get(strategy) or it.done() for strategy, it in undertakings.items()}
