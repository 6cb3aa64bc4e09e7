"""Readers of image files: one module a format, found by its ``READER`` constant."""

from bench_cases.datasets._files._grid import align_mask
from bench_cases.datasets._files._open import read_image, readers
from bench_cases.datasets._files._scan import Reader, ScanImage

__all__ = ["Reader", "ScanImage", "align_mask", "read_image", "readers"]
