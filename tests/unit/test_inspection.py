"""Looking at a folder before it is trusted: what `describe` proposes is read back, `check` counts, `show` draws."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
import pytest
from PIL import Image

from bench_cases.cli import main
from bench_cases.datasets._folder_config import parse_config
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import ConfigError
from bench_cases.inspection.checks import check_dataset, check_volume
from bench_cases.inspection.layout import find_layout, is_mask, units
from bench_cases.inspection.propose import propose
from bench_cases.inspection.sheet import contact_sheet
from bench_cases.registry import prompt_rules
from tests.dicom_files import write_series
from tests.fakes import BarDataset, bar_volume
from tests.scan_files import write_nifti, write_png

AIR = np.full((3, 6, 8), -1000, np.int16)


def layout(*names: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    found = find_layout(PurePosixPath(name) for name in names)
    assert found is not None
    return found.image, found.masks, found.ids


@pytest.mark.parametrize(
    ("names", "image", "masks", "ids"),
    [
        (("a/ct.nii", "a/mask.nii", "b/ct.nii", "b/mask.nii"), "{id}/ct.nii", ("{id}/mask.nii",), ("a", "b")),
        (
            ("imagesTr/p_2.nii.gz", "imagesTr/p_10.nii.gz", "labelsTr/p_2.nii.gz", "labelsTr/p_10.nii.gz"),
            "imagesTr/{id}.nii.gz",
            ("labelsTr/{id}.nii.gz",),
            ("p_2", "p_10"),
        ),
        (("c1_image.nrrd", "c1_label.nrrd"), "{id}_image.nrrd", ("{id}_label.nrrd",), ("c1",)),
        (
            ("volume-0.nii", "segmentation-0.nii", "volume-1.nii", "segmentation-1.nii"),
            "volume-{id}.nii",
            ("segmentation-{id}.nii",),
            ("0", "1"),
        ),
        (
            ("x/image.png", "x/mask.png", "x/mask_1.png", "y/image.png", "y/mask.png"),
            "{id}/image.png",
            ("{id}/mask*.png",),
            ("x", "y"),
        ),
    ],
)
def test_the_layout_is_told_from_names(
    names: tuple[str, ...], image: str, masks: tuple[str, ...], ids: tuple[str, ...]
) -> None:
    assert layout(*names) == (image, masks, ids)


def test_one_file_a_class_is_recognised() -> None:
    names = [f"s1/segmentations/{organ}.nii.gz" for organ in ("liver", "spleen", "kidney_left")]
    found = find_layout(map(PurePosixPath, ["s1/ct.nii.gz", "s2/ct.nii.gz", *names]))
    assert found is not None
    assert found.masks == ("{id}/segmentations/{class}.nii.gz",)
    assert found.classes == ("kidney_left", "liver", "spleen")
    assert found.without_mask == ("s2",)


def test_a_mask_that_some_volumes_lack_is_named_and_left_out() -> None:
    found = find_layout(map(PurePosixPath, ["a/ct.nii", "a/mask.nii", "a/mask_regions.nii", "b/ct.nii", "b/mask.nii"]))
    assert found is not None
    assert (found.masks, found.some_have) == (("{id}/mask.nii",), {"{id}/mask_regions.nii": 1})
    assert found.without_mask == ()


def test_where_no_mask_is_in_every_volume_all_are_kept() -> None:
    found = find_layout(map(PurePosixPath, ["a/ct.nii", "a/mask.nii", "b/ct.nii", "b/label.nii"]))
    assert found is not None
    assert (set(found.masks), found.some_have) == ({"{id}/mask.nii", "{id}/label.nii"}, {})


@pytest.mark.parametrize("name", ["a/mask.png", "labelsTr/a.nii", "a_seg.nrrd", "Ground/1.png", "ManualMask/l/a.png"])
def test_words_for_masks_are_known(name: str) -> None:
    assert is_mask(PurePosixPath(name))
    assert not is_mask(PurePosixPath("segovia_unmasked_gtx/ct.nii"))


def label_maps(root: Path) -> None:
    for name in "ab":
        mask = np.zeros((3, 6, 8), np.uint8)
        mask[1, 2:4, 1:3], mask[1, 2, 6] = 4, 2
        write_nifti(root / name / "image.nii.gz", AIR + ord(name))
        write_nifti(root / name / "mask.nii.gz", mask)


def soft_masks(root: Path) -> None:
    for name in "ab":
        write_nifti(root / name / "image.nii.gz", AIR + ord(name))
        write_nifti(root / name / "mask.nii.gz", np.linspace(-9, 300, 144).reshape(3, 6, 8).astype(np.float32))


def classes(root: Path) -> None:
    for name in "ab":
        write_nifti(root / name / "ct.nii.gz", AIR + ord(name))
        for organ, value in (("liver", 1), ("spleen", 1), ("heart", 0)):
            write_nifti(root / name / "segmentations" / f"{organ}.nii.gz", np.full((3, 6, 8), value, np.uint8))


def coloured(root: Path) -> None:
    for number, name in enumerate("ab"):
        write_png(root / name / "image.png", np.full((6, 8, 3), (9, 50 * number, 1), np.uint8))
        mask = np.zeros((6, 8, 3), np.uint8)
        mask[2, 3] = (255, 0, 0)
        write_png(root / name / "mask.png", mask)


def white(root: Path) -> None:
    for number, name in enumerate("ab"):
        write_png(root / "images" / f"{name}.png", np.full((6, 8), number, np.uint8))
        write_png(root / "masks" / f"{name}.png", np.eye(6, 8, dtype=np.uint8) * 255)


def dicom(root: Path) -> None:
    for name in ("p1", "p2"):
        write_series(root / name / "CT", np.arange(3 * 6 * 8).reshape(3, 6, 8) + ord(name[1]))
        for number in range(3):
            write_png(root / name / "Ground" / f"g_{number}.png", np.eye(6, 8, dtype=np.uint8) * 255)


@pytest.mark.parametrize(
    ("make", "lines"),
    [
        (label_maps, ['modality = "CT"', "# label 4: 8 voxels in 2 of 2 volumes", "label_4 = [4]", "label_2 = [2]"]),
        (soft_masks, ["threshold = 127   # the masks are soft"]),
        (classes, ['liver = "liver"', "# 1 of 3 classes are empty", 'mask = "{id}/segmentations/{class}.nii.gz"']),
        (coloured, ['colour_ff0000 = "#ff0000"', 'colour = "luminance"', "ordered = false"]),
        (white, ["threshold = 127   # the masks are white on black", 'image = "images/{id}.png"']),
        (dicom, ['modality = "CT"', 'image = "{id}/CT"', 'mask = "{id}/Ground"', "threshold = 127"]),
    ],
)
def test_what_is_proposed_is_read_back_and_loads(
    tmp_path: Path, make: Callable[[Path], None], lines: list[str]
) -> None:
    make(tmp_path)
    text = propose(tmp_path)
    for line in lines:
        assert line in text
    parse_config(tomllib.loads(text))
    (tmp_path / "dataset.toml").write_text(text)
    dataset = FolderDataset.from_directory("mine", tmp_path)
    assert len(dataset.volume_ids()) == 2
    assert dataset.load(dataset.volume_ids()[0]).reference_zyx.any()
    assert "# no problem was found" in text


def test_a_volume_with_two_masks_is_counted_once(tmp_path: Path) -> None:
    for number, name in enumerate(("a/image", "b/image")):
        write_png(tmp_path / f"{name}.png", np.full((6, 8), number, np.uint8))
    for name in ("a/mask", "a/mask_1", "b/mask"):
        write_png(tmp_path / f"{name}.png", np.eye(6, 8, dtype=np.uint8))
    assert "# label 1: 18 voxels in 2 of 2 volumes" in propose(tmp_path)


def test_a_mask_that_one_volume_lacks_is_a_comment_of_the_proposal(tmp_path: Path) -> None:
    label_maps(tmp_path)
    write_nifti(tmp_path / "a" / "mask_regions.nii.gz", np.zeros((3, 6, 8), np.uint8))
    text = propose(tmp_path)
    assert 'mask = "{id}/mask.nii.gz"\n' in text
    assert '# left out, as only 1 of 2 volumes has it: "{id}/mask_regions.nii.gz"' in text
    assert "PROBLEM" not in text


def test_problems_are_named(tmp_path: Path) -> None:
    label_maps(tmp_path)
    write_nifti(tmp_path / "b" / "image.nii.gz", AIR + ord("a"))
    write_nifti(tmp_path / "c" / "image.nii.gz", AIR)
    write_nifti(tmp_path / "c" / "mask.nii.gz", np.zeros((3, 6, 8), np.uint8))
    write_nifti(tmp_path / "d" / "image.nii.gz", AIR + 7)
    write_nifti(tmp_path / "d" / "mask.nii.gz", np.zeros((3, 6, 9), np.uint8))
    write_nifti(tmp_path / "e" / "image.nii.gz", AIR + 9)
    text = propose(tmp_path)
    assert "# PROBLEM b: the image is the same as that of a" in text
    assert "# PROBLEM c: its masks are empty" in text
    assert "# PROBLEM d: image d/image.nii.gz and mask d/mask.nii.gz: the image has 8 x 6 x 3 voxels" in text
    assert "# PROBLEM 1 volume without a mask" in text
    assert 'exclude = ["e"]' in text


def test_a_folder_without_images_or_none_at_all_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(ConfigError, match=r"no image was found in .*; expected NIfTI"):
        propose(tmp_path)
    with pytest.raises(ConfigError, match=r"there is no folder .*; expected one with scans"):
        propose(tmp_path / "gone")


def test_hidden_files_and_tables_are_not_scans(tmp_path: Path) -> None:
    label_maps(tmp_path)
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "a" / "._image.nii.gz").touch()
    (tmp_path / "table.csv").touch()
    assert len(units(tmp_path)) == 4


def test_describe_prints_writes_once_and_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    label_maps(tmp_path)
    assert main(["describe", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert main(["describe", str(tmp_path), "--write"]) == 0
    assert (tmp_path / "dataset.toml").read_text() == printed
    capsys.readouterr()
    assert main(["describe", str(tmp_path), "--write"]) == 2
    assert "dataset.toml is there; expected none" in capsys.readouterr().err


# ---------------------------------------------------------------- check


def test_a_volume_is_measured() -> None:
    finding = check_volume(bar_volume(), {})
    assert (finding.size, finding.spacing_mm, finding.grey) == ("16 x 12 x 7", "1 x 1 x 5", "0 .. 200")
    assert finding.slices_with_target == 5
    assert finding.target_ml == pytest.approx(np.count_nonzero(bar_volume().labels_zyx) * 5 / 1000)
    assert finding.warnings == ()


def test_what_has_misled_people_is_a_warning(tmp_path: Path) -> None:
    seen: dict[str, str] = {}
    check_volume(bar_volume(), seen)
    assert "image and mask are the same as those of a" in check_volume(bar_volume(volume_id="b"), seen).warnings[0]
    text = 'modality = "CT"\ntarget = "x"\nimage = "{id}.nii"\nmask = "{id}_m.nii"\nlabels = [1, 2]\n'
    (tmp_path / "dataset.toml").write_text(text + "window = {level = 40, width = 400}\nvolumes = ['a', 'b', 'c']")
    ramp = np.arange(48, dtype=np.int16).reshape(1, 6, 8)
    for name, image, mask in (
        ("a", ramp, np.zeros((1, 6, 8), np.uint8)),
        ("b", np.zeros_like(ramp), np.ones((1, 6, 8), np.uint8)),
        ("c", ramp, np.eye(6, 8, dtype=np.uint8)[None]),
    ):
        write_nifti(tmp_path / f"{name}.nii", image)
        write_nifti(tmp_path / f"{name}_m.nii", mask)
    found = {
        each.volume: " | ".join(each.warnings)
        for each in check_dataset(FolderDataset.from_directory("m", tmp_path), None)
    }
    assert found["a"].startswith("x is not in it: nothing can be prompted, and all its cases will be errors")
    assert "the image is constant" in found["b"]
    assert "the mask covers a whole slice: it may be inverted" in found["b"]
    assert "no air: the lowest grey value is 0, so that it may not be in HU" in found["c"]
    assert "label 2 of the 2 of x is not in it" in found["c"]


def test_a_broken_volume_does_not_stop_the_others() -> None:
    findings = list(check_dataset(BarDataset(broken="b"), None))
    assert [bool(each.error) for each in findings] == [False, True, False]
    assert "b.nii.gz is truncated" in findings[1].error


def test_check_prints_a_row_each_writes_a_table_and_fails_where_one_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label_maps(tmp_path)
    (tmp_path / "dataset.toml").write_text(propose(tmp_path))
    assert main(["check", str(tmp_path), "--csv", str(tmp_path / "t.csv")]) == 0
    assert "2 volumes, 0 cannot be used" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "t.csv").read_text().splitlines()))
    assert [row["volume"] for row in rows] == ["a", "b"]
    assert rows[0]["target_ml"] == "0.08"
    (tmp_path / "b" / "mask.nii.gz").write_bytes(b"broken")
    assert main(["check", str(tmp_path)]) == 1
    assert "UNUSABLE" in capsys.readouterr().out


def test_a_name_that_means_nothing_is_corrected(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "coronacases-phantm"]) == 2
    assert "is not a dataset or folder" in (text := capsys.readouterr().err)
    assert "Did you mean 'coronacases-phantom'?" in text
    assert main(["check", "coronacases"]) == 2
    assert "sambench fetch coronacases" in capsys.readouterr().err


# ---------------------------------------------------------------- show


def test_a_sheet_shows_outline_and_prompts_in_their_places() -> None:
    sheet = np.asarray(contact_sheet(bar_volume(slices=3), prompt_rules()["composite"]))
    blue, orange = (np.all(sheet[62:] == colour, axis=-1) for colour in ((86, 180, 233), (230, 159, 0)))
    assert blue.any()
    assert orange.any()
    columns = [np.flatnonzero(each.any(axis=0)).mean() for each in (blue, orange)]
    assert columns[0] < columns[1]  # label 1 is on the left
    box = np.all(sheet[62:] == (240, 228, 66), axis=-1)
    x = np.flatnonzero(box.any(axis=0))
    # The bar of slice 1 is 5 to 10 of 16 pixels, 320 wide, 6 from the edge.
    assert x.min() == pytest.approx(6 + 5 * 20, abs=1)
    assert x.max() == pytest.approx(6 + 11 * 20 - 1, abs=1)


@pytest.mark.parametrize("rule", ["mask", "boxes", "centroid+3", "point"])
def test_any_rule_can_be_drawn(rule: str) -> None:
    assert contact_sheet(bar_volume(), prompt_rules()[rule]).size[0] > 600


def test_show_writes_a_picture_of_the_volume_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    label_maps(tmp_path / "set")
    (tmp_path / "set" / "dataset.toml").write_text(propose(tmp_path / "set"))
    out = tmp_path / "b.png"
    assert main(["show", f"{tmp_path / 'set'}/b", "--out", str(out)]) == 0
    path, warning = capsys.readouterr().out.splitlines()
    assert path == str(out)
    assert warning == "This file holds pixels of scans: treat it as you treat the scans."
    assert out.stat().st_mode & 0o777 == 0o600
    with Image.open(out) as sheet:
        assert sheet.size[0] > 600
    assert main(["show", f"{tmp_path / 'set'}/zz", "--out", str(out)]) == 2
    assert "has no volume 'zz'; expected one of a, b" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "set"), "--out", "x.jpg"]) == 2
    assert "expected a name that ends in .png" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "set"), "--prompt", "composit"]) == 2
    assert "Did you mean 'composite'?" in capsys.readouterr().err
