"""Presets of studies: what a file may say, and how one that says something else is told so."""

import pytest

from bench_cases import registry, studies
from bench_cases.errors import ConfigError, SelectionError, StrategyError
from bench_cases.selection import NotRun, Wishes
from bench_cases.settings import RunSettings
from bench_cases.studies.overrides import lines
from bench_cases.studies.plan import known_as
from bench_cases.studies.read import read
from bench_cases.volume import Window
from tests.fakes import BarDataset, checkpoint

MINE = """
name = "mine"
title = "A study of bars"
citation = "Nobody, Journal of Bars 2026"

[settings]
empty = { value = "all", source = "Section 3" }
jpeg = { value = true, source = "Section 2.4" }

[phantom]
limit_volumes = 1

[[sets]]
name = "bars"
window = { level = 40, width = 400 }
source = "Section 2.1"

[[models]]
name = "both"
source = "Section 2.2"

[[strategies]]
name = "every.box"
source = "Section 2.3"

[[published]]
set = "bars"
model = "both"
strategy = "every.box"
dice = 0.9
source = "Table 2"
"""


@pytest.fixture
def preset(tmp_path):
    def write(text=MINE):
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def resolve(study, *, phantom=False, datasets=None, missing=()):
    return studies.plan(
        study,
        phantom=phantom,
        datasets=datasets or {"bars": BarDataset()},
        checkpoints={name: checkpoint(name) for name in ("both", "sam_micro", "sam2_micro")},
        missing=dict.fromkeys(missing, "no weights"),
        rules=registry.prompt_rules(),
    )


@pytest.mark.parametrize("name", studies.names())
def test_each_preset_that_is_shipped_names_what_is_registered_and_nothing_else(name):
    study = studies.find(name)
    datasets, checkpoints = registry.datasets(), registry.checkpoints()
    assert study.name == name
    for one in study.sets:
        name_in_study, _, target = one.name.partition(":")
        base = known_as(name_in_study, datasets)
        assert base in datasets
        assert set(target.split("+")) <= {"", *datasets[base].info.targets}
        if one.phantom:
            stand_in, _, organ = one.phantom.partition(":")
            assert datasets[stand_in].info.phantom
            assert not organ or organ in datasets[stand_in].info.targets
    for model in study.models:
        assert model.name in checkpoints
    plan = studies.plan(
        study, phantom=True, datasets=datasets, checkpoints=checkpoints, missing={}, rules=registry.prompt_rules()
    )
    assert plan.strategies
    assert plan.sets, "a study runs offline on one phantom at least"
    assert plan.models


def test_the_presets_of_the_four_studies_are_shipped():
    assert set(studies.names()) == {
        "g25-images",
        "g25-volumes",
        "g25-dataset",
        "g25-spleen",
        "s24",
        "d24-2d",
        "d24-3d",
        "c26",
    }


def test_a_preset_says_what_it_says(preset):
    study = read(preset())
    assert (study.name, study.file) == ("mine", "mine.toml")
    assert study.sets[0].window == Window(40, 400)
    assert study.settings.stated() == {"empty": "all", "jpeg": True}
    assert dict(study.settings.sources)["jpeg"] == "Section 2.4"
    assert study.published[0].cell == ("bars", "both", "every.box")
    assert study.phantom_limits == (("limit_volumes", 1),)


def test_a_preset_is_found_by_name_or_by_path(preset):
    assert studies.find(str(preset())).title == "A study of bars"
    with pytest.raises(SelectionError, match=r"'g25-image' is not a study; expected .* Did you mean 'g25-images'\?"):
        studies.find("g25-image")


