"""Odd and broken real files: each loads, or is refused in one clear sentence; nothing crashes, nothing hangs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench_cases.datasets._files import ScanImage, align_mask, read_image
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import DataError
from tests.real.real_data import real_data

REMEDIES = (
    "run ",
    "name ",
    "sort ",
    "take ",
    "decompress",
    "copy",
    "convert",
    "save ",
    "replace",
    "repair",
    "resample",
    "check",
    "download",
    "export",
    "add",
)


def test_every_file_and_folder_loads_or_is_refused_in_one_clear_sentence() -> None:
    files = sorted(real_data("robustness").rglob("*"))
    assert files
    for path in files:
        try:
            scan = read_image(path)
        except DataError as error:
            message = str(error)
            assert message.startswith(f"{path.parent.name}/{path.name}: "), message
            assert "; expected " in message, message
            assert any(remedy in message.lower() for remedy in REMEDIES), message
            assert "\n" not in message, message
            assert str(path.parent.parent) not in message, message
        else:
            assert isinstance(scan, ScanImage)
            assert scan.array_zyx.ndim == 3
            assert scan.array_zyx.dtype.kind in "iuf"
            assert scan.array_zyx.dtype.kind != "f" or np.isfinite(scan.array_zyx.astype(np.float64)).all()


VERDICTS = [
    ("git_lfs_pointer_nii/image.nii.gz", "git-lfs pointer"),
    ("git_lfs_pointer_nii/mask.nii.gz", "git-lfs pointer"),
    ("nan_float_mha/image.mha", "1592 of 549120 voxels are NaN"),
    ("nifti_4d_bold_dwi/bold.nii.gz", "it has 4 axes, shape 128 x 96 x 24 x 2"),
    ("nifti_4d_bold_dwi/functional.nii", "it has 4 axes"),
    ("nifti_4d_bold_dwi/sct_dmri.nii.gz", "it has 4 axes"),
    ("ultrasound_3d_t_4d/image.nii.gz", "it has 4 axes, shape 56 x 52 x 56 x 3"),
    ("vector_oblique/image_multi_channel.nii.gz", "it has 5 axes"),
    ("rgb_nifti/ivadomed_rgb.nii.gz", "colours"),
    ("rgb_nifti/totalseg_spine_report.nii.gz", "colours"),
    ("nifti2/image.nii.gz", "it has 4 axes, shape 32 x 20 x 12 x 2"),
    ("orphan_headers/analyze.hdr", "analyze.img is not beside it"),
    ("orphan_headers/nifti1.hdr", "nifti1.img is not beside it"),
    ("orphan_headers/nifti2.hdr", "nifti2.img is not beside it"),
    ("dicom_series_missing_slice", "lie 6.00 mm where others lie 3.00 mm apart: slices are missing"),
    ("dicom_odd_nibabel", "its 5 slices are of 4 series: more than one series"),
    ("dicom_odd_nibabel/siemens_dwi_0.dcm.gz", "named as a DICOM file and does not begin as one"),
    ("dicom_odd_nibabel/csa_slice_norm.dcm", "SimpleITK cannot read its pixels"),
    ("dicom_seg_dcmqi/partial_overlaps.dcm", "its segments overlap in 3134 voxels"),
    ("dicom_seg_dcmqi", "none of them is a slice of a scan"),
    ("dicom_seg_highdicom", "a folder with DICOM files and pictures"),
    ("dicom_seg_highdicom/seg_image_sm_control.dcm", "do not say where in the patient they lie"),
    ("dicom_seg_highdicom/sm_image.dcm", "a slide of a microscope, a report or another DICOM object"),
    ("dicom_seg_highdicom/sr_document.dcm", "a slide of a microscope, a report or another DICOM object"),
]


@pytest.mark.parametrize(("name", "wrong"), VERDICTS, ids=[row[0] for row in VERDICTS])
def test_a_broken_file_is_refused_for_the_right_reason(name: str, wrong: str) -> None:
    with pytest.raises(DataError) as caught:
        read_image(real_data("robustness", *name.split("/")))
    assert wrong in str(caught.value)


LOADS = [
    ("analyze_hdr_img_gz/EdgeForcesExample.hdr", (1, 74, 72)),
    ("analyze_hdr_img_gz/RegionForcesExample.img.gz", (1, 74, 72)),
    ("gipl_pair/image.gipl.gz", (64, 110, 78)),
    ("mask_only_big_compressed_mha/mask.mha", (299, 633, 640)),
    ("vector_oblique/image_t2_oblique66deg.nii.gz", (17, 41, 58)),
    ("stacked_8ch_mask_in_channel0/20181114175625937049.49.nii.gz", (8, 512, 512)),
    ("dicom_seg_dcmqi/partial_overlaps-1.nrrd", (3, 512, 512)),
    ("dicom_seg_dcmqi/ct-3slice", (3, 512, 512)),
    ("dicom_seg_dcmqi/sparse-labelmap-noppv.dcm", (3, 38, 24)),
    ("dicom_seg_highdicom/ct_image.dcm", (1, 128, 128)),
    ("dicom_seg_highdicom/dx_image.dcm", (1, 169, 211)),
    ("dicom_odd_nibabel/slicethickness_empty_string.dcm", (1, 384, 384)),
    ("dicom_odd_nibabel/decimal_rescale.dcm", (1, 96, 128)),
]


@pytest.mark.parametrize(("name", "shape"), LOADS, ids=[row[0] for row in LOADS])
def test_an_odd_but_whole_file_loads(name: str, shape: tuple[int, int, int]) -> None:
    assert read_image(real_data("robustness", *name.split("/"))).array_zyx.shape == shape


def pair(folder: str) -> tuple[ScanImage, ScanImage]:
    return (
        read_image(real_data("robustness", folder, "image.nii.gz")),
        read_image(real_data("robustness", folder, "mask.nii.gz")),
    )


def test_image_and_mask_of_one_shape_in_two_places_are_refused_with_the_distance() -> None:
    image, mask = pair("affine_mismatch_same_shape")
    with pytest.raises(DataError, match=r"lie up to 723\.4 mm apart \(511\.5, 511\.5, 0\.0 mm along x, y, z\)"):
        align_mask(image, mask)
    assert align_mask(image, mask, affine_trusted=False).shape == image.array_zyx.shape


@pytest.mark.parametrize(
    ("folder", "sizes"),
    [
        ("shape_mismatch_2d", "1024 x 1024 x 1 voxels and the mask 181 x 217 x 1"),
        ("shape_and_affine_mismatch_3d", "122 x 102 x 112 voxels and the mask 233 x 167 x 191"),
    ],
)
def test_image_and_mask_of_two_shapes_are_refused_with_both(folder: str, sizes: str) -> None:
    image, mask = pair(folder)
    for trusted in (True, False):
        with pytest.raises(DataError, match=sizes):
            align_mask(image, mask, affine_trusted=trusted)


def test_empty_masks_are_valid_and_give_an_empty_reference() -> None:
    image = read_image(real_data("robustness", "empty_masks", "image.nii.gz"))
    for name in ("mask_fibula.nii.gz", "mask_lung_airways.nii.gz"):
        mask = align_mask(image, read_image(real_data("robustness", "empty_masks", name)))
        assert not labels_from_mask([mask], where=name, labels=(1,)).any()


def test_broken_volumes_beside_good_ones_are_errors_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "odd.toml"
    file.write_text(
        f"root = '{real_data('robustness').as_posix()}'\n"
        'modality = "CT"\ntarget = "x"\nimage = "{id}/image.nii.gz"\nmask = "{id}/mask*.nii.gz"\n'
    )
    dataset = FolderDataset.from_directory("odd", file)
    verdicts = {}
    for each in dataset.volume_ids():
        try:
            verdicts[each] = "loads" if dataset.load(each).n_slices else ""
        except DataError as error:
            verdicts[each] = str(error)
    assert verdicts.pop("empty_masks") == "loads"
    assert len(verdicts) >= 6
    assert all("; expected " in verdict for verdict in verdicts.values())
