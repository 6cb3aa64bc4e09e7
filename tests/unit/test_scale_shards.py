"""Every case is in one part, groups are whole, parts are of about a size; what cannot be merged is refused."""

import doctest
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.cases import Case, Floor
from bench_cases.cli import main
from bench_cases.contracts import Checkpoint
from bench_cases.errors import ReportError, SelectionError
from bench_cases.report.assemble import assemble
from bench_cases.report.read import Report, load
from bench_cases.report.records import Records
from bench_cases.report.report_file import write_atomically
from bench_cases.report.strict_json import clean, digest
from bench_cases.scale import gpus, shards
from bench_cases.scale.costs import UNKNOWN_MEGABYTES, UNKNOWN_SLICES, SliceCounts, model_weights
from bench_cases.scale.gpus import visible_gpus
from bench_cases.scale.groups import Group, group_cases
from bench_cases.scale.merge import merge
from bench_cases.scale.shards import DEFERRED, DatasetFloor, Shard, share_out
from tests.fakes import BarDataset
from tests.report.report_examples import HEADER, TAIL, latency_row, result
from tests.unit.test_scale_groups import CASES


@pytest.mark.parametrize("module", [gpus, shards])
def test_the_examples_in_docstrings_hold(module):
    assert doctest.testmod(module).failed == 0


def whole(cases: list[Case], depths: dict[str, int]) -> list[Group]:
    return group_cases(cases, slices=lambda _, volume: depths[volume], weight=len)


@given(CASES, st.fixed_dictionaries({volume: st.integers(1, 400) for volume in "abcdef"}), st.integers(1, 40))
def test_every_case_is_in_one_part_and_parts_are_of_about_a_size(cases, depths, of):
    groups = whole(cases, depths)
    if of > len(groups):
        with pytest.raises(SelectionError, match=f"{of} parts of a selection with {len(groups)} groups.*at most"):
            share_out(groups, of)
        return
    shares = share_out(groups, of)
    parts: list[list[Case]] = [[] for _ in range(of)]
    for group, part in zip(shares.groups, shares.parts, strict=True):
        parts[part - 1].extend(group.cases)
    assert sorted(case for part in parts for case in part) == sorted(cases)
    assert all(parts)
    total, largest = sum(group.cost for group in groups), max(group.cost for group in groups)
    assert all(shares.cost_of(part) <= total / of + largest for part in range(1, of + 1))
    loads = sum(len({case.model for case in part}) for part in parts)
    assert loads <= len({case.model for case in cases}) + of - 1
    assert shares == share_out(whole(cases, depths), of)


def test_parts_are_the_same_on_every_machine():
    cases = [Case("ct", volume, model, "every.box") for model in ("sam", "sam2") for volume in "abcdef"]
    shares = share_out(whole(cases, dict(zip("abcdef", (10, 200, 30, 40, 50, 60), strict=True))), 4)
    assert shares.parts == (1, 1, 1, 2, 2, 2, 2, 3, 4, 4, 4, 4)
    assert shares.digest() == "c4ce66ccd5434521334de398404871ee9c775810464cfed838f78808bc67b605"


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/4", "1/4/2", ""])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(SelectionError, match=r"is no part of a whole; expected i/n with i from 1 to n, such as 1/4"):
        Shard.parse(text)


class Deep(BarDataset):
    """Knows how deep two of its three volumes are."""

    def slice_counts(self):
        return {"a": 10, "b": 300}


def test_slices_come_from_the_dataset_else_from_its_other_volumes_else_from_a_guess():
    counts = SliceCounts({"deep": Deep(), "bars": BarDataset()}, limit=None)
    assert [counts("deep", "a"), counts("deep:left", "b"), counts("deep", "c")] == [10, 300, 10]
    assert counts("bars", "a") == counts("gone", "a") == UNKNOWN_SLICES
    assert SliceCounts({"deep": Deep()}, limit=50)("deep", "b") == 50


def test_a_model_weighs_what_its_file_does():
    some = Checkpoint(
        name="sam", backend="x", arch="y", file="f", modes=("image",), licence="", citation="", size_bytes=375_000_000
    )
    weight = model_weights({"sam": some, "none": replace(some, size_bytes=0), "mine": replace(some, size_bytes=None)})
    assert [weight("sam"), weight("none"), weight("mine"), weight("gone")] == [375, 1, *[UNKNOWN_MEGABYTES] * 2]


