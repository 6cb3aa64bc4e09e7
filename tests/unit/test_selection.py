from dataclasses import replace

import pytest

from bench_cases import registry
from bench_cases.contracts import WalkLimits
from bench_cases.errors import SelectionError, StrategyError
from bench_cases.locations import cache_dir, data_dir, offline
from bench_cases.selection import Wishes, select
from tests.fakes import BarDataset, checkpoint

DATASETS = {
    "bars": BarDataset(),
    "rods": BarDataset(name="rods", absent="dataset 'rods' is not on disk; run `sambench fetch rods`."),
}
CHECKPOINTS = {"both": checkpoint("both"), "still": checkpoint("still", modes=("image",)), "gone": checkpoint("gone")}
MISSING = {"gone": "model 'gone' has no weights on disk; run `sambench fetch gone`."}


def choose(limit_volumes=None, **wishes):
    return select(
        Wishes(**wishes),
        datasets=DATASETS,
        checkpoints=CHECKPOINTS,
        missing=MISSING,
        rules=registry.prompt_rules(),
        limit_volumes=limit_volumes,
    )


def test_by_default_everything_that_can_run_runs_and_the_rest_is_one_line_each():
    selection = choose()
    assert len(selection.cases()) == 3 * 3 + 3 * 1
    assert [(line.what, line.remedy) for line in selection.not_run] == [
        ("datasets rods", "sambench fetch rods"),
        ("models gone", "sambench fetch gone"),
        ("still with middle.composite.both, dataset.composite.both", "sambench list models"),
    ]


def test_cases_of_one_model_follow_each_other():
    models = [case.model for case in choose().cases()]
    assert models == sorted(models, key=["both", "still"].index)


def test_what_is_asked_for_by_name_and_cannot_be_had_is_an_error():
    with pytest.raises(SelectionError, match="run `sambench fetch rods`"):
        choose(datasets=["rods"])
    with pytest.raises(SelectionError, match="run `sambench fetch gone`"):
        choose(models=["gone"])


def test_patterns_take_what_is_there():
    assert list(choose(datasets=["*s"]).volumes) == ["bars"]
    assert list(choose(models=["b*", "st*"]).checkpoints) == ["both", "still"]


@pytest.mark.parametrize(
    ("wishes", "message"),
    [
        ({"datasets": ["bar"]}, "'bar' is not a dataset; expected one of bars, rods. Did you mean 'bars'"),
        ({"datasets": ["bars:lft"]}, "'lft' is not a target of bars; expected one of bar, left. Did you mean 'left'"),
        ({"models": ["boht"]}, "Did you mean 'both'"),
    ],
)
def test_a_near_miss_is_suggested(wishes, message):
    with pytest.raises(SelectionError, match=message):
        choose(**wishes)


def test_an_unknown_strategy_is_refused():
    with pytest.raises(StrategyError, match="Did you mean 'composite'"):
        choose(strategies=["every.composit"])


def test_a_selection_without_a_case_says_why():
    with pytest.raises(SelectionError, match=r"nothing is left to run: .*still with middle.*image mode only"):
        choose(models=["still"], strategies=["middle.composite.both"])


def reasons(*, memory=None, checkpoints, strategies):
    selection = select(
        Wishes(strategies=strategies),
        datasets=DATASETS,
        checkpoints=checkpoints,
        missing={},
        rules=registry.prompt_rules(),
        memory=memory,
    )
    ran = {(case.model, case.strategy) for case in selection.cases()}
    return ran, [(line.what, line.reason) for line in selection.not_run if line.what != "datasets rods"]


@pytest.mark.parametrize(
    ("limits", "memory", "strategy", "reason"),
    [
        (WalkLimits(clicks=False), None, "middle.point+clicks=2.both", "bound takes no clicks in video mode"),
        (
            WalkLimits(oracle=False),
            None,
            "middle.point.both.oracle",
            "bound chooses among its candidates by itself in video mode, and leaves nothing to 'oracle'",
        ),
        (
            WalkLimits(memory=0),
            3,
            "middle.point.both",
            "bound has a memory that cannot be set, and --sam-memory 3 was asked for",
        ),
        (
            WalkLimits(memory=7),
            8,
            "middle.point.both",
            "bound has a memory of at most 7 frames, and --sam-memory 8 was asked for",
        ),
    ],
)
def test_what_a_walk_cannot_do_is_said_before_anything_runs(limits, memory, strategy, reason):
    models = {"bound": replace(checkpoint("bound"), limits=limits), "free": checkpoint("free")}
    image = ["every.point", "every.point+clicks=2", "every.point.oracle"]  # limits of walks are none of image mode
    ran, lines = reasons(memory=memory, checkpoints=models, strategies=[*image, strategy])
    everything = {(model, name) for model in models for name in (*image, strategy)}
    assert ran == everything - {("bound", strategy)}
    assert lines == [(f"bound with {strategy}", reason)]


