"""An id that names a patient is pointed out before it is in a report."""

import pytest

from bench_cases.inspection.checks import check_volume
from bench_cases.inspection.telling_ids import telling
from tests.fakes import bar_volume


@pytest.mark.parametrize(
    ("volume_id", "part"),
    [
        ("MUELLER_HANS_1961-03-04", "'MUELLER_HANS'"),
        ("Doe^Jane", "'Doe^Jane'"),
        ("Müller, Änne", "'Müller, Änne'"),
        ("scan-20231231-a", "'20231231'"),
        ("04.03.1961", "'04.03.1961'"),
        ("ct_1999_12_01", "'1999_12_01'"),
    ],
)
def test_dates_and_what_looks_like_a_name_are_found(volume_id, part):
    assert any(found.startswith(part) for found in telling(volume_id))


@pytest.mark.parametrize(
    "volume_id",
    [
        "10_85902_3",
        "coronacases_001",
        "hippocampus_367",
        "BraTS20_Training_001",
        "chest_ct",
        "Case_Left",
        "id-19991301",
        "1961-3-4",
        "120230405",
        "TCGA-CS-4941",
    ],
)
def test_ordinary_ids_are_let_be(volume_id):
    assert list(telling(volume_id)) == []


def test_check_warns_of_it_and_says_what_to_do():
    from dataclasses import replace

    volume = replace(bar_volume(), id="MUELLER_HANS")
    (warning,) = check_volume(volume, {}).warnings
    assert warning == (
        "in its id 'MUELLER_HANS' may be a person's name, and ids go into reports, pages and paths of masks: give its "
        "file a name without it"
    )
