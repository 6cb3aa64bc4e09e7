"""From masks to label maps: ids in order, thresholds, several masks, and masks that mean something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench_cases.datasets._labels import labels_from_mask
from bench_cases.errors import DataError


def row(*values: float, dtype: Any = np.int16) -> np.ndarray[Any, Any]:
    return np.array([[values]], dtype)


def test_ids_become_one_to_k_in_the_order_asked_for() -> None:
    labels = labels_from_mask([row(0, 1, 2, 3, 4)], where="m", labels=(4, 2))
    assert labels.dtype == np.uint8
    assert labels.ravel().tolist() == [0, 0, 2, 0, 1]


def test_ids_stored_as_real_numbers_are_rounded() -> None:
    assert labels_from_mask([row(0, 3.9999, 1, dtype=np.float64)], where="m", labels=(4,)).ravel().tolist() == [0, 1, 0]


def test_a_threshold_is_exclusive() -> None:
    mask = row(-3.5, 127, 127.5, 300, dtype=np.float32)
    assert labels_from_mask([mask], where="m", threshold=127).ravel().tolist() == [0, 0, 1, 1]


def test_several_masks_become_labels_in_their_order_and_the_first_wins() -> None:
    masks = [row(1, 1, 0, 0), row(0, 9, 9, 0)]
    assert labels_from_mask(masks, where="m").ravel().tolist() == [1, 1, 2, 0]
    assert labels_from_mask(masks, where="m", threshold=5).ravel().tolist() == [0, 2, 2, 0]


def test_ids_are_searched_in_every_mask() -> None:
    assert labels_from_mask([row(1, 0, 0), row(0, 2, 0)], where="m", labels=(1, 2)).ravel().tolist() == [1, 2, 0]


@pytest.mark.parametrize("mask", [row(0, 0, 0), row(0, 1, 2)])
def test_a_target_that_is_not_in_the_scan_gives_an_empty_map(mask: np.ndarray[Any, Any]) -> None:
    assert not labels_from_mask([mask], where="m", labels=(7,)).any()


def test_a_soft_mask_read_for_ids_is_refused() -> None:
    mask = row(-0.25, 0.5, 254.75, dtype=np.float32)
    for labels in ((1,), ()):
        with pytest.raises(
            DataError, match=r"a/mask\.nii: 3 voxels.*\(-0\.25 to 254\.75\); expected whole.*'threshold'"
        ):
            labels_from_mask([mask], where="a/mask.nii", labels=labels)


@pytest.mark.parametrize("white", [255, 65535])
def test_a_black_and_white_mask_read_for_ids_is_refused(white: int) -> None:
    with pytest.raises(DataError, match=rf"holds {white} and nothing else; expected label ids 1, 2\..*threshold = 127"):
        labels_from_mask([row(0, white, dtype=np.uint16)], where="m", labels=(1, 2))


def test_a_mask_of_ids_that_the_set_does_not_have_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"m: the mask holds 10, 11, .*\.\.\.; expected ids among 1, 2\. Pair the image"
    ):
        labels_from_mask([row(*range(10, 30))], where="m", labels=(1, 2), known=(1, 2))


def test_a_known_id_that_was_not_asked_for_is_no_error() -> None:
    assert not labels_from_mask([row(0, 2)], where="m", labels=(1,), known=(1, 2)).any()
