"""Published beside measured: means as the study takes them, worked out by hand."""

import io

import pytest
from rich.console import Console

from bench_cases.report.study_rows import study_rows
from bench_cases.report.study_table import notes, render, signed
from tests.report.report_examples import DICE, result

FIGURE = {"model": "big", "strategy": "every.composite", "dice": 0.8, "jaccard": None, "volumes": 2, "slices": 6}


def study(**changes):
    ran = {"runs_as": "lungs-phantom", "stand_in": False}
    record = {
        "name": "mine",
        "title": "A study",
        "empty": "nonempty",
        "unit": "slice",
        "sets": [{"name": "lungs", **ran}, {"name": "gone", "runs_as": None, "stand_in": False}],
        "models": [{"name": "big", "runs_as": "model-a", "stand_in": False}],
        "published": [{"set": "lungs", "source": "Table 1", **FIGURE}, {"set": "gone", "source": "Table 2", **FIGURE}],
        "overrides": [{"what": "limit_volumes", "study": None, "run": 2}],
        "notes": ["look twice"],
    }
    return {**record, **changes}


def text_of(record, rows):
    page = io.StringIO()
    Console(width=110, file=page).print(render(record, rows))
    return page.getvalue()


def test_a_slice_mean_pools_the_slices_with_the_target_over_the_volumes():
    row, gone = study_rows(study(), [result("v1", phantom=False), result("v2", bonus=0.02, phantom=False)])
    expected = (sum(DICE) + sum(DICE) + 3 * 0.02) / 6
    assert row.dice == pytest.approx(expected)
    assert (row.volumes, row.slices, row.sets) == (2, 6, 1)
    assert row.dice_difference == pytest.approx(expected - 0.8)
    assert row.jaccard_difference is None
    assert (gone.dice, gone.sets, gone.dice_published) == (None, 0, 0.8)


def test_a_volume_mean_counts_each_volume_once_and_all_slices_where_the_study_says_so():
    results = [result("v1", phantom=False), result("v2", bonus=0.02, phantom=False)]
    scores = [it.scores for it in results if it.scores is not None]
    for empty in ("nonempty", "all"):
        row = study_rows(study(unit="volume", empty=empty), results)[0]
        assert row.dice == pytest.approx(sum(getattr(it, f"dice_{empty}") for it in scores) / 2)
        assert row.jaccard == pytest.approx(sum(getattr(it, f"jaccard_{empty}") for it in scores) / 2)
    slices = study_rows(study(unit="slice", empty="all"), results)[0]
    assert slices.slices == sum(value is not None for it in scores for value in it.per_slice.dice)


def test_a_case_without_scores_is_counted_and_left_out_of_the_mean():
    results = [result("v1", phantom=False), result("v2", phantom=False, status="error")]
    row = study_rows(study(), results)[0]
    assert (row.volumes, row.errors) == (1, 1)
    assert row.dice == pytest.approx(sum(DICE) / 3)
    assert "errors: 1 cases left no scores; the means leave them out." in notes(study(), [row], [])


def test_a_phantom_is_not_set_against_a_published_figure():
    record = study()
    rows = study_rows(record, [result("v1")])
    assert rows[0].phantom
    assert rows[0].dice is not None
    assert rows[0].dice_difference is None
    text = text_of(record, rows)
    assert "lungs as lungs-phantom PHANTOM" in text
    assert "measured " not in text.split("[1]")[0]
    assert "gone  not run" in text
    assert "[1] Table 1" in text
    assert "override: limit_volumes - the study: none; this run: 2" in text
    assert "note: look twice" in text


def test_the_mean_over_sets_counts_each_set_once_and_says_how_many_were_run():
    sets = [{"name": name, "runs_as": name, "stand_in": False} for name in ("a", "b", "c")]
    figure = {"set": "*", "source": "abstract", **FIGURE, "dice": 0.5}
    record = study(sets=sets, published=[figure])
    results = [
        result("v1", dataset="a", phantom=False),
        result("v2", dataset="a", phantom=False),
        result("v1", dataset="b", bonus=0.04, phantom=False),
    ]
    *cells, mean = study_rows(record, results)
    assert [row.set for row in cells] == ["a", "b"]
    assert mean.dice == pytest.approx(sum(DICE) / 3 + 0.02)
    assert (mean.sets, mean.volumes) == (2, 3)
    assert mean.dice_difference == pytest.approx(sum(DICE) / 3 + 0.02 - 0.5)
    assert any("of the study's 3" in line for line in notes(record, [mean], ["abstract"]))


def test_what_ran_beside_the_study_has_rows_of_its_own():
    rows = study_rows(study(), [result("v1", model="other", phantom=False)])
    assert [(row.set, row.model, row.dice is None) for row in rows] == [
        ("lungs", "big", True),
        ("lungs", "other", False),
        ("gone", "big", True),
    ]


def test_a_page_of_cells_that_the_study_does_not_publish_is_left_to_the_report():
    strategies = [f"slice={number}.box.both" for number in range(41)]
    results = [result("v1", strategy=name, phantom=False) for name in strategies]
    record = study()
    rows = study_rows(record, results)
    assert len(rows) == 43
    text = text_of(record, rows)
    assert "slice=7.box.both" not in text
    assert "41 cells without a published figure are in the report only" in text


def test_a_difference_has_its_sign():
    assert [signed(value) for value in (0.0, 0.01, -0.01, None)] == ["+0.0000", "+0.0100", "-0.0100", "-"]