SMI = """GPU 0: NVIDIA H200 (UUID: GPU-aaaa)
GPU 1: NVIDIA H200 (UUID: GPU-bbbb)
  MIG 1g.18gb     Device  0: (UUID: MIG-cccc)
  MIG 1g.18gb     Device  1: (UUID: MIG-dddd)
"""


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (None, ("GPU-aaaa", "MIG-cccc", "MIG-dddd")),
        ("1", ("1",)),
        ("GPU-aaaa, 3", ("GPU-aaaa", "3")),
        ("0,-1,2", ("0",)),
        ("", ()),
        ("NoDevFiles", ()),
    ],
)
def test_gpus_are_those_the_batch_system_gave_else_those_the_driver_lists(stated, expected):
    environment = {} if stated is None else {"CUDA_VISIBLE_DEVICES": stated}
    assert visible_gpus(environment, listing=lambda: SMI) == expected


def test_no_driver_is_no_gpu(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert visible_gpus({}) == ()


VOLUMES = ("v1", "v2", "v3", "v4")
FLOOR = DatasetFloor(Case("lungs-phantom", "*", "model-a", "every.composite"), VOLUMES, Floor(0.5, 0.4, "a study"))


@pytest.fixture
def make(tmp_path):
    """Write a part of a run over four volumes, two a part, and read it again."""

    def write(number: int, *, of: int = 2, header=HEADER, tail=TAIL, name: str = "", floor=FLOOR, **changes) -> Report:
        volumes = VOLUMES[2 * number - 2 : 2 * number]
        shard = {
            "index": number,
            "of": of,
            "selection_sha256": "c" * 64,
            "cases_of_parts": [2] * of,
            "floors": [floor.to_json()],
            **changes.pop("shard", {}),
        }
        records = Records()
        records.add("shard", shard)
        for volume in changes.pop("volumes", volumes):
            digests = {"data": volume, "prompts": "e", "weights": "a", **changes.get("digests", {})}
            records.add("case", clean(result(volume, digests=digests).to_json()))
        if number == 1:
            records.add("latency", latency_row())
        records.add("not_run", {"what": "floors of whole datasets", "reason": DEFERRED, "remedy": "sambench merge"})
        settings = header["settings"]
        filled = {**header, "settings": {"values": settings, "sha256": digest(settings)}}
        filled["run"] = {**header["run"], "id": f"{number:032x}"}
        path = tmp_path / (name or f"part-{number}.json")
        write_atomically(path, assemble(filled, records, tail, now_utc="2026-01-01T00:01:00+00:00"))
        return load(path)

    return write


def test_parts_that_are_merged_are_the_run_that_was_not_cut(make):
    merged = merge([make(2), make(1)])
    report = merged.report
    assert [case["case"]["volume"] for case in report["cases"]] == [*VOLUMES]
    assert report["cases"] == [case for number in (1, 2) for case in make(number).raw["cases"]]
    assert report["run"]["complete"] is True
    assert report["run"]["exit_status"] == 0
    assert report["run"]["counts"] == {"cases": 4, "passed": 4, "failed": 0, "error": 0, "not_run": 1}
    assert [line["what"] for line in report["not_run"]] == ["coronacases"]
    assert "shard" not in report["run"]
    assert [part["index"] for part in report["run"]["merged"]["parts"]] == [1, 2]
    assert sum(row["name"].startswith("test_reload") for row in report["benchmarks"]) == 1
    assert merged.missed == merged.notes == ()


def test_floors_of_whole_datasets_are_checked_when_the_dataset_is_whole(make):
    strict = FLOOR._replace(floor=Floor(0.9, 0.4, "a study"))
    merged = merge([make(1, floor=strict), make(2, floor=strict)])
    assert merged.report["run"]["exit_status"] == 1
    expected = (
        "lungs-phantom, model-a, every.composite: Dice 0.8833 < 0.9000 (mean over 12 slices of 4 volumes; the floor "
        "comes from: a study)"
    )
    assert merged.missed == (expected,)
    assert f"floor of a whole dataset missed: {expected}" in merged.report["run"]["notes"]
    half = merge([make(1)], partial=True)
    assert half.missed == ()
    assert "not judged: lungs-phantom, model-a, every.composite: 2 of 4 volumes lack" in " ".join(half.notes)


def test_missing_parts_are_refused_unless_the_report_may_say_that_it_is_partial(make):
    with pytest.raises(ReportError, match=r"part 2 of 2 is missing; run it with --sam-shard 2/2\. .*--partial"):
        merge([make(1)])
    report = merge([make(1)], partial=True).report
    assert report["run"]["complete"] is False
    assert report["run"]["merged"]["missing"] == [2]
    assert report["run"]["notes"][0] == "PARTIAL: part 2 of 2 is missing; what is here is no whole run."


def test_parts_that_lack_cases_are_refused_too(make):
    stopped = {**TAIL, "run": {**TAIL["run"], "complete": False, "exit_status": 2}}
    message = r"part-2.json \(part 2\) has 1 of 2 cases and was stopped; go on with it with --sam-resume\."
    with pytest.raises(ReportError, match=message):
        merge([make(1), make(2, tail=stopped, volumes=["v3"])])
    report = merge([make(1), make(2, tail=stopped, volumes=["v3"])], partial=True).report
    assert report["run"]["merged"]["incomplete"] == [2]
    assert report["run"]["exit_status"] == 2


def changed(**settings):
    return {**HEADER, "settings": {**HEADER["settings"], **settings}}


def with_environment(**changes):
    return {**HEADER, "environment": {**HEADER["environment"], **changes}}


OTHER_WEIGHTS = {**TAIL, "models": {"model-a": {**TAIL["models"]["model-a"], "weights_sha256": "b" * 64}}}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            {},
            {"number": 1, "name": "again.json"},
            r"again.json, part-1.json are both part 1 of 2.*must not count twice",
        ),
        ({}, {"volumes": ["v1", "v3"]}, r"both have the case lungs-phantom/v1-model-a.*Leave one out"),
        ({}, {"of": 3}, r"one is a part of 2, one of 3; expected the same\. Merge parts of one run only"),
        ({}, {"header": changed(isolated=True)}, r"isolated was false, is true.*Run all parts with the same options"),
        (
            {},
            {"header": with_environment(packages={"numpy": "2.1.0", "transformers": None})},
            r"numpy.*2\.0\.0.*2\.1\.0.*the same version of sambench and its libraries",
        ),
        (
            {},
            {"header": with_environment(code={"commit": "1" * 40, "dirty": False, "time": None})},
            r"commit.*the same version of sambench",
        ),
        (
            {},
            {"shard": {"selection_sha256": "d" * 64}},
            r"their selections differ.*same names and -k, on machines with",
        ),
        (
            {},
            {"tail": OTHER_WEIGHTS},
            r"weights_sha256 of model-a is aaaaaaaaaaaa in one and bbbbbbbbbbbb in the other",
        ),
    ],
)
def test_what_are_no_parts_of_one_run_is_refused_with_the_reason_and_the_remedy(make, first, second, message):
    with pytest.raises(ReportError, match=message):
        merge([make(1, **first), make(second.pop("number", 2), **second)])


