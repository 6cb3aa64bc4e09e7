"""Tests dealt to workers that run one only when they know the next, as xdist's do; some of them die."""

import random
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.pytest_plugin.scheduling import TRIES, GroupScheduling, Placed
from bench_cases.scale.groups import GroupKey


class Worker:
    """Does what a worker of xdist does with what it is sent."""

    def __init__(self, name: str) -> None:
        self.gateway = SimpleNamespace(id=name)
        self.queue: list[int] = []
        self.shutting_down = False

    def send_runtest_some(self, indices):
        assert not self.shutting_down
        self.queue.extend(indices)

    def shutdown(self):
        self.shutting_down = True

    @property
    def running(self) -> int | None:
        """The test it is running: the first, if it knows what comes after."""
        return self.queue[0] if len(self.queue) > 1 or (self.queue and self.shutting_down) else None


class Machine:
    """Workers of a scheduler; time passes in an order that a seed decides, or with seed 0 as quickly for each."""

    def __init__(self, placed: list[Placed], workers: int, *, seed: int = 0, kill_at: dict[int, int] | None = None):
        self.placed, self.kills, self.seed = placed, dict(kill_at or {}), seed
        self.random = random.Random(seed)  # noqa: S311 - an order, not secrets
        self.ids = [f"test_it[{number}]" for number in range(len(placed))]
        self.ran: list[tuple[str, int]] = []
        self.lost: list[str] = []
        self.notes: list[str] = []
        self.refused: list[tuple[str, str]] = []
        self.scheduler = GroupScheduling(
            workers,
            place=lambda ids: self.placed[: len(ids)],
            refuse=lambda *names: self.refused.append(names),
            note=self.notes.append,
        )
        self.workers = [Worker(f"gw{number}") for number in range(workers)]
        self.hired = workers

    def done_by(self, worker: Worker) -> int:
        return sum(name == worker.gateway.id for name, _ in self.ran)

    def collect(self, worker: Worker) -> None:
        self.scheduler.add_node(worker)
        self.scheduler.add_node_collection(worker, self.ids)

    def play(self) -> None:
        for worker in self.workers:
            self.collect(worker)
        self.scheduler.schedule()
        for _ in range(20 * len(self.ids) + 20):
            able = [worker for worker in self.workers if worker.running is not None]
            if not able:
                break
            worker = self.random.choice(able) if self.seed else min(able, key=self.done_by)
            test = worker.running
            assert test is not None
            if self.kills.get(test, 0) > 0:
                self.kills[test] -= 1
                self.kill(worker)
                continue
            self.check_that_whole_datasets_wait(test)
            worker.queue.pop(0)
            self.ran.append((worker.gateway.id, test))
            self.scheduler.mark_test_complete(worker, test)
        assert self.scheduler.tests_finished
        assert all(worker.shutting_down for worker in self.workers)

    def check_that_whole_datasets_wait(self, test: int) -> None:
        if self.placed[test].last:
            done = {number for _, number in self.ran}
            lost = {self.ids.index(name) for name in self.lost}
            assert done | lost >= {number for number, placed in enumerate(self.placed) if not placed.last}

    def kill(self, worker: Worker) -> None:
        self.workers.remove(worker)
        crashed = self.scheduler.remove_node(worker)
        if crashed is not None:
            self.give_up(crashed)
        fresh = Worker(f"gw{self.hired}")
        self.hired += 1
        self.workers.append(fresh)
        self.collect(fresh)
        self.scheduler.schedule()

    def give_up(self, crashed: str) -> None:
        """What ``pytest_handlecrashitem`` is told, before the worker is replaced."""
        self.lost.append(crashed)


def placed_in(model: str, volume: str, *, cost: int = 10, last: bool = False) -> Placed:
    return Placed(group=GroupKey("ct", volume, model), cost=cost, last=last)


PLACED = st.lists(
    st.builds(
        placed_in, st.sampled_from(["sam", "sam2", ""]), st.sampled_from("abcd"), last=st.sampled_from([False, True])
    ),
    max_size=14,
)


@given(PLACED, st.integers(1, 4), st.integers(0, 99))
def test_every_test_is_run_once_and_those_about_whole_datasets_after_all_others(placed, workers, seed):
    machine = Machine(placed, workers, seed=seed)
    machine.play()
    assert sorted(test for _, test in machine.ran) == list(range(len(placed)))
    assert machine.scheduler.left == []


