import base64
import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from bench_cases.cli import main
from bench_cases.errors import ConfigError
from bench_cases.page import extra
from bench_cases.page.study import Study
from tests.page.page_examples import Clinic, failing, full_study
from tests.report.report_examples import result
from tests.report.study_examples import study, written


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    return Clinic(tmp_path_factory.mktemp("clinic"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    for name, bonus in (("base", 0.0), ("worse", -0.1)):
        written(folder / f"{name}.json", study({"model-a": bonus, "model-b": bonus}, seed=int(bonus < 0)))
    return folder


def test_without_o_the_table_is_printed_as_before(runs, capsys):
    assert main(["report", str(runs / "base.json")]) == 0
    assert "model-a" in capsys.readouterr().out


def test_what_only_a_page_shows_wants_a_page(runs, capsys):
    assert main(["report", str(runs / "base.json"), "--images"]) == 2
    assert "--images without -o; expected -o report.html" in capsys.readouterr().err


def test_the_page_of_a_worse_run_begins_with_the_regression(runs, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["report", str(runs / "worse.json"), str(runs / "base.json"), "-o", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "Regression: worse than the baseline" in text.partition("</h1>")[0]
    assert "What the gate found" in text
    assert "differs" in text or "A: the baseline, base.json. B: this run." in text
    assert "written:" in capsys.readouterr().out


def test_regressions_stand_before_what_is_undecided_and_a_model_and_its_baseline_have_one_name(runs, tmp_path):
    page = tmp_path / "report.html"
    main(["report", str(runs / "worse.json"), str(runs / "base.json"), "-o", str(page)])
    text = page.read_text(encoding="utf-8")
    found = re.findall(r'<li><b class="\w+">(\w+)</b>', text.partition("What the gate found")[2].partition("</ul>")[0])
    assert found
    assert found == sorted(found, key=["regression", "undecided"].index)
    figure = text.partition('id="figure-deltas-coronacases-dice"')[2].partition("</figure>")[0]
    assert "every.composite: model-a<" in figure
    assert "model-a (A)" not in figure


def test_the_page_of_a_run_with_failures_begins_with_them(tmp_path):
    failing(tmp_path / "run.json")
    main(["report", str(tmp_path / "run.json"), "-o", str(tmp_path / "page.html")])
    heading = (tmp_path / "page.html").read_text(encoding="utf-8").partition("</h1>")[0]
    assert "1 of 3 cases below a floor; 1 of 3 cases ended in an error" in heading


def test_a_page_of_phantoms_says_so_in_every_table_of_results(tmp_path):
    full_study(tmp_path / "run.json")
    main(["report", str(tmp_path / "run.json"), "-o", str(tmp_path / "page.html")])
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    for name in ("overview", "cases", "differences", "outliers"):
        table = text.partition(f'id="table-{name}"')[2].partition("</section>")[0]
        said = re.findall(r"lungs-<?w?b?r?>?phantom( PHANTOM)?", table)
        assert said, name
        assert all(said), name
    assert "PHANTOM: synthetic volumes." in text


def test_a_case_without_a_floor_has_passed_nothing(tmp_path):
    free = replace(result("v1"), floor=None)
    written(tmp_path / "run.json", [free, result("v2"), replace(free, case=free.case._replace(model="other"))])
    main(["report", str(tmp_path / "run.json"), "-o", str(tmp_path / "page.html")])
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    table = text.partition('id="table-cases"')[2].partition("</section>")[0]
    assert re.findall(r'<td class="(\w+)">(no floor|passed)</td>', table) == [
        ("faint", "no floor"),
        ("good", "passed"),
        ("faint", "no floor"),
    ]
    scores = text.partition('id="table-overview"')[2].partition("</section>")[0]
    assert scores.count(">no floor<") == 1  # of the other model: of the first some had to reach one


def test_without_images_no_pixel_of_a_scan_is_in_the_file(clinic, tmp_path):
    page = tmp_path / "report.html"
    assert main(["report", str(clinic.report.path), "-o", str(page), "--folder", f"clinic={clinic.folder}"]) == 0
    text = page.read_text(encoding="utf-8")
    assert "data:image" not in text
    assert "<image" not in text
    assert "<img" not in text
    assert 'd="M' in text  # figures are drawn
    assert 'class="slice"' not in text


def test_with_images_it_holds_them_and_the_command_says_so(clinic, tmp_path, capsys):
    page = tmp_path / "report.html"
    arguments = ["report", str(clinic.report.path), "-o", str(page), "--images"]
    assert main([*arguments, "--folder", f"clinic={clinic.folder}"]) == 0
    assert "This file holds pixels of scans" in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 6
    uri = text.partition("data:image/png;base64,")[2].partition('"')[0]
    assert Image.open(io.BytesIO(base64.b64decode(uri))).size == (32, 24)


def test_what_is_missing_for_the_pictures_is_on_the_page_and_in_the_terminal(clinic, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["report", str(clinic.report.path), "-o", str(page), "--images"]) == 0
    out = capsys.readouterr().out
    assert "not shown: 'clinic' is no dataset of sambench: it was a folder of its user's own in the run" in out
    assert out.endswith("expected to be told where it is. Add --folder clinic=DIR.\n")
    assert "&#39;clinic&#39; is no dataset of sambench" in page.read_text(encoding="utf-8")


def test_a_page_whose_pictures_are_all_missing_warns_of_no_pixels(clinic, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert main(["report", str(clinic.report.path), "-o", str(page), "--images"]) == 0
    assert "holds pixels" not in capsys.readouterr().out
    assert "holds pixels" not in page.read_text(encoding="utf-8")


def test_figures_are_written_as_png_and_svg_and_what_is_not_drawn_is_said(clinic, tmp_path, capsys):
    assert main(["figures", str(clinic.report.path), "-o", str(tmp_path)]) == 0
    names = sorted(path.name for path in tmp_path.iterdir())
    assert {"boxes-clinic-dice.png", "boxes-clinic-dice.svg"} <= set(names)
    assert len([name for name in names if name.endswith(".png")]) == len(names) / 2
    out = capsys.readouterr().out
    assert "not drawn: clicks, which needs a strategy with clicks" in out


def test_a_view_is_named_after_its_case_and_says_what_it_lacks(clinic, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = f"clinic={clinic.folder}"
    assert main(["view", str(clinic.report.path), "model-a", "--folder", folder]) == 0
    page = (tmp_path / "clinic-a-model-a-every.composite.html").read_text(encoding="utf-8")
    assert '<b class="good">passed</b>' in page  # it had a floor
    assert main(["view", str(clinic.report.path), "model-a", "--folder", folder, "--masks", str(tmp_path)]) == 2
    assert "expected the saved mask of clinic/a-model-a-every.composite" in capsys.readouterr().err


def test_without_the_extra_there_is_one_error_with_the_command(monkeypatch):
    monkeypatch.setattr(extra, "NEEDED", ("jinja2", "no_such_library"))
    with pytest.raises(
        ConfigError, match=r"no_such_library, not installed here\. Type in the checkout: pip install -e '\.\[page\]'"
    ):
        extra.require_extra()


def test_a_config_for_the_gate_wants_a_baseline(runs, tmp_path, capsys):
    arguments = ["report", str(runs / "base.json"), "-o", str(tmp_path / "page.html"), "--config", "gate.toml"]
    assert main(arguments) == 2
    assert "--config without BASE.json; expected a baseline" in capsys.readouterr().err


def test_a_model_in_anothers_place_is_compared_with_it_and_no_reference_row_is_praised(tmp_path):
    row = "baseline_threshold"
    base = written(tmp_path / "base.json", study({"sam2": 0.0, row: 0.1}))
    run = written(tmp_path / "run.json", study({"new": -0.05, row: 0.1}, seed=1))
    (tmp_path / "gate.toml").write_text('[models]\nnew = "sam2"\n')
    page = tmp_path / "page.html"
    arguments = ["report", str(run.path), str(base.path), "-o", str(page)]
    assert main([*arguments, "--config", str(tmp_path / "gate.toml")]) == 0
    text = page.read_text(encoding="utf-8")
    assert "highest mean Dice 0.8" in text
    assert f"({row}, every.composite" not in text.partition("</h1>")[2].partition("<table")[0]
    compared = Study.of(run, base, models={"new": "sam2"}).comparison
    assert compared is not None
    assert {(it.a, it.b) for it in compared.rows} == {("sam2", "new")}
    alone = Study.of(run, base).comparison
    assert alone is not None
    advice = '--config gate.toml with [models] "MODEL_IN_B" = "MODEL_IN_A"'
    assert any(line.startswith(f"{advice} compares models of two names.") for line in alone.warnings)
    both = written(tmp_path / "both.json", study({"sam2": 0.0, "new": 0.01, "other": 0.0}))
    itself = Study.of(both, both, models={"new": "sam2"}).comparison
    assert itself is not None
    assert {(it.a, it.b) for it in itself.rows} == {("sam2", "new")}
