"""Groups go to workers in the driver's order; a lost worker costs its group a try, and nothing else."""

import doctest
from dataclasses import dataclass, field

import pytest

from bench_cases.cases import Case
from bench_cases.errors import ScaleError
from bench_cases.scale import code, dispatch, work
from bench_cases.scale.dispatch import AHEAD, PATIENCE_S, Dispatcher
from bench_cases.scale.groups import Group, GroupKey, key_of
from bench_cases.scale.remote import plan_work
from bench_cases.scale.work import Work
from tests.fake_cluster import CODE, FakeCluster, cases_of


@dataclass
class Time:
    """A clock that goes a second further each time it is read."""

    seconds: float = 0.0
    step: float = 1.0

    def __call__(self):
        self.seconds += self.step
        return self.seconds


def dispatcher_of(cluster, cases, *, workers=2, retries=2, **rest):
    made = Dispatcher(cluster=cluster, plan=plan_work(cases), workers=workers, retries=retries, code=CODE, **rest)
    made.start()
    return made


def take_all(dispatcher):
    """Ask for every group as the driver does, and return the replies, or why there is none, by key."""
    replies = {}
    for it in dispatcher.plan:
        try:
            replies[it.key] = dispatcher.take(it)
        except ScaleError as error:
            replies[it.key] = error
    return replies


@pytest.mark.parametrize("module", [code, work])
def test_the_examples_in_docstrings_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


def test_every_group_is_done_once_by_workers_that_take_turns():
    cluster = FakeCluster()
    dispatcher = dispatcher_of(cluster, cases_of("abcdef"))
    replies = take_all(dispatcher)
    assert [key.volume for key in replies] == list("abcdef")
    assert [key.volume for _, key in cluster.given] == list("abcdef")
    assert {worker for worker, _ in cluster.given} == {"w1", "w2"}
    assert {case.strategy for case in replies[GroupKey("set", "a", "one")].answers} == {"x", "y"}
    assert (dispatcher.tally.groups, dispatcher.tally.lost, dispatcher.tally.failed) == (6, [], 0)


def test_no_more_workers_are_hired_than_there_are_groups():
    cluster = FakeCluster()
    take_all(dispatcher_of(cluster, cases_of("ab"), workers=9))
    assert cluster.hired == 2


def test_a_group_whose_worker_is_lost_is_run_again_by_another_before_anything_else():
    lost = GroupKey("set", "b", "one")
    cluster = FakeCluster(deaths={lost: 1})
    dispatcher = dispatcher_of(cluster, cases_of("abcdef"))
    replies = take_all(dispatcher)
    assert not any(isinstance(reply, ScaleError) for reply in replies.values())
    tries = [(number, worker) for number, (worker, key) in enumerate(cluster.given) if key == lost]
    assert len(tries) == 2
    assert tries[0][1] != tries[1][1]
    assert tries[1][0] <= tries[0][0] + 3  # ahead of most of c to f
    assert sorted(key.volume for _, key in cluster.given) == sorted("abbcdef")
    assert cluster.hired == 3
    assert dispatcher.tally.lost == ["its process ended"]


def test_a_group_that_kills_its_workers_is_given_up_after_the_stated_number_of_tries_and_the_rest_is_done():
    deadly = GroupKey("set", "b", "one")
    cluster = FakeCluster(deaths={deadly: 99})
    dispatcher = dispatcher_of(cluster, cases_of("abcd"), retries=2)
    replies = take_all(dispatcher)
    assert str(replies.pop(deadly)) == (
        "3 workers were lost over set/b with one: its process ended; expected one that lives. "
        "Look at memory and logs of the node; --sam-resume runs what is missing."
    )
    assert not any(isinstance(reply, ScaleError) for reply in replies.values())
    assert sum(key == deadly for _, key in cluster.given) == 3
    assert (dispatcher.tally.groups, dispatcher.tally.failed) == (3, 1)


def test_without_retries_a_lost_worker_fails_its_group_at_once():
    cluster = FakeCluster(deaths={GroupKey("set", "a", "one"): 1})
    replies = take_all(dispatcher_of(cluster, cases_of("ab"), retries=0))
    assert str(replies[GroupKey("set", "a", "one")]).startswith("its worker was lost over set/a with one: its process")
    assert not isinstance(replies[GroupKey("set", "b", "one")], ScaleError)


def test_a_worker_goes_on_with_the_checkpoint_that_it_holds():
    cluster = FakeCluster()
    take_all(dispatcher_of(cluster, cases_of("abc", models=("one", "two"))))
    loads: dict[str, list[str]] = {worker: [] for worker, _ in cluster.given}
    for worker, key in cluster.given:
        if loads[worker][-1:] != [key.model]:
            loads[worker].append(key.model)
    assert all(models in (["one"], ["one", "two"], ["two"]) for models in loads.values())