def test_a_file_that_is_absent_or_no_toml_says_what_to_start_from(tmp_path, preset):
    with pytest.raises(ConfigError, match=r"gone.toml cannot be read: No such file.*sambench list studies"):
        studies.find(str(tmp_path / "gone.toml"))
    with pytest.raises(ConfigError, match=r"mine.toml cannot be read: .*expected the TOML file of a study"):
        read(preset("name = "))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("citation =", "citatoin =", "mine.toml: unknown key citatoin = 'Nobody.*Did you mean 'citation'"),
        ('name = "mine"', 'name = "My Study"', "name = 'My Study'; expected small letters.*Choose a name"),
        ('title = "A study of bars"', "title = 3", "title = 3; expected a text in quotes. Say what"),
        ('citation = "Nobody, Journal of Bars 2026"', "", "citation is missing; expected a text in quotes. Say how"),
        ('value = "all"', 'value = "al"', "empty: value = 'al'; expected \"nonempty\" or \"all\". Did you mean 'all'"),
        ("value = true", 'value = "yes"', "jpeg: value = 'yes'; expected true or false. Write it without quotes"),
        ("jpeg =", "jpg =", "settings: unknown key jpg = .*Did you mean 'jpeg'"),
        (
            'empty = { value = "all", source = "Section 3" }',
            'empty = "all"',
            "empty = 'all'; expected a value with its source. Write empty = { value",
        ),
        (', source = "Section 2.4"', "", 'jpeg: source is missing; expected .*source = "Table 2"'),
        ('source = "Section 2.1"', "", "sets, entry 1: source is missing; expected a text in quotes. Say where"),
        ("width = 400", "width = 0", 'window = .*; expected { level = -650, width = 1500 }, "none" or "own"'),
        ("limit_volumes = 1", "limit_volumes = 0", "phantom: limit_volumes = 0; expected a whole number of at least 1"),
        ("dice = 0.9", "dice = 95.27", r"dice = 95.27; expected a share between 0 and 1. Write 0.9527 for 95.27 %"),
        ("dice = 0.9", "", "dice is missing; expected dice, jaccard or both"),
        ('model = "both"', 'model = "bot"', r"model = 'bot'; expected a model of this preset \(both\). Did you mean"),
        ('set = "bars"', 'set = "x"', r"set = 'x'; expected a set of this preset \(bars, \*\). Add it to sets"),
    ],
)
def test_what_is_wrong_in_a_preset_is_named_with_key_value_and_remedy(preset, old, new, message):
    assert old in MINE
    with pytest.raises(ConfigError, match=message):
        read(preset(MINE.replace(old, new)))


def test_a_list_that_is_empty_or_none_shows_how_an_entry_looks(preset):
    without = MINE.replace('[[models]]\nname = "both"\nsource = "Section 2.2"', "").replace(
        "[[published]]", "[[spare]]"
    )
    with pytest.raises(ConfigError, match="unknown key spare"):
        read(preset(without))
    without = without[: without.index("[[spare]]")]
    with pytest.raises(ConfigError, match=r'models is missing; expected at least one entry. Write .*"sam2_large"'):
        read(preset(without))
    with pytest.raises(ConfigError, match=r"models = 'both'; expected a list of tables. Write them so: models = \["):
        read(preset('models = "both"\n' + without))


def test_what_stands_twice_is_refused(preset):
    twice = MINE + '\n[[sets]]\nname = "bars"\nsource = "Section 4"\n'
    with pytest.raises(ConfigError, match="sets has 'bars' twice; expected each once"):
        read(preset(twice))


def test_a_strategy_that_means_nothing_and_a_figure_of_another_are_refused(preset):
    with pytest.raises(StrategyError, match="'bx' is not a prompt"):
        resolve(read(preset(MINE.replace("every.box", "every.bx"))))
    with pytest.raises(ConfigError, match=r"strategy = 'every.boxes'; expected .* Did you mean 'every.box'"):
        resolve(read(preset(MINE.replace('strategy = "every.box"', 'strategy = "every.boxes"'))))


