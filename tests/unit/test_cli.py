import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench_cases import __version__
from bench_cases.cli import main
from bench_cases.cli.doctor import Check, checks, examine, is_met
from tests.scan_files import write_nifti

ROOT = Path(__file__).resolve().parents[2]


def test_help_shows_the_main_job_and_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert "pytest benchmark -k radiopaedia" in text
    assert all(command in text for command in ("list", "fetch", "doctor", "report", "seeds"))


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out.strip() == f"sambench {__version__}"


def test_list_names_everything_that_can_be_asked_for(capsys):
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    for name in (
        "coronacases-phantom",
        "PHANTOM",
        "montgomery",
        "sam2_micro",
        "embedded",
        "sam2.1_large",
        "Apache-2.0",
    ):
        assert name in text
    assert "dataset=coordinates" in text


def test_the_list_of_models_says_what_walks_cannot_do(capsys):
    main(["list", "models"])
    lines = capsys.readouterr().out.splitlines()
    assert "  video mode without clicks, oracle, --sam-memory: edgetam, sam3" in lines
    assert "  --sam-memory at most 3: sam2_micro" in lines


def test_the_list_of_models_gives_a_reason_once_and_a_size_for_what_can_be_fetched(capsys):
    main(["list", "models"])
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "efficient_track_anything" in line]
    assert line.startswith(
        "  efficienttam_s, efficienttam_ti, efficienttam_s_512, efficienttam_ti_512: needs the package"
    )
    (row,) = [line for line in lines if line.startswith("sam2_base_plus ")]
    assert "~324" in row
    assert not [line for line in lines if "?" in line]


@pytest.mark.parametrize(
    ("typed", "meant"), [("model", "models"), ("studys", "studies"), ("coronacase", "coronacases")]
)
def test_a_list_that_there_is_not_is_answered_with_the_nearest(typed, meant, capsys):
    assert main(["list", typed]) == 2
    text = capsys.readouterr().err
    kinds = "datasets, models, architectures, strategies, studies"
    assert f"'{typed}' is not a list or dataset; expected one of {kinds}, amos-ct" in text
    assert f"Did you mean '{meant}'?" in text


