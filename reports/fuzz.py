"""Feed what a stranger may have made to all that reads it, and count what ends in anything but an answer.

    python reports/fuzz.py                                           a few minutes of it
    python reports/fuzz.py --minutes 30 --json reports/fuzz.json     the figures that are kept
    python reports/fuzz.py --only nifti report --minutes 1           two kinds of input
    python reports/fuzz.py --replay crashes/nifti-0123456789ab       one input that ended badly

Two engines share the time: mutations drawn from a seed, and atheris, which follows coverage, where it is installed
(`pip install -e '.[fuzz]'`). Each kind of input has a process of its own, with a gigabyte of room and twenty seconds of
processor time an input. Run it from the root of the repository, with the extra `test` installed. Exit code 1 when
anything crashed.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_cases.report.environment import describe, version_of_package
from tests.fuzz.corpus import real_files
from tests.fuzz.count import Count
from tests.fuzz.drive import drive, engines
from tests.fuzz.targets import targets

PACKAGES = ("atheris", "nibabel", "numpy", "pillow", "pydicom", "safetensors", "SimpleITK", "torch")
"""Whose parsers are fed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed every target, print a line for each engine, and keep the figures where `--json` says."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=3.0, metavar="M", help="in all, starting not counted")
    parser.add_argument("--only", nargs="+", choices=sorted(targets()), metavar="NAME", help="kinds of input")
    parser.add_argument("--engine", choices=("seeded", "guided"), help="default: both, where atheris is installed")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="inputs are drawn from it (default 0)")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="files to begin from, told by their names' ends")
    parser.add_argument(
        "--crashes", type=Path, default=Path("crashes"), metavar="DIR", help="where bad inputs are kept"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="feed one input and show what comes of it")
    parsed = parser.parse_args(arguments)
    if parsed.replay is not None:
        return _replay(parsed.replay)
    chosen = engines()
    if "guided" not in chosen:
        sys.stdout.write("atheris is not installed (pip install -e '.[fuzz]'; Linux wheels only): seeded engine only\n")
    if parsed.engine in chosen:
        chosen = [parsed.engine]
    names = parsed.only or list(targets())
    real = parsed.corpus or real_files()
    seconds = parsed.minutes * 60 / len(names) / len(chosen)
    sys.stdout.write(f"{'input':<22}{'engine':<8}{'runs':>9}{'refused':>9}{'accepted':>10}{'crashes':>9}")
    sys.stdout.write(f"{'slowest ms':>12}{'peak MB':>9}\n")
    counts: list[Count] = []
    for name in names:
        figures: dict[str, Any] = {}
        for engine in chosen:
            count = drive(
                targets()[name], engine=engine, seconds=seconds, seed=parsed.seed, keep=parsed.crashes, real=real
            )
            counts.append(count)
            row = figures[engine] = count.to_json()
            sys.stdout.write(f"{name:<22}{engine:<8}{row['runs']:>9}{row['refused']:>9}{row['accepted']:>10}")
            sys.stdout.write(f"{row['crashes']:>9}{row['slowest_ms']:>12.1f}{row['peak_mb']:>9.1f}\n")
            sys.stdout.writelines(f"    {line}\n" for line in count.found)
            sys.stdout.flush()
        if parsed.json is not None:
            entry = {**_circumstances(seconds, parsed.seed, real), "engines": figures}
            _keep(parsed.json, name, entry)
    crashes = sum(count.crashes for count in counts)
    sys.stdout.write(f"runs: {sum(count.runs for count in counts)}, crashes: {crashes}\n")
    if crashes:
        sys.stdout.write(f"to see one again: python reports/fuzz.py --replay {parsed.crashes}/FILE\n")
    return int(crashes > 0)


def _keep(path: Path, name: str, entry: Mapping[str, Any]) -> None:
    """Put one kind of input into the record; others stay as measured, and each says when and of which code."""
    record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"targets": {}}
    kept = {known: record["targets"].get(known) for known in targets()} | {name: entry}
    kept = {known: each for known, each in kept.items() if each is not None}
    rows = [row for each in kept.values() for row in each["engines"].values()]
    totals = {key: sum(row[key] for row in rows) for key in ("runs", "refused", "accepted", "crashes")}
    path.write_text(json.dumps({**totals, "targets": kept}, indent=1) + "\n", encoding="utf-8")


def _replay(path: Path) -> int:
    """Feed one kept input, whose name begins with its target's; an error other than a refusal is shown whole."""
    from bench_cases.errors import SambenchError

    target = targets()[path.name.rpartition("-")[0]]
    with tempfile.TemporaryDirectory() as folder:
        try:
            target.feed(path.read_bytes(), Path(folder))
        except SambenchError as error:
            sys.stdout.write(f"refused: {type(error).__name__}: {error}\n")
        else:
            sys.stdout.write("accepted\n")
    return 0


def _circumstances(seconds: float, seed: int, real: Path | None) -> Mapping[str, Any]:
    described = describe()
    return {
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": described["code"]["commit"],
        "dirty": described["code"]["dirty"],
        "python": platform.python_version(),
        "system": platform.system(),
        "cpu": described["cpu"]["name"],
        "cores": described["cpu"]["count"],
        "packages": {name: version_of_package(name) for name in PACKAGES},
        "seconds_an_engine": round(seconds, 1),
        "seed": seed,
        "real_files": real is not None,
    }


if __name__ == "__main__":
    sys.exit(main())
