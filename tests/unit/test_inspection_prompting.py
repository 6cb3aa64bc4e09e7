"""What `check` foresees of a plain run is what the run then does, and what it advises helps."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases import registry
from bench_cases.cases import Case
from bench_cases.cli import main
from bench_cases.contracts import Dataset, DatasetInfo
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import DataError
from bench_cases.inspection.checks import Finding, check_dataset
from bench_cases.inspection.first_volume import MOST_LISTED, first_volume_trouble, volumes_line
from bench_cases.inspection.promptable import plain_strategies, why_no_seed, will_fail
from bench_cases.inspection.propose import propose
from bench_cases.inspection.resolve import Named
from bench_cases.prompting.strategy import DEFAULT_STRATEGIES
from bench_cases.runner import Runner
from bench_cases.seed_library import Library, read_choices
from bench_cases.seed_library.choice import NO_CHOICES, SeedChoices
from bench_cases.settings import RunSettings
from bench_cases.volume import Volume
from tests.fakes import BarDataset, BrightSegmenter, bar_volume, checkpoint, loaded
from tests.scan_files import write_nifti, write_png

RULES = registry.prompt_rules()
PLAIN = plain_strategies(RULES)
DEPTH = 6


def volume_of(name: str, shown: Sequence[int], dataset: str = "spans", *, ordered: bool = True) -> Volume:
    """A volume of `DEPTH` slices with a square of its target on those named."""
    labels = np.zeros((DEPTH, 12, 16), np.uint8)
    labels[list(shown), 4:8, 5:11] = 1
    image = np.where(labels > 0, 200, 10).astype(np.int16)
    image[:, 0, 0] = sum(map(ord, name))  # no two are alike
    return Volume(
        dataset=dataset, id=name, image_zyx=image, labels_zyx=labels, modality="CT", target="bar", ordered=ordered
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """Volumes by the slices that show their target; None for one that cannot be read."""

    shown: Mapping[str, Sequence[int] | None]
    name: str = "spans"

    @property
    def info(self) -> DatasetInfo:
        return BarDataset().info

    def missing(self) -> str | None:
        return None

    def volume_ids(self) -> Sequence[str]:
        return tuple(self.shown)

    def load(self, volume_id: str, target: str | None = None) -> Volume:  # noqa: ARG002 - there is one
        shown = self.shown[volume_id]
        if shown is None:
            msg = f"{volume_id}.nii.gz is truncated; expected a whole file. Fetch it again."
            raise DataError(msg)
        return volume_of(volume_id, shown, self.name)


def errors_of_a_run(
    dataset: Dataset, strategies: Sequence[str] = DEFAULT_STRATEGIES, seeds: SeedChoices = NO_CHOICES
) -> dict[tuple[str, str], str]:
    """Run every volume under some strategies; return what went wrong by volume and strategy."""
    cases = [Case(dataset.name, volume, "one", name) for volume in dataset.volume_ids() for name in strategies]
    runner = Runner(
        selection=cases,
        settings=RunSettings(warmups=0),
        datasets={dataset.name: dataset},
        checkpoints={"one": checkpoint("one")},
        rules=RULES,
        load_model=lambda it: loaded(BrightSegmenter(), it.name),
        seeds=seeds,
    )
    errors = {}
    for case in cases:
        try:
            runner.outcome(case)
        except Exception as error:  # noqa: BLE001 - whatever went wrong
            errors[case.volume, case.strategy] = str(error)
    return errors


def foreseen(dataset: Dataset) -> set[tuple[str, str]]:
    """Return the volumes and strategies of which `check` says that they will fail."""
    findings = list(check_dataset(dataset, None))
    trouble = first_volume_trouble(Named(dataset, None, None), findings)
    said = set()
    for each in findings:
        of_it = " ".join(each.warnings)
        hopeless = bool(each.error) or "all its cases will be errors" in of_it
        said |= {(each.volume, name) for name in DEFAULT_STRATEGIES if hopeless or f"'{name}'" in of_it}
        said |= {(each.volume, name) for name in DEFAULT_STRATEGIES if f"{name} will fail on every volume" in trouble}
    return said


@given(
    st.lists(
        st.one_of(st.none(), st.sets(st.integers(0, DEPTH - 1)).map(sorted)),
        min_size=1,
        max_size=4,
    )
)
def test_what_is_foreseen_is_what_a_run_does(shown: list[Sequence[int] | None]) -> None:
    dataset = Spans(shown=dict(zip("abcd", shown, strict=False)))
    assert foreseen(dataset) == set(errors_of_a_run(dataset))


def test_a_middle_slice_without_the_target_is_told_in_the_words_of_the_run() -> None:
    volume = volume_of("a", [1, 2])
    (warning,) = will_fail(volume, PLAIN, RULES)
    of_the_run = errors_of_a_run(Spans(shown={"a": [1, 2]}))["a", "middle.composite.both"]
    assert of_the_run == (
        "strategy 'middle.composite.both' prompts the middle slice, 3 of 6, which carries no bar; expected some bar, "
        "and slices 1 to 2 of spans/a carry it. Name a seed that is where the target is, 'largest' or 'centre' in "
        "place of 'middle'."
    )
    assert warning == f"{of_the_run} Here: --sam-strategy largest.composite.both."


def test_the_strategy_that_is_named_instead_works() -> None:
    dataset = Spans(shown={"a": [1, 2], "b": [0], "c": [5], "d": [2, 4]})
    for finding in check_dataset(dataset, None):
        (named,) = {name for text in finding.warnings for name in re.findall(r"--sam-strategy (\S+)\.$", text)}
        assert errors_of_a_run(replace(dataset, shown={finding.volume: dataset.shown[finding.volume]}), [named]) == {}


def test_where_the_middle_shows_the_target_nothing_is_said() -> None:
    volume = bar_volume()
    assert list(will_fail(volume, PLAIN, RULES)) == []
    assert why_no_seed(volume, PLAIN, RULES) == ""
    assert first_volume_trouble(Named(BarDataset(), None, None), list(check_dataset(BarDataset(), None))) == ""


def test_a_volume_that_lacks_the_target_says_that_all_its_cases_fail() -> None:
    (finding,) = check_dataset(Spans(shown={"a": []}), None)
    assert finding.warnings[0] == (
        "bar is not in it: nothing can be prompted, and all its cases will be errors; leave it out"
    )
    assert len([each for each in finding.warnings if "middle" in each]) == 0


def test_an_image_of_a_set_without_order_is_called_an_image() -> None:
    (warning,) = will_fail(volume_of("stack", [0], ordered=False), PLAIN, RULES)
    assert "prompts the middle image, 3 of 6, which carries no bar" in warning
    assert "image 0 of spans/stack carries it" in warning


# ---------------------------------------------------------------- the first volume


def trouble(dataset: Dataset, **named: object) -> str:
    return first_volume_trouble(Named(dataset, None, None, **named), list(check_dataset(dataset, None)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shown", "advice"),
    [
        ({"a": [1], "b": [2], "c": [3]}, "c can: `sambench seeds make spans/c --name spans-seed`"),
        ({"a": None, "b": [3]}, "b can: `sambench seeds make spans/b --name spans-seed`"),
        (
            {"a": [], "b": [1]},
            "No volume can from its middle; take another slice: `sambench seeds make spans/b --slice largest --name",
        ),
        ({"a": [], "b": []}, "No volume that can be read shows the target; check its labels."),
    ],
)
def test_a_first_volume_that_cannot_be_prompted_is_trouble_for_all(
    shown: Mapping[str, Sequence[int] | None], advice: str
) -> None:
    text = trouble(Spans(shown=shown))
    assert text.startswith(
        "dataset.composite.both will fail on every volume: its prompt comes from the first one's middle slice, and "
        "a cannot give it (see there). "
    )
    assert advice in text


def test_a_seed_of_a_named_set_is_given_to_that_set_alone_and_names_the_target() -> None:
    dataset = Spans(shown={"a": [1], "b": [3]})
    text = first_volume_trouble(Named(dataset, "left", None), list(check_dataset(dataset, None)))
    assert text.endswith(
        "`sambench seeds make spans:left/b --name spans-seed`, and give the run --sam-seed spans=spans-seed."
    )


def test_nothing_is_said_of_a_set_without_volumes() -> None:
    findings: list[Finding] = []
    assert first_volume_trouble(Named(BarDataset(), None, None), findings) == ""


# ---------------------------------------------------------------- folders, from describe to a run


def scans(root: Path, shown: Mapping[str, Sequence[int]]) -> Path:
    for name, slices in shown.items():
        volume = volume_of(name, slices)
        write_nifti(root / name / "image.nii.gz", volume.image_zyx)
        write_nifti(root / name / "mask.nii.gz", volume.labels_zyx)
    return root


def said(capsys: pytest.CaptureFixture[str], *command: str, status: int = 0) -> str:
    assert main([*command]) == status
    return capsys.readouterr().out


DESCRIBED = """
modality = "CT"
image = "{id}/image.nii.gz"
mask = "{id}/mask.nii.gz"
[targets]
bar = [1]
"""


def test_check_names_the_volume_to_put_first_and_the_line_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = scans(tmp_path / "own", {"a": [1], "b": [2], "c": [2, 3]})
    (root / "dataset.toml").write_text(DESCRIBED)
    text = said(capsys, "check", str(root))
    assert "  a: strategy 'middle.composite.both' prompts the middle slice, 3 of 6" in text
    assert "own: 3 volumes, 0 cannot be used, 2 to look at" in text
    line = 'volumes = ["c", "a", "b"]'
    assert "  own: dataset.composite.both will fail on every volume: " in text
    assert f"c can: set {line} in its dataset.toml, above any [table]." in text
    (root / "dataset.toml").write_text(DESCRIBED.replace("[targets]", f"{line}\n[targets]"))
    assert "dataset.composite.both" not in said(capsys, "check", str(root))
    strategies = ("every.composite", "largest.composite.both", "dataset.composite.both")
    assert errors_of_a_run(FolderDataset.from_directory("own", root), strategies) == {}


@pytest.mark.parametrize("shown", [{"a": [1], "b": [3]}, {"a": [1], "b": [2]}])
def test_the_commands_that_make_a_seed_of_another_volume_or_slice_help(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    shown: Mapping[str, Sequence[int]],
) -> None:
    monkeypatch.setenv("SAMBENCH_SEEDS", str(tmp_path / "seeds"))
    root = scans(tmp_path / "my own", {**shown, **{f"more{number}": [1] for number in range(MOST_LISTED)}})
    (root / "dataset.toml").write_text(DESCRIBED)
    text = said(capsys, "check", str(root))
    command = re.search(r"`sambench (seeds make .*?)`, and give the run --sam-seed (\S+)\.", text)
    assert command is not None
    said(capsys, *shlex.split(command[1]))
    dataset = FolderDataset.from_directory("theirs", root)  # the run may call it otherwise
    choices = read_choices([command[2]], Library(), {"theirs": dataset})
    assert errors_of_a_run(dataset, ("dataset.composite.both",)).keys() == {
        (each, "dataset.composite.both") for each in dataset.volume_ids()
    }
    assert errors_of_a_run(dataset, ("dataset.composite.both",), choices) == {}


def test_check_writes_why_a_volume_gives_no_seed_into_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = scans(tmp_path / "own", {"a": [1], "b": [3]})
    (root / "dataset.toml").write_text(DESCRIBED)
    said(capsys, "check", str(root), "--csv", str(tmp_path / "table.csv"))
    header, first, second = (tmp_path / "table.csv").read_text().splitlines()
    assert header.endswith(",no_seed")
    assert "own/a gives the dataset's one prompt from its middle slice 3, which carries no bar" in first
    assert second.endswith(",")


def test_describe_puts_a_volume_first_that_can_be_prompted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = scans(tmp_path / "own", {"a": [1], "b": [2, 3]})
    said(capsys, "describe", str(root), "--write")
    text = (root / "dataset.toml").read_text()
    assert (
        "# b is put first: dataset.composite.both takes its prompt from the first volume's middle slice, and a cannot "
        "give it\n"
        "# name new volumes here too; without this line all are taken, in the order of their names\n"
        'volumes = ["b", "a"]\n'
    ) in text
    assert text.index("volumes = ") < text.index("[targets]")
    dataset = FolderDataset.from_directory("own", root)
    assert dataset.volume_ids() == ("b", "a")
    assert set(errors_of_a_run(dataset)) == {("a", "middle.composite.both")}


@pytest.mark.parametrize("shown", [{"a": [1], "b": [2]}, {"a": [1], **{f"b{n}": [3] for n in range(MOST_LISTED)}}])
def test_describe_says_what_it_cannot_put_right(tmp_path: Path, shown: Mapping[str, Sequence[int]]) -> None:
    text = propose(scans(tmp_path / "own", shown))
    assert (
        "# PROBLEM dataset.composite.both takes its prompt from the first volume's middle slice, and a cannot give it; "
        "`sambench check` says what can be done\n"
    ) in text
    assert "volumes = " not in text
    assert "# no problem was found" not in text


def test_describe_leaves_the_order_alone_where_the_first_can_be_prompted(tmp_path: Path) -> None:
    text = propose(scans(tmp_path / "own", {"a": [3], "b": [1]}))
    assert "volumes = " not in text
    assert "# no problem was found in what was read" in text


def test_describe_lists_what_has_no_mask_among_the_volumes_that_it_orders(tmp_path: Path) -> None:
    root = scans(tmp_path / "own", {"a": [1], "c": [3]})
    write_nifti(root / "b" / "image.nii.gz", volume_of("b", []).image_zyx)
    (root / "dataset.toml").write_text(propose(root))
    assert 'volumes = ["c", "a", "b"]' in (root / "dataset.toml").read_text()
    assert FolderDataset.from_directory("own", root).volume_ids() == ("c", "a")  # b is excluded


def test_a_folder_without_masks_is_still_described(tmp_path: Path) -> None:
    write_nifti(tmp_path / "own" / "a" / "image.nii.gz", volume_of("a", []).image_zyx)
    assert "# no mask was found; name them" in propose(tmp_path / "own")


def test_classes_whose_names_become_one_key_are_still_described(tmp_path: Path) -> None:
    for name in ("left kidney", "left_kidney", "liver"):
        write_nifti(tmp_path / "own" / "a" / "segmentations" / f"{name}.nii.gz", volume_of("a", [1]).labels_zyx)
    write_nifti(tmp_path / "own" / "a" / "ct.nii.gz", volume_of("a", [1]).image_zyx)
    assert propose(tmp_path / "own").count("left_kidney = ") == 2  # for the user to tell apart


# ---------------------------------------------------------------- pictures


PICTURES = (
    'modality = "US"\ntarget = "bar"\nimage = "{id}/i.png"\nmask = "{id}/m.png"\nthreshold = 127\nordered = false\n'
)


def pictures(root: Path, shown: str) -> Path:
    """Write one picture for each letter, named by its place; those in capitals show the target."""
    for number, letter in enumerate(shown):
        mask = np.zeros((8, 9), np.uint8)
        mask[2:5, 3:6] = 255 * letter.isupper()
        write_png(root / f"{number}" / "i.png", mask // 2 + np.arange(9, dtype=np.uint8) + number)
        write_png(root / f"{number}" / "m.png", mask)
    (root / "dataset.toml").write_text(PICTURES)
    return root


def test_a_normal_picture_that_is_first_gives_no_prompt_to_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = pictures(tmp_path / "us", "aBC")
    text = said(capsys, "check", str(root))
    assert "0: bar is not in it" in text
    assert "us: dataset.composite.both will fail on every volume" in text
    assert 'set volumes = ["1", "0", "2"] in its dataset.toml' in text
    assert {case for case in errors_of_a_run(FolderDataset.from_directory("us", root)) if case[0] == "1"} == {
        ("1", "dataset.composite.both")
    }


def test_a_stack_is_prompted_on_its_middle_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = pictures(tmp_path / "us", "aBc")
    (root / "dataset.toml").write_text(PICTURES + "stack = true\n")
    assert "to look at\n" in (text := said(capsys, "check", str(root)))
    assert "will fail" not in text
    root = pictures(tmp_path / "other", "Abc")
    (root / "dataset.toml").write_text(PICTURES + "stack = true\n")
    text = said(capsys, "check", str(root))
    assert "stack: strategy 'middle.composite.both' prompts the middle image, 1 of 3" in text
    assert "No volume can from its middle; take another slice: `sambench seeds make other/stack" in text
    assert volumes_line(FolderDataset.from_directory("other", root), "0") == ""  # the first is not what is prompted


def test_names_that_could_steer_a_terminal_are_not_written_out(tmp_path: Path) -> None:
    root = scans(tmp_path / "own", {"a": [1], "b\u202e": [3]})
    (root / "dataset.toml").write_text(DESCRIBED)
    dataset = FolderDataset.from_directory("own", root)
    assert volumes_line(dataset, "a") == ""
    assert json.dumps(list(dataset.file_ids())) == r'["a", "b\u202e"]'


# ---------------------------------------------------------------- another target than the first


def test_another_target_of_a_folder_can_be_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = scans(tmp_path / "own", {"a": [3]})
    (root / "dataset.toml").write_text(DESCRIBED + "cyst = [2]\n")
    assert "bar" not in said(capsys, "check", str(root))
    for place in (f"{root}:cyst", f"{root / 'dataset.toml'}:cyst"):
        assert "a: cyst is not in it" in said(capsys, "check", place)
    assert "bar" not in said(capsys, "check", f"{root}:bar")
    out = str(tmp_path / "a.png")
    assert said(capsys, "show", f"{root}:cyst/a", "--out", out).startswith(f"{out}\n")
    assert main(["check", f"{root}:cist"]) == 2
    assert "'cist' is not a target of own; expected one of bar, cyst. Did you mean 'cyst'?" in capsys.readouterr().err


def test_the_seed_that_is_advised_is_for_the_target_that_was_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = scans(tmp_path / "own", {"a": [1], "b": [2]})
    (root / "dataset.toml").write_text(DESCRIBED + "same = [1]\n")
    assert f"`sambench seeds make own:same/a --folder own={root} --slice largest" in said(
        capsys, "check", f"{root}:same"
    )
