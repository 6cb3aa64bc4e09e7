"""Whether reports are the parts of one run: cut from one selection, run alike, each there once, none missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench_cases.errors import ReportError
from bench_cases.report.differences import differences
from bench_cases.report.read import Report


def shard_of(part: Report) -> Mapping[str, Any]:
    """Return what a part says of itself."""
    shard: Mapping[str, Any] = part.raw["run"]["shard"]
    return shard


def names(parts: Sequence[Report]) -> str:
    """Return the names of files, for messages."""
    return ", ".join(part.path.name for part in parts)


def refuse_what_is_no_part(parts: Sequence[Report]) -> None:
    """Raise `ReportError` for no report at all, one of a whole run, and one that is not as it was written."""
    if not parts:
        msg = "no report to merge; expected the parts of a run. Name them all: sambench merge part-*.json -o RUN.json."
        raise ReportError(msg)
    for part in parts:
        if "shard" not in part.raw["run"]:
            msg = (
                f"{part.path.name} is no part of a larger run; expected a report made with --sam-shard i/n. Leave it "
                "out; whole runs are compared with sambench compare."
            )
            raise ReportError(msg)
        if not part.sealed:
            # What is merged gets a checksum of its own, which would vouch for a file that nothing vouches for.
            msg = (
                f"{part.path.name} has no checksum, so it may not be as it was written; expected the report of a part. "
                "Run the part again."
            )
            raise ReportError(msg)


def refuse_strangers(parts: Sequence[Report]) -> None:
    """Raise `ReportError` unless all were cut from one selection, and run by the same code under the same settings."""
    first = parts[0]
    for other in parts[1:]:
        what, remedy = "", ""
        environments = [_of_scores(part.raw["environment"]) for part in (first, other)]
        if shard_of(first)["of"] != shard_of(other)["of"]:
            what = f"one is a part of {shard_of(first)['of']}, one of {shard_of(other)['of']}"
            remedy = "Merge parts of one run only."
        elif first.raw["settings"]["sha256"] != other.raw["settings"]["sha256"]:
            what = _shown(first.raw["settings"]["values"], other.raw["settings"]["values"])
            remedy = "Run all parts with the same options."
        elif environments[0] != environments[1]:
            what = _shown(*environments)
            remedy = "Run all parts with the same version of sambench and its libraries."
        elif shard_of(first)["selection_sha256"] != shard_of(other)["selection_sha256"]:
            what = "their selections differ"
            remedy = "Run all parts with the same names and -k, on machines with the same data and weights."
        else:
            what = _weights_differ(first, other)
            remedy = "Run all parts with the same files; sambench fetch brings them with their digests checked."
        if what:
            msg = f"{names((first, other))} are not parts of one run: {what}; expected the same. {remedy}"
            raise ReportError(msg)


def _of_scores(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of the environment decides over scores."""
    code = {name: environment["code"][name] for name in ("commit", "dirty")}
    return {"code": code, "packages": environment["packages"]}


def _shown(a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    return "; ".join(map(str, differences(a, b))) or "their settings differ"


def _weights_differ(a: Report, b: Report) -> str:
    for name in a.raw["models"].keys() & b.raw["models"].keys():
        for fact in ("weights_sha256", "precision"):
            one, other = (part.raw["models"][name].get(fact) for part in (a, b))
            if one != other:
                return f"{fact} of {name} is {str(one)[:12]} in one and {str(other)[:12]} in the other"
    return ""


def refuse_overlap(parts: Sequence[Report]) -> None:
    """Raise `ReportError` when a part, or a case, is there twice."""
    where: dict[str, Report] = {}
    numbers: dict[int, Report] = {}
    for part in parts:
        number = shard_of(part)["index"]
        if number in numbers:
            msg = (
                f"{names((numbers[number], part))} are both part {number} of {shard_of(part)['of']}; expected each "
                "part once. Leave one out: a case must not count twice."
            )
            raise ReportError(msg)
        numbers[number] = part
        for result in part.results:
            if result.case.key in where:
                msg = (
                    f"{names((where[result.case.key], part))} both have the case {result.case.key}; expected each "
                    "case in one part. Leave one out: a case must not count twice."
                )
                raise ReportError(msg)
            where[result.case.key] = part


def gaps(parts: Sequence[Report]) -> tuple[list[int], list[int]]:
    """Return the numbers of parts that are not there, and of those that are not whole."""
    there = {shard_of(part)["index"]: part for part in parts}
    expected = shard_of(parts[0])["cases_of_parts"]
    missing = [number for number in range(1, len(expected) + 1) if number not in there]
    incomplete = [
        number for number, part in there.items() if not part.complete or len(part.results) != expected[number - 1]
    ]
    return missing, incomplete


def gap_message(parts: Sequence[Report], missing: Sequence[int], incomplete: Sequence[int]) -> str:
    """Say what is not there, and how to get it."""
    of = shard_of(parts[0])["of"]
    expected = shard_of(parts[0])["cases_of_parts"]
    lines = [f"part {number} of {of} is missing; run it with --sam-shard {number}/{of}" for number in missing]
    for part in parts:
        number = shard_of(part)["index"]
        if number in incomplete:
            has = f"{len(part.results)} of {expected[number - 1]} cases"
            state = "" if part.complete else " and was stopped"
            lines.append(f"{part.path.name} (part {number}) has {has}{state}; go on with it with --sam-resume")
    return f"{'. '.join(lines)}. Expected all {of} parts, whole; --partial merges what there is and says so."
