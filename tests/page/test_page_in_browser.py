"""The pages, driven in Chromium."""

import re

import pytest

from bench_cases.cli import main
from tests.page.browser import browser, opened
from tests.page.page_examples import EVIL, EVIL_TEXT, Clinic, failing, full_study
from tests.report.report_examples import result
from tests.report.study_examples import written


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def report(folder):
    full_study(folder / "run.json")
    assert main(["report", str(folder / "run.json"), "-o", str(folder / "report.html")]) == 0
    return folder / "report.html"


@pytest.fixture(scope="module")
def long_report(folder):
    full_study(folder / "long.json", volumes=8)
    assert main(["report", str(folder / "long.json"), "-o", str(folder / "long.html")]) == 0
    return folder / "long.html"


@pytest.fixture(scope="module")
def long_names(folder):
    names = ("radiopaedia-phantom", "baseline_threshold", "dataset.composite.both")
    cases = [result(v, dataset=names[0], model=names[1], strategy=names[2]) for v in ("v1", "v2")]
    written(folder / "long_names.json", [*cases, result("v3", dataset=names[0], model=names[1], status="error")])
    assert main(["report", str(folder / "long_names.json"), "-o", str(folder / "long_names.html")]) == 0
    return folder / "long_names.html"


@pytest.fixture(scope="module")
def clinic(folder):
    made = Clinic(folder / "clinic")
    scans = f"clinic={made.folder}"
    run = str(made.report.path)
    assert main(["report", run, "-o", str(folder / "slices.html"), "--images", "--folder", scans]) == 0
    assert main(["view", run, "a model-b", "-o", str(folder / "view.html"), "--folder", scans]) == 0
    return made


def cells(page, table, heading):
    """Return the texts of a column that can be seen."""
    names = [name.split("\u00a0")[0] for name in page.locator(f"#table-{table} thead th").all_inner_texts()]
    column = names.index(heading) + 1
    return page.locator(f"#table-{table} tbody tr:visible td:nth-child({column})").all_inner_texts()


def test_the_page_opens_without_a_complaint_or_a_request(chromium, report):
    page, complaints, requests = opened(chromium, report)
    assert page.locator("h1").inner_text().endswith("floors reached")
    assert (complaints, requests) == ([], [])
    assert page.locator("#figures figure").count() > 10


def test_a_table_sorts_by_number_and_back(chromium, report):
    page, *_ = opened(chromium, report)
    heading = page.locator("#table-overview th", has_text="Dice").first
    heading.locator("button").press("Enter")
    highest_first = [float(text) for text in cells(page, "overview", "Dice")]
    assert heading.get_attribute("aria-sort") == "descending"
    assert highest_first == sorted(highest_first, reverse=True)
    heading.locator("button").click()
    assert [float(text) for text in cells(page, "overview", "Dice")] == sorted(highest_first)


def test_what_is_missing_is_sorted_last_both_ways(chromium, folder):
    failing(folder / "failing.json")
    main(["report", str(folder / "failing.json"), "-o", str(folder / "failing.html")])
    page, *_ = opened(chromium, folder / "failing.html")
    for _ in range(2):
        page.locator("#table-cases th button", has_text="Jaccard").click()
        assert cells(page, "cases", "Jaccard")[-1] == "-"


def test_a_table_filters_by_words_and_by_numbers(chromium, report):
    page, *_ = opened(chromium, report)
    total = len(cells(page, "overview", "model"))
    box = page.locator("#table-overview input")
    box.fill("every. model-a")
    assert set(cells(page, "overview", "model")) == {"model-a"}
    assert page.locator("#table-overview output").inner_text() == f"3 of {total} rows"
    box.fill("dice<0.8")
    kept = [float(text) for text in cells(page, "overview", "Dice")]
    assert kept
    assert max(kept) < 0.8
    box.fill("nothing-has-this")
    assert cells(page, "overview", "model") == []
    box.fill("")
    assert len(cells(page, "overview", "model")) == total


def test_a_long_table_shows_its_beginning_and_more_on_demand(chromium, long_report):
    page, *_ = opened(chromium, long_report)
    assert len(cells(page, "cases", "status")) == 50
    page.locator("#table-cases .show-more").click()
    assert len(cells(page, "cases", "status")) == 88
    assert not page.locator("#table-cases .show-more").is_visible()


def test_rows_beyond_the_first_are_no_part_of_the_page_until_they_are_asked_for(chromium, long_report):
    page, *_ = opened(chromium, long_report)
    rows = "document.querySelectorAll('#table-cases tr').length"
    assert page.evaluate(rows) == 1 + 50
    page.locator("#table-cases input").fill("v07")
    assert page.locator("#table-cases output").inner_text() == "11 of 88 rows"
    assert set(cells(page, "cases", "volume")) == {"v07"}
    folded = page.locator("#table-summary")
    assert folded.locator("tbody tr").count() == 0
    folded.locator("summary").click()
    folded.locator("tbody tr").first.wait_for()
    assert folded.locator("tbody tr").count() == min(50, int(folded.get_attribute("data-rows")))


@pytest.mark.usefixtures("report", "clinic")
def test_without_javascript_everything_can_be_read(chromium, folder, long_report):
    page, *_ = opened(chromium, long_report, java_script_enabled=False)
    assert len(cells(page, "cases", "status")) == 88
    assert page.locator("#figures figure").first.is_visible()
    page, *_ = opened(chromium, folder / "view.html", java_script_enabled=False)
    assert all(frame.is_visible() for frame in page.locator(".frame").all())
    assert not page.locator(".controls.live").is_visible()


