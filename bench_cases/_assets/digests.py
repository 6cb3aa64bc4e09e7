"""Digests: how they are written, computed, and remembered for files that nobody published one for."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench_cases.errors import AssetError

LOCK_FILE = "digests.json"
_LENGTHS = {"sha256": 64, "md5": 32}


class Digest(NamedTuple):
    """An algorithm and its hex value."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        """Write it as pooch and the lock file do: ``sha256:...``."""
        return f"{self.algorithm}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> Digest:
        """Read ``sha256:...``, ``md5:...`` or a bare SHA-256.

        Raises
        ------
        AssetError
            For anything else.

        Examples
        --------
        >>> Digest.parse("md5:873617e1fdcbe92f8aa0ce83a4798a1f").algorithm
        'md5'
        """
        algorithm, colon, value = text.strip().lower().rpartition(":")
        algorithm = algorithm if colon else "sha256"
        if len(value) != _LENGTHS.get(algorithm) or not re.fullmatch("[0-9a-f]+", value):
            msg = f"{text!r} is not a digest; expected 64 hex digits (SHA-256) or 'md5:' and 32. Copy it again."
            raise AssetError(msg)
        return cls(algorithm, value)

    def of(self, path: Path) -> Digest:
        """Compute the digest of a file with this one's algorithm."""
        with path.open("rb") as stream:
            # MD5 is what some archives publish; it guards against damage, not against malice.
            found = hashlib.file_digest(stream, lambda: hashlib.new(self.algorithm, usedforsecurity=False))
        return Digest(self.algorithm, found.hexdigest())


SHA256 = Digest("sha256", "")
"""For computing: ``SHA256.of(path)``."""


def remembered(directory: Path, file_name: str) -> Digest | None:
    """Return the digest recorded at the first download of a file, if there was one.

    Raises
    ------
    AssetError
        When the lock file is damaged.
    """
    text = _read_lock(directory).get(file_name)
    return None if text is None else Digest.parse(text)


def remember(directory: Path, file_name: str, digest: Digest) -> None:
    """Record a digest in the lock file of `directory`, atomically."""
    entries = {**_read_lock(directory), file_name: str(digest)}
    with tempfile.TemporaryDirectory(dir=directory, prefix=".digests-") as work:
        fresh = Path(work) / LOCK_FILE
        fresh.write_text(json.dumps(dict(sorted(entries.items())), indent=2) + "\n", encoding="utf-8")
        fresh.replace(directory / LOCK_FILE)


def _read_lock(directory: Path) -> dict[str, str]:
    path = directory / LOCK_FILE
    if not path.is_file():
        return {}
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(digest) for name, digest in entries.items()}
    except (ValueError, AttributeError, RecursionError, OSError) as error:
        msg = (
            f"{LOCK_FILE} cannot be read ({error}); expected a JSON object of file names and digests. "
            "Delete it: digests are recorded again at the next download."
        )
        raise AssetError(msg) from error
