"""Real scans of many makers, read and paired; what the images show is checked where it can be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench_cases.datasets._files import Choice, align_mask, oriented, read_image
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import DataError
from tests.real.real_data import SETS, ULTRASOUNDS, real_data

# Columns: the folder, its image and mask; the shape along z, y, x; the type; the spacing along z, y, x in mm.
PAIRS = [
    ("thorax_ct/id001", "image.nii.gz", "mask.nii.gz", (64, 128, 128), "f4", (5.0, 3.008, 3.008)),
    ("thorax_ct_cip/ct64", "image.nrrd", "mask.nrrd", (79, 64, 64), "i2", (3.987, 4.172, 4.172)),
    ("thorax_ct_cip/ct64_rotated", "image.nrrd", "mask.nrrd", (79, 64, 64), "i2", (3.987, 4.172, 4.172)),
    ("chaos_mr_t2/01", "image.nii.gz", "mask.nii.gz", (37, 256, 256), "f8", (7.7, 1.25, 1.25)),
    ("totalsegmentator/ct_sm", "image.nii.gz", "mask.nii.gz", (30, 101, 122), "i2", (3.0, 3.0, 3.0)),
    ("totalsegmentator/mr_sm", "image.nii.gz", "mask.nii.gz", (20, 91, 117), "i2", (3.0, 3.0, 3.0)),
    ("msd_spleen_crop/spleen2", "image.nii.gz", "mask.nii.gz", (26, 166, 164), "f4", (5.0, 0.795, 0.795)),
    ("msd_hippocampus/001", "image.nii.gz", "mask.nii.gz", (35, 51, 35), "u1", (1.0, 1.0, 1.0)),
    ("metric_oracles/0004", "image.nii.gz", "mask.nii.gz", (60, 128, 96), "i2", (3.9, 3.906, 3.906)),
    ("robustness/gipl_pair", "image.gipl.gz", "mask.gipl.gz", (64, 110, 78), "i2", (1.0, 1.0, 1.0)),
]


@pytest.mark.parametrize("row", PAIRS, ids=[row[0] for row in PAIRS])
def test_a_real_pair_is_read_and_its_mask_fits(
    row: tuple[str, str, str, tuple[int, ...], str, tuple[float, ...]],
) -> None:
    folder, image, mask, shape, dtype, spacing = row
    scan = read_image(real_data(*folder.split("/"), image))
    assert scan.array_zyx.shape == shape
    assert scan.array_zyx.dtype == np.dtype(dtype)
    assert scan.spacing_zyx_mm == pytest.approx(spacing, abs=2e-3)
    assert align_mask(scan, read_image(real_data(*folder.split("/"), mask))).any()


@pytest.mark.parametrize("volume", ["id001", "id002"])
def test_lungs_in_hounsfield_units_are_mostly_air(volume: str) -> None:
    scan = read_image(real_data("thorax_ct", volume, "image.nii.gz"))
    mask = align_mask(scan, read_image(real_data("thorax_ct", volume, "mask.nii.gz")))
    inside = scan.array_zyx[labels_from_mask([mask], where="mask", threshold=127) > 0]
    assert -950 < float(np.median(inside.astype(np.float64))) < -700


def test_a_soft_mask_is_refused_where_ids_were_asked_for() -> None:
    mask = read_image(real_data("thorax_ct", "id001", "mask.nii.gz"))
    with pytest.raises(DataError, match=r"hold fractions.*give 'threshold'"):
        labels_from_mask([mask.array_zyx], where="id001/mask.nii.gz", labels=(1,))


def test_a_rotated_scan_has_a_rotated_affine_and_the_same_voxel_size() -> None:
    plain = read_image(real_data("thorax_ct_cip", "ct64", "image.nrrd"))
    turned = read_image(real_data("thorax_ct_cip", "ct64_rotated", "image.nrrd"))
    assert turned.spacing_zyx_mm == pytest.approx(plain.spacing_zyx_mm)
    cosines = np.linalg.inv(plain.affine_xyz[:3, :3]) @ turned.affine_xyz[:3, :3]
    assert np.degrees(np.arccos((np.trace(cosines) - 1) / 2)) == pytest.approx(20, abs=0.01)
    with pytest.raises(DataError, match="mm apart"):
        align_mask(plain, read_image(real_data("thorax_ct_cip", "ct64_rotated", "mask.nrrd")))


def test_the_same_scan_as_nifti_and_nrrd_lies_in_the_same_place(tmp_path: Path) -> None:
    import SimpleITK

    nrrd = real_data("thorax_ct_cip", "ct64_rotated", "image.nrrd")
    SimpleITK.WriteImage(SimpleITK.ReadImage(str(nrrd)), str(tmp_path / "image.nii.gz"))
    ours, theirs = read_image(nrrd), read_image(tmp_path / "image.nii.gz")
    np.testing.assert_allclose(ours.affine_xyz, theirs.affine_xyz, atol=1e-3)
    np.testing.assert_array_equal(align_mask(ours, theirs), ours.array_zyx)


# ---------------------------------------------------------------- DICOM, means, everything


def test_through_physical_space_the_liver_of_a_dicom_series_is_liver() -> None:
    folder = real_data("totalsegmentator", "ct_dicom")
    scan, mask = read_image(folder / "image_dicom"), read_image(folder / "mask.nii.gz")
    assert scan.array_zyx.shape == (20, 512, 512)
    assert scan.spacing_zyx_mm == pytest.approx((2, 0.977, 0.977), abs=1e-3)
    liver = 5
    assert scan.array_zyx[align_mask(scan, mask) == liver].mean() == pytest.approx(89, abs=0.5)
    assert scan.array_zyx[mask.array_zyx == liver].mean() == pytest.approx(-75, abs=0.5)  # what array order gives


def test_upright_the_mask_of_the_series_still_lies_on_the_liver() -> None:
    folder = real_data("totalsegmentator", "ct_dicom")
    scan = oriented(read_image(folder / "image_dicom"), "radiological")
    mask = oriented(read_image(folder / "mask.nii.gz"), "radiological")
    np.testing.assert_allclose(mask.affine_xyz, scan.affine_xyz, atol=1e-3)
    assert scan.array_zyx[mask.array_zyx == 5].mean() == pytest.approx(89, abs=0.5)


MEANS = [
    # folder, mask, label (0: any, as regions are numbered; None: soft), mean in HU, tolerance
    ("thorax_ct/id001", "mask.nii.gz", None, -820, 30),
    ("thorax_ct/id002", "mask.nii.gz", None, -820, 60),
    ("thorax_ct_cip/ct64", "mask.nrrd", 1, -820, 60),
    ("thorax_ct_cip/ct64_rotated", "mask.nrrd", 0, -820, 60),
    ("msd_spleen_crop/spleen2", "mask.nii.gz", 1, 86, 15),
]


@pytest.mark.parametrize("row", MEANS, ids=[row[0] for row in MEANS])
def test_organs_have_the_density_of_organs(row: tuple[str, str, int | None, float, float]) -> None:
    folder, name, label, mean, tolerance = row
    image = "image.nrrd" if name.endswith(".nrrd") else "image.nii.gz"
    scan = read_image(real_data(*folder.split("/"), image))
    mask = align_mask(scan, read_image(real_data(*folder.split("/"), name)))
    inside = np.equal(mask, label) if label else np.greater(mask, 127 if label is None else 0)
    assert scan.array_zyx[inside].mean() == pytest.approx(mean, abs=tolerance)


def test_dicom_segmentations_hold_what_others_converted_them_to() -> None:
    folder = real_data("robustness", "dicom_seg_dcmqi")
    scan = read_image(folder / "ct-3slice")
    ours, theirs = (align_mask(scan, read_image(folder / name)) for name in ("liver.dcm", "liver_seg.nrrd"))
    np.testing.assert_array_equal(ours, theirs)
    assert ours.any()
    for name in ("noppv", "ppv5"):
        ours_map = read_image(folder / f"sparse-labelmap-{name}.dcm")
        theirs_map = read_image(folder / f"sparse_labelmap_{name}_seg.nrrd")
        np.testing.assert_array_equal(ours_map.array_zyx == 1, align_mask(ours_map, theirs_map) == 1)  # 5 is padding


@pytest.mark.parametrize("segment", [1, 2, 3])
def test_overlapping_segments_are_read_one_by_one(segment: int) -> None:
    folder = real_data("robustness", "dicom_seg_dcmqi")
    seg = read_image(folder / "partial_overlaps.dcm", choice=Choice(segments=(segment,)))
    scan = read_image(folder / "ct-3slice")
    assert set(np.unique(align_mask(scan, seg))) == {0, segment}


def test_volumes_of_four_and_five_axes_are_read_when_one_is_named() -> None:
    odd = real_data("robustness")
    assert read_image(odd / "nifti_4d_bold_dwi" / "bold.nii.gz", frame=1).array_zyx.shape == (24, 96, 128)
    assert read_image(odd / "ultrasound_3d_t_4d" / "image.nii.gz", frame=2).array_zyx.shape == (56, 52, 56)
    assert read_image(odd / "vector_oblique" / "image_multi_channel.nii.gz", channel=0).array_zyx.ndim == 3
    assert read_image(odd / "rgb_nifti" / "ivadomed_rgb.nii.gz", channel=0).array_zyx.ndim == 3
    stacked = odd / "stacked_8ch_mask_in_channel0" / "20181114175625937049.49.nii.gz"
    assert read_image(stacked, choice=Choice(channel=0, slices_are_channels=True)).array_zyx.shape == (1, 512, 512)


def test_every_file_that_is_no_oddity_is_read() -> None:
    images = {".gz", ".nrrd", ".png"}
    root = real_data()
    files = [path for path in sorted(root.rglob("*")) if path.suffix in images and "robustness" not in path.parts]
    assert len(files) > 150
    for path in files:
        assert read_image(path, luminance=True).array_zyx.size, path.name


# ---------------------------------------------------------------- folders of one's own


def described(tmp_path: Path, folder: str, text: str) -> FolderDataset:
    """A description beside the test, because the data cannot be written to."""
    file = tmp_path / f"{folder}.toml"
    file.write_text(f"root = '{real_data(folder).as_posix()}'\n{text}")
    return FolderDataset.from_directory(folder.replace("_", "-"), file)


def test_thorax_scans_with_soft_masks_are_a_dataset(tmp_path: Path) -> None:
    dataset = described(tmp_path, "thorax_ct", SETS["thorax_ct"])
    assert list(dataset.volume_ids()) == ["id001", "id002"]
    assert [len(dataset.load(each).nonempty_slices()) for each in dataset.volume_ids()] == [61, 56]


def test_the_spleen_of_chaos_is_label_four(tmp_path: Path) -> None:
    text = """
        modality = "MR"
        image = "{id}/image.nii.gz"
        mask = "{id}/mask.nii.gz"
        targets = {spleen = [4], liver = [1], kidneys = [2, 3]}
    """
    dataset = described(tmp_path, "chaos_mr_t2", text)
    spleen, liver = dataset.load("15"), dataset.load("15", "liver")
    litre = 1e6
    voxel_mm3 = float(np.prod(spleen.spacing_zyx_mm or ()))
    assert 0.05 < spleen.reference_zyx.sum() * voxel_mm3 / litre < 0.6
    assert 0.8 < liver.reference_zyx.sum() * voxel_mm3 / litre < 2.5
    assert dataset.load("15", "kidneys").labels_zyx.max() == 2


@pytest.mark.parametrize("stack", ["false", "true"])
def test_radiographs_are_an_unordered_set(tmp_path: Path, stack: str) -> None:
    dataset = described(tmp_path, "cxr_montgomery", f"{SETS['cxr_montgomery']}stack = {stack}\n")
    ids = dataset.volume_ids()
    volume = dataset.load(ids[0])
    assert not volume.ordered
    assert (len(ids), volume.n_slices) == ((1, 23) if stack == "true" else (23, 1))
    assert len(volume.nonempty_slices()) == volume.n_slices
    assert 0.1 < volume.reference_zyx.mean() < 0.5


def test_ultrasounds_with_one_two_and_no_lesion_are_read(tmp_path: Path) -> None:
    dataset = described(tmp_path, "us_breast_busi", ULTRASOUNDS["us_breast_busi"])
    lesions = {each: int(dataset.load(each).labels_zyx.max()) for each in dataset.volume_ids()}
    assert lesions["benign_1"] == 1
    assert lesions["benign_25"] == 2
    assert lesions["normal_1"] == 0


def test_one_file_a_class_makes_a_target_of_several_labels(tmp_path: Path) -> None:
    text = """
        modality = "CT"
        target = "liver-and-spleen"
        image = "{id}/image.nii.gz"
        mask = ["{id}/organs_fast/liver.nii.gz", "{id}/organs_fast/spleen.nii.gz"]
        volumes = ["ct_sm"]
    """
    volume = described(tmp_path, "totalsegmentator", text).load("ct_sm")
    assert set(np.unique(volume.labels_zyx)) == {0, 1, 2}
