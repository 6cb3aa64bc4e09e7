"""Phantoms of other regions and modalities than the thorax CT: MR, PET, radiographs, ultrasound.

Each *view* is a function from a seed and a shape to a `Scene`: pictures in one or several contrasts on one grid, with a
mask for each organ. Anatomies are simple and drawn from textbook proportions; nothing was fitted to any scan.
"""

from __future__ import annotations

from bench_cases.phantoms.scenes._scene import Scene
from bench_cases.phantoms.scenes._views import VIEWS, draw

__all__ = ["VIEWS", "Scene", "draw"]
