import json
import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd  # noqa: F401 - torch, once imported, must stay: see tests/plugin/conftest.py
import pytest
import sam2.sam2_video_predictor  # noqa: F401

from bench_cases.cli import main
from bench_cases.seed_library import Library

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def own(tmp_path):
    """Two volumes of four slices of the user's own, with a bright square; slice 0 is empty."""
    folder = tmp_path / "scans"
    for name, size in (("Doe-Jane", 12), ("b", 16)):
        (folder / name).mkdir(parents=True)
        mask = np.zeros((32, 32, 4), np.uint8)
        mask[8 : 8 + size, 8 : 8 + size, 1:] = 1
        nibabel.save(nibabel.Nifti1Image((mask * 200).astype(np.int16), np.eye(4)), folder / name / "i.nii.gz")
        nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / name / "m.nii.gz")
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "square"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
    return f"--folder=mine={folder}"


@pytest.fixture
def seeds(tmp_path, monkeypatch, capsys):
    """A function that runs ``sambench seeds`` on an empty library; it returns the exit code and both outputs."""
    monkeypatch.setenv("SAMBENCH_SEEDS", str(tmp_path / "library"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        code = main(["seeds", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def test_a_seed_is_made_shown_listed_exported_and_imported(seeds, own, tmp_path):
    code, out, _ = seeds("make", "mine/Doe-Jane", own, "--name", "squares", "--slice", "2")
    assert code == 0
    assert "from:     mine/(name withheld) slice 2 of 4" in out
    assert "prompt:   composite: 2 points, 1 box" in out
    assert "This seed holds the pixels of one slice of your own scans" in out
    assert "sambench seeds use squares" in out

    code, out, _ = seeds("show", "squares")
    assert "picture:  squares.seed.png" in out
    assert (tmp_path / "squares.seed.png").stat().st_size > 1000
    assert "square, CT" in seeds("list")[1]

    code, _, err = seeds("export", "squares")
    assert (code, "say --yes if it may" in err) == (2, True)
    code, out, _ = seeds("export", "squares", "--yes")
    assert "squares.seed.zip: written; seed 'squares' holds THE PIXELS OF ONE SLICE" in out

    assert seeds("import", "squares.seed.zip")[0] == 2  # the name is taken
    assert seeds("import", "squares.seed.zip", "--replace")[0] == 0
    assert seeds("import", "squares.seed.zip", "--name", "theirs", "--library", str(tmp_path / "other"))[0] == 0
    assert Library(folder=tmp_path / "other").read("theirs").digest() == Library().read("squares").digest()
    everything = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "scans" not in path.parts]
    assert not any(b"Doe" in content for content in everything)


def test_an_empty_library_says_how_to_begin_and_a_damaged_seed_gives_exit_code_1(seeds, own):
    assert "`sambench seeds make DATASET/VOLUME --name NAME` makes one" in seeds("list")[1]
    seeds("make", "mine/b", own, "--name", "x")
    (Library().folder / "x" / "seed.json").write_text("{")
    code, _, err = seeds("list")
    assert code == 1
    assert "seed x: seed.json is no JSON" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["make", "mine/b"], "--name"),
        (["best", "mine/b", "--every", "0"], "--every"),
        ([], "COMMAND"),
    ],
)
def test_what_argparse_can_tell_it_tells(seeds, arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        seeds(*arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["make", "mine", "--name", "x"], "'mine' is not DATASET/VOLUME; expected for instance"),
        (["make", "mien/b", "--name", "x"], "'mien' is not a dataset; .*Did you mean 'mine'"),
        (["make", "mine:cube/b", "--name", "x"], "'cube' is not a target of mine"),
        (["make", "mine/c", "--name", "x"], "'c' is not a volume of mine; expected one of"),
        (["make", "montgomery/1", "--name", "x"], "sambench fetch montgomery"),
        (["make", "mine/b", "--name", "../x"], "cannot name a seed"),
        (["make", "mine/b", "--name", "x", "--prompt", "compsite"], "'compsite' is not a prompt; .*'composite'"),
        (["make", "mine/b", "--name", "x", "--slice", "0"], "--slice 0: .* shows no square.* 1 to 3 of 4 do"),
        (["make", "mine/b", "--name", "x", "--folder", "y"], "--folder 'y' is not NAME=DIR"),
        (["make", "mine/b", "--name", "x", "--folder", "mine=z"], "'mine' is already the name of a dataset"),
        (["use", "nothing"], "there is no seed 'nothing'"),
        (["best", "mine/b", "--model", "sam2_micr"], "'sam2_micr' is not a model; .*'sam2_micro'"),
        (["best", "mine/b", "--model", "sam_vit_l"], "sambench fetch sam_vit_l"),
        (["best", "mine/b", "--model", "sam_micro"], "model 'sam_micro' has no video mode"),
    ],
)
def test_what_is_mistyped_is_one_line_and_exit_code_2(seeds, own, arguments, message):
    import re

    folder = [] if arguments[0] == "use" else [own]
    code, _, err = seeds(arguments[0], *folder, *arguments[1:])
    assert code == 2
    assert err.count("\n") == 1
    assert re.search(message, err), err


