import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from bench_cases.cli import main
from bench_cases.errors import ReportError, SelectionError
from bench_cases.metrics import score
from bench_cases.report.device import DEVICE, in_full
from bench_cases.speed import chart, record, table
from bench_cases.speed.agreement import agreement
from bench_cases.speed.busy import busy_seconds, covered
from bench_cases.speed.contender import Work
from bench_cases.speed.contenders import checkpoint_for
from bench_cases.speed.matrix_rate import matrix_rate
from bench_cases.speed.operations import count_operations
from bench_cases.speed.peak import peak_bytes, start
from bench_cases.speed.ratio import speedup
from bench_cases.speed.scan import phantom_scan
from bench_cases.speed.strategies import comparable, same_choice
from bench_cases.speed.suites import SUITES, rehearsal, suite_named
from bench_cases.speed.target import Target
from tests.speed.speed_examples import comparison, example_record


def test_a_speedup_is_the_geometric_mean_of_the_rounds_ratios_with_the_interval_of_t():
    found = speedup([8.0, 9.0, 12.0], [2.0, 3.0, 3.0])
    logs = np.log([4.0, 3.0, 4.0])
    low, high = stats.t.interval(0.95, 2, loc=logs.mean(), scale=stats.sem(logs))
    assert found.value == pytest.approx(48 ** (1 / 3))
    assert found.low == pytest.approx(math.exp(low))
    assert found.high == pytest.approx(math.exp(high))
    assert speedup([3.0], [2.0])[1:] == (None, None, 1)


def work_of(mask_zyx, reference_zyx):
    return Work({"every.box": mask_zyx}, {"every.box": score(reference_zyx, mask_zyx)}, {})


def test_agreement_is_of_masks_and_of_scores():
    reference = np.zeros((2, 4, 4), bool)
    reference[:, :2, :2] = True
    wrong = reference.copy()
    wrong[0, 0, 0] = False
    found = agreement(work_of(wrong, reference), work_of(reference, reference), ["every.box"])
    assert found.voxels_differ == 1
    assert found.same_masks == pytest.approx(2 * 7 / 15)
    assert found.dice_difference == pytest.approx((6 / 7 + 1) / 2 - 1)
    assert found.dice == pytest.approx(2 * 7 / 15)
    nothing = agreement(work_of(wrong & False, reference), work_of(wrong & False, reference), ["every.box"])
    assert (nothing.same_masks, nothing.voxels_differ) == (None, 0)
    assert agreement(work_of(wrong, reference), work_of(wrong, reference), []).dice_difference is None


def test_operations_are_two_for_each_multiplication_with_its_addition():
    import torch
    from torch.nn.functional import linear, scaled_dot_product_attention

    left, right = torch.ones(3, 5), torch.ones(5, 7)
    assert count_operations(lambda: left @ right) == 2 * 3 * 5 * 7
    heads = torch.ones(1, 2, 11, 8)
    with torch.inference_mode():
        assert count_operations(lambda: linear(left, right.T)) == 2 * 3 * 5 * 7
        attended = count_operations(lambda: scaled_dot_product_attention(heads, heads, heads))
    assert attended == 2 * 2 * 2 * 11 * 11 * 8


def test_the_device_was_busy_in_the_union_of_its_kernels():
    assert covered([(5, 6), (0, 2), (1, 3), (1.5, 1.6)]) == 4.0
    assert covered([]) == 0
    assert busy_seconds("cpu", lambda: pytest.fail("nothing is run where nothing can be measured")) is None


def test_the_matrix_rate_is_of_this_machine(monkeypatch):
    monkeypatch.setattr("bench_cases.speed.matrix_rate.SIDE", {"cpu": 64})
    assert 1e6 < matrix_rate("cpu", "fp32") < 1e15


def test_the_matrix_rate_is_of_few_products_where_each_takes_long(monkeypatch):
    monkeypatch.setattr("bench_cases.speed.matrix_rate.SIDE", {"cpu": 8})
    now = iter([0.0, 0.0, 0.75, 1.0, 1.5])  # begun, then the start and the end of two products
    monkeypatch.setattr("bench_cases.speed.matrix_rate.time.perf_counter", lambda: next(now))
    assert matrix_rate("cpu", "fp32") == 2 * 8**3 / 0.5


def test_the_peak_of_memory_is_of_what_ran_since():
    resettable = start("cpu")
    before = peak_bytes("cpu", own_process=resettable)["process"]
    held = np.ones(100_000_000, np.uint8)  # more than malloc takes from what it has freed and kept
    after = peak_bytes("cpu", own_process=resettable)["process"]
    if before is not None and after is not None:
        assert after - before > 0.8 * held.nbytes
    assert peak_bytes("cpu", own_process=False) == {"device": None, "process": None}


