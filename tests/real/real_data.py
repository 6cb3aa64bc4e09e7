"""Where the real files for tests are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SETS = {
    "thorax_ct": """
        modality = "CT"
        target = "lungs"
        image = "{id}/image.nii.gz"
        mask = "{id}/mask.nii.gz"
        threshold = 127
        window = {level = -650, width = 1500}
        """,
    "chaos_mr_t2": """
        modality = "MR"
        target = "spleen"
        image = "{id}/image.nii.gz"
        mask = "{id}/mask.nii.gz"
        labels = [4]
        """,
    "cxr_montgomery": """
        modality = "X-ray"
        target = "lungs"
        image = "{id}/image.png"
        mask = "{id}/mask.png"
        threshold = 127
        ordered = false
        """,
}
"""What a ``dataset.toml`` says of them, but for where they lie."""

ULTRASOUNDS = {
    "us_breast_busi": """
        modality = "US"
        target = "lesion"
        image = "{id}/image.png"
        mask = "{id}/mask*.png"
        colour = "luminance"
        ordered = false
        """,
    "us_fetal_hc18": """
        modality = "US"
        target = "head"
        image = "{id}/image.png"
        mask = "{id}/mask.png"
        colour = "luminance"
        threshold = 127
        ordered = false
        stack = true
        """,
}
"""The lesions are pictures of many sizes, one a volume; the heads are of one size, and walked as a set."""

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
