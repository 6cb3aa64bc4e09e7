"""Interactive refinement in video mode: a prompt, a propagation, a click where it went most wrong, a propagation again.

Rounds are those of SAM 2's offline evaluation (Ravi et al. 2024, §F): the whole volume is looked at, one slice is
picked, corrected, and all is propagated anew with every prompt and click so far. One click is given a round.

**Directions.** Each pass (`passes`) is a session with a memory of its own, as without clicks; before the first click
the masks are those of the same strategy without clicks. A click is given in the pass that the slice's result is taken
from: there the model knows the slice's last mask and what came before it. The corrected slice then counts as prompted
in both passes: the other one takes over what the model remembers of it, at its own distance from the start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench_cases.clicks import Click
from bench_cases.contracts import PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.image_clicks import describe_clicks
from bench_cases.engine.passes import Pass, plan
from bench_cases.engine.rounds import RoundsKept
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.video_pass import details_of, drawn_in
from bench_cases.engine.watch import Watch
from bench_cases.errors import StrategyError
from bench_cases.prompt import Prompt
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.next_click import next_click_in_volume
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def video_clicks_pass(
    volume: Volume,
    store: FeatureStore,
    model: VideoSegmenter,
    strategy: Strategy,
    *,
    rules: Mapping[str, PromptRule],
    foreign: ForeignSeed | None = None,
    seed_key: int = FIRST_SEED_KEY,
    clock: Clock,
    watch: Watch,
) -> Segmentation:
    """Segment a volume from one prompt and correct it by clicks; it ends early where no error is left.

    Raises
    ------
    StrategyError
        When the prompt cannot be drawn, or the mask choice is not the model's own.
    """
    rule, allowed = first_prompt(rules[strategy.prompt])
    if strategy.choice == "oracle":
        msg = f"strategy '{strategy}' asks for 'oracle' with clicks; expected 'single', 'confident' or 'first' there."
        raise StrategyError(msg)
    passes = plan(strategy, volume, rule, foreign=foreign, seed_key=seed_key)
    sessions = [
        model.open_session(store.video(walk.keys), walk.by_position, size_yx=volume.size_yx, choice=strategy.choice)
        for walk in passes
    ]
    masks = np.zeros(volume.image_zyx.shape, bool)
    kept = RoundsKept(volume.image_zyx.shape, allowed)
    total = (allowed + 1) * sum(len(walk.keys) for walk in passes)
    done = 0
    while True:
        for walk, session in zip(passes, sessions, strict=True):
            predictions = session.propagate(clock=clock)
            for key, keep, prediction in zip(walk.keys, walk.keep, predictions, strict=True):
                watch("propagate and click", done, total)
                done += 1
                if keep:
                    masks[int(key)] = prediction.mask_yx
        kept.keep_from(len(kept.clicks), masks)
        found = next_click_in_volume(masks, volume.reference_zyx)
        if found is None or len(kept.clicks) == allowed:
            break
        z, at = found
        kept.clicks.append(Click(len(kept.clicks) + 1, z, at.x, at.y, at.label, at.error_px))
        owner = _owner(passes, z)
        point = Prompt(size_yx=volume.size_yx, points_xy=((float(at.x), float(at.y)),), labels=(at.label,))
        corrected = sessions[owner].correct(place_of(passes[owner], z), point, clock=clock)
        for number, session in enumerate(sessions):
            if number != owner:
                session.adopt(place_of(passes[number], z), corrected)
    return Segmentation.of(
        masks,
        strategy=strategy,
        prompts=drawn_in(passes),
        rounds=kept.done(),
        timings_s=clock.drain(),
        details={
            **details_of(strategy, passes, volume, foreign),
            "clicks": describe_clicks(
                allowed=allowed,
                given=len(kept.clicks),
                feeds_back=all(session.feeds_back for session in sessions),
                where="the slice with most wrong pixels in the volume",
            ),
        },
    )


def place_of(walk: Pass, z: int) -> int:
    """Return the place in time of a slice in a pass; negative for one that the pass does not come by.

    Such a slice lies as many steps before the start as the pass would take to it.

    >>> forward = Pass(keys=(3, 4, 5), keep=(False, True, True), prompts={})
    >>> place_of(forward, 5), place_of(forward, 1)
    (2, -2)
    >>> from fractions import Fraction
    >>> halves = Pass(keys=(3, Fraction(7, 2), 4), keep=(True, False, True), prompts={})
    >>> place_of(halves, 4), place_of(halves, 1)
    (2, -4)
    """
    if z in walk.keys:
        return walk.keys.index(z)
    way = [float(key) for key in walk.keys[walk.lead :]]
    step = abs(way[1] - way[0]) if len(way) > 1 else 1.0  # less than 1 where frames are interpolated
    return -round(abs(z - way[0]) / step)


def _owner(passes: Sequence[Pass], z: int) -> int:
    """Return the number of the pass that a slice's result is taken from."""
    return next(number for number, walk in enumerate(passes) if (z, True) in zip(walk.keys, walk.keep, strict=True))
