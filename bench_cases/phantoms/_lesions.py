"""Ground glass and consolidation: cloudy patches inside the lungs, mostly at the back and near the pleura."""

import numpy as np
import numpy.typing as npt

from bench_cases.phantoms._frame import Frame, ellipsoid
from bench_cases.phantoms._noise import Field, smooth_noise
from bench_cases.phantoms._subject import Subject


def draw_lesions(
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
    lungs: npt.NDArray[np.bool_],
) -> tuple[Field, npt.NDArray[np.bool_]]:
    """Return the density added by lesions in HU, and where they are (a subset of ``lungs``)."""
    density = np.zeros(frame.shape_zyx, np.float32)
    where = np.argwhere(lungs)
    count = round(subject.lesion_load * rng.uniform(3, 12))
    if count == 0 or len(where) == 0:
        return density, np.zeros(frame.shape_zyx, bool)
    cloud = smooth_noise(rng, frame.shape_zyx, frame.cells(26))
    grain = smooth_noise(rng, frame.shape_zyx, frame.cells(9))
    for _ in range(count):
        candidates = where[rng.integers(len(where), size=2)]
        k, j, i = candidates[int(candidates[0, 1] < candidates[1, 1])]
        centre = (float(frame.x[0, j, i]), float(frame.y[0, j, i]), float(frame.z[k, 0, 0]))
        radii = (rng.uniform(9, 30), rng.uniform(9, 28), rng.uniform(12, 34))
        patch = ellipsoid(frame, centre, radii, rng.uniform(-1.5, 1.5)) + 0.45 * cloud
        # Most are ground glass; the rest are consolidation, as dense as muscle.
        strength = rng.uniform(130, 420) if rng.random() < 0.72 else rng.uniform(600, 880)
        softness = np.clip((1 - patch) * rng.uniform(2, 6), 0, 1)
        np.maximum(density, strength * softness * (1 + 0.18 * grain), out=density)
    density *= lungs
    return density, density > 100