def test_every_slice_of_the_phantom_carries_the_target():
    volume = phantom_scan(slices=5, side=64)
    assert volume.image_zyx.shape == (5, 64, 64)
    assert len(volume.nonempty_slices()) == 5
    assert set(np.unique(volume.labels_zyx)) == {0, 1, 2}


def test_strategies_that_a_plain_script_does_not_do_are_refused():
    assert [str(it) for it in comparable(["every.box", "every.point.first"], "sam_micro")] == [
        "every.box",
        "every.point.first",
    ]
    for names, model, message in (
        (["every.box", "middle.box.both"], "sam2_micro", "strategies of 2 modes; expected one"),
        (["middle.box.both"], "sam_micro", "sam_micro offers image mode; expected strategies of it"),
        (["dataset.composite.both"], "sam2_micro", "dataset.composite.both cannot be compared with a plain script"),
        (["every.point+clicks=2"], "sam2_micro", r"expected neither another volume's prompt nor clicks"),
        (["every.box.oracle"], "sam2_micro", "every.box.oracle cannot be compared"),
        (["every.box"], "sam_mikro", "Did you mean 'sam_micro'"),
    ):
        with pytest.raises(SelectionError, match=message):
            comparable(names, model)


def test_masks_are_compared_where_the_library_can_take_the_same_choice():
    image, video = comparable(["every.box.first"], "sam2_micro"), comparable(["grid-24"], "sam2_micro")
    assert [same_choice(it) for it in image] == [True]
    assert {it.choice for it in video if not same_choice(it)} == {"first"}
    assert any(same_choice(it) for it in video)


def test_weights_that_are_not_on_disk_are_random():
    assert checkpoint_for("sam_micro", random=False).file == "sam_micro.safetensors"
    assert checkpoint_for("sam_micro", random=True).file == ""
    assert checkpoint_for("sam_vit_l", random=True).url is None
    with pytest.raises(SelectionError, match="'sam_vitl' is not a model"):
        checkpoint_for("sam_vitl", random=False)


def test_a_target_is_judged_by_the_best_of_ours_and_says_when_nothing_was_measured():
    found = comparison()
    target = Target(plan=found.name, measure="ratio", least=5)
    missed = target.judge([found])
    assert (missed["reached"], missed["by"], missed["found"]) == (False, "sambench fp32", pytest.approx(2.0))
    assert replace(target, least=2.0).judge([found])["reached"] is True
    assert replace(target, measure="roofline", least=0.3).judge([found])["found"] == pytest.approx(0.25)
    assert replace(target, plan="another").judge([found])["reached"] is None


def test_suites_rest_on_strategies_that_can_be_compared_and_their_targets_on_their_plans():
    for suite in SUITES.values():
        for plan in (*suite.plans, *rehearsal(suite).plans):
            assert comparable(plan.strategies, plan.model)
        assert {it.plan for it in suite.targets} <= {it.name for it in suite.plans}
    assert len(comparable(["grid-24"], "sam2.1_large")) == 24
    assert {it.model for it in rehearsal(suite_named("gpu")).plans} == {"sam_micro", "sam2_micro"}
    with pytest.raises(SelectionError, match="'gpus' is not a suite; expected one of gpu, cpu"):
        suite_named("gpus")


def shown(found):
    console = Console(width=160, record=True, file=io.StringIO())
    for part in table.render(found):
        console.print(part)
    return console.export_text()


def test_the_table_never_shows_a_speed_without_its_accuracy():
    text = shown(example_record())
    for words in (
        "sam_micro every.composite: 2 x 64 x 64 PHANTOM, cpu, 1 threads, random weights",
        "x 2.00 (1.50 .. 2.67)",
        "identical",
        "+0.0000",
        "0.9000",
        "-0.0100",
        "25%",
        "embed 75%, predict 25%",
        "target MISSED (2 by sambench fp32): sam_micro every.composite: at least 5 times the library in fp32",
        "not run: sam_vit_h - does not fit in memory",
        "note: the volume is a phantom",
    ):
        assert words in text, words
    (line,) = [line for line in text.splitlines() if line.startswith("sam_micro   predict")]
    assert line.split()[2:] == ["2.00", "2.50", "9.00", "9.50"]


def test_a_record_is_read_back_as_it_was_written_and_another_file_is_refused(tmp_path):
    path = tmp_path / "speed.json"
    path.write_text(record.as_text(example_record()))
    assert record.read(path) == json.loads(json.dumps(example_record()))
    other = tmp_path / "run.json"
    other.write_text('{"schema": {"name": "sambench", "version": 1}}')
    newer = tmp_path / "newer.json"
    newer.write_text('{"schema": {"name": "sambench-speed", "version": 9}}')
    for file, message in (
        (other, "run.json: not a record of speed; expected a file that `sambench speed --json FILE` wrote"),
        (newer, "schema version 9; this sambench reads versions up to 2"),
        (tmp_path / "none.json", "none.json: cannot be read: No such file"),
    ):
        with pytest.raises(ReportError, match=message):
            record.read(file)


