"""The plugin under a remote engine: the same items, asserts, report and exit code; workers live in this process."""

import contextlib
import doctest
import sys

import pytest

from bench_cases.cli import main, run
from bench_cases.errors import ScaleError
from bench_cases.scale import ray_cluster
from bench_cases.scale.code import code_identity
from bench_cases.scale.groups import GroupKey
from bench_cases.scale.ray_cluster import RayCluster, Resources, require_ray
from bench_cases.scale.work import Assignment
from bench_cases.scale.worker import GroupWorker
from bench_cases.settings import RunSettings
from tests.fake_cluster import FakeCluster
from tests.plugin.conftest import cases

DEADLY = GroupKey("radiopaedia-phantom", "4_85506_1", "sam_micro")


@pytest.fixture
def clusters(monkeypatch):
    """Have the plugin connect to a fake cluster; the assignment goes to a real worker."""
    made = []

    def connect(assignment, *, address, workers, gpus):
        worker = GroupWorker(assignment)
        code = code_identity()
        made.append(FakeCluster(compute=worker.run, codes={f"w{number}": code for number in range(99)}))
        made[-1].asked = (address, workers, gpus)
        if gpus == 0.5:
            made[-1].deaths[DEADLY] = 99
        return made[-1], workers or 2

    monkeypatch.setattr(RayCluster, "connect", connect)
    return made


def test_a_run_under_ray_gives_the_report_of_a_local_run_and_says_who_computed(suite, clusters):
    local = suite.run("--sam-report=local.json")
    remote = suite.run("--sam-report=ray.json", "--sam-engine=ray", "--sam-workers=3")
    local.assert_outcomes(passed=4)
    remote.assert_outcomes(passed=4)
    (cluster,) = clusters
    assert (cluster.closed, cluster.asked, len(cluster.given)) == (1, (None, 3, None), 2)
    there, here = suite.report("ray.json"), suite.report("local.json")
    assert there["run"]["engine"]["name"] == "ray"
    assert there["run"]["engine"]["groups"] == 2
    assert here["run"]["engine"] == {"name": "local"}
    assert there["models"].keys() == here["models"].keys()
    assert [there["models"][name]["identity_sha256"] for name in here["models"]] == [
        here["models"][name]["identity_sha256"] for name in here["models"]
    ]
    for key, case in cases(here).items():
        for what in ("status", "scores", "digests", "prompts", "details", "floor"):
            assert cases(there)[key][what] == case[what]


def test_a_group_that_could_not_be_done_is_reported_as_failed_and_resumed_where_it_can(suite, clusters):
    options = ("--sam-report=run.json", "--sam-engine=ray", "--sam-retries=1")
    lost = suite.run(*options, "--sam-gpus=0.5")
    lost.assert_outcomes(passed=3, errors=1)
    assert lost.ret == pytest.ExitCode.TESTS_FAILED
    lost.stdout.fnmatch_lines(["note: ray: a worker was lost (its process ended); its group was run again or failed"])
    report = suite.report()
    case = cases(report)["radiopaedia-phantom/4_85506_1/sam_micro/every.composite"]
    assert case["status"] == "error"
    assert case["message"].startswith("2 workers were lost over radiopaedia-phantom/4_85506_1 with sam_micro: its pro")
    assert report["run"]["engine"]["groups_failed"] == 1
    suite.run(*options, "--sam-resume").assert_outcomes(passed=4)
    assert [key.model for _, key in clusters[-1].given] == ["sam_micro"]


@pytest.mark.usefixtures("clusters")
def test_masks_travel_for_tests_that_name_them_and_not_for_others(suite):
    suite.pytester.makepyfile(
        test_suite="""
        def test_top(segmentation):
            assert segmentation.masks_zyx.any()
        def test_hidden(scores, request):
            assert request.getfixturevalue("segmentation").masks_zyx.any()
        """
    )
    strategy = "--sam-strategy=every.composite"
    suite.run("--sam-engine=ray", strategy, "--sam-model=sam_micro").assert_outcomes(passed=2)
    hidden = suite.run("--sam-engine=ray", strategy, "--sam-model=sam_micro", "-k", "hidden")
    hidden.assert_outcomes(failed=1)
    hidden.stdout.fnmatch_lines(["*stayed on the worker; expected a test that names the fixture `segmentation`*"])


@pytest.mark.usefixtures("clusters")
def test_latency_is_not_timed_under_ray_and_the_run_says_so(suite):
    suite.pytester.makepyfile(
        test_latency="def test_embedding(benchmark, frame): pass",
        test_suite="def test_volume(scores): assert scores.slices",
    )
    result = suite.run("--sam-engine=ray", "--sam-model=sam_micro", "--sam-report=run.json")
    result.assert_outcomes(passed=1, deselected=1)
    line = "not run: 1 latency cases - latency is timed on one machine that does nothing else; try: --sam-engine local"
    result.stdout.fnmatch_lines([line])
    assert "1 latency cases" in [entry["what"] for entry in suite.report()["not_run"]]


