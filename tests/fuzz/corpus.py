"""What mutations begin from: whole inputs that are made here, and real files where there are any."""

from __future__ import annotations

import gzip
import os
import zlib
from pathlib import Path

from tests.fuzz.target import LONGEST_BYTES, Target

ROOT = Path(__file__).resolve().parents[2]


def real_files() -> Path | None:
    """Return the folder of odd and broken real files, where it is there: ``SAMBENCH_REAL_DATA``, else beside us."""
    shared = Path(os.environ.get("SAMBENCH_REAL_DATA") or ROOT.parent / "shared" / "data") / "robustness"
    return shared if shared.is_dir() else None


def inputs(target: Target, folder: Path, real: Path | None = None) -> list[bytes]:
    """Return the inputs that a target begins from; what is compressed comes as it is and inflated.

    Parameters
    ----------
    folder
        An empty folder to make them in.
    real
        A folder of files of which those with a fitting name are taken too.
    """
    found = list(target.corpus(folder))
    files = sorted(real.rglob("*")) if real is not None and target.real else []
    fitting = [path for path in files if path.name.lower().endswith(target.real) and path.is_file()]
    found += [path.read_bytes() for path in fitting if path.stat().st_size <= LONGEST_BYTES]
    return [each for each in [*found, *map(_inflated, found)] if each and len(each) <= LONGEST_BYTES]


def _inflated(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return b""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return b""
