"""The coordinate frame of one phantom: millimetres per voxel, and body coordinates of every voxel."""

from dataclasses import dataclass

import numpy as np

from bench_cases.phantoms._noise import Field
from bench_cases.phantoms._subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Body coordinates in mm, shaped to broadcast: ``x`` and ``y`` are (1, Y, X), ``z`` is (Z, 1, 1)."""

    shape_zyx: tuple[int, int, int]
    spacing_zyx_mm: tuple[float, float, float]
    x: Field
    y: Field
    z: Field

    def cells(self, size_mm: float) -> tuple[float, float, float]:
        """Grid cells for `smooth_noise` whose fields vary over ``size_mm``."""
        n = self.shape_zyx
        s = self.spacing_zyx_mm
        return (n[0] * s[0] / size_mm, n[1] * s[1] / size_mm, n[2] * s[2] / size_mm)


def make_frame(subject: Subject, shape_zyx: tuple[int, int, int]) -> Frame:
    """Fit the subject into the frame: the zoom, the shift and the in-plane rotation of the pose are applied here."""
    nz, ny, nx = shape_zyx
    in_plane = max(2 * subject.half_width_mm / nx, (2 * subject.half_depth_mm + 25) / ny) * 1.04 * subject.zoom
    dz = (subject.ceiling_mm - subject.floor_mm) / nz
    rows = (np.arange(ny) - (ny - 1) / 2 + subject.shift_y * ny) * in_plane
    cols = (np.arange(nx) - (nx - 1) / 2 + subject.shift_x * nx) * in_plane
    y, x = np.meshgrid(rows, cols, indexing="ij")
    cos, sin = np.cos(subject.angle_rad), np.sin(subject.angle_rad)
    z = subject.floor_mm + (np.arange(nz) + 0.5) * dz
    return Frame(
        shape_zyx=shape_zyx,
        spacing_zyx_mm=(float(dz), float(in_plane), float(in_plane)),
        x=(cos * x + sin * y).astype(np.float32)[None],
        y=(-sin * x + cos * y).astype(np.float32)[None],
        z=z.astype(np.float32)[:, None, None],
    )


def ellipse(
    frame: Frame,
    centre_xy: tuple[float | Field, float | Field],
    radii_xy: tuple[float | Field, float | Field],
    angle: float = 0.0,
) -> Field:
    """Squared normalised distance from a cylinder's axis; centre and radii may vary with z."""
    dx, dy = frame.x - centre_xy[0], frame.y - centre_xy[1]
    if angle:
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        dx, dy = cos * dx + sin * dy, cos * dy - sin * dx
    out: Field = np.square(dx / radii_xy[0]) + np.square(dy / radii_xy[1])
    return out


def rounded(
    frame: Frame, centre_x: float | Field, centre_y: float | Field, rx: float | Field, ry: float | Field
) -> Field:
    """Like `ellipse` but with fuller corners, as a rib cage has: ``0.6 q + 0.4 (u^4 + v^4)``."""
    u2 = np.square((frame.x - centre_x) / rx)
    v2 = np.square((frame.y - centre_y) / ry)
    out: Field = 0.6 * (u2 + v2) + 0.4 * (u2 * u2 + v2 * v2)
    return out


def ellipsoid(
    frame: Frame,
    centre: tuple[float, float, float],
    radii: tuple[float, float, float],
    angle: float = 0.0,
) -> Field:
    """Squared normalised distance from an ellipsoid's centre, turned by ``angle`` in the axial plane."""
    in_plane = ellipse(frame, centre[:2], radii[:2], angle)
    out: Field = in_plane + np.square((frame.z - np.float32(centre[2])) / np.float32(radii[2]))
    return out
