"""What may not be compared is left out strategy by strategy, and said; what is left is compared."""

import dataclasses
import re

import pytest

from bench_cases.analysis.compare import between, within
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.analysis.same_inputs import clashes
from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from tests.report.report_examples import result
from tests.report.study_examples import scored, written

QUIET = GateConfig(speed=(), memory_limit=None)
SAME, OTHER = ({"data": "d" * 64, "prompts": letter * 64} for letter in "ef")


def prompted(model: str, strategy: str, digests: dict[str, str], bonus: float = 0.0, dataset: str = "lungs-phantom"):
    return [
        result(volume, model=model, strategy=strategy, digests=digests, bonus=bonus, dataset=dataset)
        for volume in ("v1", "v2", "v3")
    ]


def one_slice_short(case: CaseResult) -> CaseResult:
    assert case.scores is not None
    return dataclasses.replace(case, scores=dataclasses.replace(case.scores, slices=3))


def test_a_strategy_that_leaves_its_prompted_slice_out_of_the_scores_is_compared_beside_others(tmp_path):
    """``middle.mask.both`` scores a slice fewer than ``every.box`` on the same volume, and rightly so."""
    results = [
        entry
        for model, bonus in (("a", 0.0), ("b", 0.01))
        for entry in (
            *prompted(model, "every.box", SAME, bonus),
            *map(one_slice_short, prompted(model, "middle.mask.both", SAME, bonus)),
        )
    ]
    report = written(tmp_path / "A.json", results)
    compared = within(report)
    assert {row.strategy for row in compared.rows if row.metric == "dice"} == {"every.box", "middle.mask.both"}
    assert not any("not compared" in line for line in compared.warnings)
    again = written(tmp_path / "B.json", results)
    assert {it.outcome for it in judge(again, report, QUIET)} == {"pass"}


def test_one_strategy_that_scored_another_number_of_slices_is_a_clash_of_that_strategy(tmp_path):
    one, other = result("v1", strategy="every.box"), one_slice_short(result("v1", strategy="every.box"))
    (found,) = clashes([one, other])
    assert (found.strategy, found.line) == ("every.box", "the number of slices of lungs-phantom/v1 differ (4 and 3)")
    with pytest.raises(ReportError, match=r"the number of slices of lungs-phantom/v1 differ"):
        between(written(tmp_path / "A.json", [one]), written(tmp_path / "B.json", [other]))


@pytest.mark.parametrize("together", [True, False])
def test_other_prompts_leave_their_strategy_out_and_the_rest_is_compared(tmp_path, together):
    a = [*prompted("a", "every.box", SAME), *prompted("a", "every.point", SAME)]
    b = [*prompted("b", "every.box", SAME, 0.01), *prompted("b", "every.point", OTHER, 0.01)]
    if together:
        compared = within(written(tmp_path / "A.json", [*a, *b]))
    else:
        compared = between(written(tmp_path / "A.json", a), written(tmp_path / "B.json", b))
    assert {row.strategy for row in compared.rows if row.metric == "dice"} == {"every.box"}
    assert compared.warnings[0] == (
        "lungs-phantom every.point is not compared: the prompts of lungs-phantom/v1 under every.point differ "
        "(eeeeeeeeeeee and ffffffffffff), and 2 more."
    )


def test_other_data_leave_their_dataset_out_with_every_strategy(tmp_path):
    torn = {**SAME, "data": "9" * 64}
    a = [*prompted("m", "every.box", SAME), *prompted("m", "every.box", SAME, dataset="livers")]
    b = [*prompted("m", "every.box", SAME), *prompted("m", "every.box", torn, dataset="livers")]
    compared = between(written(tmp_path / "A.json", a), written(tmp_path / "B.json", b))
    assert {row.dataset for row in compared.rows} == {"lungs-phantom"}
    assert compared.warnings[0].startswith(
        "livers every.box is not compared: the data of livers/v1 differ (dddddddddddd"
    )


def test_a_clash_where_nothing_is_shared_refuses_the_whole(tmp_path):
    torn = {**SAME, "data": "9" * 64}
    a = written(tmp_path / "A.json", prompted("m", "every.box", SAME))
    b = written(tmp_path / "B.json", prompted("m", "every.point", torn))
    with pytest.raises(ReportError, match=r"A\.json and B\.json cannot be compared: the data .*, and 2 more; expected"):
        between(a, b)


def test_the_gate_leaves_undecided_what_it_does_not_compare_and_judges_the_rest(tmp_path):
    def run(name, digests, bonus):
        box, point = (
            [dataclasses.replace(it, digests=of) for it in prompted("m", strategy, SAME, bonus)]
            for strategy, of in (("every.box", SAME), ("every.point", digests))
        )
        return written(tmp_path / f"{name}.json", [*box, *point])

    found = judge(run("run", OTHER, -0.2), run("base", SAME, 0.0), QUIET)
    (refused,) = [it for it in found if it.kind == "run"]
    assert (refused.outcome, refused.subject, refused.more_data) == ("undecided", "lungs-phantom every.point", False)
    assert refused.reason.startswith("not compared: the prompts of lungs-phantom/v1 under every.point differ")
    judged = [it.subject for it in found if it.kind == "quality"]
    assert judged == ["lungs-phantom every.box m dice", "lungs-phantom every.box m dice_all"]
    assert all(re.match(r"lost 0\.2", it.reason) for it in found if it.kind == "quality")


def test_volumes_of_another_dataset_are_no_clash():
    assert clashes([scored("v1", [0.9], dataset="a"), scored("v1", [0.9, 0.8], dataset="b")]) == []
