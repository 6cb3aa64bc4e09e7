"""The format: what is refused and how it says so; old reports still load; every field is documented."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench_cases.cases import Case, CaseResult, Floor, PromptsSpent, Scores, SliceScores
from bench_cases.clicks import Click, ClickCurve, ClicksToReach
from bench_cases.errors import ReportError
from bench_cases.findings import PastEnd, PropagationFailures, VolumeShape
from bench_cases.report import document, load
from bench_cases.report.case_fields import CASE
from bench_cases.report.fields import Field, check, outline
from bench_cases.report.schema import MIGRATIONS, REPORT, VERSION, upgrade, validate
from tests.report.report_examples import result

GOLDEN = Path(__file__).parent / "golden"
README = Path(__file__).parents[2] / "reports" / "README.md"


@pytest.fixture
def golden() -> dict[str, Any]:
    report: dict[str, Any] = json.loads((GOLDEN / "report_v1.json").read_text(encoding="utf-8"))
    return report


def test_every_schema_version_has_a_golden_report_that_still_loads() -> None:
    for version in range(1, VERSION + 1):
        report = load(GOLDEN / f"report_v{version}.json")
        assert report.raw["schema"]["version"] == VERSION
        assert report.complete
        assert [entry.case.key for entry in report.results] == [
            "lungs-phantom/v1-model-a-every.composite",
            "lungs-phantom/v1-model-a-middle.composite.both",
            "lungs-phantom/v2-model-a-every.composite",
            "lungs-phantom/v2-model-a-middle.composite.both",
        ]


def test_the_golden_report_gives_back_the_results_it_was_made_of() -> None:
    assert load(GOLDEN / "report_v2.json").results[0] == result("v1", shared=True)


def test_scores_of_older_reports_are_taken_at_their_word() -> None:
    """The first golden report was made up before scores had to follow from their slices, and is never rewritten."""
    old, now = (load(GOLDEN / f"report_v{version}.json").results[0] for version in (1, 2))
    assert old.scores is not None
    assert now.scores is not None
    assert old.scores.dice_all == pytest.approx(now.scores.dice_all - 0.01)
    assert dataclasses.replace(old, scores=now.scores) == now


def test_every_field_is_documented_in_the_readme_and_the_tables_are_fresh() -> None:
    text = README.read_text(encoding="utf-8")
    for path, _ in outline(REPORT):
        assert f"| `{path}` |" in text, path
    assert document.PART.refreshed(text, "README.md") == text, (
        "run python -m bench_cases.report.document reports/README.md"
    )


def test_every_documented_field_has_a_meaning() -> None:
    assert [path for path, field in outline(REPORT) if not field.doc] == []


@pytest.mark.parametrize(
    ("record", "path"),
    [
        (CaseResult, ()),
        (Case, ("case",)),
        (Floor, ("floor",)),
        (Scores, ("scores",)),
        (SliceScores, ("scores", "per_slice")),
        (PromptsSpent, ("prompts_spent",)),
        (PropagationFailures, ("failures",)),
        (PastEnd, ("failures", "past_first")),
        (PastEnd, ("failures", "past_last")),
        (VolumeShape, ("volume_shape",)),
        (ClickCurve, ("clicks",)),
    ],
)
def test_the_schema_of_a_case_has_the_fields_of_its_record(record: type, path: tuple[str, ...]) -> None:
    spec = CASE
    for step in path:
        spec = spec.fields[step]
    assert set(spec.fields) == set(record.__annotations__), "a new field needs a new schema version, or may be absent"


def test_the_schema_of_clicks_has_the_fields_of_a_click_and_of_a_score_to_reach() -> None:
    for record, name in ((Click, "given"), (ClicksToReach, "to_reach")):
        item = CASE.fields["clicks"].fields[name].item
        assert item is not None
        assert tuple(item.fields) == record._fields


def test_a_report_from_before_clicks_loads_without_them(golden: dict[str, Any]) -> None:
    assert all("clicks" not in case and "clicks" not in case["prompts_spent"] for case in golden["cases"])
    for entry in load(GOLDEN / "report_v1.json").results:
        assert entry.clicks is None
        assert entry.prompts_spent is not None
        assert entry.prompts_spent.clicks == 0


def test_a_readme_without_its_markers_is_refused() -> None:
    with pytest.raises(ReportError, match=r"R\.md: no lines .*expected both"):
        document.PART.refreshed("# Reports", "R.md")


def test_the_document_command_refreshes_a_file(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{document.BEGIN}\nstale\n{document.END}\nafter\n", encoding="utf-8")
    document.PART.refresh(page)
    assert "stale" not in page.read_text(encoding="utf-8")
    assert "| `cases[].scores.dice_nonempty` | number or null |" in page.read_text(encoding="utf-8")


BROKEN = [
    (("cases", 0, "scores", "slices"), "four", "cases[0].scores.slices is 'four'; expected an integer."),
    (("cases", 0, "scores", "slices"), True, "cases[0].scores.slices is True; expected an integer."),
    (("cases", 1, "status"), "skipped", "cases[1].status is 'skipped'; expected one of 'passed', 'failed', 'error'."),
    (("cases", 0, "timings_s", "embed"), [0.1, "x"], "cases[0].timings_s.embed[1] is 'x'; expected a finite number."),
    (("cases", 0, "timings_s", "embed"), 0.1, "cases[0].timings_s.embed is 0.1; expected a list."),
    (
        ("cases", 0, "scores", "per_slice", "dice", 0),
        "1",
        "cases[0].scores.per_slice.dice[0] is '1'; expected a finite",
    ),
    (("cases", 0, "extra"), 1, "cases[0].extra is not a field of this schema version; expected one of case,"),
    (("models",), [], "models is []; expected an object."),
    (("run",), "x" * 200, "run is 'xxx"),
    (("benchmarks", 0, "stats", "min"), None, "benchmarks[0].stats.min is None; expected a finite number."),
]


@pytest.mark.parametrize(("path", "value", "message"), BROKEN, ids=[entry[2][:40] for entry in BROKEN])
def test_a_damaged_field_is_refused_with_its_path_its_value_and_what_was_expected(
    golden: dict[str, Any], path: tuple[Any, ...], value: object, message: str
) -> None:
    place: Any = golden
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ReportError, match="^run.json: " + re.escape(message)) as caught:
        validate(golden, "run.json")
    assert str(caught.value).endswith("The file is damaged or was edited by hand: run the benchmark again.")


def test_a_missing_field_is_refused_by_name(golden: dict[str, Any]) -> None:
    del golden["cases"][1]["case"]["volume"]
    with pytest.raises(ReportError, match=r"cases\[1\]\.case\.volume is missing; expected a string\."):
        validate(golden, "run.json")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused_alone_and_in_a_list(value: float) -> None:
    number = Field(kind="number", doc="")
    with pytest.raises(ReportError, match=r"the document is (nan|inf); expected a finite number"):
        check(value, number)
    with pytest.raises(ReportError, match=r"\[1\] is (nan|inf)"):
        check([1.0, value], Field(kind="list", doc="", item=number))


def test_a_newer_schema_is_refused_with_the_command_that_updates(golden: dict[str, Any]) -> None:
    golden["schema"]["version"] = VERSION + 1
    with pytest.raises(
        ReportError,
        match=rf"run.json: schema version {VERSION + 1}; this sambench reads versions up to {VERSION}\. "
        r"Update it: git pull in its checkout\.",
    ):
        validate(golden, "run.json")


@pytest.mark.parametrize("version", [0, -1, "1", None, True, 1.0])
def test_a_version_that_is_no_version_is_refused(golden: dict[str, Any], version: object) -> None:
    golden["schema"]["version"] = version
    with pytest.raises(ReportError, match=r"schema\.version is .*; expected an integer from 1 to"):
        validate(golden, "run.json")


@pytest.mark.parametrize(
    "document_", [[], None, {}, {"benchmarks": [], "version": "5.1"}, {"schema": {"name": "other"}}]
)
def test_a_file_of_another_kind_is_refused(document_: object) -> None:
    with pytest.raises(
        ReportError, match=r"not a sambench-report: its schema is .*Give a file written by `pytest benchm"
    ):
        validate(document_, "run.json")


def test_older_versions_are_carried_forward_one_step_after_the_other() -> None:
    def to_2(report: dict[str, Any]) -> dict[str, Any]:
        return {**report, "steps": ["1 to 2"]}

    def to_3(report: dict[str, Any]) -> dict[str, Any]:
        return {**report, "steps": [*report["steps"], "2 to 3"]}

    old = {"schema": {"name": "sambench-report", "version": 1}}
    new = upgrade(old, "run.json", migrations={1: to_2, 2: to_3}, version=3)
    assert new == {"schema": {"name": "sambench-report", "version": 3}, "steps": ["1 to 2", "2 to 3"]}


def test_every_older_version_has_a_migration() -> None:
    assert sorted(MIGRATIONS) == list(range(1, VERSION))
    with pytest.raises(ReportError, match="expected a migration from version 1, and there is none"):
        upgrade({"schema": {"name": "sambench-report", "version": 1}}, "run.json", migrations={}, version=2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not strict JSON"),
        (b'{"schema": NaN}', "a bare NaN, which strict JSON does not have"),
        (b'{"schema": {"name"', "not strict JSON"),
        (b"\xff\xfe\x00", "not strict JSON"),
        (b"[" * 100_000, "not strict JSON"),
    ],
)
def test_a_file_that_is_not_strict_json_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(ReportError, match=message):
        load(path)


def test_a_missing_file_is_refused_and_a_journal_beside_it_is_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(
        ReportError, match=r"run\.json: no such file; expected a report written by `pytest benchmark`\.$"
    ):
        load(tmp_path / "run.json")
    (tmp_path / "run.json.journal.jsonl").touch()
    with pytest.raises(ReportError, match=r"An unfinished run left run\.json\.journal\.jsonl there"):
        load(tmp_path / "run.json")


def test_a_folder_in_the_place_of_a_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="cannot be read: Is a directory"):
        load(tmp_path)