def test_one_volume_with_two_contents_is_refused(make):
    model_b = replace(result("v1", digests={"data": "other"}), case=Case("lungs-phantom", "v1", "model-b", "every.box"))
    part = make(2)
    with pytest.raises(ReportError, match=r"the data of lungs-phantom/v1 differ \(v1 and other\)"):
        merge([make(1), replace(part, results=[*part.results, model_b])])


def test_reports_of_whole_runs_are_no_parts(make):
    part = make(1)
    run = {name: value for name, value in part.raw["run"].items() if name != "shard"}
    with pytest.raises(ReportError, match=r"part-1.json is no part of a larger run; expected .* --sam-shard i/n"):
        merge([replace(part, raw={**part.raw, "run": run})])
    with pytest.raises(ReportError, match="no report to merge"):
        merge([])


def test_a_part_that_is_not_as_it_was_written_is_refused(make):
    """The merged report is sealed anew: it would vouch for what nothing vouches for."""
    with pytest.raises(
        ReportError, match=r"part-1\.json has no checksum, so it may not be as it was written; expected"
    ):
        merge([replace(make(1), sealed=False), make(2)])


def test_parts_of_different_machines_are_merged_with_a_note(make):
    other = with_environment(cpu={"name": "Another Processor", "count": 4})
    notes = merge([make(1), make(2, header=other)]).notes
    (note,) = notes
    assert note.startswith("the parts ran on different machines (1 on A Processor, 1 on Another Processor): times are")


def test_the_command_writes_a_report_that_every_other_command_takes(make, tmp_path, capsys):
    parts = [str(make(number).path) for number in (1, 2)]
    out = tmp_path / "run.json"
    assert main(["merge", *parts, "-o", str(out)]) == 0
    assert f"2 parts, 4 cases (4 passed, 0 failed, 0 error); report: {out}" in capsys.readouterr().out
    report = load(out)
    assert report.complete
    assert {verdict.outcome for verdict in judge(report, report, GateConfig())} <= {"pass", "undecided"}
    assert main(["merge", parts[0], "-o", parts[0], "--partial"]) == 2
    assert "is one of the parts; expected another name, so that no part is lost" in capsys.readouterr().err
    assert main(["merge", parts[0], "-o", str(out), "--partial"]) == 0
    assert "PARTIAL: part 2 of 2 is missing" in capsys.readouterr().out
    assert json.loads(out.read_text())["run"]["merged"]["missing"] == [2]
    strict = FLOOR._replace(floor=Floor(0.9, 0.4, "a study"))
    parts = [str(make(number, floor=strict).path) for number in (1, 2)]
    assert main(["merge", *parts, "-o", str(out)]) == 1