def test_names_and_messages_with_markup_are_text(chromium, folder):
    failing(folder / "evil.json")
    main(["report", str(folder / "evil.json"), "-o", str(folder / "evil.html")])
    page, complaints, requests = opened(chromium, folder / "evil.html")
    assert page.evaluate("window.hit") is None
    assert page.locator("img").count() == 0
    assert EVIL_TEXT in page.locator("header").inner_text()
    assert EVIL in cells(page, "cases", "model")
    assert (complaints, requests) == ([], [])


def test_a_script_that_slipped_in_would_not_run(chromium, folder, report):
    smuggled = folder / "smuggled.html"
    smuggled.write_text(report.read_text(encoding="utf-8").replace("<footer>", "<script>window.hit=1</script><footer>"))
    page, complaints, _ = opened(chromium, smuggled)
    assert page.evaluate("window.hit") is None
    assert "Content Security Policy" in complaints[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_and_paper_stand_apart_in_light_and_dark(chromium, report, scheme):
    page, *_ = opened(chromium, report, color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    inks = page.evaluate(
        "[...document.querySelectorAll('body, figcaption, .verdict h1, .canvas text, td.good')]"
        ".map((it) => [getComputedStyle(it).fill, getComputedStyle(it).color][it.tagName === 'text' ? 0 : 1])"
    )
    # Within a heat map ink follows its cell, black or white.
    drawn = [ink for ink in set(inks) if ink not in {"rgb(0, 0, 0)", "rgb(255, 255, 255)"}]
    assert min(contrast(paper, ink) for ink in drawn) >= 3.0
    assert contrast(paper, inks[0]) >= 7.0


def contrast(one, other):
    """Contrast of two colours by WCAG 2.1."""

    def luminance(text):
        channels = [int(part) / 255 for part in re.findall(r"\d+", text)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.usefixtures("report", "clinic")
@pytest.mark.parametrize("name", ["report.html", "slices.html", "view.html"])
def test_no_page_is_wider_than_a_phone(chromium, folder, name):
    page, *_ = opened(chromium, folder / name, viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(("width", "columns"), [(1400, None), (800, 7), (390, 5)])
def test_the_scores_and_what_went_wrong_are_seen_without_scrolling_sideways(chromium, long_names, width, columns):
    page, *_ = opened(chromium, long_names, viewport={"width": width, "height": 900})
    heads = page.locator("#table-overview thead th").all()[:columns]
    assert [head.inner_text().split("\u00a0")[0].replace("\n", " ") for head in heads[:5]] == [
        "model",
        "strategy",
        "Dice",
        "below floor",
        "errors",
    ]
    frame = page.locator("#table-overview .scroll").bounding_box()
    last = heads[-1].bounding_box()
    assert last["x"] + last["width"] <= frame["x"] + frame["width"] + 1
    assert frame["x"] + frame["width"] <= width


def test_the_settings_of_a_model_stand_below_each_other(chromium, report):
    page, *_ = opened(chromium, report, viewport={"width": 390, "height": 844})
    block = page.locator("#table-model-1")
    block.locator("summary").click()
    rows = block.locator("tbody tr")
    rows.first.wait_for()
    assert max(row.bounding_box()["height"] for row in rows.all()) < 150
    assert block.locator("th").count() == 2


@pytest.mark.usefixtures("report", "clinic")
def test_the_gallery_is_shown_and_says_that_it_holds_pixels(chromium, folder):
    page, complaints, requests = opened(chromium, folder / "slices.html")
    pictures = page.locator("#gallery svg.slice")
    assert pictures.count() == 6
    assert pictures.first.bounding_box()["width"] > 100
    assert "holds pixels of scans" in page.locator("#gallery").inner_text()
    assert page.locator("#gallery .positive").count() >= 6
    assert (complaints, requests) == ([], [])


@pytest.mark.usefixtures("report", "clinic")
def test_the_slices_of_a_case_are_turned_by_keys_slider_and_buttons(chromium, folder):
    page, complaints, requests = opened(chromium, folder / "view.html")

    def shown():
        return [frame.get_attribute("data-number") for frame in page.locator(".frame").all() if frame.is_visible()]

    assert shown() == ["5"]  # it begins with the worst
    page.keyboard.press("ArrowLeft")
    assert shown() == ["4"]
    page.keyboard.press("Home")
    assert shown() == ["0"]
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    assert shown() == ["1"]
    page.get_by_role("button", name="worst").click()
    assert shown() == ["5"]
    page.get_by_role("button", name="best").click()
    assert shown() == ["1"]
    box = page.locator("#curve").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 5)
    assert shown() == ["3"]
    assert (complaints, requests) == ([], [])


@pytest.mark.usefixtures("report", "clinic")
def test_outlines_and_prompts_can_be_hidden(chromium, folder):
    page, *_ = opened(chromium, folder / "view.html")
    visible = page.locator(".frame:visible")
    assert visible.locator("path.pred").first.is_visible()
    page.keyboard.press("p")
    assert not visible.locator("path.pred").first.is_visible()
    assert visible.locator("path.ref").first.is_visible()
    page.get_by_label("prompts").uncheck()
    assert not visible.locator(".prompts").is_visible()