def test_the_record_that_is_kept_names_its_device_as_reports_do():
    kept = Path(__file__).parents[2] / "reports" / "speed-cpu.json"
    where = record.read(kept)["environment"]
    assert where["device"] == {**dict.fromkeys(DEVICE.fields), "type": "cpu", "name": "AMD EPYC", "cores": 2}


def test_a_record_of_version_1_keeps_what_it_said_of_its_device_and_switches(tmp_path):
    device = {
        "type": "cuda", "name": "NVIDIA H200", "memory_bytes": 150_000_000_000, "cuda": "12.8",
        "tf32_products": False, "tf32_convolutions": True,
    }  # fmt: skip
    old = example_record()
    path = tmp_path / "speed.json"
    path.write_text(
        record.as_text(
            {
                **old,
                "schema": {"name": "sambench-speed", "version": 1},
                "environment": {**old["environment"], "device": device},
            }
        )
    )
    where = record.read(path)["environment"]
    assert in_full(where["device"]) == "cuda NVIDIA H200, 140 GiB"
    assert where["device"]["cuda"] == "12.8"
    assert where["device"].keys() == DEVICE.fields.keys()
    assert where["torch"] == {"tf32_matmul": False, "tf32_cudnn": True}


@pytest.mark.parametrize("form", ["svg", "png"])
def test_the_chart_says_what_each_speed_cost(tmp_path, form):
    path = tmp_path / "new" / f"speed.{form}"
    chart.draw(example_record(), path)
    content = path.read_bytes()
    if form == "svg":
        for words in ("x 2.00, masks identical", "Dice -0.0100", "slices a second, random weights", "2026-11-21"):
            assert words in content.decode()
    else:
        assert content.startswith(b"\x89PNG")


def test_a_chart_of_nothing_and_of_another_form_are_refused(tmp_path):
    with pytest.raises(SelectionError, match="holds no comparison, so there is nothing to draw"):
        chart.draw({**example_record(), "comparisons": []}, tmp_path / "speed.svg")
    with pytest.raises(SelectionError, match=r"--chart is speed.pdf; expected a name that ends in .svg or .png"):
        chart.check(tmp_path / "speed.pdf")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "sam_micro", "--suite", "cpu"], "--model and a suite at once; expected one of them"),
        (["--suite", "cpu", "--slices", "3", "--size", "64"], "--slices, --size without --model; expected it"),
        (["--suite", "gpu"], "suite 'gpu' is about cuda, and the device is cpu; expected the same"),
        (["--model", "sam_micro", "--rounds", "0"], "--rounds is 0; expected at least 1"),
        (["--model", "sam_micro", "--size", "8"], "slices of 8 x 8 pixels; expected at least 48"),
        (["--model", "sam_micro", "--precision", "int8"], "'int8' is not a precision"),
        (["--model", "medsam"], "medsam has no predictor of segment_anything or sam2 to be compared with"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_is(capsys, arguments, message):
    assert main(["speed", "--device", "cpu", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("faster", "typed", "precisions", "left_out"),
    [
        (True, [], ("fp32", "bf16"), []),
        (False, [], ("fp32",), ["bf16"]),
        (False, ["--precision", "bf16"], ("bf16",), []),
    ],
)
def test_a_precision_that_a_processor_emulates_is_measured_when_asked_for(
    monkeypatch, tmp_path, *, faster, typed, precisions, left_out
):
    measured = []

    def measure(suite, **_):
        measured.append(suite)
        return example_record()

    monkeypatch.setattr("bench_cases.models._devices.faster_in_bf16", lambda _: faster)
    monkeypatch.setattr("bench_cases.speed.run.run_suite", measure)
    to = ["--json", str(tmp_path / "speed.json")]
    main(["speed", "--device", "cpu", "--model", "sam_micro", *to, *typed])
    assert [plan.precisions for plan in measured[0].plans] == [precisions]
    assert [what for what, _ in measured[0].not_run] == left_out


def test_a_stored_record_is_shown_again_and_a_missed_target_is_the_exit_status(tmp_path, capsys):
    path = tmp_path / "speed.json"
    path.write_text(record.as_text(example_record()))
    assert main(["speed", "--from", str(path), "--chart", str(tmp_path / "speed.svg")]) == 1
    assert "target MISSED" in capsys.readouterr().out
    assert (tmp_path / "speed.svg").exists()
