"""The presets' published figures against the house's own table of them, where that page is at hand."""

import re

import pytest

from bench_cases import studies
from tests.real.real_data import real_data

COLUMNS = {
    1: ("g25-images", "sam_vit_l"),
    2: ("g25-images", "sam2_large"),
    3: ("g25-volumes", "sam2_large"),
    4: ("g25-dataset", "sam2_large"),
}


@pytest.fixture
def page():
    path = real_data().parent / "reference" / "protocols.md"
    if not path.exists():
        pytest.skip("the page of protocols (reference/protocols.md beside the shared data) is not here")
    return path.read_text(encoding="utf-8")


def test_every_figure_of_the_table_is_in_a_preset_and_no_other(page):
    figures = {(name, it.set, it.model): it for name in studies.names() for it in studies.find(name).published}
    checked = set()
    rows = re.findall(r"^\| (Coronacases|Radiopaedia|Montgomery) .*$", page, flags=re.MULTILINE)
    assert rows == ["Coronacases", "Radiopaedia", "Montgomery"]
    for line in page.splitlines():
        if not re.match(r"\| (Coronacases|Radiopaedia|Montgomery) ", line):
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        counts = [int(number) for number in re.findall(r"\d+", cells[0])]
        for column, (study, model) in COLUMNS.items():
            key = (study, cells[0].split()[0].lower(), model)
            if cells[column] == "–":  # noqa: RUF001 - as the page has it
                assert key not in figures
                continue
            jaccard, dice = (float(value) / 100 for value in cells[column].split("/"))
            assert (figures[key].jaccard, figures[key].dice) == pytest.approx((jaccard, dice))
            assert figures[key].volumes == counts[0]
            assert figures[key].slices == counts[min(1, len(counts) - 1)]
            checked.add(key)
    assert len(checked) == 10
    assert {key for key in figures if key[0].startswith("g25")} == checked


def test_the_mean_overlaps_of_the_study_in_three_dimensions_are_those_of_the_page(page):
    said = re.search(r"mean IoU ([\d.]+)\s+\(first version\), ([\d.]+) with one point to ([\d.]+)", page)
    assert said is not None
    published = studies.find("d24-3d").published
    assert [it.jaccard for it in published] == [float(value) for value in said.groups()]
    assert {it.dice for it in published} == {None}


def test_no_other_preset_claims_a_figure():
    with_figures = {name for name in studies.names() if studies.find(name).published}
    assert with_figures == {"g25-images", "g25-volumes", "g25-dataset", "d24-3d"}
