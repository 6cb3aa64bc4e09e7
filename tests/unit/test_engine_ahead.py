from __future__ import annotations

import threading

import pytest

from bench_cases.engine.ahead import made_ahead


def threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("sambench-ahead")]


def test_results_come_in_order_from_another_thread():
    with made_ahead(lambda number: (number, threading.current_thread().name), range(20), depth=3) as results:
        got = list(results)
    assert [number for number, _ in got] == list(range(20))
    assert threading.current_thread().name not in {name for _, name in got}
    assert not threads()


def test_the_thread_is_never_further_ahead_than_it_may_be():
    made: list[int] = []
    most: list[int] = []
    reached = threading.Event()

    def make(number):
        made.append(number)
        if len(made) == 4:
            reached.set()
        return number

    with made_ahead(make, range(50), depth=3) as results:
        next(results)
        assert reached.wait(10)  # one read, three ahead
        most.extend(len(made) - number - 1 for number in results)
    assert max(most) <= 3


def test_an_error_surfaces_where_its_result_was_to_come_and_ends_the_thread():
    def make(number):
        if number == 2:
            msg = "frame 2 cannot be prepared"
            raise ValueError(msg)
        return number

    with made_ahead(make, range(10), depth=4) as results:
        got = [next(results), next(results)]
        with pytest.raises(ValueError, match="frame 2"):
            next(results)
    assert got == [0, 1]
    assert not threads()


def test_leaving_early_ends_the_thread_and_makes_no_more():
    made: list[int] = []

    def leave():
        with made_ahead(made.append, range(1000), depth=2) as results:
            next(results)
            msg = "the decoder gave up"
            raise RuntimeError(msg)

    with pytest.raises(RuntimeError, match="the decoder gave up"):
        leave()
    assert len(made) <= 3
    assert not threads()


def test_nothing_is_begun_before_the_first_is_wanted():
    made: list[int] = []
    with made_ahead(made.append, range(10), depth=2):
        pass
    assert made == []
