"""The library of prototypical prompts: seeds that are made once, looked at, shared, and applied to other volumes.

Gutiérrez et al. (Algorithms 2025, 18, 227) propose such a library per task and machine as their aim.
"""

from bench_cases.seed_library.archive import export_seed, import_seed
from bench_cases.seed_library.choice import SeedChoices, read_choices
from bench_cases.seed_library.library import Library
from bench_cases.seed_library.make import make_seed
from bench_cases.seed_library.seed import Seed, Source

__all__ = [
    "Library",
    "Seed",
    "SeedChoices",
    "Source",
    "export_seed",
    "import_seed",
    "make_seed",
    "read_choices",
]
