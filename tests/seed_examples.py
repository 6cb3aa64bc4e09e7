"""Seeds made from the bars of `tests.fakes`, small enough to be checked by eye."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench_cases import registry
from bench_cases.seed_library import Seed, make_seed
from bench_cases.volume import Volume
from tests.fakes import bar_volume

RULES = registry.prompt_rules()


def bar_seed(
    name: str = "demo",
    *,
    rule: str = "composite",
    which: str = "middle",
    own: bool = False,
    shift: int = 0,
    volume: Volume | None = None,
    **changes: Any,
) -> Seed:
    """Return a seed from a volume of bars; fields of the seed may be changed afterwards."""
    seed = make_seed(
        bar_volume(shift=shift) if volume is None else volume,
        RULES[rule],
        name=name,
        which=which,
        licence="CC0",
        own=own,
        created_utc="2026-01-01T00:00:00+00:00",
    )
    return replace(seed, **changes)