def test_in_a_pipe_nothing_is_cut_off(capsys, tmp_path, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    main(["list"])
    text = capsys.readouterr().out
    assert "accept the SAM License on the model's page, then log in with 'hf auth login'" in text
    assert "\u2026" not in text
    assert max(map(len, text.splitlines())) < 1000
    name = "a_volume_whose_name_says_much_more_of_its_origin_than_eighty_columns_have_room_for"
    folder = tmp_path / "clinic"
    for part in ("image", "mask"):
        write_nifti(folder / name / f"{part}.nii.gz", np.ones((2, 3, 4), np.int16 if part == "image" else np.uint8))
    (folder / "dataset.toml").write_text(
        "modality = 'CT'\ntarget = 'all'\nimage = '{id}/image.nii.gz'\nmask = '{id}/mask.nii.gz'\nlabels = [1]\n"
    )
    main(["check", str(folder)])
    assert any(line.startswith(f" {name} ") for line in capsys.readouterr().out.splitlines())


def test_list_can_be_asked_for_one_kind(capsys):
    main(["list", "strategies"])
    text = capsys.readouterr().out
    assert "by default every.composite" in text
    assert "sam_vit_b" not in text


def test_the_list_of_datasets_has_one_line_a_set_and_marks_phantoms(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    main(["list", "datasets"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 60
    assert all(len(line) <= 80 for line in lines if not line.startswith("  Every") and not line.startswith("  on disk"))
    assert sum(line.startswith("  amos-ct ") for line in lines) == 1
    assert any("PHANTOM" in line and "NAME-phantom" in line for line in lines)
    places = [lines.index(next(line for line in lines if line.strip() == word)) for word in ("CT", "MR", "PET", "US")]
    assert places == sorted(places)


def test_a_dataset_is_shown_whole_by_any_of_its_names(capsys):
    assert main(["list", "MRI-Heart"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("msd-heart\n")
    for words in (
        "left_atrium",
        "CC BY-SA 4.0",
        "Antonelli",
        "MRI-Heart",
        "note",
        "is recalled",
        "sambench fetch msd-heart",
    ):
        assert words in text
    assert main(["list", "msd-hearts"]) == 2
    assert "Did you mean 'msd-heart'?" in capsys.readouterr().err


def test_a_phantom_is_written_where_it_is_asked_for(tmp_path, capsys):
    assert main(["phantom", "US-Nerve", str(tmp_path / "new")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("us-nerve-phantom: 7 files in ")
    assert "pytest benchmark --sam-dataset us-nerve-phantom" in text
    assert (tmp_path / "new" / "train" / "1_1_mask.tif").is_file()
    assert "synthetic" in (tmp_path / "new" / "PHANTOM.txt").read_text()
    assert main(["phantom", "us-nerve-phantom", str(tmp_path / "new")]) == 2
    assert "new is not empty; expected a new or empty folder" in capsys.readouterr().err


def test_a_phantom_of_nothing_is_refused_with_the_nearest_name(tmp_path, capsys):
    assert main(["phantom", "us-nerves", str(tmp_path / "x")]) == 2
    assert "'us-nerves' has no phantom" in (text := capsys.readouterr().err)
    assert "Did you mean 'us-nerve'?" in text
    (tmp_path / "file").touch()
    assert main(["phantom", "us-nerve", str(tmp_path / "file")]) == 2
    assert "file cannot be written" in capsys.readouterr().err


def test_fetch_checks_names_before_the_first_byte(capsys):
    assert main(["fetch", "coronacases", "sam_vit_x"]) == 2
    assert "'sam_vit_x' is not a dataset or model" in capsys.readouterr().err


def test_a_dry_run_tells_sizes_digests_and_licences_and_asks_nobody(capsys):
    assert main(["fetch", "--dry-run", "montgomery", "sam_vit_l", "radiopaedia-phantom"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "617 MB download sha256" in said
    assert "made on this" in said
    assert "in all about 1.9 GB; nothing was downloaded" in said


def test_only_one_dataset_is_adopted_at_a_time(capsys):
    assert main(["fetch", "coronacases", "montgomery", "--from", "."]) == 2
    assert "--from was given with coronacases, montgomery; expected one dataset" in capsys.readouterr().err
    assert main(["fetch", "sam_vit_l", "--from", "."]) == 2
    assert "expected one dataset" in capsys.readouterr().err


def test_a_folder_that_is_not_the_set_is_not_adopted(capsys, tmp_path):
    assert main(["fetch", "montgomery", "--from", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "nothing of the set is in it" in said
    assert "expected NLM-MontgomeryCXRSet.zip, or montgomery/ with MontgomerySet/CXR_png" in said


def test_fetch_says_what_forbids_it_when_offline(capsys):
    assert main(["fetch", "sam_vit_b"]) == 2
    assert "SAMBENCH_OFFLINE" in capsys.readouterr().err


def test_what_is_embedded_is_ready(capsys):
    assert main(["fetch", "sam_micro", "radiopaedia-phantom"]) == 0
    assert capsys.readouterr().out == "sam_micro: ready\nradiopaedia-phantom: ready\n"


def test_a_report_is_shown_and_a_damaged_one_refused(tmp_path, capsys):
    golden = next((ROOT / "tests" / "report" / "golden").glob("*.json"))
    assert main(["report", str(golden)]) == 0
    assert "Dice" in capsys.readouterr().out
    broken = tmp_path / "broken.json"
    broken.write_text(golden.read_text()[:100])
    assert main(["report", str(broken)]) == 2
    assert "broken.json" in capsys.readouterr().err


def test_an_unfinished_run_says_how_to_go_on(tmp_path, capsys):
    golden = next((ROOT / "tests" / "report" / "golden").glob("*.json"))
    unfinished = json.loads(golden.read_text())
    unfinished["run"]["complete"] = False
    path = tmp_path / "run.json"
    path.write_text(json.dumps(unfinished))
    assert main(["report", str(path)]) == 0
    assert "--sam-resume" in capsys.readouterr().out


def test_the_doctor_finds_this_machine_in_order(capsys):
    names = [check.name for check in checks()]
    assert names[0] == "python"
    assert "torch, torchvision" in names
    assert examine() in {0, 1}
    text = capsys.readouterr().out
    assert "cpu cores" in text
    assert "forbidden by SAMBENCH_OFFLINE" in text


def test_the_doctor_says_what_to_do_about_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(
        "bench_cases.cli.doctor.checks",
        lambda: iter([Check("sam2", "not installed", fine=False, remedy="pip install sam2")]),
    )
    assert examine() == 1
    text = capsys.readouterr().out
    assert "FAIL  sam2" in text
    assert "pip install sam2" in text


@pytest.mark.parametrize(
    ("torch", "needs", "match"),
    [
        ("2.5.1", ["numpy", "torch==2.5.1"], True),
        ("2.11.0+cu130", ["torch (==2.11.0)"], True),
        ("2.13.0", ["torch==2.11.0"], False),
        ("2.15.0", ["torch>=2.14.0", "pillow!=8.3.*,>=5.3.0", "scipy ; extra == 'scipy'"], True),
    ],
)
def test_torch_and_torchvision_are_told_to_match_or_not(torch, needs, match):
    assert is_met("torch", torch, needs) is match


def test_the_command_is_installed_as_a_module_too():
    finished = subprocess.run(
        [sys.executable, "-c", "from bench_cases.cli import main; raise SystemExit(main(['report', 'nowhere.json']))"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stderr.startswith("sambench: ")
    assert "Traceback" not in finished.stderr