def test_what_cannot_be_had_is_one_line_each_and_the_rest_is_run(preset):
    more = '\n[[sets]]\nname = "bar"\nsource = "4"\n[[sets]]\nname = "bars:lft"\nsource = "4"\n'
    more += '[[sets]]\nname = "rods"\nsource = "4"\n[[models]]\nname = "sam_micro"\nsource = "4"\n'
    datasets = {"bars": BarDataset(), "rods": BarDataset(name="rods", absent="rods: not downloaded")}
    plan = resolve(read(preset(MINE + more)), datasets=datasets, missing=["sam_micro"])
    assert plan.not_run == [
        NotRun("set bar", "no dataset bar is known here. Did you mean 'bars'?", "sambench list datasets"),
        NotRun(
            "set bars:lft",
            "bars has no target 'lft'; it has bar, left. Did you mean 'left'?",
            "sambench list datasets",
        ),
        NotRun("set rods", "not downloaded", "sambench fetch rods"),
        NotRun("model sam_micro", "no weights on disk", "sambench fetch sam_micro"),
    ]
    assert plan.wishes(Wishes()) == Wishes(datasets=("bars",), models=("both",), strategies=("every.box",))
    assert plan.windows == {"bars": Window(40, 400)}


def test_a_study_of_which_nothing_can_be_had_is_an_error_that_names_the_offline_run(preset):
    plan = resolve(read(preset()), datasets={"rods": BarDataset(name="rods")})
    with pytest.raises(SelectionError, match=r"none of its sets can be run here: set bars: .* --sam-phantom"):
        plan.wishes(Wishes())
    assert plan.wishes(Wishes(datasets=["rods"])).datasets == ("rods",)
    assert plan.left_out(Wishes(datasets=["rods"])) == []


def test_a_phantom_of_its_own_comes_before_one_that_stands_in_which_needs_its_own_window(preset):
    named = MINE.replace('name = "bars"\n', 'name = "bars"\nphantom = "rods:left"\n').replace(
        'name = "both"\n', 'name = "both"\nphantom = "sam2_micro"\n'
    )
    study = read(preset(named))
    rods = {"rods": BarDataset(name="rods")}
    stands_in = resolve(study, phantom=True, datasets=rods)
    assert stands_in.sets == [("bars", "rods:left", True)]
    assert stands_in.windows == {}
    assert stands_in.models == [("both", "sam2_micro", True)]
    own = resolve(study, phantom=True, datasets={**rods, "bars-phantom": BarDataset(name="bars-phantom")})
    assert own.sets == [("bars", "bars-phantom", False)]
    assert own.windows == {"bars-phantom": Window(40, 400)}
    assert own.wishes(Wishes(datasets=["b*"])).datasets == ("bars-phantom",)
    none = resolve(read(preset()), phantom=True, datasets=rods)
    assert [line.what for line in none.not_run] == ["set bars", "model both"]
    assert "no dataset bars-phantom is known here. And the preset names none to stand in." in none.not_run[0].reason


def test_several_targets_joined_are_known_when_each_of_them_is(preset):
    plan = resolve(read(preset(MINE.replace('"bars"', '"bars:bar+left"'))))
    assert plan.sets == [("bars:bar+left", "bars:bar+left", False)]
    plan = resolve(read(preset(MINE.replace('"bars"', '"bars:bar+right"'))))
    assert [line.what for line in plan.not_run] == ["set bars:bar+right"]


def test_every_change_that_the_command_line_makes_is_written_down(preset):
    plan = resolve(read(preset()))
    settings = RunSettings(jpeg=True, empty="all", windows=plan.windows)
    assert studies.overrides(plan, Wishes(), settings) == []
    changed = studies.overrides(
        plan,
        Wishes(models=["sam_micro"]),
        RunSettings(jpeg=False, empty="all", unit="slice", windows={"*": None}, scaling="volume", limit_volumes=2),
    )
    assert lines(changed) == [
        "override: models - the study: both; this run: sam_micro",
        "override: jpeg - the study: true; this run: false",
        "override: unit - the study: none; this run: slice",
        "override: scaling - the study: none; this run: volume",
        "override: limit_volumes - the study: none; this run: 2",
        "override: window - the study: bars: level 40, width 400; this run: none",
    ]
