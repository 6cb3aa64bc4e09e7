"""Print the kept figures of broken runs and of hostile input, and fail when any of them is not nought.

    python reports/resilience.py

`reports/faults.py` and `reports/fuzz.py` measure them anew, each with ``--json``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both records; exit code 1 when something was lost or crashed."""
    folder = Path(arguments[0]) if arguments else _HERE
    faults, fuzz = (json.loads((folder / name).read_text(encoding="utf-8")) for name in ("faults.json", "fuzz.json"))
    lines = [
        f"broken runs, {faults['written_utc']}, commit {faults.get('commit', 'not kept')}, Python {faults['python']}"
    ]
    lines.append(f"  {'fault':<34}{'runs':>9}{'faults':>9}{'losses':>9}")
    lines += [f"  {name:<34}{it['runs']:>9}{it['faults']:>9}{it['losses']:>9}" for name, it in faults["faults"].items()]
    days = sorted(each["written_utc"] for each in fuzz["targets"].values())
    lines += ["", f"hostile input, {days[0]} to {days[-1]}"]
    lines.append(f"  {'input':<34}{'runs':>9}{'refused':>9}{'crashes':>9}{'slowest ms':>12}{'peak MB':>9}")
    lines += [_row(name, list(each["engines"].values())) for name, each in fuzz["targets"].items()]
    totals = [sum(it[key] for it in faults["faults"].values()) for key in ("runs", "faults")]
    lines += ["", f"runs broken: {totals[0]}, faults: {totals[1]}, losses: {faults['losses']}"]
    lines.append(f"inputs fed: {fuzz['runs']}, crashes: {fuzz['crashes']}")
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(faults["losses"] > 0 or fuzz["crashes"] > 0)


def _row(name: str, counts: Sequence[dict[str, Any]]) -> str:
    runs, refused, crashes = (sum(count[key] for count in counts) for key in ("runs", "refused", "crashes"))
    slowest, peak = (max(count[key] for count in counts) for key in ("slowest_ms", "peak_mb"))
    return f"  {name:<34}{runs:>9}{refused:>9}{crashes:>9}{slowest:>12.1f}{peak:>9.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
