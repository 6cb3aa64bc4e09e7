"""What the README and the pages say is compared with what the code says; `test_snippets.py` runs what they show."""

import re
import shlex
import tomllib
from pathlib import Path

import pandas as pd  # noqa: F401 - see tests/plugin/conftest.py: what a run within this process imports must be there
import pytest
import sam2.sam2_video_predictor  # noqa: F401
import scipy.stats  # noqa: F401
import segment_anything  # noqa: F401

from bench_cases import studies
from bench_cases.cli import build_parser, document_options, main
from bench_cases.datasets._folder_values import EXAMPLE
from bench_cases.errors import SambenchError
from bench_cases.prompting.grids import GRIDS
from bench_cases.prompting.strategy import CHOICES, DIRECTIONS, SEEDS, parse
from bench_cases.prompting.walk_part import WALKS
from bench_cases.pytest_plugin import __all__ as FIXTURES  # noqa: N812 - a list of names
from bench_cases.registry import checkpoints, datasets, prompt_rules

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_every_option_is_in_the_table_and_the_table_has_no_others(pytestconfig):
    declared = {
        name
        for group in pytestconfig._parser._groups
        for option in group.options
        for name in option.names()
        if name.startswith("--sam-")
    }
    rows = [line.split("|")[1] for line in page("options.md").splitlines() if line.startswith("| `--")]
    documented = {name for row in rows for name in re.findall(r"--[a-z-]+", row)}
    assert documented - {name.replace("--", "--no-", 1) for name in declared} == declared


def test_the_tables_of_options_and_commands_are_those_that_the_parsers_make():
    for name, make in document_options.PAGES.items():
        assert document_options.refreshed(page(name), make(), name) == page(name), (
            f"docs/{name} is stale; run python -m bench_cases.cli.document_options docs"
        )
    with pytest.raises(SambenchError, match=re.escape(f"page.md: no lines {document_options.BEGIN!r}")):
        document_options.refreshed("nothing", "", "page.md")


def test_every_command_that_can_be_typed_has_a_section():
    sections = re.findall(r"^## `sambench ([^`]+)`$", page("commands.md"), flags=re.MULTILINE)
    assert sections
    for typed in sections:
        with pytest.raises(SystemExit) as end:
            main([*typed.split(), "--help"])
        assert end.value.code == 0
    listed = {typed.split()[0] for typed in sections}
    (action,) = (it for it in build_parser()._actions if it.dest == "command")
    assert listed == set(action.choices or ())


def test_every_fixture_is_named():
    for name in set(FIXTURES) - {"sam_runner", "dataset_scores"}:
        assert f"`{name}`" in page("your-own-suite.md"), name


def test_every_strategy_in_the_table_parses():
    names = re.findall(r"^\| `([a-z=]+\.composite[a-z.]*)` \|", README, flags=re.MULTILINE)
    assert len(names) == 4
    for name in names:
        parse(name, prompts=prompt_rules())


def test_the_table_of_parts_names_every_seed_prompt_direction_walk_and_choice_and_no_others():
    rows = re.findall(
        r"^\| (?:seed|prompt|direction|walk|mask|) ?\| (`[^|]*) \|", page("strategies.md"), flags=re.MULTILINE
    )
    names = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    rules = prompt_rules()
    fixed = {*SEEDS, *DIRECTIONS, *WALKS, *CHOICES, *rules, "centroid+N", "slice=N"}
    assert fixed <= set(names)
    assert all(name in rules for name in set(names) - fixed)
    for form in rules.forms:
        suffix = re.escape(form.removeprefix("RULE")).replace("N", "([0-9]+|N)")
        assert any(re.search(f"{suffix}$", name) for name in names), form


def test_every_grid_is_named():
    assert all(f"`{name}`" in page("strategies.md") for name in GRIDS)


def test_the_two_commands_are_the_ones_that_ci_and_users_type():
    commands = blocks("sh")
    assert commands[0].strip().endswith("pip install -e . && pytest benchmark -k radiopaedia")
    assert commands[1].strip().endswith("pip install -e '.[test]' && pytest")
    ci = (ROOT / ".ci" / "run").read_text()
    assert "pip install --quiet -e '.[test]'" in ci
    assert re.search(r"^pytest\b", ci, flags=re.MULTILINE)


def test_every_sambench_command_shown_is_one_that_exists(capsys):
    pages = [README, *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))]
    lines = [
        line for text in pages for line in text.replace("\\\n", " ").splitlines() if re.match(r"sambench [a-z]", line)
    ]
    shown = {shlex.split(line, comments=True)[1] for line in lines}
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert shown
    assert all(re.search(rf"^ +{command} ", text, flags=re.MULTILINE) for command in shown)


def test_the_example_of_a_dataset_toml_is_one_that_is_read(tmp_path):
    from bench_cases.datasets.folder import FolderDataset

    (example,) = blocks("toml", page("your-own-data.md"))
    for number, text in enumerate((example, EXAMPLE)):
        folder = tmp_path / str(number)
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "image.nii.gz").touch()
        (folder / "a" / "mask.nii.gz").touch()
        tomllib.loads(text)
        (folder / "dataset.toml").write_text(text, encoding="utf-8")
        dataset = FolderDataset.from_directory("mine", folder)
        assert list(dataset.volume_ids()) == ["a"]
        assert dataset.info.modality == "CT"


def test_the_example_of_a_preset_is_one_that_can_be_planned(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(*blocks("toml", page("your-own-study.md")), encoding="utf-8")
    study = studies.find(str(path))
    plan, stands_in = (
        studies.plan(
            study,
            phantom=phantom,
            datasets=datasets(),
            checkpoints=checkpoints(),
            missing={},
            rules=prompt_rules(),
        )
        for phantom in (False, True)
    )
    assert [line.reason for line in plan.not_run] == ["not downloaded"]
    assert len(plan.models) == 1
    assert len(stands_in.sets) == 1
    assert set(study.settings.stated()) == {"empty", "unit", "scaling", "jpeg", "precision", "latency"}


def test_every_study_is_in_the_table():
    table = page("your-own-study.md").partition("| study | what it is |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == set(studies.names())


def test_every_key_of_a_dataset_toml_is_documented_and_no_others():
    from bench_cases.datasets._folder_config import KEYS

    text = page("your-own-data.md")
    (example,) = blocks("toml", text)
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \| (?!all|drawn)", text, flags=re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert set(KEYS) <= listed | set(tomllib.loads(example))


def test_the_suite_of_somebody_elses_passes_as_shown(pytester):
    conftest, suite = blocks("python", page("your-own-suite.md"))
    short, shorter, _ = blocks("python")
    assert short == conftest
    assert suite.startswith(shorter)
    pytester.makeconftest(conftest)
    pytester.makepyfile(test_release=suite)
    result = pytester.runpytest_inprocess("--sam-limit-volumes=1", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)


def test_the_analysis_shown_runs_on_a_report():
    *_, snippet = blocks("python")
    golden = next((ROOT / "tests" / "report" / "golden").glob("*.json"))
    code = re.sub(r'load\("[^"]+"\)', f"load({str(golden)!r})", snippet)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the README's own lines
    assert len(names["run"].cases)  # type: ignore[attr-defined]


def test_every_file_that_is_linked_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_changelog_names_the_version():
    from bench_cases import __version__

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
