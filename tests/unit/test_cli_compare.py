"""``sambench compare``: formats that can be read back, and what is refused."""

import csv
import io
import json
import re

import pytest

from bench_cases.cli import compare, main
from tests.report.study_examples import study, written


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    place = tmp_path_factory.mktemp("reports")
    a, b = place / "A.json", place / "B.json"
    written(a, study({"sam_<b>": 0.0, "sam2": 0.02}, volumes=4, slices=5))
    written(b, study({"sam2": 0.03}, volumes=4, slices=5))
    return str(a), str(b)


def typed(capsys, *arguments):
    status = main(["compare", "--resamples", "100", *arguments])
    done = capsys.readouterr()
    return status, done.out, done.err


def test_a_report_is_compared_within_and_two_with_each_other(capsys, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = typed(capsys, files[0])
    assert status == 0
    assert "How large is the difference?" in out
    assert "A sam_<b>   B sam2" in out
    _, out, _ = typed(capsys, *files, "--metric", "dice")
    assert "A sam2 (A)   B sam2 (B)" in out
    assert f"A: {files[0]}" in out


def test_no_number_is_broken_in_a_narrow_terminal_and_what_is_left_out_is_said(capsys, files, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, out, _ = typed(capsys, files[0], "--metric", "dice")
    assert max(map(len, out.splitlines())) <= 80
    table = out.partition("How large")[2].partition("95 %")[0]
    (row,) = [line.split() for line in table.splitlines() if line.startswith("dice ")]
    assert all(re.fullmatch(r"[+-]?\d\.\d{4}", cell) for cell in row[2:7]), row
    assert "bootstrap low" not in table
    said = " ".join(out.split())
    assert "bootstrap low, bootstrap high, drawn: left out for want of width (80 columns); -o FILE has them." in said
    assert "Wilcox\n" not in out


def test_a_pipe_and_a_file_have_room_for_every_column(capsys, files, monkeypatch, tmp_path):
    monkeypatch.delenv("COLUMNS", raising=False)
    _, out, _ = typed(capsys, files[0], "--metric", "dice")
    assert "bootstrap low  bootstrap high  drawn" in out
    assert "left out for want of width" not in out
    typed(capsys, files[0], "--metric", "dice", "-o", str(tmp_path / "compared.txt"))
    assert (tmp_path / "compared.txt").read_text() == out


def test_csv_holds_one_table_unrounded(capsys, files):
    _, out, _ = typed(capsys, files[0], "--format", "csv", "--table", "summary")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["model"] for row in rows} == {"sam_<b>", "sam2"}
    assert len(rows[0]["mean"]) > 8
    _, out, _ = typed(capsys, files[0], "--format", "csv")
    assert out.startswith("dataset,strategy,A,B,metric,n,mean A")
    status, _, err = typed(capsys, files[0], "--format", "csv", "--table", "all")
    assert status == 2
    assert "16 tables as CSV" in err
    assert "Choose it: --table NAME." in err


def test_json_is_strict_and_holds_every_table(capsys, files):
    _, out, _ = typed(capsys, files[0], "--format", "json", "--table", "all")
    found = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["tables"]["differences"]["rows"][0]["n"] == 4
    assert found["notes"] == []
    assert set(found["tables"]) >= {"ranking", "mixed", "position"}


def test_markdown_escapes_names(capsys, files):
    _, out, _ = typed(capsys, files[0], "--format", "markdown", "--table", "tests")
    table = [line for line in out.splitlines() if line.startswith("|")]
    assert len({line.count(" | ") for line in table}) == 1
    assert "sam\\_&lt;b&gt;" in out
    assert "<b>" not in out


def test_latex_has_balanced_environments_and_escapes_names(capsys, files):
    _, out, _ = typed(capsys, files[0], "--format", "latex", "--table", "tests", "--table", "power")
    assert re.findall(r"\\(begin|end)\{(\w+)\}", out).count(("begin", "tabular")) == 2
    assert out.count(r"\begin{") == out.count(r"\end{")
    assert r"sam\_\textless{}b\textgreater{}" in out
    body = [line for line in out.splitlines() if line.endswith(r"\\")]
    assert {line.count(" & ") for line in body} == {13, 10}


def test_the_output_can_go_to_a_file(capsys, files, tmp_path):
    target = tmp_path / "new" / "out.md"
    status, out, _ = typed(capsys, files[0], "--format", "markdown", "-o", str(target))
    assert (status, out) == (0, "")
    assert target.read_text(encoding="utf-8").startswith("### How large is the difference?")
    assert [path.name for path in target.parent.iterdir()] == ["out.md"]
    (tmp_path / "file").touch()
    status, _, err = typed(capsys, files[0], "-o", str(tmp_path / "file" / "out.md"))
    assert status == 2
    assert "cannot be written" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--margin", "dize=0.1"], "'dize' is no metric; expected one of dice, .* Did you mean 'dice'"),
        (["--margin", "embed=0.9"], "--margin embed=0.9; expected a number above 1"),
        (["--margin", "nan"], "--margin nan; expected a number above 0"),
        (["--margin", "-0.1"], "expected"),
        (["--table", "test"], r"no table 'test'; expected one of .*Did you mean 'tests'\?"),
        (["--metric", "speed"], "there is no metric 'speed'; expected one of dice"),
        (["--metric", "dise"], "there is no metric 'dise'; expected one of dice, jaccard, dice_all"),
        (["--metric", "dise"], ", propagate. Did you mean 'dice'?"),
        (["--pair", "a=b"], "--pair with one report; expected two"),
        (["--pair", "ab"], "--pair ab; expected MODEL_IN_A=MODEL_IN_B"),
        (["--resamples", "5"], "--resamples 5; expected 100 or more"),
        (["--baseline", "sam3"], r"no model 'sam3'; .*Did you mean 'sam2'\?"),
    ],
)
def test_a_slip_is_one_clear_line(capsys, files, arguments, message):
    try:
        status = main(["compare", files[0], *arguments])
    except SystemExit as end:
        status = int(end.code or 0)
    err = capsys.readouterr().err
    assert status == 2
    assert re.search(message, err)
    assert "Traceback" not in err


def test_too_many_reports_and_a_baseline_for_two_are_refused(capsys, files):
    assert main(["compare", *files, files[0]]) == 2
    assert "3 reports; expected one or two." in capsys.readouterr().err
    assert main(["compare", *files, "--baseline", "sam2"]) == 2
    assert "--baseline with two reports" in capsys.readouterr().err


def test_the_choices_of_the_command_are_those_of_the_library():
    from bench_cases.analysis.formats import FORMATS
    from bench_cases.analysis.leaderboards import RANK_BY
    from bench_cases.analysis.sheets.catalogue import SHEETS, UNASKED

    assert tuple(FORMATS) == compare.FORMATS
    assert compare.RANK_BY == RANK_BY
    assert tuple(UNASKED) == compare.MODES
    assert tuple(SHEETS) == compare.TABLES


def test_a_name_is_no_formula_in_a_spreadsheet(capsys, tmp_path):
    path = tmp_path / "A.json"
    written(path, study({"=cmd()": 0.0, "@sum": 0.01}, volumes=3, slices=3))
    _, out, _ = typed(capsys, str(path), "--format", "csv")
    assert "'=cmd()" in out
    assert ",=cmd()" not in out
