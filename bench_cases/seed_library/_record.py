"""The record of a seed: ``seed.json``, version 1, to and from the noun."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, cast, get_args

import numpy as np
from numpy.typing import NDArray

from bench_cases.engine.foreign_seed import frame_digest
from bench_cases.errors import SeedError, StrategyError
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.seed_library._checks import Record
from bench_cases.seed_library._png import LARGEST_PIXELS
from bench_cases.seed_library.seed import Seed, Source, check_name
from bench_cases.volume import Scaling, Scanner, Window

SCHEMA: Final = "sambench-seed"
VERSION: Final = 1

_KEYS: Final = (
    "schema", "name", "created_utc", "sambench", "source", "modality", "target", "rule", "window", "scaling",
    "spacing_zyx_mm", "scanner", "frame", "prompt", "prompt_sha256",
)  # fmt: skip
_SOURCE_KEYS: Final = ("dataset", "volume", "slice", "slices", "slice_sha256", "own", "phantom", "licence")
_PROMPT_KEYS: Final = ("size_yx", "points_xy", "labels", "box_xyxy")


def provenance(seed: Seed) -> dict[str, Any]:
    """Return what is known of a seed beside its pixels and its prompt, in strict JSON."""
    source = seed.source
    return {
        "name": seed.name,
        "created_utc": seed.created_utc,
        "sambench": seed.sambench,
        "source": {
            "dataset": source.dataset,
            "volume": source.volume,
            "slice": source.slice_index,
            "slices": source.slices,
            "slice_sha256": source.slice_sha256,
            "own": source.own,
            "phantom": source.phantom,
            "licence": source.licence,
        },
        "modality": seed.modality,
        "target": seed.target,
        "rule": seed.rule,
        "window": None if seed.window is None else seed.window._asdict(),
        "scaling": seed.scaling,
        "spacing_zyx_mm": None if seed.spacing_zyx_mm is None else list(seed.spacing_zyx_mm),
        "scanner": None if seed.scanner is None else seed.scanner._asdict(),
    }


def to_json(seed: Seed) -> str:
    """Return the text of ``seed.json``."""
    record = {
        "schema": {"name": SCHEMA, "version": VERSION},
        **provenance(seed),
        "frame": {"size_yx": list(seed.size_yx), "sha256": frame_digest(seed.frame)},
        "prompt": seed.prompt.to_json(),
        "prompt_sha256": seed.prompt.digest(),
    }
    return json.dumps(record, indent=2, allow_nan=False) + "\n"


def parse(content: bytes, where: str) -> Record:
    """Return the record in the bytes of a ``seed.json``, its schema and its keys checked.

    Raises
    ------
    SeedError
        For what is no JSON object, or of another schema or version.
    """
    try:
        found = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:120]
        msg = f"{where} is no JSON ({reason}); expected the record of a seed. Make, export or import it again."
        raise SeedError(msg) from error
    if not isinstance(found, dict):
        msg = f"{where} holds a {type(found).__name__}; expected a JSON object. Make, export or import it again."
        raise SeedError(msg)
    record = Record(found, where)
    schema = record.record("schema")
    schema.word("name", (SCHEMA,))
    if (version := schema.whole("version")) > VERSION:
        msg = f"{where} is of schema version {version}; expected {VERSION}. Update sambench: git pull in its checkout"
        raise SeedError(msg)
    schema.whole("version", least=VERSION)
    return record.only(_KEYS)


def _refuse_constant(word: str) -> None:
    msg = f"a bare {word}, which JSON does not have"
    raise ValueError(msg)


def size_of(record: Record) -> tuple[int, int]:
    """Return height and width of the frame; what would not fit is refused before anything is allocated.

    Raises
    ------
    SeedError
        For a size that is none.
    """
    frame = record.record("frame").only(("size_yx", "sha256"))
    size = frame.entries("size_yx")
    if len(size) != 2 or any(type(side) is not int or side < 1 for side in size) or size[0] * size[1] > LARGEST_PIXELS:
        frame.refuse("size_yx", f"height and width, up to {LARGEST_PIXELS} pixels together")
    return size[0], size[1]


def has_mask(record: Record) -> bool:
    """Whether the prompt of a record has a mask, which is kept as a picture."""
    return "mask" in record.record("prompt").values


def from_record(record: Record, grey_yx: NDArray[np.uint8], mask_yx: NDArray[np.bool_] | None) -> Seed:
    """Build the seed of a record from its pictures; the digests of frame and prompt are compared.

    Raises
    ------
    SeedError
        For a value that is not what it should be, or a digest that does not match.
    """
    frame: Frame = np.repeat(grey_yx[:, :, np.newaxis], 3, axis=2)
    prompt = _prompt(record.record("prompt"), size_of(record), mask_yx)
    for what, expected, found in (
        ("frame", record.record("frame").digest("sha256"), frame_digest(frame)),
        ("prompt", record.digest("prompt_sha256"), prompt.digest()),
    ):
        if found != expected:
            msg = (
                f"the {what} of {record.where} has SHA-256 {found[:12]}..., and its record says {expected[:12]}...: "
                "one of the two was changed. Make, export or import the seed again."
            )
            raise SeedError(msg)
    name = record.text("name")
    check_name(name)
    source = record.record("source").only(_SOURCE_KEYS)
    window = record.optional("window")
    scanner = record.optional("scanner")
    spacing = record.values.get("spacing_zyx_mm")
    return Seed(
        name=name,
        frame=frame,
        prompt=prompt,
        source=Source(
            dataset=source.text("dataset"),
            volume=source.text_or_none("volume"),
            slice_index=source.whole("slice"),
            slices=source.whole("slices", least=1),
            slice_sha256=source.digest("slice_sha256"),
            own=source.truth("own"),
            phantom=source.truth("phantom"),
            licence=source.text("licence"),
        ),
        modality=record.text("modality"),
        target=record.text("target"),
        rule=record.text("rule"),
        window=None if window is None else _window(window.only(("level", "width"))),
        scaling=cast("Scaling", record.word("scaling", get_args(Scaling))),
        spacing_zyx_mm=None if spacing is None else cast("tuple[float, float, float]", _spacing(record)),
        scanner=None if scanner is None else _scanner(scanner.only(("manufacturer", "model"))),
        sambench=record.text("sambench"),
        created_utc=record.time_utc("created_utc"),
    )


def _window(record: Record) -> Window:
    return Window(record.number("level"), record.number("width"))


def _scanner(record: Record) -> Scanner:
    return Scanner(record.text_or_none("manufacturer"), record.text_or_none("model"))


def _spacing(record: Record) -> tuple[float, ...]:
    spacing = record.numbers("spacing_zyx_mm", 3)
    if min(spacing) <= 0:
        record.refuse("spacing_zyx_mm", "three lengths above 0 in millimetres")
    return spacing


def _prompt(record: Record, size_yx: tuple[int, int], mask_yx: NDArray[np.bool_] | None, *, depth: int = 0) -> Prompt:
    record.only([*_PROMPT_KEYS, *(key for key in ("mask", "apart") if key in record.values)])
    if record.entries("size_yx") != list(size_yx):
        record.refuse("size_yx", f"the size of the frame, {list(size_yx)}")
    points = [
        _as_record(point, f"{record.where}.points_xy").numbers("value", 2) for point in record.entries("points_xy")
    ]
    labels = [_as_record(label, f"{record.where}.labels").whole("value", most=1) for label in record.entries("labels")]
    box = None if record.values["box_xyxy"] is None else record.numbers("box_xyxy", 4)
    parts: list[Prompt] = []
    if "apart" in record.values:
        if depth:
            record.refuse("apart", "no parts within parts")
        for part in record.entries("apart"):
            holder = _as_record(part, f"{record.where}.apart")
            parts.append(_prompt(holder.record("value"), size_yx, None, depth=depth + 1))
    try:
        return Prompt(
            size_yx=size_yx,
            points_xy=tuple((x, y) for x, y in points),
            labels=tuple(labels),
            box_xyxy=cast("tuple[float, float, float, float] | None", box),
            mask_yx=mask_yx,
            apart=tuple(parts),
        )
    except StrategyError as error:
        msg = f"{record.where}: {error} Make, export or import the seed again."
        raise SeedError(msg) from error


def _as_record(value: object, where: str) -> Record:
    """Wrap an entry of a list so that it is checked like any other value."""
    wrapped: Mapping[str, Any] = {"value": value}
    return Record(wrapped, where)
