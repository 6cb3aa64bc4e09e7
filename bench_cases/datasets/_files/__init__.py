"""Readers of image files: one module a format, found by its ``READER`` constant."""

from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._depth import depths
from bench_cases.datasets._files._grid import align_mask
from bench_cases.datasets._files._open import read_image, readers
from bench_cases.datasets._files._orient import Orientation, oriented
from bench_cases.datasets._files._pictures import natural
from bench_cases.datasets._files._scan import Reader, ScanImage

__all__ = [
    "Choice",
    "Orientation",
    "Reader",
    "ScanImage",
    "align_mask",
    "depths",
    "natural",
    "oriented",
    "read_image",
    "readers",
]