def test_use_says_what_to_type_and_what_speaks_against_it_and_sets_nothing(seeds, own, tmp_path):
    seeds("make", "mine/b", own, "--name", "squares")
    before = sorted(tmp_path.rglob("*"))
    code, out, _ = seeds("use", "squares", "radiopaedia-phantom:spleen")
    assert code == 0
    assert out.startswith(
        "pytest benchmark --sam-strategy dataset.composite.both --sam-seed radiopaedia-phantom:spleen=squares "
        "--sam-dataset radiopaedia-phantom:spleen\n"
    )
    assert 'addopts = "--sam-seed radiopaedia-phantom:spleen=squares"' in out
    assert "note: the seed prompts square, and what is scored is spleen" in out
    assert "note: the seed is a real scan, the volume a phantom" in out
    assert sorted(tmp_path.rglob("*")) == before
    assert "nothing known of the dataset speaks against it" in seeds("use", "squares", "mine", own)[1]


def test_best_ranks_every_slice_and_writes_every_score(seeds, own):
    code, out, _ = seeds("best", "mine/b", own, "--json", "best.json", "--top", "1")
    assert code == 0
    assert "3 seeds scored" in out
    assert "middle slice 2 of b: Dice" in out
    assert "best 1% (1 of 3): position" in out
    assert "written: best.json" in out
    record = json.loads(Path("best.json").read_text(encoding="utf-8"))
    assert record["schema"] == {"name": "sambench-seed-search", "version": 1}
    assert [seed["slice_index"] for seed in record["seeds"]] == [1, 2, 3]
    assert [seed["position"] for seed in record["seeds"]] == [0, 0.5, 1]
    assert record["encoder_runs"] == record["volume"]["slices"] == 4
    assert record["strategy"] == "slice=N.composite.both"
    best = max(seed["dice"] for seed in record["seeds"])
    assert record["best"][0]["least_dice"] == best
    assert record["middle"][0]["behind"] == best - record["seeds"][1]["dice"]


def test_best_tries_the_slices_of_the_other_volumes_of_a_dataset(seeds, own):
    code, out, err = seeds(
        "best", "mine/b", own, "--dataset", "--every", "2", "--json", "best.json", "--limit-slices", "3"
    )
    assert code == 0
    assert "dataset.composite.both" in out
    assert "slices of Doe-Jane tried as seed" in err
    record = json.loads(Path("best.json").read_text(encoding="utf-8"))
    assert {seed["volume"] for seed in record["seeds"]} == {"Doe-Jane"}
    assert record["encoder_runs"] == 3 + len(record["seeds"])


def test_the_help_of_seeds_is_shown_without_anything_heavy():
    script = (
        "import sys\nfrom bench_cases.cli import main\n"
        "try:\n    main(['seeds', '--help'])\nexcept SystemExit:\n    pass\n"
        "print('HEAVY', [it for it in ('torch', 'numpy', 'PIL', 'nibabel', 'scipy', 'rich') if it in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    words = finished.stdout.split()
    assert all(action in words for action in ("make", "list", "show", "use", "export", "import", "best"))
    assert "HEAVY []" in finished.stdout
