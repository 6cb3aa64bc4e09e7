"""Which device a run was on: what a baseline is kept under."""

from __future__ import annotations

import re

from bench_cases.report.device import label
from bench_cases.report.read import Report


def device_of(report: Report) -> str:
    """Return kind and name of the device, for instance ``cuda NVIDIA H200``; a CPU by the processor's name."""
    return label(report.raw["environment"]["device"])


def slug(device: str) -> str:
    """Return a device's name as a file's: small letters, figures and hyphens.

    >>> slug("cuda NVIDIA H200"), slug("cpu ../../etc")
    ('cuda-nvidia-h200', 'cpu-etc')
    """
    return re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") or "unknown"
