"""What workers reply is what the driver's own runner would have said: scores, digests, masks and messages."""

import json
from dataclasses import replace

import pytest

from bench_cases import registry
from bench_cases.cases import Case, CaseResult
from bench_cases.errors import DataError, ScaleError
from bench_cases.models import run_load
from bench_cases.runner import Runner
from bench_cases.scale import worker as worker_module
from bench_cases.scale.dispatch import Dispatcher
from bench_cases.scale.engine import LocalEngine
from bench_cases.scale.remote import RemoteEngine, plan_work
from bench_cases.scale.work import Assignment, Failure, Reply
from bench_cases.scale.worker import GroupWorker
from bench_cases.settings import RunSettings
from tests.fake_cluster import CODE, FakeCluster, cases_of
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded

NAMES = ("every.composite", "middle.composite.both", "dataset.composite.both")
CASES = [Case("bars", volume, "one", name) for volume in "abc" for name in NAMES]


@pytest.fixture(autouse=True)
def _bright(monkeypatch):
    """Workers load a segmenter of the tests' own."""

    def load(it, settings, *, threads=None):
        assert isinstance(settings, RunSettings)
        return loaded(BrightSegmenter(), it.name), {"name": it.name, "identity_sha256": "i" * 64, "threads": threads}

    monkeypatch.setattr(worker_module, "load_for_run", load)


def remote_engine(*, cases=CASES, dataset=None, masks_of=(), settings=None, cluster=None, other=None, **rest):
    """An engine over two workers; `other` is the dataset as the second one has it."""
    settings = settings or RunSettings()
    assignment = Assignment(settings=settings, checkpoints={"one": checkpoint("one")})
    dataset = dataset or BarDataset()
    workers = [GroupWorker(assignment, {"bars": it}) for it in (dataset, other or dataset)]
    cluster = cluster or FakeCluster()
    turn = iter(range(10_000))
    cluster.compute = lambda work: workers[next(turn) % 2].run(work)  # noqa: PLW0108 - another worker each time
    dispatcher = Dispatcher(cluster=cluster, plan=plan_work(cases, masks_of), workers=2, retries=2, code=CODE)
    dispatcher.start()
    return RemoteEngine(name="fake", dispatcher=dispatcher, save_masks=settings.save_masks, **rest)


def local_engine(dataset=None):
    runner = Runner(
        selection=CASES,
        settings=RunSettings(),
        datasets={"bars": dataset or BarDataset()},
        checkpoints={"one": checkpoint("one")},
        rules=registry.prompt_rules(),
        load_model=lambda it: loaded(BrightSegmenter(), it.name),
    )
    return LocalEngine(runner=runner)


def without_time(result):
    record = replace(result, timings_s={}, peak_memory_bytes={}, warmups={}).to_json()
    return json.loads(json.dumps(record))


def test_a_remote_engine_gives_what_the_local_one_gives():
    remote, local = remote_engine(masks_of=CASES), local_engine()
    for case in CASES:
        assert without_time(remote.result(case)) == without_time(local.result(case))
        assert (remote.segmentation(case).masks_zyx == local.segmentation(case).masks_zyx).all()


def test_it_does_so_when_workers_are_lost_on_the_way():
    deaths = {work.key: 1 for work in plan_work(CASES)}
    remote, local = remote_engine(cluster=FakeCluster(deaths=deaths)), local_engine()
    digests = {case: remote.result(case).digests for case in CASES}
    assert digests == {case: local.result(case).digests for case in CASES}
    assert remote.facts()["workers_lost"] == 3
    assert remote.notes() == ["fake: a worker was lost (its process ended); its group was run again or failed"]


def test_a_node_takes_the_datasets_prompt_from_the_volume_that_the_driver_chose():
    case = Case("bars", "c", "one", "dataset.composite.both")
    (work,) = plan_work([case])
    assignment = Assignment(settings=RunSettings(), checkpoints={"one": checkpoint("one")}, firsts={"bars": "b"})
    answer = GroupWorker(assignment, {"bars": BarDataset()}).run(work).answers[case]
    assert isinstance(answer, CaseResult)
    assert answer.details["seed"]["volume"] == "b"


def test_a_broken_volume_is_an_error_of_its_own_cases_in_the_same_words():
    broken = BarDataset(broken="b")
    remote, local = remote_engine(dataset=broken), local_engine(broken)
    for case in CASES:
        if case.volume == "b":
            with pytest.raises(DataError) as there:
                remote.result(case)
            with pytest.raises(DataError) as here:
                local.result(case)
            assert str(there.value) == str(here.value)
            assert "on the worker:" in there.value.__notes__[0]
        else:
            assert remote.result(case).status == "passed"


def test_what_another_library_raises_keeps_its_name():
    assert str(Failure.of(RuntimeError("the decoder gave up")).error()) == "RuntimeError: the decoder gave up"
    assert isinstance(Failure("DataError", "x").error(), DataError)
    assert isinstance(Failure("__doc__", "x").error(), ScaleError)