@pytest.mark.usefixtures("clusters")
def test_saved_masks_lie_on_the_drivers_disk(suite):
    suite.run("--sam-engine=ray", "--sam-save-masks=masks", "--sam-model=sam_micro").assert_outcomes(passed=1)
    assert [path.name for path in (suite.path / "masks").rglob("*.nii.gz")] == ["sam_micro-every.composite.nii.gz"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--sam-address=auto"], "--sam-address says what a cluster is to be like; expected --sam-engine ray beside"),
        (["--sam-engine=ray", "-n", "1"], "--sam-engine ray has workers of its own; expected no -n of pytest-xdist"),
        (["--sam-engine=ray", "--sam-gpus=1.5"], "'1.5' is no number of GPUs; expected 0, a share of one such as 0.5"),
        (["--sam-engine=slurm"], "invalid choice: 'slurm'"),
    ],
)
def test_options_that_do_not_go_together_are_one_line_and_exit_code_4(suite, options, message):
    result = suite.run(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stdout.str() + result.stderr.str()


def test_a_cluster_that_cannot_be_had_is_one_line_before_the_first_test(suite, monkeypatch):
    monkeypatch.setattr(ray_cluster, "find_spec", lambda _name: None)
    result = suite.run("--sam-engine=ray")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stdout.str() + result.stderr.str()
    assert "needs the package ray, which is not installed; run in the checkout: pip install -e '.[ray]'." in text
    assert "Traceback" not in text
    with pytest.raises(ScaleError, match="needs the package ray"):
        require_ray()


@pytest.mark.parametrize(
    ("total", "device", "typed", "asked", "room"),
    [
        ({"CPU": 8}, "auto", {}, Resources(gpus=0, cpus=1), 8),
        ({"CPU": 8}, "auto", {"threads": 3}, Resources(gpus=0, cpus=3), 2),
        ({"CPU": 8, "GPU": 2}, "auto", {}, Resources(gpus=1, cpus=1), 2),
        ({"CPU": 8, "GPU": 2}, "cpu", {}, Resources(gpus=0, cpus=1), 8),
        ({"CPU": 8, "GPU": 2}, "cuda", {"gpus": 0.25}, Resources(gpus=0.25, cpus=1), 8),
        ({"CPU": 2}, "cuda", {"gpus": 1.0}, Resources(gpus=1, cpus=1), 0),
    ],
)
def test_workers_ask_for_a_gpu_where_there_is_one_and_it_is_wanted(total, device, typed, asked, room):
    assignment = Assignment(settings=RunSettings(device=device), checkpoints={}, threads=typed.get("threads"))
    resources = ray_cluster._resources(assignment, total, typed.get("gpus"))
    assert resources == asked
    assert ray_cluster._room(total, resources) == room


def test_without_a_gpu_of_its_own_a_worker_computes_on_the_cpu():
    def device(asked, gpus):
        assignment = Assignment(settings=RunSettings(device=asked), checkpoints={})
        return ray_cluster._on_workers(assignment, Resources(gpus=gpus)).settings.device

    assert [device("auto", 0), device("auto", 0.5), device("cuda", 0), device("mps", 0)] == [
        "cpu",
        "auto",
        "cuda",
        "mps",
    ]


def test_a_loss_is_told_in_words_that_name_no_host():
    class RayActorError(Exception):
        pass

    class ActorDiedError(RayActorError):
        pass

    class RayTaskError(Exception):
        cause = ValueError("x")

    assert ray_cluster._reason(ActorDiedError("ip: 10.0.0.7 /home/me")) == "its process ended"
    assert ray_cluster._reason(RayTaskError("at /home/me")) == "ValueError: x"
    assert ray_cluster._reason(RayActorError("10.0.0.7")) == "Ray lost it"


def test_the_command_hands_on_what_it_does_not_know(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []

    def note(arguments):
        seen.append(arguments)
        return 2

    monkeypatch.setattr(pytest, "main", note)
    assert main(["run", "--engine", "ray", "--address=auto", "-k", "a and b", "--sam-model", "x", "-x"]) == 2
    plugin = ["-p", "bench_cases.pytest_plugin"]
    assert seen[-1] == [*plugin, "--sam-engine=ray", "--sam-address=auto", "-k", "a and b", "--sam-model", "x", "-x"]
    (tmp_path / "benchmark").mkdir()
    main(["run"])
    assert seen[-1] == [*plugin, "-o", "testpaths=benchmark", "--sam-engine=local"]
    assert doctest.testmod(run).attempted == 1


def test_other_commands_refuse_what_they_do_not_know(capsys):
    with contextlib.suppress(SystemExit):
        main(["list", "--nonsense"])
    assert "unrecognized arguments: --nonsense" in capsys.readouterr().err
    assert "ray" not in sys.modules
