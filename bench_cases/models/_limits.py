"""What the walks of each library cannot do, as data: said at selection, before anything is loaded."""

from __future__ import annotations

from typing import Final

from bench_cases.contracts import WalkLimits

SAM2: Final = WalkLimits(memory=7)
"""sam2 gives each frame in memory a row of its temporal code, and published weights have seven (``num_maskmem``)."""

SAM2_MICRO: Final = WalkLimits(memory=3)

TRANSFORMERS: Final = WalkLimits(clicks=False, oracle=False, memory=0)
"""Its sessions do not pass on the last mask beside a click, take the best of several candidates by themselves, and
have the memory that a folder's configuration says."""

THRESHOLD: Final = WalkLimits(clicks=False)
"""The baseline has one mask, which any chooser takes, and remembers it alone, whatever is asked for."""
