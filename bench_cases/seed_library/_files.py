"""A seed as a handful of files by name, whether they lie in a folder or in an archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from bench_cases.errors import SeedError
from bench_cases.seed_library import _record
from bench_cases.seed_library._png import LARGEST_BYTES, from_png, to_png
from bench_cases.seed_library.seed import Seed

RECORD: Final = "seed.json"
FRAME: Final = "frame.png"
MASK: Final = "mask.png"

LARGEST: Final = {RECORD: 1 << 20, FRAME: LARGEST_BYTES, MASK: LARGEST_BYTES}
"""The files a seed may have, and the most bytes of each."""

_PAINTED = 255


def to_files(seed: Seed) -> dict[str, bytes]:
    """Return the files of a seed by name; ``mask.png`` only when the prompt has a mask."""
    files = {RECORD: _record.to_json(seed).encode(), FRAME: to_png(seed.frame[..., 0])}
    if seed.prompt.mask_yx is not None:
        files[MASK] = to_png(np.where(seed.prompt.mask_yx, np.uint8(_PAINTED), np.uint8(0)))
    return files


def from_files(read: Callable[[str], bytes], where: str) -> Seed:
    """Build a seed from its files, everything about them checked.

    Parameters
    ----------
    read
        Returns the bytes of a file by name, of bounded size; raises `SeedError` when it is not there.
    where
        Name of the seed or archive for messages.

    Raises
    ------
    SeedError
        For anything that is not as it should be.
    """
    record = _record.parse(read(RECORD), f"{where}: {RECORD}")
    size_yx = _record.size_of(record)
    grey_yx = from_png(read(FRAME), size_yx=size_yx, where=f"{where}: {FRAME}")
    mask_yx = None
    if _record.has_mask(record):
        painted = from_png(read(MASK), size_yx=size_yx, where=f"{where}: {MASK}")
        if not np.isin(painted, (0, _PAINTED)).all():
            msg = f"{where}: {MASK} has grey values; expected 0 and 255 only. Make or import the seed again."
            raise SeedError(msg)
        mask_yx = painted == _PAINTED
    return _record.from_record(record, grey_yx, mask_yx)