def test_groups_are_handed_out_no_further_ahead_than_the_window():
    cluster = FakeCluster()
    dispatcher = dispatcher_of(cluster, cases_of("abcdefghijklmnopqrstuvwxyz"))
    first = dispatcher.plan[0]
    dispatcher.take(first)
    for _ in range(60):  # the driver is at its second group for a long time
        dispatcher._turn(1.0)
    assert len(cluster.given) == 1 + 2 * AHEAD
    take_all(dispatcher)
    assert len(cluster.given) == 26


def test_what_the_driver_has_gone_past_is_not_kept():
    dispatcher = dispatcher_of(FakeCluster(), cases_of("abcd"))
    for it in dispatcher.plan:
        dispatcher.take(it)
    assert list(dispatcher._done) == [dispatcher.plan[-1]]


def test_a_group_that_is_asked_for_again_is_computed_again():
    cluster = FakeCluster()
    dispatcher = dispatcher_of(cluster, cases_of("ab"))
    take_all(dispatcher)
    assert dispatcher.take(dispatcher.plan[0]).answers
    assert [key.volume for _, key in cluster.given] == ["a", "b", "a"]


def test_cases_that_no_plan_holds_are_computed_next():
    cluster = FakeCluster()
    dispatcher = dispatcher_of(cluster, cases_of("abc"), workers=1)
    dispatcher.take(dispatcher.plan[0])
    case = Case("set", "z", "one", "x")
    reply = dispatcher.take(Work(Group(key=key_of(case), cases=(case,), cost=1)))
    assert list(reply.answers) == [case]
    for it in dispatcher.plan[1:]:
        dispatcher.take(it)
    assert sorted(key.volume for _, key in cluster.given) == ["a", "b", "c", "z"]


def test_a_worker_with_other_code_is_let_go_and_the_others_do_the_work():
    cluster = FakeCluster(codes={"w1": {"sambench": "0.9"}})
    dispatcher = dispatcher_of(cluster, cases_of("abc"))
    replies = take_all(dispatcher)
    assert not any(isinstance(reply, ScaleError) for reply in replies.values())
    assert {worker for worker, _ in cluster.given} == {"w2"}
    assert cluster.dismissed == ["w1"]
    assert dispatcher.tally.refused == ["sambench 0.9 (here 1)"]


def test_when_all_workers_have_other_code_every_group_says_so():
    cluster = FakeCluster(codes={"w1": {"sambench": "0.9"}, "w2": {"sambench": "0.9"}})
    replies = take_all(dispatcher_of(cluster, cases_of("ab")))
    assert [str(reply) for reply in replies.values()] == [
        f"no worker is left for set/{volume} with one: a worker runs other code than the driver: sambench 0.9 (here "
        "1); expected at least one. Look at `ray status`, and install the same versions on every node."
        for volume in "ab"
    ]


def test_workers_that_die_before_they_start_are_replaced_a_few_times_only():
    some = FakeCluster(stillborn=2)
    assert not any(isinstance(reply, ScaleError) for reply in take_all(dispatcher_of(some, cases_of("ab"))).values())
    all_of_them = FakeCluster(stillborn=10_000)
    replies = take_all(dispatcher_of(all_of_them, cases_of("ab"), retries=2))
    assert all("no worker is left for set/" in str(reply) for reply in replies.values())
    assert all("it did not start" in str(reply) for reply in replies.values())
    assert all_of_them.hired < 10


def test_workers_that_never_come_are_waited_for_so_long_and_no_longer():
    clock = Time(step=PATIENCE_S / 10)
    cluster = FakeCluster(silent=True)
    replies = take_all(dispatcher_of(cluster, cases_of("ab"), now=clock))
    assert all(
        "none of 2 came up in 300 s, for want of room or of the package" in str(reply) for reply in replies.values()
    )
    assert cluster.turns < 20


def test_progress_says_groups_speed_workers_and_losses():
    @dataclass
    class Seen:
        lines: list = field(default_factory=list)

    seen = Seen()
    cluster = FakeCluster(deaths={GroupKey("set", "a", "one"): 1})
    dispatcher = dispatcher_of(cluster, cases_of("abc"), now=Time())
    for it in dispatcher.plan:
        dispatcher.take(it, lambda: seen.lines.append(dispatcher.progress()))
    assert seen.lines[0] == "0/3 groups, 1 workers (1 starting)"
    assert seen.lines[-1] == "3/3 groups, 2 workers, 1 lost"


def test_the_module_states_its_constants_in_its_documentation():
    assert doctest.testmod(dispatch).failed == 0
