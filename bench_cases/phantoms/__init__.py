"""Procedural thorax CT phantoms: no patient, no download, the same voxels from the same seed."""

from bench_cases.phantoms._generate import DEFAULT_SHAPE_ZYX, generate
from bench_cases.phantoms._phantom import Phantom
from bench_cases.phantoms._seeds import BENCHMARK_SEEDS, HELD_OUT_SEEDS, TRAINING_SEEDS
from bench_cases.phantoms._tissues import NO_BODY, Organ, Tissue

__all__ = [
    "BENCHMARK_SEEDS",
    "DEFAULT_SHAPE_ZYX",
    "HELD_OUT_SEEDS",
    "NO_BODY",
    "TRAINING_SEEDS",
    "Organ",
    "Phantom",
    "Tissue",
    "generate",
]
