"""What the published sets share: layouts as records, one loader, and phantoms in the same layouts."""

from bench_cases.datasets._sets.coding import Greys, Ids, Outline, White
from bench_cases.datasets._sets.layout import Layout, Masks
from bench_cases.datasets._sets.phantom_set import Phantom, PhantomSet, with_phantoms
from bench_cases.datasets._sets.public_set import PublicSet
from bench_cases.datasets._sets.targets import first, organs

__all__ = [
    "Greys",
    "Ids",
    "Layout",
    "Masks",
    "Outline",
    "Phantom",
    "PhantomSet",
    "PublicSet",
    "White",
    "first",
    "organs",
    "with_phantoms",
]
