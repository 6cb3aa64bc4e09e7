"""``sambench speed``: how fast, against the libraries' own predictors in the same run, and at what cost in accuracy."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench_cases.contracts import Device
    from bench_cases.speed.suites import Suite

_ALONE = ("strategies", "precision", "slices", "size", "rounds", "batch", "volumes", "random", "jpeg")

_SLOWER = "slower than fp32 on this processor; measured with --precision fp32,bf16"


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "speed",
        help="how fast, against the libraries' own predictors in the same run, and at what cost in accuracy",
        description="Time the engine against a plain loop over the library's own predictor, in turns, on a phantom. "
        "Weights that are not on disk are random: speed does not depend on them.",
        epilog="Without --model or --suite: the suite of the device. docs/speed.md says what each figure means.",
    )
    parser.add_argument("--suite", metavar="NAME", help="run a predefined suite: gpu or cpu")
    parser.add_argument(
        "--rehearse", action="store_true", help="the suite on micro models and two slices: does it run?"
    )
    parser.add_argument("--model", metavar="NAME,...", help="one comparison a model, instead of a suite")
    parser.add_argument("--strategies", metavar="NAME,...", help="of one mode (default: every.composite)")
    parser.add_argument(
        "--precision",
        metavar="fp32,bf16",
        help="of both sides (default: both; fp32 alone where a processor is slower in bf16)",
    )
    parser.add_argument("--slices", type=int, metavar="N", help="slices of the phantom (default: 32)")
    parser.add_argument("--size", type=int, metavar="PIXELS", help="rows and columns of a slice (default: 512)")
    parser.add_argument("--rounds", type=int, metavar="N", help="timed rounds (default: 3)")
    parser.add_argument("--batch", type=int, metavar="N", help="frames encoded at once (default: what memory holds)")
    parser.add_argument(
        "--volumes", type=int, metavar="N", help="N volumes together against one at a time (video mode)"
    )
    parser.add_argument("--random", action="store_true", help="random weights although there are trained ones on disk")
    parser.add_argument(
        "--jpeg", action="store_true", help="the engine's frames through JPEG too, as sam2's own loader"
    )
    parser.add_argument("--device", default="auto", metavar="auto|cpu|cuda|mps", help="where to compute")
    parser.add_argument("--threads", type=int, metavar="N", help="CPU threads (default: one for micro models)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the record (default: reports/speed-<time>.json)")
    parser.add_argument("--chart", type=Path, metavar="FILE.svg|png", help="draw a bar chart; needs the extra [page]")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="show a stored record; measure nothing"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Measure or read, print, write; 1 when a target was missed.

    Raises
    ------
    SambenchError
        When what was typed cannot be measured, or a file cannot be used (exit status 2).
    """
    from bench_cases.speed import chart, record

    if options.chart is not None:
        chart.check(options.chart)
    if options.source is not None:
        found = record.read(options.source)
    else:
        found = _measure(options)
        _keep(found, options.json)
    _show(found)
    if options.chart is not None:
        chart.draw(found, options.chart)
        sys.stdout.write(f"chart:  {options.chart}\n")
    return int(any(it["reached"] is False for it in found["targets"]))


def _measure(options: argparse.Namespace) -> dict[str, Any]:
    from bench_cases.models._devices import pick_device
    from bench_cases.nameless import nameless
    from bench_cases.speed.run import run_suite

    device = pick_device(options.device)
    suite = _suite(options, device)
    command = ["sambench", "speed", *map(nameless, sys.argv[2:])]
    return run_suite(suite, device=device, command=command, threads=options.threads, say=_say)


def _suite(options: argparse.Namespace, device: Device) -> Suite:
    """Return what is to be measured, with everything that was typed checked.

    Raises
    ------
    SelectionError
        For options that do not go together, numbers out of range, and a suite of another device.
    """
    from bench_cases.errors import SelectionError
    from bench_cases.speed.suites import rehearsal, suite_named

    for name in ("slices", "rounds", "batch", "volumes"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            msg = f"--{name} is {getattr(options, name)}; expected at least 1."
            raise SelectionError(msg)
    if options.model is not None:
        if options.suite is not None or options.rehearse:
            msg = "--model and a suite at once; expected one of them. Leave --suite and --rehearse out, or --model."
            raise SelectionError(msg)
        return _of_models(options, device)
    given = [f"--{name}" for name in _ALONE if getattr(options, name)]
    if given:
        msg = f"{', '.join(given)} without --model; expected it, because a suite fixes all of these. Name a model."
        raise SelectionError(msg)
    suite = suite_named(options.suite or ("gpu" if device == "cuda" else "cpu"))
    if options.rehearse:
        return rehearsal(suite)
    if suite.device != device:
        msg = (
            f"suite {suite.name!r} is about {suite.device}, and the device is {device}; expected the same. "
            f"Choose --device {suite.device} on a machine that has it, or try the whole path with --rehearse."
        )
        raise SelectionError(msg)
    return suite


def _of_models(options: argparse.Namespace, device: Device) -> Suite:
    """Return one comparison and the latencies of each model named."""
    from bench_cases.errors import SelectionError
    from bench_cases.models._devices import check_precision, faster_in_bf16
    from bench_cases.speed.plan import SIDE, LatencyPlan, Plan
    from bench_cases.speed.scan import check_side
    from bench_cases.speed.strategies import comparable
    from bench_cases.speed.suites import Suite

    names = options.model.split(",")
    strategies = tuple((options.strategies or "every.composite").split(","))
    slower = options.precision is None and device == "cpu" and not faster_in_bf16(device)
    precisions = tuple(
        check_precision(it) for it in (options.precision or ("fp32" if slower else "fp32,bf16")).split(",")
    )
    side = check_side(options.size or SIDE)
    for name in names:
        if comparable(strategies, name)[0].mode == "image" and (options.volumes or 1) > 1:
            msg = (
                f"--volumes {options.volumes} with {', '.join(strategies)}; expected strategies of video mode, whose "
                "propagations can advance together. Name others with --strategies."
            )
            raise SelectionError(msg)
    plans = tuple(
        Plan(
            model=name,
            strategies=strategies,
            slices=options.slices or 32,
            side=side,
            rounds=options.rounds or 3,
            precisions=precisions,
            random=options.random,
            batch=options.batch,
            volumes=options.volumes or 1,
            jpeg=options.jpeg,
        )
        for name in names
    )
    latencies = tuple(LatencyPlan(model=name, side=side, random=options.random) for name in names)
    return Suite(
        name="",
        device="cuda" if device == "cuda" else "cpu",
        plans=plans,
        latencies=latencies,
        not_run=(("bf16", _SLOWER),) if slower else (),
    )


def _keep(found: dict[str, Any], path: Path | None) -> None:
    from bench_cases.cli._output import write
    from bench_cases.speed.record import as_text

    if path is None:
        path = Path("reports") / f"speed-{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    write(as_text(found), path, sys.stdout)
    sys.stdout.write(f"record: {path}\n")


def _show(found: dict[str, Any]) -> None:
    from rich.console import Console

    from bench_cases.speed.table import render

    console = Console(width=None if sys.stdout.isatty() else 160)
    for part in render(found):
        console.print(part)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
