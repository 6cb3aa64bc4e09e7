"""Speed, really measured: micro models on a phantom of a slice or two. Figures are looked at for sense, never timed."""

import json
from dataclasses import replace

import pytest
import torch

from bench_cases.cli import main
from bench_cases.errors import SelectionError
from bench_cases.report.device import DEVICE
from bench_cases.speed import run
from bench_cases.speed.contenders import checkpoint_for, contenders
from bench_cases.speed.latency import latencies
from bench_cases.speed.library import refuse_without_predictor
from bench_cases.speed.measure import compare, timed
from bench_cases.speed.plan import Plan
from bench_cases.speed.scan import phantom_scan
from bench_cases.speed.strategies import comparable
from bench_cases.speed.suites import Suite


def contested(model, *names, jpeg=False):
    plan = Plan(model=model, strategies=names, precisions=("fp32",), jpeg=jpeg)
    torch.set_num_threads(1)
    volume = phantom_scan(slices=3 if jpeg else 1, side=64)
    library, ours = contenders(plan, comparable(names, model), "cpu")
    return timed(library, volume).work, timed(ours, volume).work


@pytest.mark.parametrize(
    ("model", "strategies", "jpeg"),
    [
        ("sam_micro", ("every.composite", "every.boxes.confident"), False),
        ("sam2_micro", ("every.composite", "every.point.first"), False),
        ("sam2_micro", ("middle.composite.both", "largest.mask.forward", "edge.boxes.both"), True),
        ("sam2_micro", ("centre.points.forward",), True),  # slices before the prompt see it ahead of them
    ],
)
def test_the_library_used_plainly_gives_the_engines_masks(model, strategies, jpeg):
    theirs, ours = contested(model, *strategies, jpeg=jpeg)
    assert [*theirs.masks_zyx] == [*ours.masks_zyx] == [*strategies]
    for name in strategies:
        assert ours.masks_zyx[name].any()
        assert (theirs.masks_zyx[name] == ours.masks_zyx[name]).all()
        assert theirs.scores[name] == ours.scores[name]
    assert {"prepare", "score"} <= {*theirs.stages_s} & {*ours.stages_s}
    assert all(seconds >= 0 for work in (theirs, ours) for seconds in work.stages_s.values())


def test_a_comparison_holds_every_figure_and_operations_that_are_shared_are_saved(monkeypatch):
    monkeypatch.setattr("bench_cases.speed.matrix_rate.SIDE", {"cpu": 128})  # seconds a product where bf16 is emulated
    plan = Plan(model="sam2_micro", strategies=("every.box", "every.point"), slices=1, side=64, rounds=1)
    found = compare(plan, device="cpu")
    assert [row.name for row in found.rows] == ["library fp32", "library bf16", "sambench fp32", "sambench bf16"]
    baseline, _, ours, fewer = found.rows
    assert ours.agreement.voxels_differ == 0
    assert fewer.agreement.same_masks is not None
    assert fewer.agreement.same_masks > 0.9
    assert ours.operations < 0.6 * baseline.operations, "one encoder run serves both strategies"
    assert fewer.operations == ours.operations
    assert ours.roofline_share > 0
    assert sum(ours.stage_shares.values()) == pytest.approx(1)
    assert (ours.busy_share, ours.speedup.low) == (None, None)
    assert (found.random_weights, found.slices_with_target, found.shape_zyx) == (False, 1, (1, 64, 64))
    assert json.loads(json.dumps(found.to_json()))["rows"][2]["agreement"]["voxels_differ"] == 0


def test_the_command_measures_writes_and_shows(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(run, "latencies", lambda plan, **rest: latencies(replace(plan, repeats=2), **rest))
    path = tmp_path / "speed.json"
    arguments = "--model sam2_micro --slices 1 --size 64 --rounds 1 --precision fp32 --random --device cpu --threads 1"
    assert main(["speed", *arguments.split(), "--json", str(path)]) == 0
    shown = capsys.readouterr()
    found = json.loads(path.read_text())
    assert found["schema"] == {"name": "sambench-speed", "version": 2}
    assert found["comparisons"][0]["random_weights"] is True
    assert any("weights are random" in note for note in found["notes"])
    assert {(it["stage"], it["synchronised"]) for it in found["latencies"]} == {
        (stage, waits) for stage in ("embed", "predict") for waits in (True, False)
    }
    assert all(len(it["samples_ms"]) == 2 for it in found["latencies"])
    assert found["environment"]["packages"]["torch"]
    device, processor = found["environment"]["device"], found["environment"]["cpu"]
    assert device == dict.fromkeys(DEVICE.fields) | {
        "type": "cpu", "name": processor["name"], "cores": processor["count"],
    }, "the fields of a report"  # fmt: skip
    assert found["environment"]["torch"]["attention"]
    assert "sambench fp32" in shown.out
    assert "random weights" in shown.out
    assert "round 1 of 1, sambench fp32" in shown.err


def test_what_does_not_fit_is_listed_and_the_rest_goes_on(monkeypatch):
    plans = [Plan(model=name, strategies=("every.box",)) for name in ("sam_vit_h", "sam_micro")]
    measured = []

    def measure(plan, **_):
        if plan.model == "sam_vit_h":
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 2 GiB")
        measured.append(plan.model)
        raise MemoryError

    monkeypatch.setattr(run, "compare", measure)
    suite = Suite(name="x", device="cpu", plans=tuple(plans), latencies=())
    found = run.run_suite(suite, device="cpu", command=["sambench", "speed"], say=lambda _: None)
    assert measured == ["sam_micro"]
    assert found["not_run"] == [
        {"what": "sam_vit_h every.box", "reason": "does not fit in memory: CUDA out of memory."},
        {"what": "sam_micro every.box", "reason": "does not fit in memory: "},
    ]
    assert found["comparisons"] == []


def test_any_other_error_is_raised(monkeypatch):
    def measure(plan, **_):
        raise RuntimeError(plan.model)

    monkeypatch.setattr(run, "compare", measure)
    suite = Suite(name="x", device="cpu", plans=(Plan(model="sam_micro", strategies=("every.box",)),))
    with pytest.raises(RuntimeError, match="sam_micro"):
        run.run_suite(suite, device="cpu", command=[], say=lambda _: None)


def test_a_model_without_a_librarys_predictor_is_refused():
    with pytest.raises(SelectionError, match="baseline_threshold has no predictor of segment_anything or sam2"):
        refuse_without_predictor(checkpoint_for("baseline_threshold", random=False))