@given(PLACED, st.integers(1, 3), st.integers(0, 99), st.data())
def test_whatever_worker_dies_no_test_is_lost_in_silence(placed, workers, seed, data):
    kills = data.draw(st.dictionaries(st.integers(0, 13), st.integers(1, 3), max_size=4))
    machine = Machine(placed, workers, seed=seed, kill_at=kills)
    machine.play()
    deadly = {test for test, times in kills.items() if times >= TRIES and test < len(placed)}
    assert {machine.ids.index(name) for name in machine.lost} == deadly
    assert {test for _, test in machine.ran} == set(range(len(placed))) - deadly
    assert len(machine.ran) == len(placed) - len(deadly)


def test_a_group_stays_with_one_worker_and_each_loads_one_model_if_there_are_as_many():
    placed = [placed_in(model, volume) for model in ("sam", "sam2") for volume in "abc" for _ in range(3)]
    machine = Machine(placed, 2)
    machine.play()
    for key in {it.group for it in placed}:
        assert len({worker for worker, test in machine.ran if placed[test].group == key}) == 1
    models = {
        worker: {placed[test].group.model for who, test in machine.ran if who == worker} for worker, _ in machine.ran
    }
    assert sorted(map(len, models.values())) == [1, 1]


def test_what_a_lost_worker_had_in_hand_is_run_by_another_and_the_report_says_so():
    machine = Machine([placed_in("sam", "a") for _ in range(3)], 1, kill_at={1: 1})
    machine.play()
    assert [test for _, test in machine.ran] == [0, 1, 2]
    assert machine.notes == [
        "worker gw0 was lost while it ran test_it[1]; what it had in hand was run again.",
    ]


def test_when_no_worker_is_left_the_scheduler_knows_what_was_not_run():
    machine = Machine([placed_in("sam", volume) for volume in "abc"], 1)
    machine.collect(machine.workers[0])
    machine.scheduler.schedule()
    machine.scheduler.remove_node(machine.workers[0])
    assert machine.scheduler.left == machine.ids
    assert machine.scheduler.has_pending


def test_a_worker_that_has_collected_other_tests_is_refused():
    machine = Machine([placed_in("sam", "a") for _ in range(2)], 2)
    first, second = machine.workers
    machine.collect(first)
    machine.scheduler.add_node(second)
    machine.scheduler.add_node_collection(second, machine.ids[:1])
    machine.scheduler.schedule()
    assert machine.refused == [("gw1", "gw0")]
    assert machine.scheduler.tests_finished
    late = Machine([placed_in("sam", "a") for _ in range(4)], 1)
    late.collect(late.workers[0])
    late.scheduler.schedule()
    stranger = Worker("gw1")
    late.scheduler.add_node(stranger)
    late.scheduler.add_node_collection(stranger, ["test_other"])
    late.scheduler.schedule()
    assert late.refused == [("gw1", "the others")]
    assert stranger.shutting_down
    assert stranger.queue == []


class Persistent(Machine):
    """One on which a plugin has every test run again that has cost too many workers."""

    def give_up(self, crashed: str) -> None:
        self.scheduler.mark_test_pending(crashed)

    def check_that_whole_datasets_wait(self, test: int) -> None:
        """They cannot wait for what was given up when they began."""


@given(PLACED, st.integers(1, 3), st.integers(0, 99), st.data())
def test_a_test_that_a_plugin_wants_run_again_is_run_again_however_many_workers_it_costs(placed, workers, seed, data):
    kills = data.draw(st.dictionaries(st.integers(0, 13), st.integers(1, 5), max_size=4))
    machine = Persistent(placed, workers, seed=seed, kill_at=kills)
    machine.play()
    assert sorted(test for _, test in machine.ran) == list(range(len(placed)))
    assert machine.scheduler.left == []


def test_what_is_put_back_joins_the_rest_of_its_group_that_waits():
    machine = Machine([placed_in("sam", "a") for _ in range(4)], 1)
    (worker,) = machine.workers
    machine.collect(worker)
    machine.scheduler.schedule()
    assert machine.scheduler.remove_node(worker) is None
    (again,) = machine.workers = [Worker("gw1")]
    machine.collect(again)
    machine.scheduler.schedule()
    assert machine.scheduler.remove_node(again) == "test_it[0]"
    assert machine.scheduler.left == machine.ids[1:]
    machine.scheduler.mark_test_pending("test_it[0]")
    assert machine.scheduler.left == machine.ids


def test_tests_are_not_stolen_from_a_worker():
    expected = r"worker gw0 gave back the tests \[1, 2\]; expected none, since none are stolen"
    with pytest.raises(NotImplementedError, match=expected):
        Machine([], 1).scheduler.remove_pending_tests_from_node(Worker("gw0"), [1, 2])
