"""The tables of ``docs/strategies.md``, made from the code: ``python -m bench_cases.cli.document_strategies FILE``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from bench_cases import registry
from bench_cases.errors import StrategyError
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.seeds import NUMBERED
from bench_cases.prompting.sources import SOURCES, studies_by_strategy
from bench_cases.prompting.strategy import CHOICES, SEEDS, Choice, Direction, Strategy, parse
from bench_cases.prompting.walk_part import INTERPOLATE, ORDER, Order
from bench_cases.report.marked_part import MarkedPart

BEGIN: Final = "<!-- tables: begin (python -m bench_cases.cli.document_strategies docs/strategies.md) -->"
END: Final = "<!-- tables: end -->"

NUMBER: Final = 3
"""Stands for N and K where a table asks what a name with a number can do."""

NONE: Final = "-"


class Column(NamedTuple):
    """A way through a volume, or none: image mode."""

    title: str
    direction: Direction | None
    order: Order = "listed"
    interpolate: int = 0


COLUMNS: Final = (
    Column("image mode", None),
    Column("`forward`", "forward"),
    Column("`both`", "both"),
    Column(f"`forward.{ORDER}similar`", "forward", order="similar"),
    Column(f"`forward.{INTERPOLATE}K`", "forward", interpolate=NUMBER),
    Column(f"`both.{INTERPOLATE}K`", "both", interpolate=NUMBER),
)


class Cell(NamedTuple):
    """The mask choices that run, and by study those of them that it ran."""

    choices: tuple[Choice, ...]
    studies: tuple[tuple[str, tuple[Choice, ...]], ...]


class Row(NamedTuple):
    """What a prompt can do under seeds that can do the same, by the same studies: one cell a column."""

    prompt: str
    seeds: tuple[str, ...]
    cells: tuple[Cell, ...]


def strategy_rows(rules: RuleBook) -> list[Row]:
    """Return every prompt, those with numbers by their forms, under every seed."""
    studies = studies_by_strategy(rules)
    rows: list[Row] = []
    for prompt in (*rules, *rules.forms):
        seeds_of: dict[tuple[Cell, ...], list[str]] = {}
        for seed in (*SEEDS, f"{NUMBERED}N"):
            cells = tuple(_cell(seed, prompt, column, rules, studies) for column in COLUMNS)
            seeds_of.setdefault(cells, []).append(seed)
        rows += [Row(prompt, tuple(seeds), cells) for cells, seeds in seeds_of.items()]
    return rows


def _cell(seed: str, prompt: str, column: Column, rules: RuleBook, studies: Mapping[Strategy, list[str]]) -> Cell:
    """Return what runs in one column; a form with a number can do what any of its members can."""
    if (seed == "every") != (column.direction is None):
        return Cell((), ())
    seed = seed.replace(f"{NUMBERED}N", f"{NUMBERED}{NUMBER}")
    members = [prompt] if prompt in rules.listed else [member_of(prompt, rules), *_used(prompt, rules)]
    choices: list[Choice] = []
    ran: dict[str, dict[Choice, None]] = {}
    for choice in CHOICES:
        each = [Strategy(seed, it, column.direction, choice, column.order, column.interpolate) for it in members]
        if why_not(each[0], rules[members[0]]) is None:
            choices.append(choice)
        for study in (study for strategy in each for study in studies.get(strategy, ())):
            ran.setdefault(study, {})[choice] = None
    return Cell(tuple(choices), tuple((study, tuple(its)) for study, its in ran.items()))


def member_of(form: str, rules: RuleBook) -> str:
    """Return a name that a form stands for: the first of those that mean something.

    Raises
    ------
    StrategyError
        When none does.

    Examples
    --------
    >>> member_of("RULE-noisyNpct", registry.prompt_rules())
    'box-noisy3pct'
    """
    numbered = form.replace("N", str(NUMBER))
    for name in (numbered.replace("RULE", rule) for rule in rules):
        try:
            parse(f"every.{name}", prompts=rules)
        except StrategyError:
            continue
        return name
    msg = f"no prompt has a name like {form!r}; expected one, with N a number and RULE a rule with a fixed name."
    raise StrategyError(msg)


def _used(form: str, rules: RuleBook) -> list[str]:
    """Return the members of a family that a study used."""
    stem = form.partition("N")[0]
    return [name for name in rules.examples if name.startswith(stem)]


def tables() -> str:
    """Return the tables as Markdown."""
    rules = registry.prompt_rules()
    head = ("prompt", "seeds", *(column.title for column in COLUMNS))
    body = [(f"`{row.prompt}`", _quoted(row.seeds), *map(_shown, row.cells)) for row in strategy_rows(rules)]
    ran = ((source.key, source.title, _quoted(source.strategies)) for source in SOURCES)
    return "\n\n".join(
        [
            "### What can be run",
            _table(head, body),
            "### Who ran what",
            _table(("study", "title", "strategies"), ran),
            "### Which models",
            _table(("modes", "models", "strategies"), _models()),
        ]
    )


def _models() -> Iterator[Sequence[str]]:
    """Yield the models by the modes that they offer, and which strategies these serve."""
    serves = {"image": "`every`", "video": "all other seeds"}
    by_modes: dict[tuple[str, ...], list[str]] = {}
    for name, checkpoint in registry.checkpoints().items():
        by_modes.setdefault(checkpoint.modes, []).append(name)
    for modes, names in by_modes.items():
        yield (", ".join(modes), _quoted(names), ", ".join(serves[mode] for mode in modes))


def _shown(cell: Cell) -> str:
    runs = "all" if set(cell.choices) == set(CHOICES) else _quoted(cell.choices) or NONE
    return "; ".join([runs, *(f"{study} {_quoted(choices)}" for study, choices in cell.studies)])


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *body))


PART: Final = MarkedPart(begin=BEGIN, end=END, make=tables)


if __name__ == "__main__":
    PART.refresh(Path(sys.argv[1]))
