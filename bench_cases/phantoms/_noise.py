"""Smooth random fields, cheap: a coarse Gaussian grid and one cubic interpolation matrix per axis."""

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]


def bspline_matrix(n_fine: int, n_coarse: int) -> Field:
    """Return the (n_fine, n_coarse) matrix that evaluates a uniform cubic B-spline on ``n_fine`` points.

    Each row sums to one, so a constant grid stays constant (de Boor 1978, uniform knots).
    """
    n_cells = max(n_coarse - 3, 1)
    position = np.linspace(0.0, n_cells, n_fine, endpoint=False) + 0.5 * n_cells / n_fine
    cell = np.minimum(position.astype(int), n_cells - 1)
    t = position - cell
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3],
        axis=1,
    )
    matrix = np.zeros((n_fine, n_cells + 3), np.float32)
    for k in range(4):
        matrix[np.arange(n_fine), cell + k] = weights[:, k] / 6
    return matrix


def smooth_noise(rng: np.random.Generator, shape: tuple[int, ...], cells: tuple[float, ...]) -> Field:
    """Draw a field of about unit variance that varies over ``shape[i] / cells[i]`` voxels along axis ``i``.

    Parameters
    ----------
    rng
        The only source of randomness.
    shape
        Shape of the field.
    cells
        Number of grid cells along each axis (at least one is used).
    """
    matrices = [bspline_matrix(n, max(round(c), 1) + 3) for n, c in zip(shape, cells, strict=True)]
    field = rng.standard_normal([m.shape[1] for m in matrices], dtype=np.float32)
    for axis in reversed(range(len(shape))):
        field = np.moveaxis(np.tensordot(matrices[axis], field, axes=(1, axis)), 0, axis)
    out: Field = np.ascontiguousarray(field / max(float(field.std()), 1e-6))
    return out
