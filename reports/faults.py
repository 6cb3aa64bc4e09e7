"""Break runs on purpose and count what is lost.

    python reports/faults.py                                          a minute of it
    python reports/faults.py --kills 100 --json reports/faults.json   the figures that are kept

Run it from the root of the repository, with the extra `test` installed. Exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_cases.report.environment import describe
from tests.faults import contention, damage, disk, kills
from tests.faults.count import Count


def main(arguments: Sequence[str] | None = None) -> int:
    """Inject every kind of fault, print a line a kind, and keep the figures where `--json` says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=5, metavar="N", help="SIGKILLs at random moments (default 5)")
    parser.add_argument(
        "--disks", type=int, metavar="N", help="runs whose disk is full (default: a fifth of the kills)"
    )
    parser.add_argument("--files", type=int, metavar="N", help="damaged files a kind (default: 100 a kill)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="moments and bytes are drawn from it")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there")
    parsed = parser.parse_args(arguments)
    disks = max(1, parsed.kills // 5) if parsed.disks is None else parsed.disks
    files = 100 * parsed.kills if parsed.files is None else parsed.files
    faults: dict[str, Callable[[Path], Count]] = {
        "SIGKILL at a random moment": lambda folder: kills.kill(folder, kills=parsed.kills, seed=parsed.seed),
        "disk full at a random byte": lambda folder: disk.fill(folder, faults=disks, seed=parsed.seed),
        "two runs on one report": lambda folder: contention.contend(folder, rounds=disks),
        "file breaks off at a random byte": lambda folder: damage.truncate(folder, files=files, seed=parsed.seed),
        "bytes of a file are others": lambda folder: damage.flip(folder, files=files, seed=parsed.seed),
    }
    figures = {}
    sys.stdout.write(f"{'fault':<34}{'runs':>6}{'faults':>8}{'lost':>6}{'twice':>7}{'differ':>8}{'unclear':>9}\n")
    for name, inject in faults.items():
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            count = inject(Path(folder))
        figures[name] = {**count.to_json(), "seconds": round(time.monotonic() - began, 1)}
        sys.stdout.write(
            f"{name:<34}{count.runs:>6}{count.faults:>8}{count.lost:>6}{count.twice:>7}{count.differing:>8}"
            f"{count.unclear:>9}\n"
        )
        sys.stdout.writelines(f"    {note}\n" for note in count.notes[:10])
        sys.stdout.flush()
    losses = sum(figure["losses"] for figure in figures.values())
    sys.stdout.write(f"losses: {losses}\n")
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(_record(parsed.seed, figures, losses), indent=1) + "\n", encoding="utf-8")
    return int(losses > 0)


def _record(seed: int, figures: Mapping[str, Any], losses: int) -> dict[str, Any]:
    code = describe()["code"]
    return {
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": code["commit"],
        "dirty": code["dirty"],
        "python": platform.python_version(),
        "system": platform.system(),
        "seed": seed,
        "faults": figures,
        "losses": losses,
    }


if __name__ == "__main__":
    sys.exit(main())
