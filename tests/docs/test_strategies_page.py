"""The page of strategies says what the code does: its tables are made from it, and checked here cell by cell."""

import re
from itertools import product
from pathlib import Path

import pytest

from bench_cases.cli.document_strategies import BEGIN, COLUMNS, END, PART, member_of
from bench_cases.errors import ReportError, StrategyError
from bench_cases.prompting.grids import expand
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.sources import SOURCES, studies_by_strategy
from bench_cases.prompting.strategy import CHOICES, DEFAULT_STRATEGIES, SEEDS, parse
from bench_cases.prompting.walk_part import WALKS
from bench_cases.registry import checkpoints, prompt_rules

PATH = Path(__file__).resolve().parents[2] / "docs" / "strategies.md"
PAGE = PATH.read_text(encoding="utf-8")
RULES = prompt_rules()


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


def cells():
    """Yield prompt, seed, column and text of every cell of the first table, as it stands on the page."""
    rows = PAGE.partition("### What can be run")[2].partition("###")[0].strip().splitlines()[2:]
    for row in rows:
        prompt, seeds, *texts = (text.strip() for text in row.strip("|").split(" | "))
        for seed, (column, text) in product(quoted(seeds), zip(COLUMNS, texts, strict=True)):
            yield quoted(prompt)[0], seed, column, text


def test_the_tables_are_those_that_the_code_makes():
    assert PART.refreshed(PAGE, "docs/strategies.md") == PAGE, (
        f"docs/strategies.md is stale; run python -m bench_cases.cli.document_strategies {PATH.name}"
    )


def test_every_prompt_has_every_seed_once_in_every_column():
    seen = [(prompt, seed, column.title) for prompt, seed, column, _ in cells()]
    titles = [column.title for column in COLUMNS]
    assert sorted(seen) == sorted(product((*RULES, *RULES.forms), (*SEEDS, "slice=N"), titles))
    assert all(any(walk in title for title in titles) for walk in WALKS)


def test_what_a_cell_says_runs_is_a_name_that_parses_and_can_be_run_and_nothing_else_can():
    count = 0
    for prompt, seed, column, text in cells():
        runs = CHOICES if text.startswith("all") else quoted(text.partition(";")[0])
        if (seed == "every") != (column.direction is None):
            assert text == "-"
            continue
        walk = "" if column.direction is None else column.title.strip("`").replace("K", "3") + "."
        member = prompt if prompt in RULES.listed else member_of(prompt, RULES)
        for choice in CHOICES:
            strategy = parse(f"{seed.replace('N', '3')}.{member}.{walk}{choice}", prompts=RULES)
            assert (why_not(strategy, RULES[member]) is None) == (choice in runs), (strategy, text)
            count += 1
    assert count > 1000


def test_every_strategy_that_a_study_ran_is_marked_with_it():
    marked = {
        (prompt, seed, column.direction, choice, study)
        for prompt, seed, column, text in cells()
        for study, choices in re.findall(r"; ([A-Z][0-9]+) ((?:`[a-z]+`(?:, )?)+)", text)
        for choice in quoted(choices)
    }
    forms = dict.fromkeys(RULES.examples, "centroid+N")
    assert marked == {
        (forms.get(it.prompt, it.prompt), it.seed, it.direction, it.choice, study)
        for it, studies in studies_by_strategy(RULES).items()
        for study in studies
    }
    assert {study for *_, study in marked} == {source.key for source in SOURCES}
    known = studies_by_strategy(RULES)
    assert all(known[parse(name, prompts=RULES)] == ["G25"] for name in DEFAULT_STRATEGIES)
    assert all("D24" in known[it] for it in expand(["grid-24", "grid-80"], RULES))


def test_every_model_is_named_with_its_modes():
    table = PAGE.partition("### Which models")[2]
    for name, checkpoint in checkpoints().items():
        (row,) = (line for line in table.splitlines() if f"`{name}`" in line)
        assert row.startswith(f"| {', '.join(checkpoint.modes)} |")


def test_a_page_without_markers_is_refused_and_a_form_without_a_member_too():
    with pytest.raises(ReportError, match=re.escape(f"page.md: no lines {BEGIN!r} and {END!r}; expected both")):
        PART.refreshed("nothing", "page.md")
    with pytest.raises(StrategyError, match="no prompt has a name like 'RULE-louderNdb'; expected one"):
        member_of("RULE-louderNdb", RULES)
