"""The user's own scans: what a ``dataset.toml`` may say, and what it is told when it says something else."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from bench_cases.datasets import folder
from bench_cases.datasets._folder_files import find_ids
from bench_cases.datasets.folder import FolderDataset, named_folder
from bench_cases.errors import ConfigError, DataError, SelectionError
from bench_cases.volume import Window
from tests.dicom_files import write_seg, write_series
from tests.scan_files import write_nifti, write_png

LABELS = """
modality = "CT"
target = "lungs"
image = "{id}/image.nii.gz"
mask = "{id}/mask.nii.gz"
labels = [4, 2]
"""
PICTURES = """
modality = "US"
target = "lesion"
image = "{id}/image.png"
mask = "{id}/mask*.png"
ordered = false
"""


def scans(root: Path, *ids: str) -> None:
    for each in ids:
        write_nifti(root / each / "image.nii.gz", np.zeros((3, 4, 5), np.int16))
        mask = np.zeros((3, 4, 5), np.uint8)
        mask[1, 2] = (0, 1, 2, 3, 4)
        write_nifti(root / each / "mask.nii.gz", mask)


def pictures(root: Path, *ids: str, size_yx: tuple[int, int] = (4, 5), masks: int = 1) -> None:
    for number, each in enumerate(ids):
        write_png(root / each / "image.png", np.full(size_yx, number, np.uint8))
        for index in range(masks):
            mask = np.zeros(size_yx, np.uint8)
            mask[index] = 255
            write_png(root / each / f"mask{index or ''}.png", mask)


def dataset(root: Path, text: str = LABELS, name: str = "mine") -> FolderDataset:
    root.mkdir(parents=True, exist_ok=True)
    (root / "dataset.toml").write_text(text)
    return FolderDataset.from_directory(name, root)


def wrong(root: Path, text: str, match: str) -> None:
    with pytest.raises(ConfigError, match=match) as caught:
        dataset(root, text)
    assert f"{root.name}/dataset.toml" in str(caught.value)


def test_a_label_map_is_read_with_its_ids_in_the_order_given(tmp_path: Path) -> None:
    scans(tmp_path, "b10", "b9", "a")
    mine = dataset(tmp_path, LABELS + "window = {level = -650, width = 1500}\nscaling = 'volume'\nlicence = 'ours'\n")
    assert mine.missing() is None
    assert list(mine.volume_ids()) == ["a", "b9", "b10"]
    assert mine.info.targets == {"lungs": (4, 2)}
    assert mine.info.licence == "ours"
    volume = mine.load("b9")
    assert (volume.dataset, volume.id, volume.target, volume.modality) == ("mine", "b9", "lungs", "CT")
    assert volume.labels_zyx[1, 2].tolist() == [0, 0, 2, 0, 1]
    assert volume.window == Window(level=-650, width=1500)
    assert volume.scaling == "volume"
    assert volume.spacing_zyx_mm == pytest.approx((5, 2, 2))


def test_a_table_of_targets_offers_them_by_name(tmp_path: Path) -> None:
    scans(tmp_path, "a")
    text = LABELS.replace('target = "lungs"', "").replace("labels = [4, 2]", "[targets]\nliver = [1]\nspleen = [4]\n")
    mine = dataset(tmp_path, text)
    assert mine.load("a").labels_zyx[1, 2].tolist() == [0, 1, 0, 0, 0]
    spleen = mine.load("a", "spleen")
    assert spleen.dataset == "mine:spleen"
    assert spleen.labels_zyx[1, 2].tolist() == [0, 0, 0, 0, 1]


def test_a_threshold_and_a_list_of_masks_are_joined(tmp_path: Path) -> None:
    scans(tmp_path, "a")
    write_nifti(tmp_path / "a" / "left.nii.gz", np.full((3, 4, 5), 200.5, np.float32))
    text = LABELS.replace('"{id}/mask.nii.gz"', '["{id}/mask.nii.gz", "{id}/left.nii.gz"]')
    mine = dataset(tmp_path, text.replace("labels = [4, 2]", "threshold = 3.5"))
    assert mine.info.targets == {"lungs": (1, 2)}
    assert mine.load("a").labels_zyx[1, 2].tolist() == [2, 2, 2, 2, 1]


def test_masks_by_pattern_are_all_joined_and_none_is_an_error_of_its_volume(tmp_path: Path) -> None:
    pictures(tmp_path, "one")
    pictures(tmp_path, "two", masks=2)
    pictures(tmp_path, "none", masks=0)
    mine = dataset(tmp_path, PICTURES)
    assert mine.load("one").labels_zyx.max() == 1
    assert mine.load("two").labels_zyx.max() == 2
    assert not mine.load("two").ordered
    with pytest.raises(DataError, match=r"none/image\.png: no mask matches '\{id\}/mask\*\.png'; expected.*exclude"):
        mine.load("none")


def test_a_stack_makes_one_volume_of_all_pictures(tmp_path: Path) -> None:
    pictures(tmp_path, "x1", "x2", "x10")
    mine = dataset(tmp_path, PICTURES + "stack = true\nexclude = ['x2']\n")
    assert mine.volume_ids() == ("stack",)
    volume = mine.load("stack")
    assert volume.image_zyx[:, 0, 0].tolist() == [0, 2]
    assert volume.labels_zyx.shape == (2, 4, 5)
    assert not volume.ordered


@pytest.mark.parametrize("more", ["", "stack = true\n"])
def test_the_folder_is_looked_through_once_for_a_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    pictures(tmp_path, "a", "b")
    mine = dataset(tmp_path, PICTURES + more)
    volume_id = mine.volume_ids()[0]
    looks: list[Path] = []

    def look(root: Path, pattern: str) -> list[str]:
        looks.append(root)
        return find_ids(root, pattern)

    monkeypatch.setattr(folder, "find_ids", look)
    mine.load(volume_id)
    assert looks == [tmp_path]


@pytest.mark.parametrize("gone", ["image.png", "mask.png"])
def test_a_file_that_vanishes_after_the_folder_was_looked_through_is_an_error_of_its_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    pictures(tmp_path, "a", "b")
    mine = dataset(tmp_path, PICTURES.replace("mask*", "mask"))

    def look(root: Path, pattern: str) -> list[str]:
        found = find_ids(root, pattern)
        (tmp_path / "b" / gone).unlink(missing_ok=True)
        return found

    monkeypatch.setattr(folder, "find_ids", look)
    with pytest.raises(DataError, match=rf"b/{gone}: .*; expected"):
        mine.load("b")
    assert mine.load("a").id == "a"


def test_a_volume_that_is_gone_when_it_is_read_is_named_with_those_that_are_left(tmp_path: Path) -> None:
    pictures(tmp_path, "a", "b")
    mine = dataset(tmp_path, PICTURES)
    assert list(mine.volume_ids()) == ["a", "b"]
    (tmp_path / "b" / "image.png").unlink()
    with pytest.raises(SelectionError, match=r"mine has no volume 'b'; expected one of a\."):
        mine.load("b")


def test_a_stack_of_unequal_pictures_is_refused(tmp_path: Path) -> None:
    pictures(tmp_path, "a")
    pictures(tmp_path, "b", size_yx=(6, 7))
    with pytest.raises(DataError, match=r"b/image\.png: shape \(1, 6, 7\).*a/image\.png.*\(1, 4, 5\).*stack = false"):
        dataset(tmp_path, PICTURES + "stack = true\n").load("stack")


def test_an_empty_stack_is_missing(tmp_path: Path) -> None:
    mine = dataset(tmp_path, PICTURES + "stack = true\n")
    assert mine.volume_ids() == ()
    assert "no file matches image = '{id}/image.png'" in (mine.missing() or "")


def test_colour_pictures_are_taken_as_grey_when_asked_for(tmp_path: Path) -> None:
    pictures(tmp_path, "a")
    write_png(tmp_path / "a" / "image.png", np.full((4, 5, 3), (10, 20, 30), np.uint8))
    with pytest.raises(DataError, match='colour = "luminance"'):
        dataset(tmp_path, PICTURES).load("a")
    assert dataset(tmp_path, PICTURES + 'colour = "luminance"\n').load("a").image_zyx.max() == 18


def test_the_id_may_stand_twice_and_inside_a_name(tmp_path: Path) -> None:
    for name in ("ct_7/ct_7_img.png", "ct_7/ct_8_img.png", "._ct_9/._ct_9_img.png", "ct_7/ct_7_seg.png"):
        write_png(tmp_path / name, np.zeros((2, 2), np.uint8))
    text = PICTURES.replace("{id}/image.png", "ct_{id}/ct_{id}_img.png").replace(
        "{id}/mask*.png", "ct_{id}/ct_{id}_seg.png"
    )
    mine = dataset(tmp_path, text)
    assert list(mine.volume_ids()) == ["7"]
    assert mine.load("7").n_slices == 1


def test_volumes_can_be_listed_in_an_order_of_their_own(tmp_path: Path) -> None:
    scans(tmp_path, "a", "b", "c")
    assert list(dataset(tmp_path, LABELS + "volumes = ['c', 'a', 'gone']\n").volume_ids()) == ["c", "a", "gone"]
    with pytest.raises(DataError, match=r"gone/image\.nii\.gz: there is no such file"):
        dataset(tmp_path, LABELS + "volumes = ['c', 'a', 'gone']\n").load("gone")


def test_names_that_a_test_id_cannot_hold_are_written_with_underscores(tmp_path: Path) -> None:
    scans(tmp_path, "case 1 [left]")
    mine = dataset(tmp_path)
    assert list(mine.volume_ids()) == ["case_1__left_"]
    assert mine.load("case_1__left_").id == "case_1__left_"
    assert not dataset(tmp_path, LABELS + "exclude = ['case_1__left_']\n").volume_ids()
    scans(tmp_path, "case_1 (left)")
    with pytest.raises(ConfigError, match=r"would both be called 'case_1__left_'.*Rename one"):
        dataset(tmp_path).volume_ids()


def test_excluding_what_is_not_there_is_corrected(tmp_path: Path) -> None:
    scans(tmp_path, "case1")
    with pytest.raises(ConfigError, match=r"exclude names 'case_1'.*Did you mean 'case1'\?"):
        dataset(tmp_path, LABELS + "exclude = ['case_1']\n").volume_ids()


def test_what_is_left_out_need_not_be_listed(tmp_path: Path) -> None:
    scans(tmp_path, "a", "b", "c")
    both = LABELS + "volumes = ['c', 'a']\nexclude = ['b']\n"
    assert tuple(dataset(tmp_path, both).volume_ids()) == ("c", "a")
    assert tuple(dataset(tmp_path, both.replace("'a']", "'b', 'a']")).volume_ids()) == ("c", "a")


def test_a_key_that_was_added_below_the_targets_is_told_where_it_belongs(tmp_path: Path) -> None:
    text = LABELS.replace('target = "lungs"', "").replace("labels = [4, 2]", "[targets]\nlungs = [4, 2]")
    wrong(tmp_path, text + 'volumes = ["b", "a"]\n', r"keys that are no targets stand above \[targets\]")


def test_a_mistyped_volume_or_target_is_corrected(tmp_path: Path) -> None:
    scans(tmp_path, "case1")
    with pytest.raises(SelectionError, match="Did you mean 'case1'"):
        dataset(tmp_path).load("case2")
    with pytest.raises(SelectionError, match="Did you mean 'lungs'"):
        dataset(tmp_path).load("case1", "lung")


def test_a_broken_scan_is_an_error_of_its_own_volume(tmp_path: Path) -> None:
    scans(tmp_path, "good", "shifted")
    write_nifti(tmp_path / "shifted" / "mask.nii.gz", np.zeros((3, 4, 5), np.uint8), np.eye(4))
    mine = dataset(tmp_path)
    assert mine.load("good").n_slices == 3
    with pytest.raises(
        DataError, match=r"image shifted/image\.nii\.gz and mask shifted/mask\.nii\.gz: by their affines"
    ):
        mine.load("shifted")
    assert dataset(tmp_path, LABELS + "affine_trusted = false\n").load("shifted").n_slices == 3


# ---------------------------------------------------------------- where the description lies


def test_the_description_may_lie_elsewhere_for_folders_that_cannot_be_written(tmp_path: Path) -> None:
    scans(tmp_path / "readonly", "a")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.toml").write_text(LABELS + "root = '../readonly'\n")
    by_file = FolderDataset.from_directory("mine", tmp_path / "notes" / "mine.toml")
    (tmp_path / "notes" / "plain.toml").write_text(LABELS)
    by_option = FolderDataset.from_directory("mine", tmp_path / "readonly", tmp_path / "notes" / "plain.toml")
    assert list(by_file.volume_ids()) == list(by_option.volume_ids()) == ["a"]
    (tmp_path / "readonly" / "here.toml").write_text(LABELS)
    assert list(FolderDataset.from_directory("m", tmp_path / "readonly" / "here.toml").volume_ids()) == ["a"]


def test_no_description_is_answered_with_an_example(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"There is no .*/dataset\.toml; expected.*sambench describe .*or write it"
    ) as caught:
        FolderDataset.from_directory("mine", tmp_path)
    assert f"There is no {tmp_path}/dataset.toml" in str(caught.value)
    assert f"`sambench describe {tmp_path}` proposes one" in str(caught.value)
    example = str(caught.value).split("\n\n", 1)[1]
    scans(tmp_path, "a")
    assert dataset(tmp_path, example).load("a").labels_zyx[1, 2].tolist() == [0, 1, 2, 0, 0]


def test_folders_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"mine: there is no folder '{tmp_path}/nowhere'; expected a folder of scans"):
        FolderDataset.from_directory("mine", tmp_path / "nowhere")
    (tmp_path / "d.toml").write_text(LABELS + "root = 'gone'\n")
    with pytest.raises(ConfigError, match=r"d\.toml: root = 'gone' is no folder"):
        FolderDataset.from_directory("mine", tmp_path / "d.toml")


def test_a_folder_is_named_as_it_was_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scans(tmp_path / "new scans", "a")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"There is no new scans/dataset.toml; .* `sambench describe 'new scans'`"):
        FolderDataset.from_directory("mine", "new scans")
    (tmp_path / "new scans" / "dataset.toml").write_text("modalty = 'CT'\n")
    with pytest.raises(ConfigError, match=r"^new scans/dataset.toml: unknown key 'modalty'"):
        FolderDataset.from_directory("mine", "new scans")
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/new scans/dataset.toml: unknown key"):
        FolderDataset.from_directory("mine", tmp_path / "new scans")
    with pytest.raises(ConfigError, match=r"there is no folder '~nobody/x'|'~nobody/x' cannot be looked for"):
        FolderDataset.from_directory("mine", "~nobody/x")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("new scans", "Type --sam-folder 'new-scans=new scans', or another name."),
        ("=new scans", "Type --sam-folder 'new-scans=new scans', or another name."),
        ("nowhere", "Type a name in front of the folder."),
        ("mine=", "Type a name in front of the folder."),
        ("", "Type a name in front of the folder."),
        ("=", "Type a name in front of the folder."),
    ],
)
def test_a_folder_without_a_name_is_given_one(
    text: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new scans").mkdir()
    monkeypatch.chdir(tmp_path)
    message = f"--sam-folder {text!r} is not NAME=DIR; expected for instance mine=/data/scans. {told}"
    with pytest.raises(SelectionError, match=re.escape(message)):
        named_folder("--sam-folder", text)
    assert named_folder("--sam-folder", "mine=a=b") == ("mine", Path("a=b"))


@pytest.mark.parametrize("name", ["", "my scans", "a/b", "x[1]", "-k", "a:b"])
def test_names_that_a_test_id_cannot_hold_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot name a dataset; expected letters"):
        dataset(tmp_path, name=name)


# ---------------------------------------------------------------- other layouts


def test_one_file_a_class_makes_targets_of_one_class_or_several(tmp_path: Path) -> None:
    text = """
        modality = "CT"
        image = "{id}/ct.nii.gz"
        mask = "{id}/segmentations/{class}.nii.gz"
        targets = {kidneys = ["kidney_left", "kidney_right"], liver = "liver"}
    """
    write_nifti(tmp_path / "s1" / "ct.nii.gz", np.zeros((1, 2, 3), np.int16))
    for column, name in enumerate(("kidney_left", "kidney_right", "liver")):
        mask = np.zeros((1, 2, 3), np.uint8)
        mask[0, 0, column] = 1
        write_nifti(tmp_path / "s1" / "segmentations" / f"{name}.nii.gz", mask)
    organs = dataset(tmp_path, text)
    assert organs.info.targets == {"kidneys": (1, 2), "liver": (1,)}
    assert organs.load("s1").labels_zyx[0, 0].tolist() == [1, 2, 0]
    assert organs.load("s1", "liver").labels_zyx[0, 0].tolist() == [0, 0, 1]


def test_colours_of_a_mask_are_targets(tmp_path: Path) -> None:
    text = """
        modality = "US"
        image = "{id}.png"
        mask = "masks/{id}.png"
        colours = {tumour = "#ff0000", all = ["#00ff00", "#ff0000"]}
        ordered = false
    """
    write_png(tmp_path / "a.png", np.zeros((1, 3), np.uint8))
    write_png(tmp_path / "masks" / "a.png", np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 0]]], np.uint8))
    coloured = dataset(tmp_path, text)
    assert coloured.load("a").labels_zyx.tolist() == [[[1, 0, 0]]]
    assert coloured.load("a", "all").labels_zyx.tolist() == [[[2, 1, 0]]]


def test_a_dicom_series_with_a_folder_of_pictures_as_reference_is_a_volume(tmp_path: Path) -> None:
    text = """
        modality = "CT"
        target = "liver"
        image = "{id}/DICOM_anon"
        mask = "{id}/Ground"
        orientation = "radiological"
    """
    write_series(tmp_path / "1" / "DICOM_anon", np.arange(2 * 2 * 3).reshape(2, 2, 3))
    for number in (0, 1):
        write_png(tmp_path / "1" / "Ground" / f"liver_{number}.png", np.full((2, 3), 255 * number, np.uint8))
    volume = dataset(tmp_path, text).load("1")
    assert volume.labels_zyx[:, 0, 0].tolist() == [1, 0]  # the second name is the lowest slice
    assert volume.spacing_zyx_mm == pytest.approx((2, 0.5, 0.75))


def test_a_dicom_segmentation_is_read_with_its_segments_as_labels(tmp_path: Path) -> None:
    text = LABELS.replace("{id}/image.nii.gz", "{id}/ct").replace("{id}/mask.nii.gz", "{id}/seg.dcm")
    write_series(tmp_path / "1" / "ct", np.zeros((3, 2, 3), int))
    dot, row = np.array([[1, 0, 0], [0, 0, 0]]), np.array([[1, 1, 1], [0, 0, 0]])
    write_seg(tmp_path / "1" / "seg.dcm", [(2, 2.0, row), (4, 2.0, dot)])
    labels = dataset(tmp_path, text).load("1").labels_zyx
    assert labels[1].tolist() == [[1, 2, 2], [0, 0, 0]]
    assert not labels[[0, 2]].any()


def test_slices_upright_and_slices_as_stored_differ_by_what_the_affine_says(tmp_path: Path) -> None:
    image = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    write_nifti(tmp_path / "a" / "image.nii.gz", image)  # LAS: y runs to the front
    write_nifti(tmp_path / "a" / "mask.nii.gz", np.where(image == 7, 4, 0).astype(np.uint8))
    stored = dataset(tmp_path).load("a")
    upright = dataset(tmp_path, LABELS + 'orientation = "radiological"\n').load("a")
    np.testing.assert_array_equal(upright.image_zyx, stored.image_zyx[:, ::-1])
    np.testing.assert_array_equal(upright.labels_zyx, stored.labels_zyx[:, ::-1])
    assert not np.array_equal(upright.affine_xyz, stored.affine_xyz)


def test_a_frame_of_the_image_and_a_channel_of_the_mask_can_be_named(tmp_path: Path) -> None:
    import nibabel as nib

    (tmp_path / "a").mkdir()
    series = np.arange(2 * 3 * 4 * 5).reshape(5, 4, 3, 2).astype(np.int16)
    nib.save(nib.Nifti1Image(series, np.eye(4)), tmp_path / "a" / "image.nii.gz")
    nib.save(nib.Nifti1Image((series % 2 * 4).astype(np.uint8), np.eye(4)), tmp_path / "a" / "mask.nii.gz")
    volume = dataset(tmp_path, LABELS + "frame = 1\nmask_channel = 1\n").load("a")
    np.testing.assert_array_equal(volume.image_zyx, series[..., 1].T)
    assert volume.labels_zyx.all()


# ---------------------------------------------------------------- what a description may not say


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("target", "traget", r"unknown key 'traget'; expected one of .*Did you mean 'target'\?"),
        ('modality = "CT"', "", "modality is missing; expected a text"),
        ('modality = "CT"', "modality = ''", "modality = ''; expected a text"),
        ('"{id}/image.nii.gz"', '"image.nii.gz"', r"image = .*expected a path below the folder with \{id\}"),
        ('"{id}/image.nii.gz"', '"../{id}.nii"', "image = .*expected a path below the folder"),
        ('"{id}/image.nii.gz"', '"/{id}.nii"', "image = .*expected a path below the folder"),
        ('"{id}/image.nii.gz"', "'C:\\{id}.nii'", "image = .*expected a path below the folder"),
        ('"{id}/image.nii.gz"', '"{id}/*.nii"', r"image = .*expected a path without \*"),
        ("{id}/mask.nii.gz", "{id}/image.nii.gz", "mask = .*it is the image itself; expected a file of labels"),
        ('mask = "{id}/mask.nii.gz"', "mask = []", "mask = .*expected at least one"),
        ('mask = "{id}/mask.nii.gz"', "mask = 3", "mask = 3; expected a text in quotes or a list"),
        ("[4, 2]", "[4, 4]", r"labels = \[4, 4\]; expected a list of positive whole numbers, each once"),
        ("[4, 2]", "[0]", "labels = .*positive"),
        ("[4, 2]", "[true]", "labels = .*whole numbers"),
        ("[4, 2]", "4", "labels = 4; expected a list"),
        ("labels", "threshold = 1\nlabels", "threshold = 1; it contradicts labels"),
        ("labels = [4, 2]", "threshold = '1'", "threshold = '1'; expected a number"),
        ("labels", "scaling = 'slices'\nlabels", 'scaling = .*expected "slice" or "volume"'),
        ("labels", "colour = 'red'\nlabels", 'colour = .*expected "refuse" or "luminance"'),
        ("labels", "mask_colour = 'rgb'\nlabels", 'mask_colour = .*expected "refuse" or "index"'),
        ("labels", "orientation = 'up'\nlabels", 'orientation = .*expected "stored" or "radiological"'),
        (
            "labels",
            "orientation = 'radiological'\naffine_trusted = false\nlabels",
            'orientation = .*affine that can be trusted; expected "stored"',
        ),
        ("labels", "frame = -1\nlabels", "frame = -1; expected a whole number, counted from 0"),
        ("labels", "mask_channel = true\nlabels", "mask_channel = True; expected a whole number"),
        ("labels", "colours = {a = '#ff0000'}\nlabels", "colours = .*it contradicts labels"),
        ("{id}/mask", "{id}/{class}", r"targets is missing; a mask with \{class\} in it needs them"),
        ("{id}/image", "{id}/{class}", r"image = .*expected a path without \{class\}"),
        ("labels", "ordered = 1\nlabels", "ordered = 1; expected true or false"),
        ("labels", "stack = true\nlabels", "stack = True; .*expected ordered = false"),
        ("labels", "window = 5\nlabels", "window = 5; expected {level"),
        ("labels", "window = {level = 1}\nlabels", "expected {level"),
        ("labels", "window = {level = 1, width = 0}\nlabels", "positive width"),
        ("labels = [4, 2]", "[targets]\na = [1]", "targets = .*contradicts target"),
        ('"lungs"', '"both lungs"', "target = .*expected a name of letters"),
        ("modality", "modality = = 1\nmodality", r"cannot be read .*expected TOML"),
    ],
)
def test_a_wrong_description_is_answered_with_key_value_and_expectation(
    tmp_path: Path, old: str, new: str, match: str
) -> None:
    wrong(tmp_path, LABELS.replace(old, new), match)


@pytest.mark.parametrize(("table", "match"), [("", "expected a table"), ("a = []", "at least one label")])
def test_a_wrong_table_of_targets_is_refused(tmp_path: Path, table: str, match: str) -> None:
    text = LABELS.replace('target = "lungs"', "").replace("labels = [4, 2]", f"[targets]\n{table}\n")
    wrong(tmp_path, text, match)


@pytest.mark.parametrize(
    ("table", "match"),
    [
        ("a = 'red'", 'expected "#rrggbb"'),
        ("a = '#000000'", "none of them black"),
        ("a = ['#ff0000', '#ff0000']", "each once"),
        ("a = 5", 'expected "#rrggbb"'),
    ],
)
def test_a_wrong_table_of_colours_is_refused(tmp_path: Path, table: str, match: str) -> None:
    text = LABELS.replace('target = "lungs"', "").replace("labels = [4, 2]", f"[colours]\n{table}\n")
    wrong(tmp_path, text, match)


@pytest.mark.parametrize("names", ["[1]", "[]", "['a', 'a']", "['../a']"])
def test_a_wrong_list_of_classes_is_refused(tmp_path: Path, names: str) -> None:
    text = LABELS.replace('target = "lungs"', "").replace("labels = [4, 2]", f"[targets]\na = {names}\n")
    wrong(tmp_path, text.replace("{id}/mask", "{id}/{class}"), "targets = .*names of classes")


def test_a_listed_volume_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"volume '\.\./other' leads out of the folder"):
        dataset(tmp_path, LABELS + "volumes = ['../other']\n").volume_ids()
