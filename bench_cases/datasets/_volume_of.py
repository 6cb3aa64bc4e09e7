"""From a scan that was read to the volume that is segmented: the same for every kind of set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._files import ScanImage
from bench_cases.datasets._names import selected_name, target_labels
from bench_cases.volume import Scaling, Volume, Window


def volume_of(
    scan: ScanImage,
    labels_zyx: NDArray[np.uint8],
    *,
    dataset: str,
    volume_id: str,
    target: str | None,
    info: DatasetInfo,
    window: Window | None,
    scaling: Scaling = "slice",
    image_ids: tuple[str, ...] = (),
) -> Volume:
    """Return a scan with its labels as a volume of a set.

    Parameters
    ----------
    scan, labels_zyx
        Image and label map, in the orientation that is wanted.
    dataset, target
        Name of the set, and of its target where one was asked for.
    info
        What is known of the set.
    window, scaling, image_ids
        As in `bench_cases.volume.Volume`.

    Raises
    ------
    DataError
        Where the two do not belong together.
    """
    return Volume(
        dataset=selected_name(dataset, target),
        id=volume_id,
        image_zyx=scan.array_zyx,
        labels_zyx=labels_zyx,
        spacing_zyx_mm=scan.spacing_zyx_mm,
        modality=info.modality,
        target=target_labels(dataset, target, info.targets)[0],
        affine_xyz=scan.affine_xyz,
        affine_codes=scan.affine_codes,
        affine_trusted=info.affine_trusted,
        window=window,
        scaling=scaling,
        ordered=info.ordered,
        image_ids=image_ids,
        phantom=info.phantom,
        scanner=scan.scanner,
    )
