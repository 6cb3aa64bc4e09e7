"""Groups are whole and models stay together; dealing loads each checkpoint as seldom as it can."""

import doctest
from collections import defaultdict
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.cases import Case
from bench_cases.scale import dealer, groups
from bench_cases.scale.dealer import Dealer
from bench_cases.scale.groups import Group, group_cases, key_of

ALL = [
    Case(*names)
    for names in product(
        ["ct", "mr:liver"], "abcdef", ["sam", "sam2", "medsam"], ["every.box", "every.point", "middle.box.both"]
    )
]
CASES = st.lists(st.sampled_from(ALL), unique=True, max_size=40)


@pytest.mark.parametrize("module", [groups, dealer])
def test_the_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


@given(CASES)
def test_every_case_is_in_one_group_and_models_stay_together(cases):
    found = group_cases(cases, slices=lambda *_: 3)
    assert sorted(case for group in found for case in group.cases) == sorted(cases)
    assert all(key_of(case) == group.key for group in found for case in group.cases)
    assert len({group.key for group in found}) == len(found)
    models = [group.key.model for group in found]
    assert sum(a != b for a, b in pairwise(models)) == max(0, len(set(models)) - 1)


def test_a_group_costs_its_slices_its_model_and_its_strategies():
    cases = [Case("ct", "a", model, f"every.{prompt}") for model in ("sam", "sam2") for prompt in ("box", "point")]
    costs = [group.cost for group in group_cases(cases, slices=lambda *_: 7, weight={"sam": 1, "sam2": 4}.__getitem__)]
    assert costs == [7 * 12, 7 * 4 * 12]
    assert group_cases(cases[:1], slices=lambda *_: 0)[0].cost == 11


def play(found: list[Group], workers: int) -> tuple[list[Group], dict[str, list[str]]]:
    """Deal to workers that each take as long as a group costs, and return what was done and what each loaded."""
    dealing = Dealer(found)
    free_at = {f"gw{number}": 0 for number in range(workers)}
    done: list[Group] = []
    loads: dict[str, list[str]] = defaultdict(list)
    while free_at:
        worker = min(free_at, key=lambda name: (free_at[name], name))
        group = dealing.deal(worker)
        if group is None:
            del free_at[worker]
            continue
        done.append(group)
        free_at[worker] += group.cost
        if loads[worker][-1:] != [group.key.model]:
            loads[worker].append(group.key.model)
    assert dealing.empty
    return done, loads


@given(CASES, st.integers(1, 5))
def test_every_group_is_dealt_once_and_a_checkpoint_is_loaded_once_by_a_worker(cases, workers):
    found = group_cases(cases, slices=lambda *_: 3)
    done, loads = play(found, workers)
    assert sorted(group.key for group in done) == sorted(group.key for group in found)
    for loaded in loads.values():
        assert len(loaded) == len(set(loaded))
    if workers == 1:
        assert sum(map(len, loads.values())) == len({case.model for case in cases})


def test_workers_begin_with_different_models_and_share_what_is_left():
    cases = [Case("ct", volume, model, "every.box") for model in ("sam", "sam2") for volume in "abcdef"]
    _, loads = play(group_cases(cases, slices=lambda *_: 3), 2)
    assert loads == {"gw0": ["sam"], "gw1": ["sam2"]}
    _, loads = play(group_cases(cases[:6], slices=lambda *_: 3), 3)
    assert loads == {"gw0": ["sam"], "gw1": ["sam"], "gw2": ["sam"]}


def test_what_a_lost_worker_had_is_dealt_again_and_its_model_counts_as_loaded_no_more():
    first, second = group_cases([Case("ct", volume, "sam", "every.box") for volume in "ab"], slices=lambda *_: 3)
    dealing = Dealer([first, second])
    assert dealing.deal("gw0") is first
    dealing.forget("gw0")
    dealing.give_back(first)
    assert dealing.holds == {}
    assert [dealing.deal("gw1"), dealing.deal("gw1"), dealing.deal("gw1")] == [first, second, None]
