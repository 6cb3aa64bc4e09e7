"""Every strategy on scans that nobody here made, with a segmenter that takes no time: no rule may fail on a mask."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench_cases import registry
from bench_cases.datasets.folder import FolderDataset
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.segment import segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.prompting.grids import expand
from bench_cases.prompting.limits import why_not, why_not_on
from tests.fakes import BrightSegmenter, loaded
from tests.real.real_data import SETS, ULTRASOUNDS, real_data

EVERYTHING = (
    "grid-80",
    "all-2d",
    "*.*.*",
    "largest.boxes-noisy10pct.both",
    "centre.centroid+3-noisy5px.forward",
    "edge.mask-dilated3px.both",
    "edge.mask-eroded3px.both",
    "edge.mask-shifted9px.both",
    "every.composite-noisy5px+clicks=3.oracle",
    "three.box+clicks=2.both",
    "dataset.point+clicks=2.forward",
    "*.*.*.oracle",
    "*.b*.both.interpolate=1",
    "*.[cp]o*.forward.order=similar",
)


@pytest.mark.parametrize("name", [*SETS, *ULTRASOUNDS])
def test_every_strategy_runs(name, tmp_path):
    config = tmp_path / "set.toml"
    config.write_text(f'root = "{real_data(name)}"\n{ {**SETS, **ULTRASOUNDS}[name] }', encoding="utf-8")
    dataset = FolderDataset.from_directory("real", config)
    volume = dataset.load(next(iter(dataset.volume_ids())))
    around = volume.nonempty_slices()
    depth = 3 if name in ULTRASOUNDS else 9
    some = slice(int(around[0]), int(around[0]) + depth)  # a short stack whose middle slice shows the target
    volume = replace(
        volume,
        image_zyx=volume.image_zyx[some],
        labels_zyx=volume.labels_zyx[some],
        image_ids=volume.image_ids[some],
        source_slices=0,
    )
    rules = registry.prompt_rules()
    strategies = [
        it
        for it in expand(EVERYTHING, rules)
        if why_not(it, rules[it.prompt]) is None and why_not_on(it, ordered=volume.ordered) is None
    ]
    foreign = {it.prompt: seed_from(volume, rules[it.prompt]) for it in strategies if it.foreign}
    segmenter = BrightSegmenter()
    results = segment(volume, loaded(segmenter), strategies, rules=rules, foreign=foreign)
    assert {str(it): result for it, result in results.items() if not isinstance(result, Segmentation)} == {}
    assert len(results) > 400
    similar = [
        result.details["order"]
        for strategy, result in results.items()
        if isinstance(result, Segmentation) and strategy.order == "similar" and volume.n_slices > 1
    ]
    assert all(sorted(order["images"]) == sorted(volume.image_ids) for order in similar)
    assert bool(similar) == (name == "us_fetal_hc18")
