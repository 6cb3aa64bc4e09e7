import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from bench_cases.errors import ConfigError
from bench_cases.page.figures.catalogue import KINDS, figures
from bench_cases.page.figures.pareto import front
from bench_cases.page.figures.style import THEME
from bench_cases.page.published import Published, read_published
from bench_cases.page.study import Study
from tests.page.page_examples import EVIL, full_study


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    run = full_study(tmp_path_factory.mktemp("figures") / "run.json")
    published = [Published("lungs-*", "*", "every.composite", 0.9635, 0.9328, "a study")]
    found = figures(Study.of(run, None, published))
    return {kind: [(figure, figure.svg()) for figure in of_kind] for kind, of_kind in found.items()}


def words(svg):
    return " ".join(text for text in ET.fromstring(svg).itertext() if text.strip())  # noqa: S314 - our own


def test_a_run_with_everything_has_every_kind_of_figure(drawn):
    assert list(drawn) == list(KINDS)
    assert [kind for kind, found in drawn.items() if not found] == []


def test_every_figure_says_phantom_in_the_picture_itself_but_that_of_loading(drawn):
    for kind, found in drawn.items():
        for figure, svg in found:
            assert ("PHANTOM" in words(svg)) == (kind != "loading"), figure.name


def test_no_figure_of_real_volumes_says_phantom(tmp_path):
    run = full_study(tmp_path / "run.json", phantom=False, volumes=2)
    for found in figures(Study.of(run)).values():
        assert not any("PHANTOM" in figure.title for figure in found)


def test_a_figure_holds_no_pixel_and_the_names_in_it_are_text(drawn):
    for found in drawn.values():
        for _, svg in found:
            assert "<image" not in svg
            assert "<script" not in svg
    assert EVIL in words(drawn["boxes"][0][1])


def test_an_upper_bound_says_so_in_every_figure_that_names_it(drawn):
    for kind, found in drawn.items():
        for figure, svg in found:
            text = words(svg)
            if ".oracle" in text and kind != "outliers":
                assert "UPPER BOUND" in text or "†" in text or "upper bounds" in figure.caption, figure.name


def test_the_same_run_gives_the_same_file(drawn):
    figure, svg = drawn["boxes"][0]
    assert figure.svg() == svg
    assert figure.png()[:8] == b"\x89PNG\r\n\x1a\n"


def test_names_of_figures_are_unique_and_fit_for_files(drawn):
    names = [figure.name for found in drawn.values() for figure, _ in found]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._=+-]+", name) for name in names)


