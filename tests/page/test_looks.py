import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.path import Path as Polygon
from PIL import Image

from bench_cases.errors import DataError, SelectionError
from bench_cases.masks import mask_path
from bench_cases.page.looks.gallery import gallery
from bench_cases.page.looks.look import look, masks_directory, scanned
from bench_cases.page.looks.outline import outline
from bench_cases.page.looks.slices import slice_picture
from bench_cases.page.study import Study
from bench_cases.page.view_page import case_named
from tests.page.page_examples import Clinic, disc


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    return Clinic(tmp_path_factory.mktemp("clinic"))


def polygons(data):
    for part in data.split("M")[1:]:
        start, *legs = part.rstrip("z").split("l")
        steps = [tuple(map(int, leg.split())) for leg in (start, *legs)]
        yield np.cumsum(steps, axis=0) / 2


@pytest.mark.parametrize("hole", [False, True])
def test_an_outline_encloses_the_pixels_of_the_mask_and_no_others(hole):
    mask = disc(9, 7)
    mask[:3, -5:] = True  # touches the frame's edge
    if hole:
        mask &= ~disc(9, 3)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    centres = np.column_stack([x.ravel() + 0.5, y.ravel() + 0.5])
    inside = np.zeros(len(centres), bool)
    for polygon in polygons(outline(mask)):
        inside ^= Polygon(np.vstack([polygon, polygon[:1]])).contains_points(centres)
    assert np.array_equal(inside.reshape(mask.shape), mask)


def test_an_empty_mask_has_no_outline():
    assert outline(np.zeros((4, 4), bool)) == ""


def test_a_picture_is_what_the_model_saw_with_prompts_in_the_middle_of_their_pixels(clinic):
    seen = look(clinic.report, clinic.report.results[0], clinic.volume, clinic.masks)
    picture = slice_picture(seen, 3)
    assert np.array_equal(np.array(decoded(picture.image)), seen.frames[3][:, :, 0])
    assert picture.aspect == 2.0
    assert picture.boxes == ((6.0, 2.0, 15.0, 15.0),)
    assert [(mark.x, mark.y, mark.positive) for mark in picture.marks] == [(13.5, 9.5, True), (2.5, 20.5, False)]
    assert picture.reference_px == clinic.reference[3].sum()
    assert picture.dice == pytest.approx(
        2 * clinic.predicted[3].sum() / (clinic.predicted[3].sum() + picture.reference_px)
    )
    assert slice_picture(seen, 0).dice is None


def decoded(uri):
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_the_gallery_shows_the_best_the_median_and_the_worst_slice(clinic):
    reads = []

    def read(dataset, volume):
        reads.append((dataset, volume))
        return clinic.volume

    found = gallery(Study.of(clinic.report), clinic.masks, read)
    assert reads == [("clinic", "a")]  # once, for both models
    assert found.missing == ()
    first, second = found.exhibits
    assert (first.title, second.title) == ("every.composite · model-a", "every.composite · model-b")
    assert [(it.place, it.picture.number) for it in first.slices] == [("best", 2), ("median", 3), ("worst", 5)]


def test_what_cannot_be_shown_is_said_and_the_rest_is_shown(clinic):
    def absent(*_):
        raise SelectionError("clinic is not on disk")

    assert gallery(Study.of(clinic.report), clinic.masks, absent).missing == ("clinic is not on disk",)
    missing = gallery(Study.of(clinic.report), None, lambda *_: clinic.volume)
    assert missing.exhibits == ()
    assert missing.missing[0] == (
        "run.json: the masks were not saved, and pictures need them. "
        "Run again with --sam-save-masks DIR -k phantom, and give --masks DIR."
    )


def test_masks_that_are_not_there_or_not_those_scored_are_refused(clinic, tmp_path):
    result = clinic.report.results[0]
    with pytest.raises(DataError, match=r"no such file; expected the saved mask of clinic/a-model-a-every\.composite"):
        look(clinic.report, result, clinic.volume, tmp_path)
    path = mask_path(tmp_path, result.case)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no nifti")
    with pytest.raises(DataError, match="cannot be read as a mask"):
        look(clinic.report, result, clinic.volume, tmp_path)
    from bench_cases.masks import save_mask

    save_mask(path, clinic.reference, clinic.volume)
    with pytest.raises(DataError, match=r"not the mask that run\.json scored \(its shape or digest differs\)"):
        look(clinic.report, result, clinic.volume, tmp_path)


def test_other_data_under_the_same_name_are_refused(clinic):
    with pytest.raises(DataError, match=r"clinic/a: the data on disk are not those of run\.json \(digest"):
        scanned(clinic.volume.limited(3), clinic.report, clinic.report.results[0])


def test_the_place_of_the_masks_is_the_one_the_run_was_given(clinic):
    assert masks_directory(clinic.report) == clinic.masks


def test_a_case_is_found_by_its_id_or_by_words_that_only_it_has(clinic):
    assert case_named(clinic.report, "clinic/a-model-b-every.composite").case.model == "model-b"
    assert case_named(clinic.report, "a model-b").case.model == "model-b"
    with pytest.raises(
        SelectionError, match=r"'every' is in the ids of 2 cases; expected one\. Give one of: clinic/a-"
    ):
        case_named(clinic.report, "every")
    wrong = "clinic/a-model-c-every.composite"
    with pytest.raises(SelectionError, match=re.escape("no case 'clinic/a-model-c-every.composite'; expected an id")):
        case_named(clinic.report, wrong)


def test_words_that_a_row_to_be_beaten_has_too_mean_the_model_under_test(clinic):
    row = replace(clinic.report.results[0], case=clinic.report.results[0].case._replace(model="baseline_threshold"))
    one = replace(clinic.report, results=[clinic.report.results[0], row])
    assert case_named(one, "a every").case.model == "model-a"
    assert case_named(one, "a every baseline").case == row.case
    assert case_named(replace(one, results=[row]), "a every").case == row.case
