"""``sambench seeds make|list|show|use|export|import``: what is done with stored seeds."""

from __future__ import annotations

import argparse
import sys

from bench_cases.cli.volumes import dataset_named, named_datasets, read_volume, rule_named
from bench_cases.errors import SeedError
from bench_cases.seed_library.archive import SUFFIX, export_seed, import_seed
from bench_cases.seed_library.library import Library
from bench_cases.seed_library.seed import Seed, check_name

_PLURALS = {"point": "points", "box": "boxes", "mask": "masks"}


def _library(parsed: argparse.Namespace) -> Library:
    return Library() if parsed.library is None else Library(folder=parsed.library.expanduser())


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def make(parsed: argparse.Namespace) -> int:
    """Make a seed from a slice and store it."""
    from bench_cases import registry
    from bench_cases.seed_library.make import make_seed

    check_name(parsed.name)
    library = _library(parsed)
    library.must_be_free(parsed.name, replace=parsed.replace)  # before a volume is read
    rule = rule_named(parsed.prompt, registry.prompt_rules())
    own, known = named_datasets(parsed.folder, own_only=True), named_datasets(parsed.folder)
    volume, base = read_volume(parsed.volume, known, scaling=parsed.scaling)
    seed = make_seed(
        volume,
        rule,
        name=parsed.name,
        which=parsed.which,
        licence=known[base].info.licence,
        own=base in own,
    )
    path = library.write(seed, replace=parsed.replace)
    _say(*_facts(seed), f"stored:   {path}")
    if seed.source.own:
        _say(
            "",
            "This seed holds the pixels of one slice of your own scans. The name of the volume was left out. It stays",
            "on this machine until you copy or export it; look at it first for text burned into the picture.",
        )
    _say(
        "",
        f"next:     sambench seeds show {seed.name}",
        f"          sambench seeds use {seed.name}        (what to type to run with it)",
    )
    return 0


def _facts(seed: Seed) -> list[str]:
    height, width = seed.size_yx
    prompt = seed.prompt
    counts = {"point": prompt.n_points, "box": prompt.n_boxes, "mask": int(prompt.mask_yx is not None)}
    drawn = [f"{count} {word if count == 1 else _PLURALS[word]}" for word, count in counts.items() if count]
    window = "none" if seed.window is None else f"level {seed.window.level:g}, width {seed.window.width:g}"
    spacing = seed.spacing_zyx_mm
    return [
        f"seed:     {seed.name}" + (" (PHANTOM)" if seed.source.phantom else ""),
        f"from:     {seed.source}",
        f"shows:    {seed.target}, {seed.modality}",
        f"prompt:   {seed.rule}: {', '.join(drawn)}",
        f"frame:    {height} x {width} pixels, window {window}, stretched by {seed.scaling}",
        "spacing:  "
        + ("not known" if spacing is None else " x ".join(f"{size:.4g}" for size in spacing) + " mm (z, y, x)"),
        *([] if seed.scanner is None else ["scanner:  " + " ".join(filter(None, seed.scanner))]),
        f"licence:  {seed.source.licence or 'not stated'}",
        f"made:     {seed.created_utc} by sambench {seed.sambench}",
        f"sha256:   {seed.digest()}",
    ]


def show_list(parsed: argparse.Namespace) -> int:
    """Print the seeds there are; a damaged one is a line of its own, and the exit code is then 1."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    library = _library(parsed)
    table = Table(title=f"seeds in {library.folder}", title_justify="left", box=None, pad_edge=False)
    for column in ("name", "from", "shows", "prompt", "sha256", "made"):
        table.add_column(column, no_wrap=column in {"sha256", "made"}, overflow="fold")
    damaged: list[str] = []
    for name, seed in library:
        if isinstance(seed, SeedError):
            damaged.append(str(seed))
            continue
        source = f"{seed.source}{' PHANTOM' if seed.source.phantom else ''}{' (your own)' if seed.source.own else ''}"
        shows = f"{seed.target}, {seed.modality}"
        cells = (name, source, shows, seed.rule, seed.digest()[:12], seed.created_utc[:10])
        table.add_row(*map(Text, cells))
    console = Console(highlight=False)
    if table.row_count:
        console.print(table)
    elif not damaged:
        _say(f"no seeds in {library.folder}; `sambench seeds make DATASET/VOLUME --name NAME` makes one")
    for line in damaged:
        sys.stderr.write(f"sambench: {line}\n")
    return int(bool(damaged))


def show(parsed: argparse.Namespace) -> int:
    """Draw a seed into a file and print what is known of it."""
    from pathlib import Path

    from bench_cases.seed_library.picture import draw_seed

    seed = _library(parsed).read(parsed.name)
    path = parsed.out or Path(f"{seed.name}.seed.png")
    try:
        draw_seed(seed).save(path, "PNG")
    except OSError as error:
        msg = (
            f"{path} cannot be written ({error.strerror or error}); expected a writable place. Name another with --out."
        )
        raise SeedError(msg) from error
    _say(*_facts(seed), f"picture:  {path}")
    return 0


def use(parsed: argparse.Namespace) -> int:
    """Check a seed and say what to type; nothing is set, so that what is typed is what is run."""
    from bench_cases.seed_library.applied import differences_from_set

    seed = _library(parsed).read(parsed.name)
    given = seed.name if parsed.dataset is None else f"{parsed.dataset}={seed.name}"
    chosen = "" if parsed.dataset is None else f" --sam-dataset {parsed.dataset}"
    chosen += "".join(f" --sam-folder {text}" for text in parsed.folder)
    folder = "" if parsed.library is None else f" --sam-seed-library {parsed.library}"
    served = [f"dataset.{seed.rule}.*"]
    if seed.prompt.mask_yx is None:  # a mask has no coordinates to be carried to another frame
        served.append(f"dataset=coordinates.{seed.rule}.*")
    _say(
        f"pytest benchmark --sam-strategy dataset.{seed.rule}.both --sam-seed {given}{chosen}{folder}",
        "",
        f"With it, strategies {' and '.join(served)} take their prompt from this seed,",
        "not from the dataset's first volume. There is no hidden default: a run uses what its command line names, and",
        "its report says so. A suite makes it its default where everybody sees it, in pyproject.toml:",
        "",
        "[tool.pytest.ini_options]",
        f'addopts = "--sam-seed {given}{folder}"',
    )
    if parsed.dataset is not None:
        dataset, target = dataset_named(parsed.dataset, named_datasets(parsed.folder))
        info = dataset.info
        targets = (target or next(iter(info.targets)),)
        found = differences_from_set(seed, modality=info.modality, targets=targets, phantom=info.phantom)
        _say("", *(f"note: {line}" for line in found or ["nothing known of the dataset speaks against it"]))
    return 0


def export(parsed: argparse.Namespace) -> int:
    """Write one archive, and say what it gives away."""
    from pathlib import Path

    seed = _library(parsed).read(parsed.name)
    path = parsed.out or Path(f"{seed.name}{SUFFIX}")
    given = export_seed(seed, path, yes=parsed.yes, replace_file=parsed.replace)
    _say(f"{path}: written; {given}")
    return 0


def take_over(parsed: argparse.Namespace) -> int:
    """Read an archive and store its seed."""
    if parsed.name is not None:
        check_name(parsed.name)
    seed = import_seed(parsed.file, name=parsed.name)
    path = _library(parsed).write(seed, replace=parsed.replace)
    _say(*_facts(seed), f"stored:   {path}", "", f"next:     sambench seeds show {seed.name}")
    return 0