def test_a_walk_within_its_limits_runs():
    models = {"bound": replace(checkpoint("bound"), limits=WalkLimits(memory=7))}
    ran, lines = reasons(memory=7, checkpoints=models, strategies=["middle.point.both"])
    assert (ran, lines) == ({("bound", "middle.point.both")}, [])


def test_limits_take_the_first_volumes():
    assert choose(limit_volumes=2).volumes == {"bars": ("a", "b")}


def test_a_target_becomes_part_of_the_datasets_name():
    assert choose(datasets=["bars:left"]).cases()[0].dataset == "bars:left"


def test_several_targets_are_joined_by_a_plus():
    assert choose(datasets=["bars:bar+left"]).cases()[0].dataset == "bars:bar+left"
    with pytest.raises(SelectionError, match=r"'lft' is not a target of bars; expected one of bar, left"):
        choose(datasets=["bars:bar+lft"])


def asked(**info):
    return {**DATASETS, "shy": BarDataset(name="shy", **info)}


def test_what_runs_on_request_only_is_left_out_until_it_is_named_or_matched():
    known = asked(on_request=True)
    for wished, chosen in ((None, ["bars"]), (["shy"], ["shy"]), (["s*"], ["shy"])):
        selection = select(
            Wishes(datasets=wished),
            datasets=known,
            checkpoints=CHECKPOINTS,
            missing=MISSING,
            rules=registry.prompt_rules(),
        )
        assert list(selection.volumes) == chosen


def test_the_name_that_a_study_gives_a_set_means_the_set():
    known = asked(aliases=("MRI-Bar",))
    selection = select(
        Wishes(datasets=["MRI-Bar:left"]),
        datasets=known,
        checkpoints=CHECKPOINTS,
        missing=MISSING,
        rules=registry.prompt_rules(),
    )
    assert list(selection.volumes) == ["shy:left"]


def test_many_that_are_not_on_disk_are_one_short_remedy():
    many = {
        f"set{n}": BarDataset(name=f"set{n}", absent=f"set{n}: not on disk; sambench fetch set{n}") for n in range(9)
    }
    selection = select(
        Wishes(),
        datasets={**DATASETS, **many},
        checkpoints=CHECKPOINTS,
        missing=MISSING,
        rules=registry.prompt_rules(),
    )
    assert selection.not_run[0].what == "datasets rods, " + ", ".join(many)
    assert selection.not_run[0].remedy == "sambench fetch NAME; sambench list datasets"


def test_everything_the_packages_offer_is_found():
    assert {"coronacases", "radiopaedia", "montgomery", "coronacases-phantom", "radiopaedia-phantom"} <= set(
        registry.datasets()
    )
    assert {"sam_micro", "sam2_micro", "sam_vit_l", "sam2.1_large"} <= set(registry.checkpoints())
    assert "composite" in registry.prompt_rules()


def test_a_name_offered_twice_is_an_error(monkeypatch, tmp_path):
    package = tmp_path / "clashing"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in ("one", "two"):
        (package / f"{name}.py").write_text(
            "from types import SimpleNamespace\nTHINGS = (SimpleNamespace(name='x'),)\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SelectionError, match=r"'x' is offered twice, by clashing\.one and clashing\.two"):
        registry.discover("clashing", "THINGS")


def test_places_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SAMBENCH_CACHE", str(tmp_path))
    monkeypatch.delenv("SAMBENCH_DATA", raising=False)
    assert data_dir() == tmp_path / "data"
    monkeypatch.setenv("SAMBENCH_DATA", str(tmp_path / "elsewhere"))
    assert data_dir() == tmp_path / "elsewhere"
    monkeypatch.delenv("SAMBENCH_CACHE")
    assert cache_dir().name == "sambench"


@pytest.mark.parametrize(("value", "expected"), [("", False), ("0", False), ("No", False), ("1", True), ("yes", True)])
def test_the_offline_switch_understands_common_values(monkeypatch, value, expected):
    monkeypatch.setenv("SAMBENCH_OFFLINE", value)
    assert offline() is expected
