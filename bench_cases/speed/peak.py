"""Peak memory of one run: the device's, and the process's where the system lets its mark be set back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from bench_cases import memory
from bench_cases.contracts import Device

_MARK: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")
_SLACK_BYTES: Final = 4 << 20
"""What a process may take or give back between two lines of this file."""


def start(device: Device) -> bool:
    """Begin a new peak, and return whether the process's could be set back too (Linux)."""
    memory.reset_peak(device)
    try:
        _MARK.write_text("5", encoding="ascii")  # proc(5): 5 resets the peak resident set size
    except OSError:
        return False
    # Some containers take the word and do nothing.
    peak, now = _status_bytes("VmHWM"), _status_bytes("VmRSS")
    return peak is not None and now is not None and peak <= now + _SLACK_BYTES


def peak_bytes(device: Device, *, own_process: bool) -> dict[str, int | None]:
    """Return ``device`` (allocated) and ``process`` (resident) since `start`, in bytes; None where it is not known.

    Parameters
    ----------
    own_process
        What `start` returned.
    """
    return {
        "device": memory.peak(device)["device"],
        "process": _status_bytes("VmHWM") if own_process else None,
    }


def _status_bytes(name: str) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return None if found is None else 1024 * int(found[1])
