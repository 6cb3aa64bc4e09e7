"""What was fetched, from where and under which licence: a file that stays beside the data."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench_cases._assets.locks import only_one

RECORD_FILE = "fetched.json"


def record(directory: Path, what: str, facts: Mapping[str, str | bool]) -> None:
    """Note facts about `what` in ``fetched.json`` of a folder; earlier notes that can be read stay."""
    path = directory / RECORD_FILE
    with only_one(path):
        try:
            notes = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            notes = {}
        notes = {**notes, what: dict(facts)} if isinstance(notes, dict) else {what: dict(facts)}
        with tempfile.TemporaryDirectory(dir=directory, prefix=".record-") as work:
            fresh = Path(work) / RECORD_FILE
            fresh.write_text(json.dumps(dict(sorted(notes.items())), indent=2) + "\n", encoding="utf-8")
            fresh.replace(path)


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file so that it appears under its name only when it is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".copy-") as work:
        fresh = Path(work) / target.name
        shutil.copyfile(source, fresh)
        fresh.replace(target)