def test_masks_stay_on_the_worker_unless_a_test_names_them():
    wanted = CASES[1]
    remote = remote_engine(masks_of=[wanted])
    assert remote.segmentation(wanted).masks_zyx.any()
    with pytest.raises(ScaleError, match=r"masks of bars/a-one-every.composite stayed on the worker; .*Name it there"):
        remote.segmentation(CASES[0])


def test_cases_that_were_not_selected_come_with_their_masks():
    case = Case("bars", "b", "one", "every.point")
    assert remote_engine().segmentation(case).masks_zyx.any()


def test_saved_masks_travel_and_lie_where_the_driver_was_told(tmp_path):
    import nibabel

    folder = tmp_path / "masks"
    remote = remote_engine(settings=RunSettings(save_masks=folder), masks_of=CASES)
    for case in CASES:
        remote.result(case)
        file = folder / "bars" / case.volume / f"one-{case.strategy}.nii.gz"
        painted = nibabel.load(file).get_fdata().transpose(2, 1, 0) > 0
        assert (painted == remote.segmentation(case).masks_zyx).all()
    assert len(list(folder.rglob("*"))) == len(CASES) + 4


def test_other_data_on_one_node_is_an_error_of_that_group_alone():
    class Shifted(BarDataset):
        def load(self, volume_id, target=None):
            volume = BarDataset.load(self, volume_id, target)
            return replace(volume, image_zyx=volume.image_zyx + 1)

    cases = [Case("bars", volume, model, "every.composite") for model in ("one", "two") for volume in "ab"]
    assignment = Assignment(settings=RunSettings(), checkpoints={name: checkpoint(name) for name in ("one", "two")})
    good, bad = (GroupWorker(assignment, {"bars": it}) for it in (BarDataset(), Shifted()))
    cluster = FakeCluster(compute=lambda work: (bad if work.key == ("bars", "b", "two") else good).run(work))
    dispatcher = Dispatcher(cluster=cluster, plan=plan_work(cases), workers=2, retries=0, code=CODE)
    dispatcher.start()
    remote = RemoteEngine(name="fake", dispatcher=dispatcher)
    assert [remote.result(case).status for case in cases[:3]] == ["passed"] * 3
    with pytest.raises(
        ScaleError,
        match=r"volume bars/b is \w{12} on the worker that did bars/b, and was \w{12} on another; expected the same",
    ):
        remote.result(cases[3])


def test_another_device_or_weights_under_one_name_is_refused():
    identities = iter("abc")

    def compute(_work):
        return Reply(answers={}, model={"identity_sha256": next(identities) * 64})

    cluster = FakeCluster(compute=compute)
    dispatcher = Dispatcher(cluster=cluster, plan=plan_work(CASES), workers=1, retries=0, code=CODE)
    dispatcher.start()
    remote = RemoteEngine(name="fake", dispatcher=dispatcher)
    with pytest.raises(KeyError):
        remote.result(CASES[0])
    with pytest.raises(
        ScaleError, match="model one is bbbbbbbbbbbb on the worker that did bars/b, and was aaaaaaaaaaaa"
    ):
        remote.result(CASES[3])


def test_the_driver_hears_which_models_were_loaded_and_how_far_it_is():
    models: dict = {}
    lines: list[str] = []
    remote = remote_engine(on_model=models.__setitem__, on_wait=lines.append)
    for case in CASES:
        remote.result(case)
    assert set(models) == {"one"}
    assert lines[0].startswith("0/3 groups")
    assert remote.facts()["groups"] == 3


def test_an_interruption_goes_through_and_what_was_replied_before_stands():
    remote = remote_engine(cluster=FakeCluster(interrupt_at=4))
    assert remote.result(CASES[0]).status == "passed"
    with pytest.raises(KeyboardInterrupt):
        list(map(remote.result, CASES))
    remote.close()
    remote.close()
    assert remote.dispatcher.cluster.closed == 1


def test_a_folder_that_a_node_lacks_is_an_error_of_the_cases_and_no_loss(tmp_path):
    assignment = Assignment(
        settings=RunSettings(), checkpoints={"one": checkpoint("one")}, folders={"mine": str(tmp_path / "gone")}
    )
    (work,) = plan_work(cases_of("a"))
    answers = GroupWorker(assignment).run(work).answers
    failures = [answer for answer in answers.values() if isinstance(answer, Failure)]
    assert [failure.kind for failure in failures] == ["ConfigError"] * len(work.group.cases)
    assert all("there is no folder" in failure.message for failure in failures)


def test_loading_for_a_run_gives_the_facts_of_a_report():
    from bench_cases.registry import checkpoints

    model, facts = run_load.load_for_run(checkpoints()["sam_micro"], RunSettings(device="cpu"))
    assert facts["weights_sha256"] == model.weights_sha256
    assert facts["settings"]["threads"] == 1
