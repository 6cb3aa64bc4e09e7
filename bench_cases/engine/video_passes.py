"""Video mode for throughput: all propagations that were planned advance together, where the model can.

Directions, strategies, seeds, parts of a prompt and volumes are walks that know nothing of each other. They are given
to the model at once, and it advances them as one batch. Clicks go one by one: each round rests on the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from bench_cases.contracts import BatchPropagator, PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.request import Request
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.video_clicks import video_clicks_pass
from bench_cases.engine.video_pass import Undertaking, video_pass
from bench_cases.engine.watch import Watch
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock

WALKS_AT_ONCE: Final = 16
"""Most walks in a batch, if not told. With sam2_micro on a CPU more gain nothing (see ``benchmark/test_grid.py``)."""

Outcome = Segmentation | Exception


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """A request and the store of its volume's frames.

    Parameters
    ----------
    seed_keys
        The key in the store of the dataset's seed, by name of the prompt rule.
    """

    request: Request
    store: FeatureStore
    seed_keys: Mapping[str, int]

    def seed_of(self, strategy: Strategy) -> dict[str, Any]:
        """Return the foreign seed of a strategy, if it has one, and its key, by the names of parameters."""
        seed = self.request.foreign.get(strategy.prompt) if strategy.foreign else None
        return {"foreign": seed, "seed_key": self.seed_keys.get(strategy.prompt, FIRST_SEED_KEY)}


class _Owner(NamedTuple):
    """Who asked for a walk: the place of a request, one of its strategies, and which of that one's walks it is."""

    place: int
    strategy: Strategy
    number: int


def video_passes(
    encoded: Sequence[Encoded],
    model: VideoSegmenter,
    *,
    rules: Mapping[str, PromptRule],
    clock: Clock,
    at_once: int,
    watch: Watch,
) -> list[dict[Strategy, Outcome]]:
    """Segment each volume under each of its strategies; an exception stands for the one that it stopped.

    Parameters
    ----------
    clock
        Copied for each strategy.
    at_once
        Most walks to advance as one batch.
    """
    together = at_once > 1 and isinstance(model, BatchPropagator)
    outcomes: list[dict[Strategy, Outcome]] = [{} for _ in encoded]
    under_way: list[dict[Strategy, Undertaking]] = [{} for _ in encoded]
    for place, its in enumerate(encoded):
        volume, store = its.request.volume, its.store
        for strategy in its.request.strategies:
            rule, own, seed = rules[strategy.prompt], clock.another(), its.seed_of(strategy)
            clicks = first_prompt(rule).clicks
            try:
                if together and not clicks:
                    under_way[place][strategy] = Undertaking(volume, store, strategy, rule, clock=own, **seed)
                else:
                    one: Callable[..., Segmentation] = video_clicks_pass if clicks else video_pass
                    outcomes[place][strategy] = one(
                        volume, store, model, strategy, rules=rules, clock=own, watch=watch, **seed
                    )
            except Exception as error:  # noqa: BLE001 - any failure is this case's error; the run goes on
                outcomes[place][strategy] = error
    if any(under_way) and isinstance(model, BatchPropagator):
        stores = [its.store for its in encoded]
        found = _advance(stores, model, under_way, at_once=at_once, watch=watch)
        outcomes = [{**outcome, **walked} for outcome, walked in zip(outcomes, found, strict=True)]
    return outcomes


def _advance(
    stores: Sequence[FeatureStore],
    model: BatchPropagator,
    under_way: Sequence[Mapping[Strategy, Undertaking]],
    *,
    at_once: int,
    watch: Watch,
) -> list[dict[Strategy, Outcome]]:
    """Make all walks of all strategies on all volumes."""
    owners = [
        _Owner(place, strategy, number)
        for place, of_volume in enumerate(under_way)
        for strategy, undertaking in of_volume.items()
        for number in range(len(undertaking.walks))
    ]
    walks = [under_way[it.place][it.strategy].walks[it.number] for it in owners]
    failed: list[dict[Strategy, Outcome]] = [{} for _ in under_way]
    for place, store in enumerate(stores):
        store.videos = max(1, sum(owner.place == place for owner in owners))
    total = sum(len(walk.video) for walk in walks)
    for done, step in enumerate(model.propagate_many(walks, at_once=at_once)):
        watch("propagate", done, total)
        place, strategy, number = owners[step.number]
        if isinstance(step.outcome, Exception):
            failed[place].setdefault(strategy, step.outcome)
        else:
            under_way[place][strategy].take(number, step.outcome, together=step.together, alike=step.alike)
    for store in stores:
        store.videos = 1
    volumes = sum(map(bool, under_way))
    return [
        {strategy: failed[place].get(strategy) or it.done(volumes=volumes) for strategy, it in of_volume.items()}
        for place, of_volume in enumerate(under_way)
    ]
