"""Volumes together against one at a time, really measured on micro models; figures are looked at for sense."""

from dataclasses import replace

import pytest

from bench_cases.cli import main
from bench_cases.speed import chart, scan
from bench_cases.speed.measure import compare
from bench_cases.speed.plan import Plan
from bench_cases.speed.suites import SUITES, rehearsal, suite_named
from bench_cases.speed.target import Target
from tests.speed.speed_examples import comparison
from tests.speed.test_speed_figures import shown

PLAN = Plan(
    model="sam2_micro",
    strategies=("largest.point.forward.first",),
    slices=2,
    side=64,
    rounds=1,
    precisions=("fp32",),
    volumes=2,
)


def test_volumes_together_have_the_masks_of_one_at_a_time_and_stand_in_one_table(tmp_path):
    found = compare(PLAN, device="cpu")
    assert found.name == "sam2_micro largest.point.forward.first, 2 volumes"
    alone, together = found.rows
    assert (alone.name, together.name) == ("sambench fp32 x1", "sambench fp32 x2")
    # Two volumes, one of two slices and one of one, under a choice of masks that the library does not have.
    assert (together.agreement.voxels_differ, together.agreement.strategies) == (0, 2)
    assert together.slices_per_s * together.wall_s[0] == pytest.approx(2 + 1)
    assert together.operations == alone.operations > 0
    assert alone.speedup.value == 1
    reached = Target(plan=found.name, measure="masks", least=1, baseline="one volume at a time").judge([found])
    assert (reached["found"], reached["by"], reached["reached"]) == (1.0, "sambench fp32 x2", True)
    assert reached["text"] == f"{found.name}: at least 1 of Dice with the masks of one volume at a time"
    record = {
        "comparisons": [found.to_json()],
        "latencies": [],
        "targets": [reached],
        "not_run": [],
        "notes": [],
        "environment": {"device": {"name": "x"}, "code": {"commit": None}},
        "created_utc": "2026-11-21",
    }
    text = shown(record)
    assert "2 volumes: up to 2 x 64 x 64 PHANTOM" in text
    assert "identical" in text
    chart.draw(record, tmp_path / "volumes.svg")
    assert "masks identical" in (tmp_path / "volumes.svg").read_text()


def test_volumes_are_cut_from_one_scan_each_less_deep():
    whole = scan.phantom_scan(slices=4, side=48)
    assert [(it.n_slices, it.id) for it in scan.cut_into(whole, 3)] == [
        (4, f"{whole.id}-1"),
        (3, f"{whole.id}-2"),
        (2, f"{whole.id}-3"),
    ]
    assert scan.cut_into(whole, 1) == [whole]
    assert min(it.n_slices for it in scan.cut_into(whole.limited(1), 4)) == 1


def test_masks_that_differ_miss_their_target():
    found = comparison()
    target = Target(plan=found.name, measure="masks", least=0.99)
    assert target.judge([found])["found"] == 1.0
    different = replace(found.rows[-1], agreement=found.rows[-1].agreement._replace(voxels_differ=3, same_masks=0.9))
    worse = replace(found, rows=(*found.rows[:-1], different))
    assert target.judge([worse])["reached"] is False
    nothing = replace(different, agreement=different.agreement._replace(same_masks=None))
    assert target.judge([replace(found, rows=(found.rows[0], nothing))])["found"] == 0.0


def test_both_suites_hold_volumes_together_against_one_at_a_time():
    for suite in SUITES.values():
        several = [plan for plan in suite.plans if plan.volumes > 1]
        assert several
        assert {it.plan for it in suite.targets if it.measure == "masks"} <= {plan.name for plan in several}
        assert any(it.measure == "masks" for it in suite.targets)


def test_a_rehearsal_takes_two_volumes_together_and_every_figure_of_the_gpu_suite():
    suite = suite_named("gpu")
    rehearsed = rehearsal(suite)
    assert {plan.volumes for plan in rehearsed.plans} == {1, 2}
    assert {(plan.model, plan.precisions) for plan in rehearsed.plans if plan.volumes == 2} == {
        ("sam2_micro", ("bf16",)),
        ("sam2_micro", ("fp32",)),
    }
    measures = {(target.plan, target.measure) for target in suite.targets}
    assert {
        ("sam_vit_l every.composite", "ratio"),
        ("sam_vit_l every.composite", "roofline"),
        ("sam2.1_large middle.composite.both", "ratio"),
        ("sam2.1_large grid-24", "ratio"),
        ("sam2.1_large middle.composite.both, 8 volumes", "ratio"),
        ("sam2_micro middle.composite.both, largest.point.forward, 8 volumes", "masks"),
    } == measures
    assert len(suite.latencies) == 7


def test_volumes_together_are_refused_for_image_mode_and_without_a_model(capsys):
    assert main(["speed", "--device", "cpu", "--model", "sam_micro", "--volumes", "2"]) == 2
    assert "--volumes 2 with every.composite; expected strategies of video mode" in capsys.readouterr().err
    assert main(["speed", "--device", "cpu", "--volumes", "2"]) == 2
    assert "--volumes without --model; expected it" in capsys.readouterr().err
    assert main(["speed", "--device", "cpu", "--model", "sam2_micro", "--volumes", "0"]) == 2
    assert "--volumes is 0; expected at least 1" in capsys.readouterr().err
