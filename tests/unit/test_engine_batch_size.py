from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.engine.batch_size import MOST, BatchSize, chosen
from bench_cases.memory import is_exhausted


class Encoder:
    """Doubles numbers; runs out of memory when given more than it holds."""

    def __init__(self, holds=100):
        self.holds = holds
        self.given = []

    def __call__(self, numbers):
        self.given.append(len(numbers))
        if len(numbers) > self.holds:
            msg = "CUDA out of memory"
            raise torch.OutOfMemoryError(msg)
        return [2 * number for number in numbers]


class Memory:
    """A device of which one frame takes some bytes and others are free."""

    def __init__(self, one, free):
        self.one, self.free, self.let_gos = one, free, 0

    def taken(self, run):
        return run(), self.one

    def free_bytes(self):
        return self.free

    def let_go(self):
        self.let_gos += 1


def test_things_go_in_by_the_number_wanted_and_the_last_are_fewer():
    encoder = Encoder()
    assert BatchSize(wanted=4).over(range(10), encoder) == [2 * number for number in range(10)]
    assert encoder.given == [4, 4, 2]


def test_the_number_is_halved_for_good_each_time_memory_runs_out():
    encoder, memory = Encoder(holds=3), Memory(one=1, free=1)
    batch = BatchSize(wanted=8, memory=memory)
    assert batch.over(range(10), encoder) == [2 * number for number in range(10)]
    assert encoder.given == [8, 4, 2, 2, 2, 2, 2]
    assert memory.let_gos == 2
    assert batch.to_json() == {"wanted": 8, "size": 2, "halvings": 2}
    assert batch.over(range(2), encoder) == [0, 2]
    assert encoder.given[-1] == 2


def test_memory_that_does_not_suffice_for_one_is_an_error():
    with pytest.raises(torch.OutOfMemoryError, match="CUDA out of memory"):
        BatchSize(wanted=8).over(range(3), Encoder(holds=0))


def test_a_processor_and_apples_gpu_run_out_in_words_of_their_own():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert type(caught.value) is RuntimeError
    told = [
        caught.value,
        RuntimeError(
            "MPS backend out of memory (MPS allocated: 17.8 GB, other allocations: 0.1 GB, max allowed: 18 GB)"
        ),
        RuntimeError("[enforce fail] data. DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
        torch.OutOfMemoryError("CUDA out of memory"),
    ]
    assert all(map(is_exhausted, told))
    assert not is_exhausted(RuntimeError("the memory encoder gave up"))
    assert not is_exhausted(ValueError("MPS backend out of memory"))


def test_no_other_error_is_taken_for_a_lack_of_memory():
    def broken(_):
        msg = "the encoder gave up"
        raise RuntimeError(msg)

    batch = BatchSize(wanted=8)
    with pytest.raises(RuntimeError, match="the encoder gave up"):
        batch.over(range(3), broken)
    assert batch.halvings == 0


def test_auto_measures_one_and_takes_as_many_as_fit():
    encoder = Encoder()
    batch = BatchSize(wanted=None, memory=Memory(one=10, free=100))
    assert not batch.alone
    assert batch.following == 1
    assert batch.over(range(20), encoder) == [2 * number for number in range(20)]
    assert encoder.given == [1, 8, 8, 3]
    assert batch.to_json() == {"wanted": "auto", "size": 8, "halvings": 0}


def test_auto_is_one_where_memory_cannot_be_measured():
    encoder = Encoder()
    batch = BatchSize(wanted=None)
    assert batch.alone
    assert batch.over(range(3), encoder) == [0, 2, 4]
    assert encoder.given == [1, 1, 1]


@given(one=st.integers(0, 10**12), free=st.integers(0, 10**12))
def test_what_is_chosen_fits_into_the_free_memory(one, free):
    size = chosen(one, free)
    assert 1 <= size <= MOST
    assert size == 1 or size * one <= free


@given(count=st.integers(0, 40), wanted=st.integers(1, 40), holds=st.integers(1, 40))
def test_whatever_memory_there_is_nothing_is_lost_or_comes_out_of_order(count, wanted, holds):
    assert BatchSize(wanted=wanted).over(range(count), Encoder(holds)) == [2 * number for number in range(count)]
