"""Where the real files for tests are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def real_data(*parts: str) -> Path:
    """Return a file or folder of the shared real data; skip the test where it is absent.

    The data lie in ``../shared/data`` beside the repository, or where ``SAMBENCH_REAL_DATA`` says.
    """
    root = Path(os.environ.get("SAMBENCH_REAL_DATA") or REPOSITORY.parent / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"shared real data not found: {'/'.join(parts) or 'the folder'} (see SAMBENCH_REAL_DATA)")
    return path
