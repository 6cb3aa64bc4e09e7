"""Comparing two ways to prompt within a run: strategies that differ in one part of their name, and in nothing else.

``box`` against ``point``, ``both`` against ``forward``, ``first`` against ``confident``, ``largest`` against ``edge``:
the comparisons of Dong et al. (2024), on any run that holds both sides.
"""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Sequence
from typing import Any, Final

from bench_cases import registry
from bench_cases.analysis.compare import Comparison, assembled
from bench_cases.analysis.observations import Mode, Observed, metrics_of
from bench_cases.analysis.pairing import LeftOut, Pairing
from bench_cases.analysis.rows import PairedGroup, Side, paired_groups
from bench_cases.cases import UPPER_BOUND, CaseResult
from bench_cases.errors import ReportError
from bench_cases.prompting.strategy import Strategy, parse
from bench_cases.report.read import Report

OPEN: Final = "*"
"""Stands in a strategy's name for the part that differs."""

PARTS: Final = ("seed", "prompt", "direction", "choice", "order", "interpolate")


def within_parts(report: Report, a: str, b: str, *, mode: Mode = "volume", metrics: Sequence[str] = ()) -> Comparison:
    """Compare part `a` with part `b` of the strategies of one run, model by model.

    There is one test for each dataset and rest of a name; in mode ``volume`` another one on the mean over all rests, on
    the volumes that are paired in each of them, so that a volume counts once.

    Parameters
    ----------
    a, b
        Two values of the same part: two seeds, prompts, directions or mask choices (``single`` where a name has none).
    metrics
        Default: all of the mode but ``embed``, which knows no strategy.

    Raises
    ------
    ReportError
        When no strategy of the run has a part, or the two are of different parts.

    Examples
    --------
    With ``largest.box.both.first`` and ``largest.point.both.first`` in a report, ``within_parts(report, "box",
    "point")`` pairs the two, volume by volume, under the name ``largest.*.both.first``.
    """
    rules = registry.prompt_rules()
    parsed = {result.case.strategy: parse(result.case.strategy, prompts=rules) for result in report.results}
    part = _part_of(a, b, list(parsed.values()), report)
    chosen = [metric for metric in metrics or metrics_of(mode) if metric != "embed"]
    if not chosen:
        msg = "metric 'embed' between strategies; expected another, because an encoder knows no strategy."
        raise ReportError(msg)
    groups: list[PairedGroup] = []
    left_out: dict[object, tuple[str, str, LeftOut]] = {}
    for model in dict.fromkeys(result.case.model for result in report.results):
        one, other = (
            Side(f"{model} {value}", Observed(_open(report.results, parsed, model, part, value))) for value in (a, b)
        )
        for metric in chosen:
            cells, alone = paired_groups(one, other, metric, mode)
            groups.extend(cells)
            groups.extend(_means(cells) if mode == "volume" else ())
            for left in alone:
                # A rest of a name that the other side has nowhere is no gap: it was not asked for.
                if any((cell.dataset, cell.strategy) == (left.key.dataset, left.key.strategy) for cell in cells):
                    left_out.setdefault((model, left.key, left.side), (one.label, other.label, left))
    compared = assembled(groups, list(left_out.values()), mode=mode, reports=(report,))
    if "oracle" in {a, b}:  # no name says it any more
        return dataclasses.replace(compared, warnings=(*compared.warnings, UPPER_BOUND))
    return compared


def _part_of(a: str, b: str, strategies: Sequence[Strategy], report: Report) -> str:
    """Return the name of the part that has both values."""
    where = {value: [part for part in PARTS if _has(strategies, part, value)] for value in (a, b)}
    for value in (a, b):
        if not where[value]:
            known = sorted({str(getattr(strategy, part)) for strategy in strategies for part in PARTS[:4]} - {"None"})
            near = difflib.get_close_matches(value, known, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"{report.path}: no strategy has the part {value!r}; expected one of {', '.join(known)}.{hint}"
            raise ReportError(msg)
    common = [part for part in where[a] if part in where[b]]
    if not common or a == b:
        msg = (
            f"{a!r} is a {where[a][0]} and {b!r} a {where[b][0]}; expected two different values of one part, such as "
            "box=point or both=forward."
        )
        raise ReportError(msg)
    return common[0]


def _has(strategies: Sequence[Strategy], part: str, value: str) -> bool:
    return any(str(getattr(strategy, part)) == value for strategy in strategies)


def _open(
    results: Sequence[CaseResult], parsed: dict[str, Strategy], model: str, part: str, value: str
) -> list[CaseResult]:
    """Return the results whose strategy has the value, under a name with the part left open."""
    found = []
    for result in results:
        strategy = parsed[result.case.strategy]
        if result.case.model == model and str(getattr(strategy, part)) == value:
            opening: Any = {part: OPEN}  # `single` too is then spelt, so that the name says where it stood
            opened = str(dataclasses.replace(strategy, **opening))
            found.append(dataclasses.replace(result, case=result.case._replace(strategy=opened)))
    return found


def _means(cells: Sequence[PairedGroup]) -> list[PairedGroup]:
    """Return, for each dataset with several cells, the pairs of means over them."""
    means = []
    for dataset in dict.fromkeys(cell.dataset for cell in cells):
        same = [cell for cell in cells if cell.dataset == dataset]
        if len(same) < 2:
            continue
        by_volume = [
            {key.volume: (a, b) for key, a, b in zip(c.pairing.keys, c.pairing.a, c.pairing.b, strict=True)}
            for c in same
        ]
        volumes = [volume for volume in by_volume[0] if all(volume in pairs for pairs in by_volume)]
        name = f"mean of {len(same)} strategies"
        keys = [key for key in same[0].pairing.keys if key.volume in volumes]
        means.append(
            dataclasses.replace(
                same[0],
                strategy=name,
                shared=any(cell.shared for cell in same),
                pairing=Pairing(
                    keys=tuple(key._replace(strategy=name) for key in keys),
                    a=tuple(sum(pairs[key.volume][0] for pairs in by_volume) / len(same) for key in keys),
                    b=tuple(sum(pairs[key.volume][1] for pairs in by_volume) / len(same) for key in keys),
                    left_out=(),
                ),
            )
        )
    return means