def test_inline_figures_take_the_colours_of_the_page_and_share_no_id(drawn):
    texts = [drawn[kind][0][0].inline() for kind in ("boxes", "critical")]
    ids = [set(re.findall(r'\bid="([^"]+)"', text)) for text in texts]
    assert ids[0].isdisjoint(ids[1])
    for text, known in zip(texts, ids, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', text)) <= known
        assert not any(colour in text for colour in THEME)
        assert "var(--ink)" in text


def test_published_means_and_floors_are_drawn_and_explained(drawn):
    figure, svg = drawn["boxes"][0]
    assert "Green dashes: published mean." in figure.caption
    assert "Red dots: floors" in figure.caption
    assert len(re.findall("#1d7f4f", svg)) == 2  # one strategy, two models


def laid_out(figure):
    """Return a canvas as it is drawn, and its texts with where they are, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from bench_cases.page.figures.style import WIDTH_IN, styled

    with styled():
        canvas = Figure(figsize=(WIDTH_IN, figure.height_in), layout="constrained")
        agg = FigureCanvasAgg(canvas)
        canvas.suptitle(figure.title, x=0.01, ha="left", fontsize=9.5, fontweight="bold", wrap=True)
        figure.draw(canvas)
        agg.draw()
        texts = [it for it in canvas.findobj(Text) if it.get_visible() and it.get_text().strip() and it.axes]
        return canvas, [(it, it.get_window_extent()) for it in texts]


def test_no_word_runs_over_the_edge_of_a_figure_or_over_another(drawn):
    for kind in ("boxes", "deltas", "outliers", "cost", "latency", "critical", "ranking", "stages", "loading"):
        for figure, _ in drawn[kind][:2]:
            canvas, texts = laid_out(figure)
            for text, box in texts:
                assert -2 <= box.x0 <= box.x1 <= canvas.bbox.x1 + 2, (figure.name, text.get_text())
            for number, (one, box) in enumerate(texts):
                for other, beside in texts[number + 1 :]:
                    apart = not box.padded(-1.5).overlaps(beside.padded(-1.5))
                    assert apart, (figure.name, one.get_text(), other.get_text())


@pytest.mark.parametrize("kind", ["boxes", "deltas", "ranking", "loading"])
def test_the_labels_of_rows_lie_over_no_point_and_no_line_goes_through_them(drawn, kind):
    from matplotlib.colors import to_hex

    from bench_cases.page.figures.style import PAPER

    for figure, _ in drawn[kind]:
        canvas, _ = laid_out(figure)
        (axes,) = canvas.axes
        points = [
            xy
            for line in axes.lines
            if line.get_marker() not in {"None", ""}
            for xy in line.get_transform().transform(line.get_xydata())
        ]
        assert points
        for text in axes.texts:
            box = text.get_window_extent()
            assert not any(box.contains(x, y) for x, y in points), (figure.name, text.get_text())
            ground = text.get_bbox_patch()
            assert to_hex(ground.get_facecolor()) == PAPER
            assert text.get_zorder() > max(line.get_zorder() for line in axes.lines)


def test_a_pair_that_all_rows_share_is_named_in_the_title_alone(drawn):
    figure, svg = drawn["deltas"][0]
    assert figure.title.endswith(f"\nmodel-a - {EVIL}")
    assert "every.composite model-a" not in words(svg)
    assert "middle.composite.both" in words(svg)


def test_a_fact_has_a_line_of_its_own_where_one_is_too_short():
    from bench_cases.page.figures.rows import Row, height_in

    short, long = (Row("strategy · " + "m" * n, "B 25% better, 75% worse") for n in (5, 40))
    assert height_in([long, short]) > height_in([short, short])


def test_outliers_are_named_beneath_the_bars_and_both_colours_are_explained(drawn):
    figure, _ = drawn["outliers"][0]
    canvas, _ = laid_out(figure)
    bars, key = canvas.axes
    assert len(bars.texts) == 0
    assert key.get_window_extent().y1 <= bars.get_window_extent().y0
    assert "green where B does better than on the rest, red where A does" in figure.caption


def test_an_empty_part_leaves_nothing_in_the_name_of_a_file():
    from bench_cases.page.figures.figure import file_name

    assert file_name("critical", "clinic", "") == "critical-clinic"


def test_the_box_of_few_values_is_not_folded_over_by_its_notch():
    from matplotlib.figure import Figure

    from bench_cases.page.figures.box import draw_box

    axes = Figure().subplots()
    draw_box(axes, [0.1, 0.5, 0.6, 0.9], at=0, colour="#0b6bb0")
    draw_box(axes, [number / 100 for number in range(100)], at=1, colour="#0b6bb0")
    few, many = (np.shape(patch.get_path().vertices)[0] for patch in axes.patches)
    assert few < many  # a notch takes more corners


def test_the_critical_difference_diagram_names_everybody_with_the_mean_rank(drawn):
    figure, svg = drawn["critical"][0]
    text = words(svg)
    assert all(strategy in text for strategy in ("every.composite", "middle.composite.both", "largest.box.both"))
    assert re.search(r"CD \d", text)
    assert "Friedman p" in figure.caption


def test_the_grid_marks_the_best_and_never_an_upper_bound(drawn):
    (figure, svg), *_ = drawn["grid"]
    assert words(svg).count("★") == 1
    assert "Strategies that end in .oracle" in figure.caption


def test_the_front_holds_what_nothing_beats_in_both():
    costs, scores = [1, 5, 2, 5, 9], [0.6, 0.9, 0.5, 0.9, 0.8]
    assert front(costs, scores) == [0, 1, 3]  # equals are both on it
    assert front([], []) == []


def test_published_figures_are_read_from_the_floors_of_the_suite(pytestconfig):
    found = read_published(pytestconfig.rootpath / "benchmark" / "floors.toml")
    large = [it for it in found if it.holds_for("coronacases", "sam2.1_large", "every.composite")]
    assert [(it.dice, it.jaccard) for it in large] == [(0.9635, 0.9328)]


def test_a_floors_file_that_is_none_is_one_clear_error(tmp_path):
    path = tmp_path / "floors.toml"
    with pytest.raises(ConfigError, match=r"cannot be read .*; expected a floors file such as benchmark/floors\.toml"):
        read_published(path)
    path.write_text('[[dataset]]\npublished = { dice = "high" }\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a \[\[dataset\]\] entry is malformed .*; expected published = \{ dice"):
        read_published(path)
