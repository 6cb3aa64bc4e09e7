"""``sambench report``, ``figures`` and ``view``: what a person looks at."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench_cases.analysis.gate.config import GateConfig
    from bench_cases.page.looks.look import ReadVolume
    from bench_cases.page.study import Study


def declare(commands: Any) -> None:
    """Declare the three commands."""
    report = commands.add_parser(
        "report",
        help="show the table of a report, or write a page with everything: verdict, tables, figures",
        description="Print the table of a report or of a run that was interrupted; with -o write one HTML file.",
    )
    _reports(report)
    report.add_argument("-o", "--output", type=Path, metavar="report.html", help="write a self-contained page there")
    report.add_argument("--images", action="store_true", help="show slices; the page then holds pixels of scans")
    _pixels(report)
    report.set_defaults(run=run_report)

    figures = commands.add_parser("figures", help="write the figures of a report as PNG and SVG files")
    _reports(figures)
    figures.add_argument("-o", "--output", type=Path, metavar="DIR", required=True, help="folder for the files")
    figures.set_defaults(run=run_figures)

    view = commands.add_parser("view", help="write a page that shows the masks of a case, slice by slice")
    view.add_argument("file", type=Path, metavar="RUN.json", help="a report of a run with --sam-save-masks")
    view.add_argument("case", metavar="CASE", help="id of the case, or words that only its id holds")
    view.add_argument("-o", "--output", type=Path, metavar="view.html", help="default: named after the case")
    _pixels(view)
    view.set_defaults(run=run_view)


def _reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="RUN.json", help="reports/RUN.json, or the journal beside it")
    parser.add_argument("base", type=Path, nargs="?", metavar="BASE.json", help="a baseline to judge and compare with")
    parser.add_argument(
        "--published",
        type=Path,
        metavar="FLOORS.toml",
        help="draw the published scores of this file, for instance benchmark/floors.toml",
    )
    parser.add_argument(
        "--config", type=Path, metavar="gate.toml", help="with BASE.json: what may be lost, and which models are paired"
    )


def _pixels(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--masks", type=Path, metavar="DIR", help="saved masks (default: where the run saved them)")
    parser.add_argument(
        "--folder", action="append", default=[], metavar="NAME=DIR", help="your own scans, as --sam-folder in the run"
    )


def run_report(options: argparse.Namespace) -> int:
    """Print the table, or write the page.

    Raises
    ------
    SambenchError
        When what was typed or read cannot be used.
    """
    from bench_cases.errors import SelectionError

    if options.output is None:
        unused = {"BASE.json": options.base, "--published": options.published, "--config": options.config}
        given = [name for name, value in {**unused, "--images": options.images or None}.items() if value is not None]
        if given:
            msg = f"{', '.join(given)} without -o; expected -o report.html, since the table shows none of it."
            raise SelectionError(msg)
        from bench_cases.cli.show_report import show_report

        return show_report(str(options.file))
    study, config = _study(options)
    from bench_cases.cli._output import PIXELS, write
    from bench_cases.page.looks.gallery import gallery
    from bench_cases.page.looks.look import masks_directory
    from bench_cases.page.report_page import report_page

    pictures = None
    if options.images:
        pictures = gallery(study, options.masks or masks_directory(study.run), _reader(options.folder))
    page = report_page(study, _verdicts(study, config), pictures)
    write(page, options.output, sys.stdout)
    sys.stdout.write(f"written: {options.output} ({len(page.encode()) / 1e6:.1f} MB)\n")
    if pictures is not None:
        lines = [*([PIXELS] if pictures.exhibits else []), *(f"not shown: {reason}" for reason in pictures.missing)]
        sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def run_figures(options: argparse.Namespace) -> int:
    """Write every figure twice, as PNG and SVG.

    Raises
    ------
    SambenchError
        When what was typed or read cannot be used.
    """
    study, _ = _study(options)
    from bench_cases.errors import ReportError
    from bench_cases.page.figures.catalogue import KINDS, figures

    found = figures(study)
    try:
        options.output.mkdir(parents=True, exist_ok=True)
        for figure in (figure for of_kind in found.values() for figure in of_kind):
            (options.output / f"{figure.name}.svg").write_text(figure.svg(), encoding="utf-8")
            (options.output / f"{figure.name}.png").write_bytes(figure.png())
    except OSError as problem:
        msg = f"{options.output}: cannot be written: {problem.strerror or problem}; expected a folder for the figures."
        raise ReportError(msg) from None
    count = sum(map(len, found.values()))
    sys.stdout.write(f"written: {count} figures as PNG and SVG in {options.output}\n")
    for kind in (kind for kind, drawn in found.items() if not drawn):
        sys.stdout.write(f"not drawn: {KINDS[kind].heading.lower()}, which needs {KINDS[kind].needs}\n")
    return 0


def run_view(options: argparse.Namespace) -> int:
    """Write the page of a case.

    Raises
    ------
    SambenchError
        When the case, its masks or its data are not there, or not those of the run.
    """
    from bench_cases.page.extra import require_extra

    require_extra()
    from bench_cases.cli._output import PIXELS, write
    from bench_cases.page.figures.figure import file_name
    from bench_cases.page.looks.look import look, masks_directory, scanned
    from bench_cases.page.view_page import case_named, view_page
    from bench_cases.report.read import load

    run = load(options.file)
    result = case_named(run, options.case)
    volume = scanned(_reader(options.folder)(result.case.dataset, result.case.volume), run, result)
    page = view_page(run, look(run, result, volume, options.masks or masks_directory(run)))
    output = options.output or Path(f"{file_name(result.case.key)}.html")
    write(page, output, sys.stdout)
    sys.stdout.write(f"written: {output} ({len(page.encode()) / 1e6:.1f} MB)\n{PIXELS}\n")
    return 0


def _study(options: argparse.Namespace) -> tuple[Study, GateConfig]:
    """Return what was read, and what may be lost: its [models] say which models are compared."""
    from bench_cases.page.extra import require_extra

    require_extra()
    from bench_cases.analysis.gate.config import GateConfig
    from bench_cases.errors import SelectionError
    from bench_cases.page.published import read_published
    from bench_cases.page.study import Study
    from bench_cases.report.read import load

    if options.base is None and options.config is not None:
        msg = "--config without BASE.json; expected a baseline to judge the run by."
        raise SelectionError(msg)
    config = GateConfig() if options.config is None else GateConfig.read(options.config)
    published = [] if options.published is None else read_published(options.published)
    base = None if options.base is None else load(options.base)
    return Study.of(load(options.file), base, published, config.models), config


def _verdicts(study: Study, config: GateConfig) -> list[Any]:
    from bench_cases.analysis.gate.gate import judge

    return [] if study.base is None else judge(study.run, study.base, config)


def _reader(folders: list[str]) -> ReadVolume:
    """Return what reads a volume of a dataset as selected, the user's own folders among them."""
    from bench_cases.cli.volumes import named_datasets, read_volume
    from bench_cases.errors import SelectionError
    from bench_cases.volume import Volume

    known = named_datasets(folders)

    def read(dataset: str, volume: str) -> Volume:
        name = dataset.partition(":")[0]
        if name not in known:
            msg = (
                f"{name!r} is no dataset of sambench: it was a folder of its user's own in the run (--sam-folder); "
                f"expected to be told where it is. Add --folder {name}=DIR."
            )
            raise SelectionError(msg)
        return read_volume(f"{dataset}/{volume}", known)[0]

    return read
