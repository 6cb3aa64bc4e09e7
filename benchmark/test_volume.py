"""How well does a model segment a volume? One case for each dataset, volume, model and prompting strategy."""

from bench_cases.cases import Floor, Scores
from bench_cases.floors import volume_shortfall


def test_volume(scores: Scores, floor: Floor) -> None:
    """Mean Dice and Jaccard over the slices with the target reach the floor set in ``floors.toml``."""
    missed = volume_shortfall(floor, scores)
    assert not missed, missed
