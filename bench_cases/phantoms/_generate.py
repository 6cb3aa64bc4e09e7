"""Seed in, phantom out."""

import numpy as np

from bench_cases.phantoms._anatomy import paint
from bench_cases.phantoms._frame import make_frame
from bench_cases.phantoms._hounsfield import render
from bench_cases.phantoms._lesions import draw_lesions
from bench_cases.phantoms._phantom import Phantom
from bench_cases.phantoms._subject import draw_subject
from bench_cases.phantoms._tissues import Organ, organs_of

DEFAULT_SHAPE_ZYX = (40, 256, 256)


def generate(seed: int, *, shape_zyx: tuple[int, int, int] = DEFAULT_SHAPE_ZYX) -> Phantom:
    """Generate one thorax CT phantom.

    Parameters
    ----------
    seed
        Non-negative; the same seed and shape give the same voxels in every call and process. Take it from one of
        `BENCHMARK_SEEDS`, `TRAINING_SEEDS` and `HELD_OUT_SEEDS`.
    shape_zyx
        Slices, rows, columns. The body is fitted to the frame, so that frames need not be square.

    Returns
    -------
    Phantom
        Image, organ labels, lesions and tissues on one grid.

    Raises
    ------
    ValueError
        For a negative seed, or fewer than 16 slices or 48 rows or columns, where no lung would be left to see.

    Examples
    --------
    >>> phantom = generate(3, shape_zyx=(24, 64, 96))
    >>> phantom.image_zyx.shape, bool(phantom.labels_zyx[0].any() and phantom.lesions_zyx[0].any())
    ((24, 64, 96), False)
    """
    nz, ny, nx = shape_zyx
    if seed < 0 or nz < 16 or min(ny, nx) < 48:
        raise ValueError(f"cannot generate seed {seed} at shape {shape_zyx}: need seed >= 0 and at least (16, 48, 48)")
    rng = np.random.Generator(np.random.PCG64(seed))
    subject = draw_subject(rng)
    frame = make_frame(subject, shape_zyx)
    tissues = paint(subject, frame, rng)
    labels = organs_of(tissues)
    lungs = (labels == Organ.LEFT_LUNG) | (labels == Organ.RIGHT_LUNG)
    lesion_hu, lesions = draw_lesions(subject, frame, rng, lungs)
    image = render(tissues, lesion_hu, subject, frame, rng)
    return Phantom(
        seed=seed,
        image_zyx=image,
        labels_zyx=labels,
        lesions_zyx=lesions,
        tissues_zyx=tissues,
        spacing_zyx_mm=frame.spacing_zyx_mm,
    )
