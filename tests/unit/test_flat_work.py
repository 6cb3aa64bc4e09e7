"""What a scan takes from its file to its scores, and that work piece by piece gives the values of one step."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bench_cases import registry
from bench_cases import volume as volume_module
from bench_cases.cases import Case
from bench_cases.datasets._files import Choice, align_mask, read_image
from bench_cases.datasets._files._scan import work_bytes
from bench_cases.datasets._files._series import pixels_of
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.engine.packed_masks import PackedMasks
from bench_cases.engine.segmentation import Segmentation, masks_digest
from bench_cases.errors import DataError
from bench_cases.masks import mask_file
from bench_cases.prompting.strategy import parse
from bench_cases.scoring import score_case
from bench_cases.seed_library.choice import NO_CHOICES
from bench_cases.volume import Volume
from bench_cases.volume_shape import volume_shape
from tests.dicom_files import write_slice
from tests.scan_files import write_nifti

SHAPE_ZYX = (24, 256, 256)
RULES = registry.prompt_rules()


def read(folder: Path) -> Volume:
    scan = read_image(folder / "image.nii.gz")
    mask = read_image(folder / "mask.nii.gz")
    labels_zyx = labels_from_mask([align_mask(scan, mask)], where="mask", labels=(1,))
    return Volume(
        dataset="d",
        id="v",
        image_zyx=scan.array_zyx,
        labels_zyx=labels_zyx,
        modality="CT",
        target="t",
        spacing_zyx_mm=scan.spacing_zyx_mm,
    )


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<f4", "<f8"])
@pytest.mark.parametrize("mask_dtype", ["u1", "<i2"])
def test_a_scan_takes_no_more_than_the_bound_counts_and_not_much_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, mask_dtype: str
) -> None:
    """As the runner does: one volume is scored and its masks are saved, and the next one is read meanwhile."""
    monkeypatch.setattr(volume_module, "VOXELS_AT_ONCE", 1 << 14)  # as little of so small a volume as of a large one
    image = np.resize(np.arange(251), SHAPE_ZYX).astype(dtype)
    reference = np.ones(SHAPE_ZYX, mask_dtype)
    reference[:, :9] = 0
    nib.save(nib.Nifti1Image(image.T, np.eye(4), dtype=image.dtype), tmp_path / "image.nii.gz")
    write_nifti(tmp_path / "mask.nii.gz", reference, np.eye(4))
    strategies = [parse(f"every.centroid+{count}", prompts=RULES) for count in range(1, 9)]
    tracemalloc.start()
    try:
        volume = read(tmp_path)
        segmentations = []
        for strategy in strategies:
            masks = PackedMasks((*SHAPE_ZYX,))
            for z in range(SHAPE_ZYX[0]):
                masks.paint(z, volume.reference_zyx[z])
            segmentations.append(Segmentation.collected(masks, strategy=strategy, prompts={}))
        result = score_case(
            Case("d", "v", "m", str(strategies[0])),
            volume,
            segmentations[0],
            shape=volume_shape(volume),
            seeds=NO_CHOICES,
            surface_tolerance_mm=None,
            weights_sha256="",
            data_digest=volume.digest(),
        )
        kept = segmentations[0].masks_zyx
        _ = mask_file(kept, volume), read(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.collect()
    assert result.scores is not None
    assert result.scores.dice_all == 1
    counted = max(work_bytes(it.nbytes, it.size) for it in (image, reference))
    assert counted / 2 < peak < counted


@given(data=st.data(), shape=hnp.array_shapes(min_dims=3, max_dims=3, max_side=7))
def test_masks_packed_as_they_come_are_those_packed_at_once(data: st.DataObject, shape: Any) -> None:
    whole = np.zeros(shape, bool)
    masks = PackedMasks(shape)
    for z in data.draw(st.lists(st.integers(0, shape[0] - 1))):
        mask_yx = data.draw(hnp.arrays(bool, shape[1:]))
        masks.paint(z, mask_yx)
        whole[z] |= mask_yx
    found = Segmentation.collected(masks, strategy=parse("every.box", prompts=RULES), prompts={})
    assert np.array_equal(found.masks_zyx, whole)
    assert found.masks_zyx.dtype == np.bool_
    assert found.digest() == masks_digest(whole) == Segmentation.of(whole, strategy=found.strategy, prompts={}).digest()


def test_a_mask_of_another_size_is_not_packed() -> None:
    with pytest.raises(ValueError, match="broadcast"):
        PackedMasks((2, 3, 4)).paint(0, np.zeros((4, 3), bool))


@settings(max_examples=40)
@given(
    mask=hnp.arrays(
        st.sampled_from([np.uint8, np.float32, np.float64]),
        hnp.array_shapes(min_dims=3, max_dims=3, max_side=4),
        elements=st.sampled_from([0, 1, 2, 5]),
    ),
    labels=st.sampled_from([(), (1,), (2, 1)]),
    threshold=st.sampled_from([None, 1.5]),
)
def test_labels_made_piece_by_piece_are_those_of_one_step(
    mask: np.ndarray[Any, Any], labels: tuple[int, ...], threshold: float | None
) -> None:
    kept = volume_module.VOXELS_AT_ONCE
    made = []
    for at_once in (kept, 1, 20):
        volume_module.VOXELS_AT_ONCE = at_once  # type: ignore[misc]
        try:
            made.append(labels_from_mask([mask, mask + 1], where="m", labels=labels, threshold=threshold))
        finally:
            volume_module.VOXELS_AT_ONCE = kept  # type: ignore[misc]
    assert all(np.array_equal(made[0], it) for it in made)


def test_fractions_are_counted_over_all_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volume_module, "VOXELS_AT_ONCE", 4)
    mask = np.zeros((5, 2, 2), np.float32)
    mask[1:4, 0, 0] = (0.25, 0.5, 7.5)
    with pytest.raises(DataError, match=r"m: 3 voxels of the mask hold fractions \(0 to 7.5\); expected whole label"):
        labels_from_mask([mask], where="m", labels=(1,))


@pytest.mark.parametrize("colour", ["luminance", "packed"])
def test_colours_become_one_number_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: Any) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3)).astype(np.uint8)
    fields = rgb.view(np.dtype([("R", "u1"), ("G", "u1"), ("B", "u1")]))[..., 0]
    nib.save(nib.Nifti1Image(fields, np.eye(4)), tmp_path / "a.nii")
    red, green, blue = np.moveaxis(rgb, -1, 0)
    expected = {
        "luminance": (0.299 * red + 0.587 * green + 0.114 * blue).astype(np.float32),
        "packed": red.astype(np.int32) * 65536 + green.astype(np.int32) * 256 + blue,
    }[colour]
    for at_once in (volume_module.VOXELS_AT_ONCE, 1, 45):
        monkeypatch.setattr(volume_module, "VOXELS_AT_ONCE", at_once)
        found = read_image(tmp_path / "a.nii", choice=Choice(colour=colour)).array_zyx
        assert found.dtype == expected.dtype
        assert np.array_equal(found, expected.T)


def test_of_a_time_series_one_volume_stays_in_memory(tmp_path: Path) -> None:
    nib.save(nib.Nifti1Image(np.arange(480, dtype=np.int16).reshape(4, 3, 2, 20), np.eye(4)), tmp_path / "a.nii")
    array = read_image(tmp_path / "a.nii", frame=3).array_zyx
    assert array.base is None or array.base.nbytes == array.nbytes  # type: ignore[union-attr]
    assert array[1, 2, 3] == nib.load(tmp_path / "a.nii").dataobj[3, 2, 1, 3]


@pytest.mark.parametrize("dtype", ["u1", "<i2", ">i2", "<f4"])
def test_the_digest_is_that_of_the_bytes_of_image_and_labels(dtype: str) -> None:
    image = np.arange(120).reshape(5, 4, 6).astype(dtype)
    whole = Volume(
        dataset="d", id="v", image_zyx=image, labels_zyx=(image > 50).astype(np.uint8), modality="CT", target="t"
    )
    for each in (whole, whole.limited(3)):
        sha = hashlib.sha256()
        for array in (each.image_zyx, each.labels_zyx):
            sha.update(f"{array.shape}{array.dtype.str}".encode() + array.tobytes())
        assert each.digest() == sha.hexdigest()


def test_slices_of_two_sizes_are_not_stacked(tmp_path: Path) -> None:
    files = [write_slice(tmp_path / f"{side}.dcm", np.zeros((1, side), np.int16)) for side in (4, 1)]
    with pytest.raises(DataError, match="its 2 slices are of 2 sizes"):
        pixels_of(tmp_path, files)
