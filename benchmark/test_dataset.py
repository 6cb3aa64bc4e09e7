"""Do the published figures of a dataset come out again? One case for each entry ``[[dataset]]`` in floors.toml."""

from collections.abc import Sequence

from bench_cases.cases import CaseResult, Floor
from bench_cases.floors import dataset_shortfall


def test_dataset(dataset_scores: Sequence[CaseResult], floor: Floor) -> None:
    """Mean Dice and Jaccard over all slices of all volumes reach the published mean less the stated tolerance."""
    missed = dataset_shortfall(floor, dataset_scores)
    assert not missed, missed
